//! Values: kept, listed, and what is left of them after crashes and damage.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

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
    let kv = Kv::open(&reading, &clock, &faults, Profile::default()).unwrap();
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
