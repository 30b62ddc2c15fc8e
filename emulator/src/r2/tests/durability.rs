//! What is left of the bucket's files after crashes and damage.

use super::*;
use pmx_model::Hash;

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
fn forged(sha256: bool) -> (World, Vec<(&'static str, usize)>) {
    let objects = vec![("row", 10), ("file", LARGE), ("streamed", UNCACHED)];
    let world = World::new();
    for (key, size) in &objects {
        let bytes = vec![1; *size];
        let options = if sha256 { with_sha256(*Hash::of(&bytes).as_bytes()) } else { PutOptions::default() };
        world.put_with(key, &bytes, options).unwrap();
    }
    let World { r2, clock, profile, folder } = world;
    drop(r2);
    let connection = rusqlite::Connection::open(folder.path().join("r2.sqlite")).unwrap();
    connection.execute("UPDATE objects SET value = zeroblob(10) WHERE key = 'row'", []).unwrap();
    drop(connection);
    let world = World::at(folder, clock, profile);
    for file in world.files() {
        fs::write(&file, vec![2; usize::try_from(fs::metadata(&file).unwrap().len()).unwrap()]).unwrap();
    }
    (world, objects)
}

#[test]
fn wrong_bytes_of_the_right_size_are_noticed_at_the_first_read_and_the_object_can_be_put_again() {
    for sha256 in [false, true] {
        let (world, objects) = forged(sha256);
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
    let World { r2, folder, .. } = world;
    drop(r2);
    fs::remove_file(folder.path().join("r2.sqlite")).unwrap();
    let state = StateDir::open(folder.path()).unwrap();
    assert_ne!(
        R2::open(&state, &Clock::system(), Profile::default()).unwrap().epoch(),
        third,
        "the index is another one"
    );
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
    let (world, objects) = forged(false);
    let World { r2, folder, .. } = world;
    drop(r2);
    let r2 =
        R2::open(&StateDir::open_for_reading(folder.path()).unwrap(), &Clock::manual(1), Profile::default()).unwrap();
    for (key, _) in &objects {
        assert!(r2.head(key).unwrap().is_some() || *key == "row");
        assert!(r2.get(key, None).unwrap().is_none(), "{key}");
    }
    drop(r2);
    let listed =
        World::at(folder, Clock::manual(1), Profile::default()).r2.list(ListOptions::default()).unwrap().objects.len();
    assert_eq!(listed, objects.len(), "no key was removed");
}
