//! Buckets of earlier versions.

use super::*;
use rusqlite::Connection;

/// The tables as version 0.1 has made them, with an object in a row and the epoch.
const BEFORE: &str = "
    CREATE TABLE objects (
        key TEXT NOT NULL PRIMARY KEY, version BLOB NOT NULL, size INTEGER NOT NULL, md5 BLOB NOT NULL, sha256 BLOB,
        uploaded INTEGER NOT NULL, value BLOB, blob INTEGER
    ) STRICT;
    CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT;
    INSERT INTO meta VALUES ('epoch', 'of-before');
    INSERT INTO objects VALUES ('k', x'000102030405060708090a0b0c0d0e0f', 5, x'5d41402abc4b2a76b9719d911017c592',
        x'2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824', 1600000000000, CAST('hello' AS BLOB), NULL);
    INSERT INTO objects VALUES ('plain', x'000102030405060708090a0b0c0d0e0f', 5, x'5d41402abc4b2a76b9719d911017c592',
        NULL, 1600000000000, CAST('hello' AS BLOB), NULL)";

fn before() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    drop(StateDir::open(folder.path()).unwrap());
    let database = Connection::open(folder.path().join("r2.sqlite")).unwrap();
    database.pragma_update(None, "journal_mode", "WAL").unwrap();
    database.execute_batch(BEFORE).unwrap();
    folder
}

fn check(bucket: &R2) {
    let meta = bucket.head("k").unwrap().unwrap();
    assert_eq!(meta.etag, "5d41402abc4b2a76b9719d911017c592");
    assert_eq!(meta.version, "000102030405060708090a0b0c0d0e0f");
    assert_eq!((meta.size, meta.uploaded_ms), (5, 1_600_000_000_000));
    assert!(meta.checksums.sha256().is_some());
    let metadata = Metadata { storage_class: Some("Standard".into()), ..Metadata::default() };
    assert_eq!(meta.metadata, metadata);
    assert_eq!(bucket.get("k", None).unwrap().unwrap().body.into_bytes().unwrap(), "hello");
    let listed = bucket.list(ListOptions::default()).unwrap().objects;
    assert_eq!(listed.iter().map(|object| object.key.as_str()).collect::<Vec<_>>(), ["k", "plain"]);
    assert_eq!(listed[1].checksums.iter().count(), 1);
}

#[test]
fn a_bucket_of_before_is_read_and_written_and_keeps_its_epoch() {
    let world = World::at(before(), Clock::manual(START_MS), Profile::Production);
    assert_eq!(world.r2.epoch(), "of-before");
    check(&world.r2);
    let metadata = Metadata { custom: vec![("a".into(), "b".into())], ..Metadata::default() };
    world.r2.put("new", b"new", PutOptions { metadata, ..PutOptions::default() }).unwrap();
    let id = world.r2.create_multipart_upload("parts", &Metadata::default()).unwrap();
    world.r2.complete_multipart_upload("parts", &id, &[]).unwrap();
    let world = world.reopen();
    assert_eq!(world.r2.head("new").unwrap().unwrap().metadata.custom.len(), 1);
    assert_eq!(world.r2.epoch(), "of-before");
}

#[test]
fn a_bucket_of_before_is_read_without_being_changed() {
    let folder = before();
    let file = folder.path().join("r2.sqlite");
    let bytes = fs::read(&file).unwrap();
    let state = StateDir::open_for_reading(folder.path()).unwrap();
    check(&R2::open(&state, &Clock::manual(START_MS), Profile::Production).unwrap());
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

/// What version 0.1 does to a bucket that this one has migrated.
#[test]
fn what_a_version_of_before_has_written_is_read() {
    let world = World::new();
    let metadata = Metadata { custom: vec![("a".into(), "b".into())], ..Metadata::default() };
    world.r2.put("k", b"new", PutOptions { metadata, ..PutOptions::default() }).unwrap();
    let World { r2, clock, profile, folder } = world;
    drop(r2);
    let database = Connection::open(folder.path().join("r2.sqlite")).unwrap();
    for key in ["k", "plain"] {
        database
            .execute(
                "INSERT OR REPLACE INTO objects (key, version, size, md5, sha256, uploaded, value, blob) VALUES (?,
                 x'000102030405060708090a0b0c0d0e0f', 5, x'5d41402abc4b2a76b9719d911017c592',
                 iif(?1 = 'k', x'2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824', NULL), 1600000000000,
                 CAST('hello' AS BLOB), NULL)",
                [key],
            )
            .unwrap();
    }
    drop(database);
    check(&World::at(folder, clock, profile).r2);
}
