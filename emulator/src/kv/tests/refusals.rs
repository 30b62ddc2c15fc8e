//! Limits, and what is said beyond them.

use super::*;

#[test]
fn keys_that_cannot_be_are_refused_in_the_platform_s_words() {
    let world = World::new();
    assert_eq!(text_of(world.put("", "v")), "Key name cannot be empty.");
    assert_eq!(text_of(world.put(".", "v")), "\".\" is not allowed as a key name.");
    assert_eq!(text_of(world.kv.delete("..")), "\"..\" is not allowed as a key name.");
    let long = "€".repeat(171);
    assert_eq!(
        text_of(world.put(&long, "v")),
        "KV PUT failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512."
    );
    assert_eq!(
        world.kv.get(&long).unwrap_err().to_string(),
        "KV GET failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512."
    );
    assert_eq!(
        text_of(world.kv.delete(&long)),
        "KV DELETE failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512."
    );
    world.put(&"k".repeat(512), "v").unwrap();
}

#[test]
fn values_and_metadata_end_at_their_limits() {
    let world = World::new();
    let most = vec![0; limits::MAX_VALUE_BYTES + 1];
    world.put("k", &most[1..]).unwrap();
    assert_eq!(
        text_of(world.put("k", &most)),
        "KV PUT failed: 413 Value length of 26214401 exceeds limit of 26214400."
    );
    assert_eq!(world.kv.get("k").unwrap().unwrap().len(), limits::MAX_VALUE_BYTES, "the old value stays");
    let json = |letters: usize| format!("\"{}\"", "m".repeat(letters));
    world.put_with(PutOptions { metadata: Some(&json(1022)), ..PutOptions::default() }).unwrap();
    let long = json(1023);
    let refused = PutOptions { metadata: Some(&long), expiration_ttl: Some(1), ..PutOptions::default() };
    assert_eq!(
        text_of(world.kv.put("k", &most, refused)),
        "KV PUT failed: 400 Invalid expiration_ttl of 1. Expiration TTL must be at least 60.",
        "the lifetime is looked at first, and then the metadata"
    );
    assert_eq!(
        text_of(world.kv.put("k", &most, PutOptions { expiration_ttl: None, ..refused })),
        "KV PUT failed: 413 Metadata length of 1025 exceeds limit of 1024."
    );
    assert_eq!(
        text_of(world.put_with(PutOptions { metadata: Some(&json(1023)), ..PutOptions::default() })),
        "KV PUT failed: 413 Metadata length of 1025 exceeds limit of 1024."
    );
}

#[test]
fn lifetimes_that_cannot_be_are_refused_in_the_platform_s_words() {
    let world = World::new();
    let ttl = |ttl| text_of(world.put_with(PutOptions { expiration_ttl: Some(ttl), ..PutOptions::default() }));
    let at = |at| text_of(world.put_with(PutOptions { expiration: Some(at), ..PutOptions::default() }));
    assert_eq!(ttl(59), "KV PUT failed: 400 Invalid expiration_ttl of 59. Expiration TTL must be at least 60.");
    assert_eq!(ttl(0), "KV PUT failed: 400 Invalid expiration_ttl of 0. Please specify integer greater than 0.");
    assert_eq!(ttl(-5), "KV PUT failed: 400 Invalid expiration_ttl of -5. Please specify integer greater than 0.");
    assert_eq!(
        at(1),
        "KV PUT failed: 400 Invalid expiration of 1. Please specify integer greater than the current number of \
         seconds since the UNIX epoch."
    );
    assert_eq!(
        at(START_S + 59),
        format!(
            "KV PUT failed: 400 Invalid expiration of {}. Expiration times must be at least 60 seconds in the future.",
            START_S + 59
        )
    );
    assert_eq!(world.text("k"), None);
}

#[test]
fn a_value_is_gone_when_its_time_is_over_cached_or_not() {
    let world = World::new();
    world.put_with(PutOptions { expiration: Some(START_S + 60), ..PutOptions::default() }).unwrap();
    let later = PutOptions { expiration: Some(START_S + 60), expiration_ttl: Some(90), metadata: Some("{}") };
    world.kv.put("later", b"v", later).unwrap();
    let page = world.kv.list(ListOptions { prefix: "later", ..ListOptions::default() }).unwrap();
    assert_eq!(page.keys[0].expiration, Some(START_S.cast_unsigned() + 90), "a time to live wins");
    assert_eq!(page.keys[0].metadata.as_deref(), Some("{}"));
    world.clock.advance(Duration::from_millis(59_999));
    assert_eq!(world.text("k").as_deref(), Some("v"));
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(world.kv.cached("k"), Some(None));
    assert_eq!(world.text("k"), None);
    let names = |world: &World| world.kv.list(ListOptions::default()).unwrap().keys.len();
    assert_eq!(names(&world), 1);
    let world = world.reopen();
    assert_eq!(world.text("k"), None);
    world.put("later", "again").unwrap();
    let page = world.kv.list(ListOptions::default()).unwrap();
    assert_eq!((page.keys[0].expiration, page.keys[0].metadata.as_deref()), (None, None), "a plain put clears both");
}

#[test]
fn a_listing_is_cut_into_pages() {
    let world = World::new();
    for n in 0..5 {
        world.put(&format!("p{n}"), "").unwrap();
    }
    let page = |limit, cursor: Option<&str>| {
        let page = world.kv.list(ListOptions { prefix: "p", limit: Some(limit), cursor }).unwrap();
        (page.keys.len(), page.cursor)
    };
    let (first, cursor) = page(2, None);
    assert_eq!(first, 2);
    let (second, cursor) = page(3, cursor.as_deref());
    assert_eq!((second, cursor), (3, None), "the page that ends with the last key is the last");
    assert_eq!(page(0, None).0, 5);
    assert_eq!(page(-1, Some("")).0, 5);
    assert_eq!(page(-1, Some("garbage!!")), (0, None), "no error");
    assert_eq!(
        world.kv.list(ListOptions { limit: Some(1), ..ListOptions::default() }).unwrap().cursor.unwrap(),
        "cDA="
    );
    let long = "k".repeat(513);
    let list =
        |prefix, limit| text_of(world.kv.list(ListOptions { prefix, limit, ..ListOptions::default() }).map(drop));
    assert_eq!(
        list(&long, Some(1001)),
        "KV GET failed: 400 Invalid key_count_limit of 1001. Please specify an integer less than 1000.",
        "the limit is looked at first"
    );
    assert_eq!(list(&long, None), "KV GET failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512.");
}

#[test]
fn metadata_is_read_with_the_value_and_cleared_by_a_plain_put() {
    let world = World::new();
    for (value, cached) in [(&b"v"[..], true), (&vec![1; LARGE], true), (&vec![1; 1024 * 1024 + 1], false)] {
        world
            .kv
            .put("k", value, PutOptions { metadata: Some("{\"a\":\"\u{1f600}\\u0000\"}"), ..PutOptions::default() })
            .unwrap();
        for status in [if cached { CacheStatus::Hit } else { CacheStatus::Miss }; 2] {
            let read = world.kv.get_with("k", GetOptions::default()).unwrap();
            assert_eq!(read.value.as_deref(), Some(value));
            assert_eq!(read.metadata.as_deref(), Some("{\"a\":\"\u{1f600}\\u0000\"}"));
            assert_eq!(read.cache_status, Some(status));
            assert_eq!(world.kv.cached_read("k"), cached.then_some(read));
        }
    }
    let world = world.reopen();
    let read = || world.kv.get_with("k", GetOptions::default()).unwrap();
    assert_eq!(read().metadata.as_deref(), Some("{\"a\":\"\u{1f600}\\u0000\"}"));
    world.put_with(PutOptions { metadata: Some("null"), ..PutOptions::default() }).unwrap();
    assert_eq!(read().metadata, None);
    world.put_with(PutOptions { metadata: Some("1"), expiration_ttl: Some(60), ..PutOptions::default() }).unwrap();
    assert_eq!(read().metadata.as_deref(), Some("1"));
    world.clock.advance(Duration::from_secs(60));
    assert_eq!((read().value, read().metadata), (None, None), "it ends with the value");
    let read = world.kv.get_with("missing", GetOptions::default()).unwrap();
    assert_eq!(read, KvRead { value: None, metadata: None, cache_status: Some(CacheStatus::Miss) });
}

#[test]
fn workerd_alone_does_not_tell_whether_a_value_was_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let state = StateDir::open(folder.path()).unwrap();
    let kv = Kv::open(&state, &Clock::manual(START_MS), &Faults::none(), Profile::WorkerdLocal).unwrap();
    kv.put("k", b"v", PutOptions::default()).unwrap();
    assert_eq!(kv.get_with("k", GetOptions::default()).unwrap().cache_status, None);
    assert_eq!(kv.list(ListOptions::default()).unwrap().cache_status, None);
}

#[test]
fn a_place_cannot_be_asked_to_keep_a_value_for_less_than_half_a_minute() {
    let world = World::new();
    let with = |cache_ttl| GetOptions { cache_ttl: Some(cache_ttl) };
    assert_eq!(world.kv.get_with("missing", with(30)).unwrap().value, None);
    for ttl in [29, 0, -1] {
        assert_eq!(
            text_of(world.kv.get_with("missing", with(ttl)).map(drop)),
            format!("KV GET failed: 400 Invalid cache_ttl of {ttl}. Cache TTL must be at least 30.")
        );
    }
}

#[test]
fn numbers_are_what_the_platform_makes_of_them() {
    use crate::js::to_int;
    let world = World::new();
    let put = |ttl: Option<f64>, at: Option<f64>| -> Result<(), KvError> {
        let int = |number: Option<f64>| number.map(to_int).transpose().map(|int| int.map(i64::from));
        world.put_with(PutOptions { expiration: int(at)?, expiration_ttl: int(ttl)?, metadata: None })
    };
    const RANGE: &str = "Value out of range. Must be between -2147483648 and 2147483647 (inclusive).";
    const ZERO: &str = "KV PUT failed: 400 Invalid expiration_ttl of 0. Please specify integer greater than 0.";
    const PAST: &str = "Please specify integer greater than the current number of seconds since the UNIX epoch.";
    for (ttl, at, expected) in [
        (Some(60.9), None, None),
        (Some(60.0), Some(0.0), None),
        (
            Some(59.9),
            None,
            Some("KV PUT failed: 400 Invalid expiration_ttl of 59. Expiration TTL must be at least 60."),
        ),
        (Some(f64::NAN), None, Some(ZERO)),
        (Some(-0.5), None, Some(ZERO)),
        (Some(f64::INFINITY), None, Some(ZERO)),
        (Some(2_147_483_648.0), None, Some(RANGE)),
        (None, Some(1e12), Some(RANGE)),
        (None, Some(-1.0), Some(&format!("KV PUT failed: 400 Invalid expiration of -1. {PAST}"))),
        (None, Some(f64::NAN), Some(&format!("KV PUT failed: 400 Invalid expiration of 0. {PAST}"))),
    ] {
        assert_eq!(put(ttl, at).err().map(|error| error.to_string()).as_deref(), expected, "{ttl:?} {at:?}");
    }
    assert_eq!(put(Some(1e300), None).unwrap_err().class().name(), "TypeError");
    assert_eq!(put(Some(1.0), None).unwrap_err().class().name(), "Error");
    assert_eq!(world.kv.delete(".").unwrap_err().class().name(), "TypeError");
}
