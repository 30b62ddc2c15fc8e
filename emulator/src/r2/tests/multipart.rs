//! Uploads in parts.

use super::*;

/// The least that a part but the last must have.
const LEAST: usize = 5 * 1024 * 1024;

impl World {
    fn create(&self) -> String {
        self.r2.create_multipart_upload("k", &Metadata::default()).unwrap()
    }

    fn try_part(&self, key: &str, id: &str, number: i32, bytes: &[u8]) -> Result<UploadedPart, R2Error> {
        let mut part = self.r2.upload_part(key, id, number, bytes.len() as u64)?;
        part.write(bytes)?;
        part.finish()
    }

    fn add_part(&self, id: &str, number: i32, size: usize) -> UploadedPart {
        self.try_part("k", id, number, &vec![u8::try_from(number).unwrap(); size]).unwrap()
    }

    fn complete(&self, id: &str, parts: &[UploadedPart]) -> Result<ObjectMeta, R2Error> {
        self.r2.complete_multipart_upload("k", id, parts)
    }
}

#[test]
fn parts_become_one_object_in_the_order_of_their_numbers() {
    let world = World::new();
    let metadata = Metadata {
        http: HttpMetadata { content_type: Some("a/b".into()), ..HttpMetadata::default() },
        custom: vec![("a".into(), "b".into())],
        storage_class: Some("Standard".into()),
    };
    let id = world.r2.create_multipart_upload("k", &metadata).unwrap();
    assert_eq!(id.len(), 171);
    let tail = world.add_part(&id, 7, 4);
    let head = world.add_part(&id, 2, LEAST);
    assert_eq!((head.number, head.etag.len()), (2, 171));
    assert_eq!(world.r2.head("k").unwrap(), None, "nobody sees it yet");
    assert!(world.r2.list(ListOptions::default()).unwrap().objects.is_empty());
    let world = world.reopen();
    let meta = world.complete(&id, &[head, tail]).unwrap();
    assert_eq!(meta.size, LEAST as u64 + 4);
    assert_eq!(meta.checksums, Checksums::default());
    assert_eq!(meta.metadata, metadata);
    assert_eq!(world.files().len(), 1, "the parts are gone");
    let world = world.reopen();
    assert_eq!(world.r2.head("k").unwrap().unwrap(), meta);
    let across = Range::From { offset: LEAST as u64 - 2, length: None };
    assert_eq!(world.part("k", Some(across)).unwrap().unwrap(), &[2, 2, 7, 7, 7, 7][..]);
}

#[test]
fn the_etag_of_an_object_in_parts_is_made_of_theirs() {
    let world = World::new();
    let id = world.create();
    let parts =
        [world.try_part("k", &id, 1, &vec![b'a'; LEAST]).unwrap(), world.try_part("k", &id, 2, b"tail").unwrap()];
    assert_eq!(world.complete(&id, &parts).unwrap().etag, "30dcfd3901d1c613b7fb532281748544-2");
    let id = world.create();
    let empty = world.complete(&id, &[]).unwrap();
    assert_eq!((empty.size, empty.etag.as_str()), (0, "d41d8cd98f00b204e9800998ecf8427e-0"));
    assert_eq!(world.get("k").unwrap(), "");
}

#[test]
fn sizes_that_parts_cannot_have_are_refused_in_the_platform_s_words() {
    const SMALL: &str =
        "completeMultipartUpload: Your proposed upload is smaller than the minimum allowed object size. (10011)";
    const UNEQUAL: &str = "completeMultipartUpload: There was a problem with the multipart upload. (10048)";
    for (parts, expected) in [
        (&[(1, 10), (2, LEAST)][..], Err(SMALL)),
        (&[(2, LEAST - 1), (1, 1)], Err(SMALL)),
        (&[(2, LEAST), (1, 10)], Err(UNEQUAL)),
        (&[(1, LEAST), (2, LEAST + 1)], Err(UNEQUAL)),
        (&[(1, LEAST), (2, LEAST + 1), (3, 1)], Err(UNEQUAL)),
        (&[(1, LEAST + 1), (2, LEAST + 1), (3, LEAST)], Ok(())),
        (&[(2, LEAST), (1, LEAST)], Ok(())),
        (&[(1, 0)], Ok(())),
    ] {
        let world = World::new();
        let id = world.create();
        let uploaded: Vec<_> = parts.iter().map(|(number, size)| world.add_part(&id, *number, *size)).collect();
        let completed = world.complete(&id, &uploaded);
        match expected {
            Ok(()) => assert_eq!(completed.unwrap().size, parts.iter().map(|(_, size)| *size as u64).sum::<u64>()),
            Err(text) => {
                assert_eq!(text_of(completed), text, "{parts:?}");
                assert_eq!(world.r2.head("k").unwrap(), None);
            }
        }
    }
}

#[test]
fn a_part_is_replaced_by_another_of_its_number() {
    let world = World::new();
    let id = world.create();
    let old = world.add_part(&id, 1, LARGE);
    let new = world.add_part(&id, 1, LARGE);
    assert_ne!(old.etag, new.etag, "though the bytes are the same");
    assert_eq!(world.files().len(), 1);
    let missing = "completeMultipartUpload: One or more of the specified parts could not be found. (10025)";
    assert_eq!(text_of(world.complete(&id, &[old])), missing);
    assert_eq!(text_of(world.complete(&id, &[UploadedPart { number: 2, etag: new.etag.clone() }])), missing);
    assert_eq!(
        text_of(world.complete(&id, &[new.clone(), new.clone()])),
        "completeMultipartUpload: We encountered an internal error. Please try again. (10001)"
    );
    world.complete(&id, &[new]).unwrap();
}

#[test]
fn what_was_uploaded_and_is_not_named_is_removed() {
    let world = World::new();
    let id = world.create();
    let (_, named) = (world.add_part(&id, 1, LARGE), world.add_part(&id, 2, 3));
    world.complete(&id, &[named]).unwrap();
    assert!(world.files().is_empty());
    assert_eq!(world.get("k").unwrap(), &[2, 2, 2][..]);
}

#[test]
fn an_upload_that_is_over_takes_no_parts_and_can_be_aborted() {
    let over = |op| format!("{op}: The specified multipart upload does not exist. (10024)");
    for complete in [true, false] {
        let world = World::new();
        let id = world.create();
        let part = world.add_part(&id, 1, LARGE);
        if complete {
            world.complete(&id, std::slice::from_ref(&part)).unwrap();
        } else {
            world.r2.abort_multipart_upload("k", &id).unwrap();
            assert!(world.files().is_empty());
        }
        let world = world.reopen();
        assert_eq!(text_of(world.try_part("k", &id, 1, b"x")), over("uploadPart"));
        assert_eq!(text_of(world.try_part("k", &id, 1, &vec![1; LARGE])), over("uploadPart"));
        assert_eq!(text_of(world.complete(&id, &[part])), over("completeMultipartUpload"));
        world.r2.abort_multipart_upload("k", &id).unwrap();
        assert_eq!(world.r2.head("k").unwrap().is_some(), complete);
        assert_eq!(world.files().len(), usize::from(complete));
    }
}

#[test]
fn an_upload_that_never_was_is_refused_as_the_platform_does() {
    let world = World::new();
    let id = world.create();
    for (key, id) in [("k", "bogus"), ("other", id.as_str())] {
        assert_eq!(
            text_of(world.try_part(key, id, 1, b"x")),
            "uploadPart: The specified multipart upload does not exist. (10024)"
        );
        assert_eq!(
            text_of(world.r2.complete_multipart_upload(key, id, &[])),
            "completeMultipartUpload: We encountered an internal error. Please try again. (10001)"
        );
        assert_eq!(
            text_of(world.r2.abort_multipart_upload(key, id)),
            "abortMultipartUpload: We encountered an internal error. Please try again. (10001)"
        );
    }
    let long = "k".repeat(1025);
    let name = |op| format!("{op}: The specified object name is not valid. (10020)");
    let create = world.r2.create_multipart_upload(&long, &Metadata::default());
    assert_eq!(text_of(create), name("createMultipartUpload"));
    assert_eq!(text_of(world.r2.upload_part(&long, &id, 1, 0)), name("uploadPart"));
    assert_eq!(text_of(world.r2.complete_multipart_upload(&long, &id, &[])), name("completeMultipartUpload"));
    assert_eq!(text_of(world.r2.abort_multipart_upload(&long, &id)), name("abortMultipartUpload"));
}

#[test]
fn parts_have_numbers_from_1_to_10000() {
    let world = World::new();
    let id = world.create();
    for number in [i32::MIN, -1, 0, 10_001] {
        let error = world.r2.upload_part("k", &id, number, 0).unwrap_err();
        let text = format!("Part number must be between 1 and 10000 (inclusive). Actual value was: {number}");
        assert_eq!((error.class().name(), error.to_string()), ("TypeError", text));
    }
    assert_eq!((part_number(1).unwrap(), part_number(10_000).unwrap()), (1, 10_000));
    assert_eq!(
        text_of(world.r2.upload_part("k", &id, 1, limits::MAX_UPLOAD_BYTES + 1)),
        "uploadPart: Your proposed upload exceeds the maximum allowed object size. (100100)"
    );
}

#[test]
fn an_upload_is_aborted_after_seven_days_unless_workerd_is_alone() {
    for profile in [Profile::Production, Profile::WorkerdLocal] {
        let world = World::with(profile);
        let id = world.create();
        let part = world.add_part(&id, 1, LARGE);
        world.clock.advance(Duration::from_millis(limits::MAX_UPLOAD_AGE_MS - 1));
        let world = world.reopen();
        assert_eq!(world.files().len(), 1);
        world.clock.advance(Duration::from_millis(1));
        let completed = world.complete(&id, &[part]);
        if profile == Profile::WorkerdLocal {
            completed.unwrap();
            continue;
        }
        assert_eq!(
            text_of(completed),
            "completeMultipartUpload: The specified multipart upload does not exist. (10024)"
        );
        assert!(world.files().is_empty(), "and its parts are removed");
    }
}

#[test]
fn parts_of_an_upload_that_nobody_comes_back_for_go_when_the_bucket_is_opened() {
    let world = World::new();
    world.add_part(&world.create(), 1, LARGE);
    world.clock.advance(Duration::from_millis(limits::MAX_UPLOAD_AGE_MS));
    assert!(world.reopen().files().is_empty());
}

#[test]
fn a_part_that_is_lost_is_no_part_and_no_object_is_lost_with_it() {
    for reopened in [false, true] {
        let world = World::new();
        let id = world.create();
        let part = world.add_part(&id, 1, LARGE);
        let epoch = world.r2.epoch().to_owned();
        fs::remove_file(world.files().remove(0)).unwrap();
        let world = if reopened { world.reopen() } else { world };
        assert_eq!(
            text_of(world.complete(&id, &[part])),
            "completeMultipartUpload: One or more of the specified parts could not be found. (10025)"
        );
        assert_eq!((world.r2.epoch(), *world.r2.lost().borrow()), (epoch.as_str(), 0));
        let part = world.add_part(&id, 1, LARGE);
        world.complete(&id, &[part]).unwrap();
    }
}

#[test]
fn an_object_that_is_replaced_by_one_in_parts_leaves_no_file() {
    let world = World::new();
    world.put("k", vec![9; UNCACHED]);
    let id = world.create();
    let part = world.add_part(&id, 1, LARGE);
    world.complete(&id, &[part]).unwrap();
    assert_eq!(world.files().len(), 1);
    assert_eq!(world.get("k").unwrap(), vec![1; LARGE]);
    world.r2.delete("k").unwrap();
    assert!(world.files().is_empty());
}

#[test]
fn of_two_who_complete_an_upload_one_does() {
    let world = World::new();
    let id = world.create();
    let part = world.add_part(&id, 1, LARGE);
    let completed = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..2).map(|_| scope.spawn(|| world.complete(&id, std::slice::from_ref(&part)).is_ok())).collect();
        threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum::<usize>()
    });
    assert_eq!(completed, 1);
    assert_eq!(world.files().len(), 1);
}
