//! State survives whatever ends the process.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use support::{Fixture, Pmx, site};

/// Kills of the one run.
const KILLS: u64 = 100;

/// A small generator (SplitMix64), so that a run can be repeated from its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

/// What must hold for a state that was just opened again.
#[track_caller]
fn is_whole(pmx: &Pmx, markers: &BTreeMap<String, String>, acknowledged: &[String]) {
    let deploys = site::deploys(pmx.client, "alpha");
    let active: Vec<&Value> = deploys.iter().filter(|deploy| deploy["isActive"] == true).collect();
    assert!(active.len() == usize::from(!deploys.is_empty()), "exactly one deploy is active");
    let listed: Vec<_> = deploys.iter().map(|deploy| deploy["deployId"].as_str().unwrap()).collect();
    for id in acknowledged {
        assert!(listed.contains(&id.as_str()), "the acknowledged deploy {id} is gone");
    }
    let Some(active) = active.first() else { return };
    let page = pmx.client.get_with("alpha.localhost", "/index", &[("pmx-fresh", "1")]);
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(page.header("pmx-deploy"), active["deployId"].as_str());
    let marker = &markers[active["roots"]["roots"]["main"]["manifest"].as_str().unwrap()];
    assert!(page.text().contains(marker.as_str()), "the page is not that of its deploy");
}

#[test]
fn a_hundred_kills_at_random_points_of_a_publish_leave_no_torn_state() {
    let state = tempfile::tempdir().unwrap();
    let mut random = Random(20_261_121);
    let (mut markers, mut acknowledged) = (BTreeMap::new(), Vec::new());
    for round in 0..KILLS {
        let pmx = Pmx::serve(state.path());
        is_whole(&pmx, &markers, &acknowledged);
        let marker = format!("round {round}");
        let fixture = Fixture::page(&marker);
        markers.insert(fixture.roots["roots"]["main"]["manifest"].as_str().unwrap().to_owned(), marker);
        let client = pmx.client;
        let publisher = std::thread::spawn(move || {
            std::panic::catch_unwind(|| fixture.publish(client, "alpha")["deployId"].as_str().unwrap().to_owned()).ok()
        });
        std::thread::sleep(Duration::from_micros(random.below(30_000)));
        let log = pmx.kill();
        assert!(!log.contains("panicked"), "{log}");
        acknowledged.extend(publisher.join().unwrap());
    }
    assert!(!acknowledged.is_empty(), "no publish ever got through: the kills come too early to show anything");
    is_whole(&Pmx::serve(state.path()), &markers, &acknowledged);
}

#[test]
fn a_restart_keeps_sites_history_and_rollback() {
    let state = tempfile::tempdir().unwrap();
    let pmx = Pmx::serve(state.path());
    let v1 = Fixture::page("v1").publish(pmx.client, "alpha")["deployId"].clone();
    Fixture::page("v2").publish(pmx.client, "alpha");
    drop(pmx);
    let pmx = Pmx::serve(state.path());
    assert!(pmx.client.get("alpha.localhost", "/index").text().contains("v2"));
    assert_eq!(site::deploys(pmx.client, "alpha").len(), 2);
    site::rollback(pmx.client, "alpha", v1.as_str().unwrap());
    assert!(pmx.client.get("alpha.localhost", "/index").text().contains("v1"));
}

#[test]
fn an_open_of_a_state_in_use_says_who_has_it() {
    let state = tempfile::tempdir().unwrap();
    let first = Pmx::serve(state.path());
    let second = support::process::pmx().args(["serve", "--port", "0", "--state"]).arg(state.path()).output().unwrap();
    let stderr = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains(&first.pid().to_string()) && stderr.contains("hint:"), "{stderr}");
}

#[test]
fn one_file_for_each_site_and_nothing_for_names_that_were_only_asked_for() {
    let state = tempfile::tempdir().unwrap();
    let pmx = Pmx::serve(state.path());
    for site in ["alpha", "beta"] {
        Fixture::page("v1").publish(pmx.client, site);
    }
    for n in 0..30 {
        assert_eq!(pmx.client.get(&format!("random{n}.localhost"), "/").status, 404);
        assert_eq!(pmx.client.api("GET", &format!("/api/deploys?subdomain=random{n}"), &json!(null)).json(), json!([]));
    }
    let objects = std::fs::read_dir(state.path().join("do/SpaceDO")).unwrap();
    let databases = objects
        .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|extension| extension == "sqlite"))
        .count();
    assert_eq!(databases, 2);
}
