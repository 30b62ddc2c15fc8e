//! Bodies, over memory: those that are here, and those that the host has.

use super::{Memory, run};
use crate::http::Body;

/// A body of ten bytes that the host has, and one that is here.
fn bodies(memory: Memory) -> [Body; 2] {
    memory.set_value("BUCKET", "ten", Some(b"0123456789".to_vec()));
    let bucket = memory.edge().bucket("BUCKET");
    [bucket.inline(None), bucket].map(|bucket| run(bucket.get("ten")).unwrap().unwrap().body.unwrap())
}

#[test]
fn a_body_is_read_in_chunks_or_whole_wherever_its_bytes_are() {
    let memory = Memory::at(0);
    for mut body in bodies(memory) {
        assert_eq!(run(body.read(4)), Ok(Some(b"0123".to_vec())));
        assert_eq!(run(body.read(5)), Ok(Some(b"45678".to_vec())));
        assert_eq!((run(body.read(5)), run(body.read(5))), (Ok(Some(b"9".to_vec())), Ok(None)));
    }
    for (max, whole) in [(10, Some(b"0123456789".to_vec())), (9, None)] {
        for body in bodies(memory) {
            assert_eq!(run(body.all(max)), Ok(whole.clone()));
        }
    }
    assert_eq!(memory.held_bodies(), 0);
    assert_eq!(run(Body::NONE.all(0)), Ok(Some(Vec::new())));
}

#[test]
fn a_body_is_released_when_it_is_dropped_and_is_not_when_it_is_handed_on() {
    let memory = Memory::at(0);
    let [held, here] = bodies(memory);
    assert_eq!((held.bytes(), here.bytes(), memory.held_bodies()), (None, Some(&b"0123456789"[..]), 1));
    drop((held, here));
    assert_eq!(memory.held_bodies(), 0);
    for body in bodies(memory) {
        run(memory.edge().kv("KV").put("copy", body)).unwrap();
        assert_eq!(memory.value("KV", "copy").as_deref(), Some(&b"0123456789"[..]));
    }
    assert_eq!(memory.held_bodies(), 0);
}
