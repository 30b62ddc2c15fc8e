//! Several keys read at once.

use super::*;

fn texts(entries: &[BulkEntry]) -> Vec<(&str, Option<&str>)> {
    entries.iter().map(|entry| (entry.key.as_str(), entry.text.as_deref())).collect()
}

const JSON: BulkOptions = BulkOptions { kind: BulkType::Json, cache_ttl: None };

#[test]
fn values_come_in_the_order_in_which_they_were_asked_for() {
    let world = World::new();
    for (key, value) in [("a", &b"A"[..]), ("10", b"ten"), ("bin", b"\xffa"), ("bom", b"\xef\xbb\xbfx"), ("empty", b"")]
    {
        world.put(key, value).unwrap();
    }
    world.put_with(PutOptions { metadata: Some("{\"x\":1}"), ..PutOptions::default() }).unwrap();
    let keys = ["z", "a", "10", "a", "empty", "bin", "bom", "k"];
    let found = world.kv.get_bulk(&keys, BulkOptions::default()).unwrap();
    assert_eq!(
        texts(&found),
        [
            ("z", None),
            ("a", Some("A")),
            ("10", Some("ten")),
            ("empty", Some("")),
            ("bin", Some("\u{fffd}a")),
            ("bom", Some("x")),
            ("k", Some("v"))
        ]
    );
    let metadata: Vec<_> = found.iter().map(|entry| entry.metadata.as_deref()).collect();
    assert_eq!(metadata, [None, None, None, None, None, None, Some("{\"x\":1}")]);
}

#[test]
fn workerd_alone_leaves_out_keys_that_are_indexes() {
    let folder = tempfile::tempdir().unwrap();
    let state = StateDir::open(folder.path()).unwrap();
    let kv = Kv::open(&state, &Clock::manual(START_MS), &Faults::none(), Profile::WorkerdLocal).unwrap();
    let found = kv.get_bulk(&["z", "2", "01", "1", "4294967295"], BulkOptions::default()).unwrap();
    assert_eq!(texts(&found), [("z", None), ("01", None), ("4294967295", None)]);
}

#[test]
fn values_that_are_to_be_json_are_looked_at() {
    let world = World::new();
    for (key, value) in [("n", "1e999"), ("null", "null"), ("bom", "\u{feff}{}"), ("surrogate", "\"\\ud800\"")] {
        world.put(key, value).unwrap();
    }
    let found = world.kv.get_bulk(&["n", "null", "bom", "surrogate", "missing"], JSON).unwrap();
    assert_eq!(
        texts(&found),
        [
            ("n", Some("1e999")),
            ("null", Some("null")),
            ("bom", Some("{}")),
            ("surrogate", Some("\"\\ud800\"")),
            ("missing", None)
        ]
    );
    for value in ["", "{", "01", "1 2", "'a'", "NaN"] {
        world.put("bad", value).unwrap();
        assert_eq!(
            text_of(world.kv.get_bulk(&["n", "bad"], JSON).map(drop)),
            "KV GET_BULK failed: 400 At least one of the requested keys corresponds to a non-json value",
            "{value}"
        );
    }
}

#[test]
fn what_cannot_be_asked_for_is_refused_in_the_platform_s_words() {
    let world = World::new();
    let long = "k".repeat(513);
    let many = ["k"; 101];
    let with = |ttl| BulkOptions { cache_ttl: Some(ttl), ..BulkOptions::default() };
    for (keys, options, expected) in [
        (&[][..], BulkOptions::default(), "400 You must request a minimum of 1 key"),
        (&many, BulkOptions::default(), "400 You can request a maximum of 100 keys"),
        (&["a", ""], BulkOptions::default(), "400 Key names must not be empty"),
        (&["."], BulkOptions::default(), "400 Illegal key name \".\". Please use a different name."),
        (&[".."], BulkOptions::default(), "400 Illegal key name \"..\". Please use a different name."),
        (&[&long], BulkOptions::default(), "414 UTF-8 encoded length of 513 exceeds key length limit of 512."),
        (&["a"], with(29), "400 Invalid cache_ttl of 29. Cache TTL must be at least 30."),
        (&["", "a"], with(29), "400 Key names must not be empty"),
    ] {
        let error = world.kv.get_bulk(keys, options).unwrap_err();
        assert_eq!((error.class().name(), error.to_string()), ("Error", format!("KV GET_BULK failed: {expected}")));
    }
    assert!(world.kv.get_bulk(&many[..100], with(30)).is_ok());
    assert_eq!(
        (BulkType::from_name("").unwrap(), BulkType::from_name("json").unwrap()),
        (BulkType::Text, BulkType::Json)
    );
    assert_eq!(
        text_of(BulkType::from_name("arrayBuffer").map(drop)),
        "KV GET_BULK failed: 400 \"arrayBuffer\" is not a valid type. Use \"json\" or \"text\""
    );
}

#[test]
fn values_that_are_too_large_together_are_refused() {
    let world = World::new();
    // Units of UTF-16 count, and not bytes.
    world.put("a", "é".repeat(limits::MAX_VALUE_BYTES / 2)).unwrap();
    world.put("b", "b".repeat(limits::MAX_VALUE_BYTES / 2)).unwrap();
    assert_eq!(world.kv.get_bulk(&["a", "b"], BulkOptions::default()).unwrap().len(), 2);
    world.put("c", "c").unwrap();
    assert_eq!(
        text_of(world.kv.get_bulk(&["a", "b", "c"], BulkOptions::default()).map(drop)),
        "KV GET_BULK failed: 413 Total size of request exceeds the limit of 25MB"
    );
}
