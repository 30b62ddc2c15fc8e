//! Reads and writes under a condition.

use super::*;

fn matches(etag: &str) -> Conditional {
    Conditional { etag_matches: Some(Conditional::etag(etag).unwrap()), ..Conditional::default() }
}

fn differs(etag: &str) -> Conditional {
    Conditional { etag_does_not_match: Some(Conditional::etag(etag).unwrap()), ..Conditional::default() }
}

#[test]
fn a_read_whose_condition_does_not_hold_finds_what_is_known_and_no_body() {
    let world = World::new();
    let meta = world.put("k", "0123456789");
    let beyond = Some(Range::From { offset: 10, length: None });
    assert!(world.r2.get_if("missing", beyond, &matches("x")).unwrap().is_none());
    match world.r2.get_if("k", beyond, &matches("x")).unwrap() {
        Some(Found::ConditionFailed(found)) => assert_eq!(*found, meta, "the range does not matter"),
        other => panic!("{other:?}"),
    }
    let range = Some(Range::From { offset: 2, length: Some(3) });
    match world.r2.get_if("k", range, &matches(&meta.etag)).unwrap() {
        Some(Found::Object(object)) => {
            assert_eq!((object.offset, object.meta.size), (2, 10));
            assert_eq!(object.body.into_bytes().unwrap(), "234");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(
        text_of(world.r2.get_if("k", beyond, &matches("*"))),
        "get: The requested range is not satisfiable (10039)"
    );
}

/// Whether a put is done on the object that is there, and on none.
#[test]
fn a_write_whose_condition_does_not_hold_changes_nothing() {
    let at = |ms: u64| Some(i64::try_from(ms).unwrap());
    let before = |ms| Conditional { uploaded_before_ms: at(ms), ..Conditional::default() };
    let after = |ms| Conditional { uploaded_after_ms: at(ms), ..Conditional::default() };
    let etag = "098f6bcd4621d373cade4e832627b4f6";
    for (condition, there, missing) in [
        (Conditional::default(), true, true),
        (Conditional::absent(), false, true),
        (matches(etag), true, false),
        (matches("*"), true, false),
        (matches("x"), false, false),
        (differs(etag), false, true),
        (differs("x"), true, true),
        (before(START_MS), false, true),
        (before(START_MS + 1), true, true),
        (after(START_MS), false, false),
        (after(START_MS - 1), true, false),
        (Conditional { uploaded_before_ms: at(1), ..matches(etag) }, true, false),
        (Conditional { uploaded_after_ms: at(START_MS + 1), ..differs("x") }, true, false),
    ] {
        let world = World::new();
        let old = world.put("k", "test");
        let options = PutOptions { only_if: Some(condition.clone()), ..PutOptions::default() };
        for (key, expected) in [("k", there), ("missing", missing)] {
            let stored = world.put_with(key, &vec![1; LARGE], options.clone()).unwrap();
            assert_eq!(stored.is_some(), expected, "{key}: {condition:?}");
        }
        assert_eq!(world.files().len(), usize::from(there) + usize::from(missing));
        if !there {
            assert_eq!(world.r2.head("k").unwrap().unwrap(), old);
            assert_eq!(world.get("k").unwrap(), "test");
        }
    }
}

#[test]
fn the_etag_of_an_object_in_parts_can_be_asked_for() {
    let world = World::new();
    let id = world.r2.create_multipart_upload("k", &Metadata::default()).unwrap();
    let etag = world.r2.complete_multipart_upload("k", &id, &[]).unwrap().etag;
    let options = |only_if| PutOptions { only_if: Some(only_if), ..PutOptions::default() };
    assert!(world.put_with("k", b"new", options(differs(&etag))).unwrap().is_none());
    assert!(world.put_with("k", b"new", options(matches(&etag))).unwrap().is_some());
}
