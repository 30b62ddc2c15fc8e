use super::*;
use crate::state_dir::StateDir;
use bytes::Bytes;
use pmx_model::Hash;
use proptest::prelude::*;
use std::{collections::BTreeMap, fs, path::PathBuf};

/// One byte more than fits into a row.
const LARGE: usize = 64 * 1024 + 1;
/// One byte more than the cache takes.
const UNCACHED: usize = 1024 * 1024 + 1;

struct World {
    r2: R2,
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { r2: open(&folder), folder }
    }

    /// As after the end of the process.
    fn reopen(self) -> Self {
        let Self { r2, folder } = self;
        drop(r2);
        Self { r2: open(&folder), folder }
    }

    fn put_with(&self, key: &str, bytes: &[u8], options: UploadOptions) -> Result<Option<ObjectMeta>, R2Error> {
        let mut upload = self.r2.upload(key, UploadOptions { length: bytes.len() as u64, ..options })?;
        for chunk in bytes.chunks(10_000) {
            upload.write(chunk)?;
        }
        upload.finish()
    }

    fn put(&self, key: &str, bytes: impl AsRef<[u8]>) -> ObjectMeta {
        self.put_with(key, bytes.as_ref(), UploadOptions::default()).unwrap().unwrap()
    }

    fn get(&self, key: &str) -> Option<Bytes> {
        self.part(key, None).unwrap()
    }

    fn part(&self, key: &str, range: Option<Range>) -> Result<Option<Bytes>, R2Error> {
        Ok(self.r2.get(key, range)?.map(|object| {
            let len = object.body.len();
            let bytes = object.body.into_bytes().unwrap();
            assert_eq!(bytes.len() as u64, len);
            bytes
        }))
    }

    fn files(&self) -> Vec<PathBuf> {
        let below = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = below(self.folder.path().join("blobs/r2")).flat_map(below).collect();
        files.extend(below(self.folder.path().join("blobs/tmp")));
        files
    }
}

fn open(folder: &tempfile::TempDir) -> R2 {
    R2::open(&StateDir::open(folder.path()).unwrap(), &Clock::manual(1_700_000_000_000)).unwrap()
}

fn only_if_absent() -> UploadOptions {
    UploadOptions { only_if_absent: true, ..UploadOptions::default() }
}

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
    assert_eq!((meta.size, meta.uploaded_ms, meta.sha256), (5, 1_700_000_000_000, None));
    assert_eq!(meta.version.len(), 32);
    let sha256 = Some(*Hash::of(b"hello").as_bytes());
    let again = world.put_with("k", b"hello", UploadOptions { sha256, ..UploadOptions::default() }).unwrap().unwrap();
    assert_eq!(again.sha256, Some(Hash::of(b"hello")));
    assert_ne!(again.version, meta.version);
}

#[test]
fn a_mismatch_is_told_in_the_platform_s_words_and_leaves_the_old_object() {
    let world = World::new();
    world.put("k", "old");
    let options = UploadOptions { sha256: Some([0; 32]), ..only_if_absent() };
    for body in [&b"new"[..], &vec![1; LARGE]] {
        assert_eq!(
            world.put_with("k", body, options).unwrap_err().to_string(),
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
        World { r2: R2::open(&state, &Clock::system()).unwrap(), folder: tempfile::tempdir().unwrap() }
    };
    let world = open();
    world.put("small", "s");
    world.put("large", vec![1; LARGE]);
    drop(world);
    let world = open();
    assert_eq!(world.get("small").unwrap(), "s");
    assert_eq!(world.get("large").unwrap(), vec![1; LARGE]);
}

#[test]
fn an_upload_that_ends_early_late_or_never_leaves_nothing() {
    let world = World::new();
    let options = |length| UploadOptions { length, ..UploadOptions::default() };
    let mut dropped = world.r2.upload("k", options(2 * LARGE as u64)).unwrap();
    dropped.write(&vec![1; LARGE]).unwrap();
    assert_eq!(world.files().len(), 1);
    drop(dropped);
    let mut short = world.r2.upload("k", options(LARGE as u64 + 1)).unwrap();
    short.write(&vec![1; LARGE]).unwrap();
    assert_eq!(
        short.finish().unwrap_err().to_string(),
        "FixedLengthStream did not see all expected bytes before close()."
    );
    let mut long = world.r2.upload("k", options(3)).unwrap();
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
        text(world.put_with(&long, b"", UploadOptions::default()).unwrap_err()),
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
    assert!(world.r2.upload("k", UploadOptions { length, ..UploadOptions::default() }).is_ok());
    assert_eq!(
        text(world.r2.upload("k", UploadOptions { length: length + 1, ..UploadOptions::default() }).unwrap_err()),
        "put: Your proposed upload exceeds the maximum allowed object size. (100100)"
    );
    for limit in [0, 1001] {
        assert_eq!(
            text(world.r2.list(ListOptions { limit: Some(limit), ..ListOptions::default() }).unwrap_err()),
            "list: MaxKeys params must be positive integer <= 1000. (10022)"
        );
    }
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
            assert_eq!(world.r2.get("k", Some(Range::Suffix(4))).unwrap().unwrap().size, size as u64);
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
    assert!(matches!(world.r2.cached("small"), Some(Some(Object { size: 1, body: Body::Bytes(_) }))));
    world.put("largest", vec![3; UNCACHED - 1]);
    world.get("largest");
    assert!(world.r2.cached("largest").is_some());
    assert!(world.r2.cached("large").is_none());
    world.get("large");
    let world = world.reopen();
    assert!(world.r2.cached("large").is_none());
    world.part("large", Some(Range::Suffix(1))).unwrap();
    let cached = world.r2.cached("large").unwrap().unwrap();
    assert_eq!((cached.size, cached.body.into_bytes().unwrap().len()), (LARGE as u64, LARGE), "whole");
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

#[test]
fn garbage_is_swept_and_a_file_cut_short_takes_its_key_with_it() {
    let world = World::new();
    world.put("cut", vec![1; LARGE]);
    let cut = world.files().remove(0);
    world.put("gone", vec![1; LARGE]);
    let gone = world.files().into_iter().find(|path| *path != cut).unwrap();
    world.put("kept", vec![2; UNCACHED]);
    fs::File::options().write(true).open(&cut).unwrap().set_len(10).unwrap();
    fs::remove_file(&gone).unwrap();
    fs::write(world.folder.path().join("blobs/tmp/r2-00000000000000ff"), "half").unwrap();
    let blobs = world.folder.path().join("blobs/r2");
    fs::create_dir_all(blobs.join("ff")).unwrap();
    fs::write(blobs.join("ff/00000000000000ff"), "a crash came before the row").unwrap();
    let world = world.reopen();
    assert_eq!(world.get("cut"), None);
    assert_eq!(world.get("gone"), None);
    assert_eq!(world.get("kept").unwrap(), vec![2; UNCACHED]);
    world.put_with("cut", &vec![3; LARGE], only_if_absent()).unwrap().expect("it can be uploaded again");
    let world = world.reopen();
    assert_eq!(world.files().len(), 2);
    assert_eq!(world.get("cut").unwrap(), vec![3; LARGE]);
}

/// A bucket with an object that is in a row, one in a file that fits into memory, and one that does not; all with other bytes of the same
/// size.
fn forged(how_stored: UploadOptions) -> (World, Vec<(&'static str, usize)>) {
    let objects = vec![("row", 10), ("file", LARGE), ("streamed", UNCACHED)];
    let world = World::new();
    for (key, size) in &objects {
        let bytes = vec![1; *size];
        let sha256 = how_stored.sha256.map(|_| *Hash::of(&bytes).as_bytes());
        world.put_with(key, &bytes, UploadOptions { sha256, ..how_stored }).unwrap();
    }
    let World { r2, folder } = world;
    drop(r2);
    let connection = rusqlite::Connection::open(folder.path().join("r2.sqlite")).unwrap();
    connection.execute("UPDATE objects SET value = zeroblob(10) WHERE key = 'row'", []).unwrap();
    drop(connection);
    let world = World { r2: open(&folder), folder };
    for file in world.files() {
        fs::write(&file, vec![2; usize::try_from(fs::metadata(&file).unwrap().len()).unwrap()]).unwrap();
    }
    (world, objects)
}

#[test]
fn wrong_bytes_of_the_right_size_are_noticed_at_the_first_read_and_the_object_can_be_put_again() {
    for how_stored in [UploadOptions::default(), UploadOptions { sha256: Some([0; 32]), ..UploadOptions::default() }] {
        let (world, objects) = forged(how_stored);
        let (lost, epoch) = (world.r2.lost(), world.r2.epoch().to_owned());
        for (n, (key, size)) in objects.iter().enumerate() {
            assert_eq!(world.part(key, Some(Range::Suffix(1))).unwrap(), None, "{key}");
            assert_eq!(*lost.borrow(), n as u64 + 1, "{key}");
            assert_eq!(world.get(key), None, "{key}");
            assert_eq!(world.r2.head(key).unwrap(), None, "{key}");
            assert_eq!(world.r2.cached_size(key), Some(None), "{key}");
            world.put_with(key, &vec![3; *size], only_if_absent()).unwrap().expect("it is absent");
        }
        assert_eq!(*lost.borrow(), 3);
        let world = world.reopen();
        assert_ne!(world.r2.epoch(), epoch, "what was known of the bucket does not hold any more");
        for (key, size) in objects {
            assert_eq!(world.get(key).unwrap(), vec![3; size], "{key}");
        }
    }
}

#[test]
fn a_file_that_goes_while_the_bucket_is_open_takes_its_key_with_it() {
    let damages: [fn(PathBuf) -> std::io::Result<()>; 2] =
        [|path| fs::remove_file(path), |path| fs::write(path, "cut")];
    for damage in damages {
        let world = World::new();
        world.put("k", vec![1; LARGE]);
        damage(world.files().remove(0)).unwrap();
        assert_eq!(world.get("k"), None);
        assert_eq!(world.r2.head("k").unwrap(), None);
        assert!(world.files().is_empty());
    }
}

#[test]
fn an_epoch_lasts_as_long_as_nothing_is_lost() {
    let world = World::new();
    let first = world.r2.epoch().to_owned();
    assert_eq!(first.len(), 32);
    world.put("k", vec![1; LARGE]);
    world.put("other", "o");
    world.r2.delete("other").unwrap();
    let world = world.reopen();
    assert_eq!(world.r2.epoch(), first, "what was deleted on purpose is not lost");
    fs::remove_file(world.files().remove(0)).unwrap();
    let world = world.reopen();
    let second = world.r2.epoch().to_owned();
    assert_ne!(second, first, "a key was dropped when the bucket was opened");
    world.r2.renew_epoch().unwrap();
    assert_eq!(world.r2.epoch(), second, "it holds from the next start on");
    let world = world.reopen();
    let third = world.r2.epoch().to_owned();
    assert_ne!(third, second);
    let World { r2, folder } = world;
    drop(r2);
    fs::remove_file(folder.path().join("r2.sqlite")).unwrap();
    let state = StateDir::open(folder.path()).unwrap();
    assert_ne!(R2::open(&state, &Clock::system()).unwrap().epoch(), third, "the index is another one");
}

#[test]
fn strays_among_blobs_stay_and_are_in_nobody_s_way() {
    let world = World::new();
    world.put("k", vec![1; LARGE]);
    let blobs = world.folder.path().join("blobs/r2");
    // In the place of the next files, of their folders, and beside them.
    for name in ["02/0000000000000002/mine", "03/0000000000000003.txt", "notes/mine", "zz"] {
        let path = blobs.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "mine").unwrap();
    }
    fs::write(blobs.join("04"), "mine").unwrap();
    let world = world.reopen();
    assert_eq!(world.get("k").unwrap(), vec![1; LARGE]);
    for key in ["l", "m", "n", "o"] {
        world.put(key, vec![2; LARGE]);
    }
    let world = world.reopen();
    assert_eq!(world.get("o").unwrap(), vec![2; LARGE]);
    for name in ["02/0000000000000002/mine", "03/0000000000000003.txt", "notes/mine", "zz", "04"] {
        assert_eq!(fs::read(blobs.join(name)).unwrap(), b"mine", "{name}");
    }
}

#[test]
fn a_bucket_that_is_only_read_changes_nothing_and_serves_nothing_wrong() {
    let (world, objects) = forged(UploadOptions::default());
    let World { r2, folder } = world;
    drop(r2);
    let r2 = R2::open(&StateDir::open_for_reading(folder.path()).unwrap(), &Clock::manual(1)).unwrap();
    for (key, _) in &objects {
        assert!(r2.head(key).unwrap().is_some() || *key == "row");
        assert!(r2.get(key, None).unwrap().is_none(), "{key}");
    }
    drop(r2);
    let listed = open(&folder).list(ListOptions::default()).unwrap().objects.len();
    assert_eq!(listed, objects.len(), "no key was removed");
}

#[test]
fn a_listing_is_cut_into_pages_in_the_order_of_the_bytes() {
    let world = World::new();
    for key in ["p/b", "p/a", "p/é", "p/\u{ff5e}", "p/😀", "q", "p"] {
        world.put(key, key);
    }
    let mut cursor: Option<String> = None;
    let mut keys = Vec::new();
    loop {
        let options = ListOptions { prefix: "p/", limit: Some(2), cursor: cursor.as_deref() };
        let page = world.r2.list(options).unwrap();
        keys.extend(page.objects.into_iter().map(|object| object.key));
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(keys, ["p/a", "p/b", "p/é", "p/\u{ff5e}", "p/😀"]);
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
                    let options = UploadOptions { only_if_absent, ..UploadOptions::default() };
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
