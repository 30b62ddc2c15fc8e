//! What an instance remembers between requests, by a clock that jumps.

use super::{
    Shared,
    freshness::{Wanted, state},
    losses::Lost,
    state::is_same,
};
use pmx_edge::bindings::{Blob, Body, Bound, Bucket, Clock, Kv, Level, ObjectRequest, ObjectResponse, Objects, Put};
use pmx_model::{Hash, SiteName};
use serde_json::json;
use std::{
    cell::RefCell,
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

const DAY: u64 = 86_400_000;
const YEAR: u64 = 365 * DAY;
const NOON: u64 = 20_000 * DAY;

/// A platform of which a test says what it has.
#[derive(Default)]
struct World {
    now: u64,
    kv: Option<Vec<u8>>,
    object: Option<Vec<u8>>,
    /// Paths of the calls to objects, with their names.
    calls: Vec<String>,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}

#[derive(Clone, Copy)]
struct Fake;

impl Clock for Fake {
    fn now_ms(self) -> u64 {
        WORLD.with_borrow(|world| world.now)
    }
    fn random(self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
    fn log(self, _: Level, _: &str) {}
    fn var(self, _: &str) -> Option<String> {
        None
    }
    async fn sleep(self, _: u64) {
        std::future::pending().await
    }
}

impl Kv for Fake {
    async fn kv_get(self, _: &str) -> Bound<Option<Vec<u8>>> {
        Ok(WORLD.with_borrow(|world| world.kv.clone()))
    }
    async fn kv_put(self, _: &str, _: &[u8]) -> Bound<()> {
        Ok(())
    }
}

impl Bucket for Fake {
    async fn blob_head(self, _: &Hash) -> Bound<Option<u64>> {
        Ok(None)
    }
    async fn blob_get(self, _: &Hash, _: Option<(u64, u64)>) -> Bound<Option<Blob>> {
        Ok(None)
    }
    async fn blob_read(self, _: &Hash, _: u64) -> Bound<Option<Vec<u8>>> {
        Ok(None)
    }
}

impl Body for Fake {
    async fn body_read(self, _: u64) -> Bound<Option<Vec<u8>>> {
        Ok(None)
    }
    async fn body_put(self, _: &Hash) -> Bound<Put> {
        Ok(Put::Exists)
    }
}

impl Objects for Fake {
    async fn object_fetch(self, name: &str, request: ObjectRequest) -> Bound<ObjectResponse> {
        WORLD.with_borrow_mut(|world| {
            world.calls.push(format!("{name}{}", request.path));
            let (status, body) = world.object.clone().map_or((404, Vec::new()), |state| (200, state));
            Ok(ObjectResponse { status, socket: None, body })
        })
    }
}

/// The outcome of what waits for nothing.
#[track_caller]
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

fn site(name: &str) -> SiteName {
    name.parse().unwrap()
}

fn calls() -> usize {
    WORLD.with_borrow_mut(|world| std::mem::take(&mut world.calls).len())
}

fn set(change: impl FnOnce(&mut World)) {
    WORLD.with_borrow_mut(change);
}

#[test]
fn texts_are_the_same_that_are_equal_to_the_last_byte() {
    let text = b"a text of more than two times eight bytes";
    for length in 0..text.len() {
        assert!(is_same(&text[..length], &text[..length]));
        assert!(!is_same(&text[..length], &text[..=length]) && !is_same(&text[..=length], &text[..length]));
        for at in 0..length {
            let mut other = text[..length].to_vec();
            other[at] ^= 1;
            assert!(!is_same(&text[..length], &other), "{length} {at}");
        }
    }
}

fn state_with(seq: u64) -> Option<Vec<u8>> {
    let hash = Hash::of(b"");
    let roots = json!({ "roots": { "main": { "entry": "x", "routes": hash, "manifest": hash } }, "default": "main" });
    Some(
        json!({ "deployId": "d", "roots": roots, "updatedAt": "t", "seq": seq, "previous": [] })
            .to_string()
            .into_bytes(),
    )
}

/// The `seq` that a page is answered from, and whether freshness is confirmed.
fn asked(shared: &Shared, wanted: Wanted) -> Option<(u64, Option<bool>)> {
    let known = now(state(Fake, shared, &site("alpha"), wanted)).unwrap()?;
    Some((known.state.seq(), known.confirmed))
}

#[test]
fn a_name_that_was_unknown_is_asked_about_again_whatever_becomes_of_the_clock() {
    for later in [NOON + 10_000, NOON - DAY, NOON + YEAR, 0, u64::MAX] {
        let shared = Shared::default();
        set(|world| *world = World { now: NOON, ..World::default() });
        assert_eq!((asked(&shared, Wanted::Any), calls()), (None, 1));
        set(|world| world.now = NOON + 9_999);
        assert_eq!((asked(&shared, Wanted::Any), calls()), (None, 0));
        set(|world| (world.now, world.object) = (later, state_with(1)));
        assert_eq!((asked(&shared, Wanted::Any), calls()), (Some((1, None)), 1), "{later}");
    }
}

#[test]
fn freshness_is_asked_for_again_whatever_becomes_of_the_clock() {
    for later in [NOON + 1_000, NOON - DAY, NOON + YEAR, 0, u64::MAX] {
        let shared = Shared::default();
        set(|world| *world = World { now: NOON, kv: state_with(1), object: state_with(2), ..World::default() });
        assert_eq!((asked(&shared, Wanted::Newest), calls()), (Some((2, Some(true))), 1));
        set(|world| world.now = NOON + 999);
        assert_eq!((asked(&shared, Wanted::Newest), calls()), (Some((2, Some(false))), 0));
        set(|world| (world.now, world.object) = (later, state_with(3)));
        assert_eq!((asked(&shared, Wanted::AtLeast(3)), calls()), (Some((3, Some(true))), 1), "{later}");
    }
}

#[test]
fn random_names_are_looked_for_in_few_objects_and_published_ones_always() {
    let shared = Shared::default();
    set(|world| *world = World { now: NOON, ..World::default() });
    for n in 0..1_000 {
        assert!(!now(shared.exists(Fake, &site(&format!("n{n}")))).unwrap());
    }
    assert_eq!(calls(), 10);
    set(|world| world.object = state_with(1));
    assert!(!now(shared.exists(Fake, &site("alpha"))).unwrap());
    shared.published(&site("alpha"));
    assert!(now(shared.exists(Fake, &site("alpha"))).unwrap());
    for (later, more) in [(NOON + 200, 1), (NOON + 1_200, 5), (NOON - DAY, 10), (NOON + YEAR, 10)] {
        set(|world| (world.now, world.object) = (later, None));
        calls();
        for n in 0..1_000 {
            assert!(!now(shared.exists(Fake, &site(&format!("m{n}-{more}-{later}")))).unwrap());
        }
        assert_eq!(calls(), more, "{later}");
    }
}

#[test]
fn an_object_is_told_of_a_loss_once_in_a_while() {
    let shared = Shared::default();
    let lost = |text: &str| Lost { hash: Hash::of(text.as_bytes()), size: Some(7) };
    let tell = |text: &str| shared.losses.report(Fake, site("alpha"), lost(text)).map(now).is_some();
    set(|world| *world = World { now: NOON, ..World::default() });
    assert!(tell("a") && !tell("a") && tell("b"));
    let told = WORLD.with_borrow_mut(|world| std::mem::take(&mut world.calls));
    assert_eq!(told[0], format!("alpha/lost?space=alpha&hash={}&size=7", Hash::of(b"a")));
    assert_eq!((0..1_000).filter(|n| tell(&n.to_string())).count(), 8, "ten at once in all");
    for later in [NOON + 10_000, NOON + 10_000 - DAY, NOON + YEAR] {
        set(|world| world.now = later);
        assert!(tell("a") && !tell("a"), "{later}");
    }
}
