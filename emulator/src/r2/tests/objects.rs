//! Objects, whole and in part.

use super::*;
use pmx_model::Hash;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[test]
fn objects_of_every_size_survive_a_restart_with_all_that_is_known_of_them() {
    let world = World::new();
    let sizes = [0, 1, LARGE - 1, LARGE, UNCACHED];
    let metas: Vec<_> = sizes.iter().map(|size| world.put(&format!("k{size}"), vec![7; *size])).collect();
    assert_eq!(world.files().len(), 2, "only what is large lies in files");
    let world = world.reopen();
    for (size, meta) in sizes.into_iter().zip(metas) {
        let key = format!("k{size}");
        assert_eq!(world.r2.head(&key).unwrap().unwrap(), meta);
        assert_eq!(world.get(&key).unwrap(), vec![7; size]);
    }
    assert_eq!(world.r2.head("missing").unwrap(), None);
    assert!(world.r2.get("missing", Some(Range::Suffix(0))).unwrap().is_none(), "a miss comes before a bad range");
}

#[test]
fn an_object_tells_its_md5_its_size_its_time_and_a_verified_sha256() {
    let world = World::new();
    let meta = world.put("k", "hello");
    assert_eq!(meta.etag, "5d41402abc4b2a76b9719d911017c592");
    assert_eq!(meta.http_etag(), "\"5d41402abc4b2a76b9719d911017c592\"");
    assert_eq!((meta.size, meta.uploaded_ms, meta.checksums.sha256()), (5, 1_700_000_000_000, None));
    assert_eq!(meta.version.len(), 32);
    let sha256 = *Hash::of(b"hello").as_bytes();
    let again = world.put_with("k", b"hello", with_sha256(sha256)).unwrap().unwrap();
    assert_eq!(again.checksums.sha256(), Some(Hash::of(b"hello")));
    assert_ne!(again.version, meta.version);
}

#[test]
fn a_mismatch_is_told_in_the_platform_s_words_and_leaves_the_old_object() {
    let world = World::new();
    world.put("k", "old");
    let options = PutOptions { only_if: only_if_absent().only_if, ..with_sha256([0; 32]) };
    for body in [&b"new"[..], &vec![1; LARGE]] {
        assert_eq!(
            world.put_with("k", body, options.clone()).unwrap_err().to_string(),
            format!(
                "put: The SHA-256 checksum you specified did not match what we received.\nYou provided a SHA-256 \
                 checksum with value: {}\nActual SHA-256 was: {} (10037)",
                "0".repeat(64),
                Hash::of(body)
            ),
            "although the key exists: the checksum comes first"
        );
    }
    assert_eq!(world.get("k").unwrap(), "old");
    assert!(world.files().is_empty());
}

#[test]
fn an_object_that_exists_stays_when_only_absent_ones_are_put() {
    let world = World::new();
    assert!(world.put_with("k", b"first", only_if_absent()).unwrap().is_some());
    assert!(world.put_with("k", b"second", only_if_absent()).unwrap().is_none());
    assert!(world.put_with("k", &vec![1; LARGE], only_if_absent()).unwrap().is_none());
    assert_eq!(world.get("k").unwrap(), "first");
    assert!(world.files().is_empty());
    world.r2.delete("k").unwrap();
    assert!(world.put_with("k", b"third", only_if_absent()).unwrap().is_some());
    assert_eq!(world.get("k").unwrap(), "third");
}

#[test]
fn of_many_uploads_to_an_absent_key_one_is_stored() {
    let world = World::new();
    let stored: Vec<u8> = std::thread::scope(|scope| {
        let world = &world;
        let uploads: Vec<_> = (0..4_u8)
            .map(|n| scope.spawn(move || world.put_with("k", &vec![n; LARGE], only_if_absent()).unwrap().map(|_| n)))
            .collect();
        uploads.into_iter().filter_map(|upload| upload.join().unwrap()).collect()
    });
    assert_eq!(stored.len(), 1);
    assert_eq!(world.get("k").unwrap(), vec![stored[0]; LARGE]);
    assert_eq!(world.files().len(), 1);
}

#[test]
fn where_power_may_fail_objects_are_stored_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let state = StateDir::open_with(folder.path(), crate::state_dir::Durability::PowerLoss).unwrap();
        R2::open(&state, &Clock::system(), Profile::default()).unwrap()
    };
    let objects = [("small", vec![1; 1]), ("large", vec![1; LARGE])];
    let bucket = open();
    for (key, bytes) in &objects {
        bucket.put(key, bytes, PutOptions::default()).unwrap();
    }
    drop(bucket);
    let bucket = open();
    for (key, bytes) in objects {
        assert_eq!(bucket.get(key, None).unwrap().unwrap().body.into_bytes().unwrap(), bytes);
    }
}

#[test]
fn an_upload_that_ends_early_late_or_never_leaves_nothing() {
    let world = World::new();
    let upload = |length| world.r2.upload("k", length, PutOptions::default()).unwrap();
    let mut dropped = upload(2 * LARGE as u64);
    dropped.write(&vec![1; LARGE]).unwrap();
    assert_eq!(world.files().len(), 1);
    drop(dropped);
    let mut short = upload(LARGE as u64 + 1);
    short.write(&vec![1; LARGE]).unwrap();
    assert_eq!(
        short.finish().unwrap_err().to_string(),
        "FixedLengthStream did not see all expected bytes before close()."
    );
    let mut long = upload(3);
    assert_eq!(
        long.write(b"four").unwrap_err().to_string(),
        "Attempt to write too many bytes through a FixedLengthStream."
    );
    drop(long);
    assert!(world.files().is_empty());
    assert_eq!(world.get("k"), None);
}

#[test]
fn keys_and_sizes_beyond_the_limits_are_refused_in_the_platform_s_words() {
    let world = World::new();
    let long = "k".repeat(1025);
    let text = |error: R2Error| error.to_string();
    assert_eq!(
        text(world.put_with(&long, b"", PutOptions::default()).unwrap_err()),
        "put: The specified object name is not valid. (10020)"
    );
    assert_eq!(text(world.r2.get(&long, None).unwrap_err()), "get: The specified object name is not valid. (10020)");
    assert_eq!(text(world.r2.head(&long).unwrap_err()), "head: The specified object name is not valid. (10020)");
    assert_eq!(text(world.r2.delete(&long).unwrap_err()), "delete: The specified object name is not valid. (10020)");
    for key in [&long[1..], "", ".", "/a/../b"] {
        world.put(key, key);
        assert_eq!(world.get(key).unwrap(), key);
    }
    let length = limits::MAX_UPLOAD_BYTES;
    assert!(world.r2.upload("k", length, PutOptions::default()).is_ok());
    assert_eq!(
        text(world.r2.upload("k", length + 1, PutOptions::default()).unwrap_err()),
        "put: Your proposed upload exceeds the maximum allowed object size. (100100)"
    );
}

#[test]
fn a_part_is_read_wherever_the_object_lies() {
    let world = World::new();
    for size in [10, LARGE, UNCACHED] {
        let bytes: Vec<u8> = (0..size).map(|n| u8::try_from(n % 251).unwrap()).collect();
        world.put("k", &bytes);
        for _ in 0..2 {
            let part = |offset, length| world.part("k", Some(Range::From { offset, length })).unwrap().unwrap();
            assert_eq!(part(2, Some(3)), &bytes[2..5]);
            assert_eq!(part(size as u64 - 2, Some(100)), &bytes[size - 2..]);
            assert_eq!(part(2, None), &bytes[2..]);
            assert_eq!(world.part("k", Some(Range::Suffix(4))).unwrap().unwrap(), &bytes[size - 4..]);
            assert_eq!(world.r2.get("k", Some(Range::Suffix(4))).unwrap().unwrap().meta.size, size as u64);
        }
        let beyond = Range::From { offset: size as u64, length: None };
        assert_eq!(
            world.part("k", Some(beyond)).unwrap_err().to_string(),
            "get: The requested range is not satisfiable (10039)"
        );
    }
}

#[test]
fn what_was_put_or_read_is_in_memory_unless_it_is_too_large_for_that() {
    let world = World::new();
    world.put("small", "s");
    world.put("large", vec![1; LARGE]);
    world.put("uncached", vec![2; UNCACHED]);
    assert!(matches!(world.r2.cached("small"), Some(Some(Object { body: Body::Bytes(_), .. }))));
    world.put("largest", vec![3; UNCACHED - 1]);
    world.get("largest");
    assert!(world.r2.cached("largest").is_some());
    assert!(world.r2.cached("large").is_none());
    world.get("large");
    let world = world.reopen();
    assert!(world.r2.cached("large").is_none());
    world.part("large", Some(Range::Suffix(1))).unwrap();
    let cached = world.r2.cached("large").unwrap().unwrap();
    assert_eq!((cached.meta.size, cached.body.into_bytes().unwrap().len()), (LARGE as u64, LARGE), "whole");
    assert!(matches!(world.r2.get("uncached", None).unwrap().unwrap().body, Body::File { .. }));
    assert!(world.r2.cached("uncached").is_none());
    world.get("missing");
    assert!(matches!(world.r2.cached("missing"), Some(None)));
    world.r2.delete("large").unwrap();
    assert!(matches!(world.r2.cached("large"), Some(None)), "a deletion is seen at once");
}

#[test]
fn a_body_that_is_being_read_outlives_its_object() {
    let world = World::new();
    world.put("k", vec![1; UNCACHED]);
    let object = world.r2.get("k", None).unwrap().unwrap();
    world.r2.delete("k").unwrap();
    assert!(world.files().is_empty());
    assert_eq!(object.body.into_bytes().unwrap(), vec![1; UNCACHED]);
}

#[derive(Clone, Debug)]
enum Step {
    Put(String, usize, bool),
    Delete(String),
    Get(String),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = || "[ab]";
    let size = prop_oneof![0..4_usize, LARGE..LARGE + 4, UNCACHED..UNCACHED + 2];
    let step = prop_oneof![
        4 => (key(), size, any::<bool>()).prop_map(|(key, size, absent)| Step::Put(key, size, absent)),
        2 => key().prop_map(Step::Delete),
        4 => key().prop_map(Step::Get),
        1 => Just(Step::Reopen),
    ];
    proptest::collection::vec(step, 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn r2_is_a_map_that_survives_restarts(steps in steps()) {
        let mut world = World::new();
        let mut model = BTreeMap::new();
        for (n, step) in steps.into_iter().enumerate() {
            match step {
                Step::Put(key, size, only_if_absent) => {
                    let bytes = vec![u8::try_from(n).unwrap(); size];
                    let options = if only_if_absent { super::only_if_absent() } else { PutOptions::default() };
                    let stored = world.put_with(&key, &bytes, options).unwrap().is_some();
                    prop_assert_eq!(stored, !only_if_absent || !model.contains_key(&key));
                    if stored {
                        model.insert(key, Bytes::from(bytes));
                    }
                }
                Step::Delete(key) => {
                    world.r2.delete(&key).unwrap();
                    model.remove(&key);
                }
                Step::Get(key) => {
                    let expected = model.get(&key).cloned();
                    let cached = world.r2.cached(&key);
                    prop_assert_eq!(world.get(&key), expected.clone());
                    if let Some(cached) = cached {
                        prop_assert_eq!(cached.map(|object| object.body.into_bytes().unwrap()), expected);
                    }
                }
                Step::Reopen => world = world.reopen(),
            }
            let large = model.values().filter(|bytes| bytes.len() >= LARGE).count();
            prop_assert_eq!(world.files().len(), large);
        }
    }
}

#[test]
fn objects_are_deleted_at_once_up_to_the_limit_of_the_profile() {
    let keys: Vec<_> = (0..=1000).map(|n| format!("k{n}")).collect();
    let keys: Vec<_> = keys.iter().map(String::as_str).collect();
    for profile in [Profile::Production, Profile::WorkerdLocal] {
        let world = World::with(profile);
        world.put("k1", vec![1; LARGE]);
        world.put("k2", "2");
        world.put("k1000", "last");
        let deleted = world.r2.delete_all(&keys);
        if profile == Profile::Production {
            assert_eq!(
                text_of(deleted),
                "delete: The number of keys in the request must be between 1 and 1000 inclusive. (10027)"
            );
            assert_eq!(world.get("k1000").unwrap(), "last");
            world.r2.delete_all(&keys[..1000]).unwrap();
            assert_eq!(world.get("k1000").unwrap(), "last");
        } else {
            deleted.unwrap();
            assert_eq!(world.get("k1000"), None);
        }
        assert_eq!((world.get("k1"), world.get("k2")), (None, None));
        assert!(world.files().is_empty());
        world.r2.delete_all(&[]).unwrap();
        world.put("a", "a");
        let long = "k".repeat(1025);
        assert_eq!(
            text_of(world.r2.delete_all(&["a", &long])),
            "delete: The specified object name is not valid. (10020)"
        );
        assert_eq!(world.get("a").unwrap(), "a", "all or none");
    }
}
