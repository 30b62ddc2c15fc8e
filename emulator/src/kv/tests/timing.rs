//! Lag between places, and the rate of writes.

use super::*;

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

impl World {
    fn with_lag(seconds: u64) -> Self {
        let world = Self::new();
        world.put("k", "old").unwrap();
        world.faults.set_kv_lag(Duration::from_secs(seconds));
        world
    }

    fn seen(&self, place: &str) -> Option<String> {
        let kv = self.kv.at(place);
        let read = kv.get("k").unwrap();
        assert!(kv.cached("k").is_none_or(|cached| cached == read));
        read.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }

    fn put_at(&self, place: &str, value: &str) {
        self.kv.at(place).put("k", value.as_bytes(), PutOptions::default()).unwrap();
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

#[test]
fn a_write_is_seen_at_its_own_place_at_once_and_elsewhere_when_the_lag_is_over() {
    let world = World::with_lag(60);
    world.put_at("A", "new");
    assert_eq!(world.seen("A").unwrap(), "new");
    world.pass(59);
    assert_eq!((world.seen("A").unwrap(), world.seen("B").unwrap()), ("new".to_owned(), "old".to_owned()));
    assert_eq!(world.text("k").unwrap(), "old", "nowhere is no place");
    world.pass(1);
    assert_eq!((world.seen("A").unwrap(), world.seen("B").unwrap()), ("new".to_owned(), "new".to_owned()));
}

#[test]
fn a_miss_and_a_deletion_lag_at_other_places_only() {
    let world = World::with_lag(60);
    world.kv.at("A").delete("k").unwrap();
    assert_eq!((world.seen("A"), world.seen("B")), (None, Some("old".to_owned())));
    world.pass(60);
    assert_eq!(world.seen("B"), None);
    world.put_at("B", "new");
    assert_eq!((world.seen("A"), world.kv.at("A").cached("k")), (None, Some(None)));
    assert_eq!(world.seen("B").unwrap(), "new");
    world.pass(60);
    assert_eq!(world.seen("A").unwrap(), "new");
}

#[test]
fn places_that_write_in_turn_see_their_own_writes_and_the_last_one_wins() {
    let world = World::with_lag(60);
    world.put_at("A", "1");
    world.pass(10);
    world.put_at("B", "2");
    world.pass(10);
    world.put_at("C", "3");
    let seen = |world: &World| ["A", "B", "C", "D"].map(|place| world.seen(place).unwrap());
    assert_eq!(seen(&world), ["1", "2", "3", "old"]);
    world.pass(40);
    assert_eq!(seen(&world), ["1", "2", "3", "1"], "the first is seen everywhere now");
    world.pass(10);
    assert_eq!(seen(&world), ["2", "2", "3", "2"]);
    world.put_at("A", "4");
    assert_eq!(seen(&world), ["4", "2", "3", "2"]);
    world.pass(10);
    assert_eq!(seen(&world), ["4", "3", "3", "3"]);
    world.pass(50);
    assert_eq!(seen(&world), ["4"; 4]);
}

#[test]
fn who_asks_for_a_longer_cache_lags_longer_and_never_goes_back() {
    let world = World::with_lag(60);
    let seen_for = |ttl: i64| {
        let read = world.kv.at("B").get_with("k", GetOptions { cache_ttl: Some(ttl) }).unwrap();
        String::from_utf8(read.value.unwrap().to_vec()).unwrap()
    };
    assert_eq!(seen_for(300), "old");
    world.put_at("A", "new");
    world.pass(299);
    assert_eq!(seen_for(300), "old");
    assert_eq!(seen_for(30), "new", "a shorter one looks again");
    assert_eq!(seen_for(300), "new", "and what was seen stays seen");
    world.put_at("A", "newer");
    world.pass(60);
    assert_eq!(seen_for(300), "new");
    world.pass(240);
    assert_eq!(seen_for(300), "newer");
}

#[test]
fn metadata_and_lifetimes_lag_with_their_value() {
    let world = World::with_lag(600);
    let options = |metadata| PutOptions { metadata: Some(metadata), expiration_ttl: Some(60), expiration: None };
    world.kv.at("A").put("k", b"1", options("1")).unwrap();
    world.pass(1);
    world.kv.at("A").put("k", b"2", options("2")).unwrap();
    world.pass(599);
    let read = world.kv.at("B").get_with("k", GetOptions::default()).unwrap();
    assert_eq!((read.value, read.metadata), (None, None), "the first is over, and the second is not seen");
    let read = world.kv.at("A").get_with("k", GetOptions::default()).unwrap();
    assert_eq!(read.value, None);
}
