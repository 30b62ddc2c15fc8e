//! What an instance remembers between requests, by a clock that jumps.

use super::{
    Shared,
    freshness::{Wanted, state},
    losses::Lost,
    state::is_same,
};
use crate::products::sites::blobs::STATES;
use pmx_edge::{
    http::Response,
    memory::{Memory, run},
};
use pmx_model::{Hash, SiteName, kv_key};
use serde_json::json;
use std::{cell::RefCell, rc::Rc};

const DAY: u64 = 86_400_000;
const YEAR: u64 = 365 * DAY;
const NOON: u64 = 20_000 * DAY;

/// A platform with one site, `alpha`, of which a test says what KV and its object have.
struct World {
    memory: Memory,
    object: Rc<RefCell<Option<Vec<u8>>>>,
    /// Calls to objects, with their names.
    calls: Rc<RefCell<Vec<String>>>,
}

impl World {
    fn new(kv: Option<Vec<u8>>, object: Option<Vec<u8>>) -> Self {
        let world = Self { memory: Memory::at(NOON), object: Rc::new(RefCell::new(object)), calls: Rc::default() };
        world.memory.set_value(STATES, &kv_key::site_state("alpha"), kv);
        let (object, calls) = (world.object.clone(), world.calls.clone());
        world.memory.on_object(move |name, request| {
            calls.borrow_mut().push(format!("{name}{}", request.url().trim_start_matches("https://object")));
            match &*object.borrow() {
                Some(state) => Response::bytes(200, "application/json", state.clone()),
                None => Response::empty(404),
            }
        });
        world
    }

    fn set(&self, now: u64, object: Option<Vec<u8>>) {
        self.memory.set_now(now);
        *self.object.borrow_mut() = object;
    }

    /// How often objects were asked since the last time.
    fn calls(&self) -> usize {
        self.calls.take().len()
    }

    /// The `seq` that a page is answered from, and whether freshness is confirmed.
    fn asked(&self, shared: &Shared, wanted: Wanted) -> Option<(u64, Option<bool>)> {
        let known = run(state(self.memory.edge(), shared, &site("alpha"), wanted)).unwrap()?;
        Some((known.state.seq(), known.confirmed))
    }

    fn exists(&self, shared: &Shared, name: &str) -> bool {
        run(shared.exists(self.memory.edge(), &site(name))).unwrap()
    }
}

fn site(name: &str) -> SiteName {
    name.parse().unwrap()
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

#[test]
fn a_name_that_was_unknown_is_asked_about_again_whatever_becomes_of_the_clock() {
    for later in [NOON + 10_000, NOON - DAY, NOON + YEAR, 0, u64::MAX] {
        let (shared, world) = (Shared::default(), World::new(None, None));
        assert_eq!((world.asked(&shared, Wanted::Any), world.calls()), (None, 1));
        world.memory.set_now(NOON + 9_999);
        assert_eq!((world.asked(&shared, Wanted::Any), world.calls()), (None, 0));
        world.set(later, state_with(1));
        assert_eq!((world.asked(&shared, Wanted::Any), world.calls()), (Some((1, None)), 1), "{later}");
    }
}

#[test]
fn freshness_is_asked_for_again_whatever_becomes_of_the_clock() {
    for later in [NOON + 1_000, NOON - DAY, NOON + YEAR, 0, u64::MAX] {
        let (shared, world) = (Shared::default(), World::new(state_with(1), state_with(2)));
        assert_eq!((world.asked(&shared, Wanted::Newest), world.calls()), (Some((2, Some(true))), 1));
        world.memory.set_now(NOON + 999);
        assert_eq!((world.asked(&shared, Wanted::Newest), world.calls()), (Some((2, Some(false))), 0));
        world.set(later, state_with(3));
        assert_eq!((world.asked(&shared, Wanted::AtLeast(3)), world.calls()), (Some((3, Some(true))), 1), "{later}");
    }
}

#[test]
fn random_names_are_looked_for_in_few_objects_and_published_ones_always() {
    let (shared, world) = (Shared::default(), World::new(None, None));
    for n in 0..1_000 {
        assert!(!world.exists(&shared, &format!("n{n}")));
    }
    assert_eq!(world.calls(), 10);
    world.set(NOON, state_with(1));
    assert!(!world.exists(&shared, "alpha"));
    shared.published(&site("alpha"));
    assert!(world.exists(&shared, "alpha"));
    for (later, more) in [(NOON + 200, 1), (NOON + 1_200, 5), (NOON - DAY, 10), (NOON + YEAR, 10)] {
        world.set(later, None);
        world.calls();
        for n in 0..1_000 {
            assert!(!world.exists(&shared, &format!("m{n}-{more}-{later}")));
        }
        assert_eq!(world.calls(), more, "{later}");
    }
}

#[test]
fn an_object_is_told_of_a_loss_once_in_a_while() {
    let (shared, world) = (Shared::default(), World::new(None, None));
    let lost = |text: &str| Lost { hash: Hash::of(text.as_bytes()), size: Some(7) };
    let tell = |text: &str| shared.losses.report(world.memory.edge(), site("alpha"), lost(text)).map(run).is_some();
    assert!(tell("a") && !tell("a") && tell("b"));
    assert_eq!(world.calls.take()[0], format!("alpha/lost?space=alpha&hash={}&size=7", Hash::of(b"a")));
    assert_eq!((0..1_000).filter(|n| tell(&n.to_string())).count(), 8, "ten at once in all");
    for later in [NOON + 10_000, NOON + 10_000 - DAY, NOON + YEAR] {
        world.memory.set_now(later);
        assert!(tell("a") && !tell("a"), "{later}");
    }
}
