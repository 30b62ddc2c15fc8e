use super::*;
use crate::state_dir::StateDir;
use proptest::prelude::*;
use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};

const START_MS: u64 = 1_700_000_000_000;
const START_S: i64 = 1_700_000_000;
/// One byte more than fits into a row.
const LARGE: usize = 64 * 1024 + 1;

struct World {
    kv: Kv,
    clock: Clock,
    faults: Faults,
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (clock, faults) = (Clock::manual(START_MS), Faults::none());
        let kv = open(&folder, &clock, &faults);
        Self { kv, clock, faults, folder }
    }

    /// As after the end of the process.
    fn reopen(self) -> Self {
        let Self { kv, clock, faults, folder } = self;
        drop(kv);
        let kv = open(&folder, &clock, &faults);
        Self { kv, clock, faults, folder }
    }

    fn put(&self, key: &str, value: impl AsRef<[u8]>) -> Result<(), KvError> {
        self.kv.put(key, value.as_ref(), PutOptions::default())
    }

    fn put_with(&self, options: PutOptions<'_>) -> Result<(), KvError> {
        self.kv.put("k", b"v", options)
    }

    fn text(&self, key: &str) -> Option<String> {
        let read = self.kv.get(key).unwrap();
        if let Some(cached) = self.kv.cached(key) {
            assert_eq!(cached, read, "the cache tells the truth");
        }
        read.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }

    fn blobs(&self) -> Vec<PathBuf> {
        let shards = fs::read_dir(self.folder.path().join("blobs/kv")).unwrap();
        let mut files: Vec<PathBuf> = shards
            .flat_map(|shard| fs::read_dir(shard.unwrap().path()).unwrap())
            .map(|file| file.unwrap().path())
            .collect();
        files.sort();
        files
    }
}

fn open(folder: &tempfile::TempDir, clock: &Clock, faults: &Faults) -> Kv {
    Kv::open(&StateDir::open(folder.path()).unwrap(), clock, faults).unwrap()
}

fn text_of(result: Result<(), KvError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn values_of_every_size_survive_a_restart() {
    let world = World::new();
    for size in [0, 1, LARGE - 1, LARGE, 3 * 1024 * 1024] {
        world.put(&format!("k{size}"), vec![7; size]).unwrap();
    }
    assert_eq!(world.blobs().len(), 2, "only what is large lies in files");
    let world = world.reopen();
    for size in [0, 1, LARGE - 1, LARGE, 3 * 1024 * 1024] {
        assert_eq!(world.kv.get(&format!("k{size}")).unwrap().unwrap(), vec![7; size]);
    }
}

#[test]
fn odd_keys_are_ordinary_and_are_listed_in_the_order_of_their_bytes() {
    let world = World::new();
    let mut keys = ["a/b", "a b", "a%20b", "a?x", "nul\0", "é", "日", "\u{ff5e}", "😀", "a", "B", "_", "%"];
    for key in keys {
        world.put(key, key).unwrap();
    }
    let world = world.reopen();
    for key in keys {
        assert_eq!(world.text(key).as_deref(), Some(key));
    }
    keys.sort_unstable();
    let page = world.kv.list(ListOptions::default()).unwrap();
    assert_eq!(page.keys.iter().map(|key| key.name.as_str()).collect::<Vec<_>>(), keys);
    assert_eq!(page.cursor, None);
    let page = world.kv.list(ListOptions { prefix: "a%", ..ListOptions::default() }).unwrap();
    assert_eq!(page.keys.len(), 1, "prefixes are no patterns");
}

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
    assert_eq!(page(-1, Some("garbage")).0, 5);
    assert_eq!(
        world.kv.list(ListOptions { limit: Some(1001), ..ListOptions::default() }).unwrap_err().to_string(),
        "KV GET failed: 400 Invalid key_count_limit of 1001. Please specify an integer less than 1000."
    );
}

#[test]
fn a_replaced_or_deleted_large_value_leaves_no_file() {
    let world = World::new();
    world.put("k", vec![1; LARGE]).unwrap();
    let first = world.blobs();
    world.put("k", vec![2; LARGE]).unwrap();
    assert_eq!(world.blobs().len(), 1);
    assert_ne!(world.blobs(), first, "a file never changes");
    world.kv.delete("k").unwrap();
    world.kv.delete("k").unwrap();
    assert!(world.blobs().is_empty());
    assert_eq!(world.text("k"), None);
}

#[test]
fn files_that_no_row_names_are_swept_on_open() {
    let world = World::new();
    world.put("k", vec![1; LARGE]).unwrap();
    let kept = world.blobs();
    let shard = world.folder.path().join("blobs/kv/7f");
    fs::create_dir_all(&shard).unwrap();
    fs::write(shard.join("000000000000007f"), "a crash came before the row").unwrap();
    let world = world.reopen();
    assert_eq!(world.blobs(), kept);
    assert_eq!(world.kv.get("k").unwrap().unwrap().len(), LARGE);
}

#[test]
fn a_value_whose_file_holds_other_bytes_reads_as_if_it_had_never_been_put() {
    let world = World::new();
    world.put("k", vec![1; LARGE]).unwrap();
    let world = world.reopen();
    let lost = world.kv.lost();
    fs::write(&world.blobs()[0], vec![2; LARGE]).unwrap();
    assert_eq!(world.kv.get("k").unwrap(), None);
    assert_eq!(*lost.borrow(), 1);
    assert!(world.kv.list(ListOptions::default()).unwrap().keys.is_empty() && world.blobs().is_empty());
    world.put("k", vec![3; LARGE]).unwrap();
    assert_eq!(world.reopen().kv.get("k").unwrap().unwrap(), vec![3; LARGE]);
}

#[test]
fn values_of_older_versions_have_no_digest_and_are_read_all_the_same() {
    let world = World::new();
    world.put("k", vec![1; LARGE]).unwrap();
    let World { kv, folder, clock, faults } = world;
    drop(kv);
    let connection = rusqlite::Connection::open(folder.path().join("kv.sqlite")).unwrap();
    connection.execute_batch("ALTER TABLE entries DROP COLUMN digest").unwrap();
    drop(connection);
    let reading = StateDir::open_for_reading(folder.path()).unwrap();
    let kv = Kv::open(&reading, &clock, &faults).unwrap();
    assert_eq!(kv.get("k").unwrap().unwrap(), vec![1; LARGE]);
    drop((kv, reading));
    let kv = open(&folder, &clock, &faults);
    assert_eq!(kv.get("k").unwrap().unwrap(), vec![1; LARGE]);
    kv.put("k", &vec![2; LARGE], PutOptions::default()).unwrap();
    drop(kv);
    // An older version has put another value, and knows of no digest.
    let connection = rusqlite::Connection::open(folder.path().join("kv.sqlite")).unwrap();
    connection.execute_batch("UPDATE entries SET blob = 7 WHERE key = 'k'").unwrap();
    drop(connection);
    fs::create_dir_all(folder.path().join("blobs/kv/07")).unwrap();
    fs::write(folder.path().join("blobs/kv/07/0000000000000007"), vec![5; LARGE]).unwrap();
    assert_eq!(open(&folder, &clock, &faults).get("k").unwrap().unwrap(), vec![5; LARGE]);
}

#[test]
fn lag_and_rate_do_not_mind_that_the_clock_is_set() {
    const DAY_MS: i64 = 24 * 3_600_000;
    for by in [-DAY_MS, 365 * DAY_MS] {
        let world = World::new();
        world.faults.set_kv_lag(Duration::from_secs(60));
        world.put("k", "old").unwrap();
        world.clock.advance(Duration::from_secs(60));
        world.put("k", "new").unwrap();
        world.clock.set_by(by);
        assert_eq!(world.kv.get("k").unwrap().unwrap(), "old", "set by {by}");
        world.clock.advance(Duration::from_secs(60));
        assert_eq!(world.kv.get("k").unwrap().unwrap(), "new", "set by {by}");
    }
}

#[test]
fn a_file_that_was_cut_short_takes_its_key_with_it_and_nothing_else() {
    let world = World::new();
    world.put("whole", vec![1; LARGE]).unwrap();
    let whole = world.blobs();
    world.put("cut", vec![2; LARGE]).unwrap();
    let cut = world.blobs().into_iter().find(|path| !whole.contains(path)).unwrap();
    fs::File::options().write(true).open(&cut).unwrap().set_len(10).unwrap();
    let world = world.reopen();
    assert_eq!(world.kv.get("cut").unwrap(), None);
    assert_eq!(world.kv.get("whole").unwrap().unwrap().len(), LARGE);
    world.put("new", vec![3; LARGE]).unwrap();
    assert_eq!(world.kv.get("whole").unwrap().unwrap(), vec![1; LARGE], "ids are not used twice");
}

#[test]
fn reads_come_from_memory_once_they_were_made() {
    let world = World::new();
    world.put("k", "v").unwrap();
    let world = world.reopen();
    assert_eq!(world.kv.cached("k"), None);
    assert_eq!(world.kv.cached("missing"), None);
    assert_eq!(world.text("k").as_deref(), Some("v"));
    assert_eq!(world.text("missing"), None);
    assert_eq!(world.kv.cached("k"), Some(Some(Bytes::from_static(b"v"))));
    assert_eq!(world.kv.cached("missing"), Some(None));
    world.put("missing", "now").unwrap();
    assert_eq!(world.kv.cached("missing"), Some(Some(Bytes::from_static(b"now"))));
}

#[test]
fn a_value_of_the_largest_size_that_is_cached_is_cached() {
    let world = World::new();
    world.put("fits", vec![1; 1024 * 1024]).unwrap();
    world.put("too large", vec![1; 1024 * 1024 + 1]).unwrap();
    assert!(world.kv.cached("fits").is_some());
    assert!(world.kv.cached("too large").is_none());
    assert_eq!(world.kv.get("too large").unwrap().unwrap().len(), 1024 * 1024 + 1);
}

#[test]
fn lagging_readers_see_the_old_value_until_the_lag_has_passed() {
    let world = World::new();
    world.put("k", "0").unwrap();
    world.faults.set_kv_lag(Duration::from_secs(60));
    world.put("k", "1").unwrap();
    world.clock.advance(Duration::from_secs(30));
    world.put("k", "2").unwrap();
    assert_eq!(world.text("k").as_deref(), Some("0"));
    world.clock.advance(Duration::from_secs(29));
    assert_eq!(world.text("k").as_deref(), Some("0"));
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.text("k").as_deref(), Some("1"));
    world.clock.advance(Duration::from_secs(30));
    assert_eq!(world.text("k").as_deref(), Some("2"));
}

#[test]
fn a_miss_lags_too_and_so_does_a_deletion() {
    let world = World::new();
    world.faults.set_kv_lag(Duration::from_secs(10));
    world.put("new", "v").unwrap();
    assert_eq!(world.kv.cached("new"), Some(None));
    assert_eq!(world.text("new"), None);
    world.clock.advance(Duration::from_secs(10));
    assert_eq!(world.text("new").as_deref(), Some("v"));
    world.kv.delete("new").unwrap();
    assert_eq!(world.text("new").as_deref(), Some("v"));
    world.faults.set_kv_lag(Duration::ZERO);
    assert_eq!(world.text("new"), None, "without lag all that was written is seen");
}

#[test]
fn an_ordered_failure_leaves_the_old_value() {
    let world = World::new();
    world.put("k", "old").unwrap();
    world.faults.fail_next_kv_puts(2, "KV PUT failed: 503 Service Unavailable");
    for _ in 0..2 {
        assert_eq!(text_of(world.put("k", "new")), "KV PUT failed: 503 Service Unavailable");
        assert_eq!(world.text("k").as_deref(), Some("old"));
    }
    world.put("k", "new").unwrap();
    assert_eq!(world.text("k").as_deref(), Some("new"));
}

#[test]
fn a_key_may_be_written_once_a_second_where_that_is_asked_for() {
    let world = World::new();
    world.put("k", "1").unwrap();
    world.put("k", "2").unwrap();
    world.faults.limit_kv_write_rate(true);
    world.put("k", "3").unwrap();
    assert_eq!(text_of(world.put("k", "4")), "KV PUT failed: 429 Too Many Requests");
    world.put("other", "1").unwrap();
    world.clock.advance(Duration::from_secs(1));
    world.put("k", "5").unwrap();
    assert_eq!(world.text("k").as_deref(), Some("5"));
}

#[test]
fn readers_never_see_a_value_older_than_one_that_was_acknowledged() {
    let world = World::new();
    let written = std::sync::atomic::AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while written.load(std::sync::atomic::Ordering::Acquire) < 200 {
                    let acknowledged = written.load(std::sync::atomic::Ordering::Acquire);
                    let seen = world.kv.get("k").unwrap().map_or(0, |value| {
                        u64::from_str_radix(std::str::from_utf8(&value[..16]).unwrap(), 16).unwrap()
                    });
                    assert!(seen >= acknowledged, "{seen} < {acknowledged}");
                }
            });
        }
        for n in 1..=200_u64 {
            // Now in the row, mostly in a file that is replaced while it is about to be read, since no cache holds it.
            let mut value = format!("{n:016x}").into_bytes();
            value.resize(if n % 4 == 0 { 16 } else { 1024 * 1024 + 1 }, b' ');
            world.put("k", &value).unwrap();
            written.store(n, std::sync::atomic::Ordering::Release);
        }
    });
}

#[derive(Clone, Debug)]
enum Step {
    Put(String, usize),
    Delete(String),
    Get(String),
    List(String),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = || "[abé]{1,2}";
    let step = prop_oneof![
        4 => (key(), prop_oneof![0..4_usize, LARGE..LARGE + 4]).prop_map(|(key, size)| Step::Put(key, size)),
        2 => key().prop_map(Step::Delete),
        4 => key().prop_map(Step::Get),
        1 => "[abé]{0,1}".prop_map(Step::List),
        1 => Just(Step::Reopen),
    ];
    proptest::collection::vec(step, 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn kv_is_an_ordered_map_that_survives_restarts(steps in steps()) {
        let mut world = World::new();
        let mut model = BTreeMap::new();
        for (n, step) in steps.into_iter().enumerate() {
            match step {
                Step::Put(key, size) => {
                    let value = vec![u8::try_from(n).unwrap(); size];
                    world.put(&key, &value).unwrap();
                    model.insert(key, value);
                }
                Step::Delete(key) => {
                    world.kv.delete(&key).unwrap();
                    model.remove(&key);
                }
                Step::Get(key) => {
                    let expected = model.get(&key).cloned().map(Bytes::from);
                    prop_assert_eq!(world.kv.get(&key).unwrap(), expected.clone());
                    if let Some(cached) = world.kv.cached(&key) {
                        prop_assert_eq!(cached, expected);
                    }
                }
                Step::List(prefix) => {
                    let page = world.kv.list(ListOptions { prefix: &prefix, ..ListOptions::default() }).unwrap();
                    let listed: Vec<_> = page.keys.into_iter().map(|key| key.name).collect();
                    let expected: Vec<_> = model.keys().filter(|key| key.starts_with(&prefix)).cloned().collect();
                    prop_assert_eq!(listed, expected);
                }
                Step::Reopen => world = world.reopen(),
            }
            let large = model.values().filter(|value| value.len() >= LARGE).count();
            prop_assert_eq!(world.blobs().len(), large);
        }
    }
}
