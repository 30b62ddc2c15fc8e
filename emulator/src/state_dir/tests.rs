use super::*;

#[test]
fn a_second_owner_is_refused_and_told_who_the_first_is() {
    let folder = tempfile::tempdir().unwrap();
    let first = StateDir::open(folder.path()).unwrap();
    match StateDir::open(folder.path()) {
        Err(StateError::InUse { path, pid }) => {
            assert_eq!(path, folder.path());
            assert_eq!(pid, Some(std::process::id()));
        }
        other => panic!("{other:?}"),
    }
    let clone = first.clone();
    drop(first);
    assert!(StateDir::open(folder.path()).is_err(), "a clone still owns it");
    drop(clone);
    StateDir::open(folder.path()).unwrap();
}

#[test]
fn a_folder_of_a_later_layout_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("version"), "2\n").unwrap();
    assert!(matches!(StateDir::open(folder.path()), Err(StateError::NewerLayout { found: 2, .. })));
    fs_err::write(folder.path().join("version"), "one").unwrap();
    assert!(matches!(StateDir::open(folder.path()), Err(StateError::Unusable { .. })));
}

#[test]
fn a_file_in_the_folder_s_place_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    fs_err::write(&path, "").unwrap();
    let error = StateDir::open(&path).unwrap_err();
    assert!(matches!(error, StateError::Unusable { .. }));
    assert!(error.to_string().contains("state"), "{error}");
}

#[test]
fn a_temporary_folder_goes_with_its_last_clone() {
    let state = StateDir::temporary().unwrap();
    let path = state.path().to_owned();
    assert!(path.join("version").is_file());
    drop(state);
    assert!(!path.exists());
}

#[test]
fn half_written_files_are_swept_on_open() {
    let folder = tempfile::tempdir().unwrap();
    drop(StateDir::open(folder.path()).unwrap());
    let temporary = folder.path().join("blobs/tmp");
    let left_over = temporary.join("r2-0000000000000007");
    fs_err::write(&left_over, "half").unwrap();
    fs_err::write(temporary.join("7"), "not ours").unwrap();
    fs_err::create_dir_all(temporary.join("r2-0000000000000008/theirs")).unwrap();
    drop(StateDir::open(folder.path()).unwrap());
    assert!(!left_over.exists());
    assert!(temporary.join("7").exists() && temporary.join("r2-0000000000000008/theirs").exists());
}

#[test]
fn git_leaves_a_state_folder_alone_and_what_the_user_put_there_stays() {
    let folder = tempfile::tempdir().unwrap();
    drop(StateDir::open(folder.path()).unwrap());
    let ignore = folder.path().join(".gitignore");
    assert_eq!(fs_err::read_to_string(&ignore).unwrap(), "*\n");
    fs_err::write(&ignore, "own\n").unwrap();
    drop(StateDir::open(folder.path()).unwrap());
    assert_eq!(fs_err::read_to_string(&ignore).unwrap(), "own\n");
    fs_err::remove_file(&ignore).unwrap();
    drop(StateDir::open(folder.path()).unwrap());
    assert!(ignore.exists(), "folders of older versions get theirs");
}

#[test]
fn many_may_read_while_nobody_owns_and_nobody_owns_while_one_reads() {
    let folder = tempfile::tempdir().unwrap();
    assert!(StateDir::open_for_reading(folder.path()).is_err());
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 0, "a look makes nothing");
    let owner = StateDir::open(folder.path()).unwrap();
    let refused = StateDir::open_for_reading(folder.path()).unwrap_err();
    assert!(matches!(refused, StateError::InUse { pid: Some(_), .. }), "{refused}");
    drop(owner);
    let readers = [(); 2].map(|()| StateDir::open_for_reading(folder.path()).unwrap());
    let refused = StateDir::open(folder.path()).unwrap_err();
    assert!(matches!(refused, StateError::InUse { pid: None, .. }), "{refused}");
    drop(readers);
    StateDir::open(folder.path()).unwrap();
}

#[cfg(unix)]
#[test]
fn a_link_at_any_name_is_refused_and_named() {
    let outside = tempfile::tempdir().unwrap();
    fs_err::write(outside.path().join("file"), "theirs").unwrap();
    for name in [
        "version",
        "lock",
        ".gitignore",
        "owner.json",
        "kv.sqlite",
        "kv.sqlite-wal",
        "kv.sqlite-shm",
        "r2.sqlite",
        "r2.sqlite-journal",
        "blobs",
        "blobs/kv",
        "blobs/r2",
        "blobs/tmp",
        "blobs/tmp/r2-0000000000000001",
        "blobs/r2/01",
        "blobs/r2/02/0000000000000002",
        "do",
        "do/alarms.sqlite",
        "do/SpaceDO",
        "do/Other/00.sqlite",
        "do/Other/00.sqlite-wal",
        "anything",
        "blobs/anything",
    ] {
        for target in [outside.path().to_owned(), outside.path().join("file"), outside.path().join("none")] {
            let folder = tempfile::tempdir().unwrap();
            drop(StateDir::open(folder.path()).unwrap());
            let link = folder.path().join(name);
            fs_err::create_dir_all(link.parent().unwrap()).unwrap();
            let _ = fs_err::remove_file(&link);
            let _ = fs_err::remove_dir_all(&link);
            std::os::unix::fs::symlink(&target, &link).unwrap();
            for refused in [StateDir::open(folder.path()), StateDir::open_for_reading(folder.path())] {
                let error = refused.unwrap_err();
                assert!(matches!(&error, StateError::Link { path } if *path == link), "{name}: {error}");
                assert!(error.hint().contains(&link.display().to_string()), "{}", error.hint());
            }
            let left: Vec<_> =
                fs_err::read_dir(outside.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(left, ["file"], "{name}");
            assert_eq!(fs_err::read(outside.path().join("file")).unwrap(), b"theirs", "{name}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_is_written_in_place_has_one_name() {
    let outside = tempfile::tempdir().unwrap();
    let theirs = outside.path().join("file");
    for name in ["lock", "kv.sqlite", "do/alarms.sqlite", "do/SpaceDO/00.sqlite"] {
        let folder = tempfile::tempdir().unwrap();
        drop(StateDir::open(folder.path()).unwrap());
        fs_err::write(&theirs, "theirs").unwrap();
        let link = folder.path().join(name);
        fs_err::create_dir_all(link.parent().unwrap()).unwrap();
        let _ = fs_err::remove_file(&link);
        fs_err::hard_link(&theirs, &link).unwrap();
        let error = StateDir::open(folder.path()).unwrap_err();
        assert!(error.to_string().contains("hard link"), "{name}: {error}");
        assert_eq!(fs_err::read(&theirs).unwrap(), b"theirs", "{name}");
    }
}
