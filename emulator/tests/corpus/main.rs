//! One corpus of scripts, played on every host that a Worker may run on; what comes out is the same.
//!
//! `tests/corpus/README.md` says how scripts are written.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod client;
mod compare;
mod emulator;
mod host;
mod kept;
#[path = "../../../tests/support/node.rs"]
#[allow(unreachable_pub, reason = "other tests share it")]
mod node;
mod player;
mod record;
mod script;
mod socket;
mod values;

use host::Kind;
use script::Script;
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    thread,
};

/// The handbook's page of accepted differences.
const PAGE: &str = "examples/handbook/paths/platform-differences.reference.md";
/// So many scripts are played at the same time: most of the time they wait.
const AT_ONCE: usize = 4;

/// The areas that `PMX_CORPUS` names, or all of them.
fn areas() -> Vec<String> {
    let wanted = std::env::var("PMX_CORPUS").unwrap_or_default();
    let is_wanted = |area: &String| wanted.is_empty() || wanted.split(' ').any(|one| one == area);
    script::areas().into_iter().filter(is_wanted).collect()
}

/// Does something for each area, some at the same time.
fn for_each_area<T: Send>(run: impl Fn(&str) -> T + Sync) -> Vec<T> {
    let mut all = Vec::new();
    for some in areas().chunks(AT_ONCE) {
        thread::scope(|scope| {
            let running: Vec<_> = some.iter().map(|area| scope.spawn(|| run(area))).collect();
            all.extend(running.into_iter().map(|one| one.join().unwrap()));
        });
    }
    all
}

/// Plays all scripts on a host and fails with what differs from the record. An area that differs is played once more: scripts have times in
/// them, and a busy machine keeps none.
fn compare(kind: Kind) {
    let differences = for_each_area(|area| {
        let play = || compare::differences(area, kind, &player::play(&Script::read(area), kind));
        let differences = play();
        if differences.is_empty() { differences } else { play() }
    });
    let differences = differences.concat();
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

/// Named steps of all areas, as differences name them.
fn all_steps() -> Vec<String> {
    let named = |area: String| {
        let steps = Script::read(&area).steps;
        steps.into_iter().map(move |step| format!("{area}/{}", step.name))
    };
    script::areas().into_iter().flat_map(named).collect()
}

#[test]
fn every_step_was_recorded_and_no_other() {
    for area in script::areas() {
        let steps: BTreeSet<_> = Script::read(&area).steps.into_iter().map(|step| step.name).collect();
        let recorded: BTreeSet<_> = record::read(&area).into_iter().map(|(name, _)| name).collect();
        assert_eq!(steps, recorded, "{area}: record it anew (tests/corpus/README.md)");
    }
}

#[test]
fn the_guests_wasm_is_that_of_its_sources() {
    let guest = script::folder().join("guest");
    let mut files = vec![guest.join("Cargo.toml")];
    collect(&guest.join("src"), &mut files);
    files.sort_by_key(|path| path.to_string_lossy().replace('\\', "/"));
    let sources: String =
        files.iter().map(|path| fs_err::read_to_string(path).unwrap().replace("\r\n", "\n")).collect();
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(sources));
    let built = fs_err::read_to_string(guest.join("dist/sources.sha256")).unwrap();
    assert_eq!(built.trim(), hash, "build it anew: tests/corpus/guest/build.sh");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}

/// What a step may say of itself, and nobody misspells it.
#[test]
fn steps_say_only_what_is_known() {
    const KNOWN: [&str; 17] = [
        "about", "do", "in", "until", "http", "open", "through", "headers", "on", "send", "receive", "closed", "drop",
        "together", "wait", "kill", "keep",
    ];
    for area in script::areas() {
        for step in Script::read(&area).steps {
            let unknown: Vec<_> = step.what.keys().filter(|key| !KNOWN.contains(&key.as_str())).collect();
            assert!(unknown.is_empty(), "{area}/{}: {unknown:?}", step.name);
        }
    }
}

#[test]
fn the_handbook_lists_what_differs() {
    let steps = all_steps();
    for accepted in compare::accepted() {
        assert!(["both", "shim", "emulator"].contains(&accepted.host.as_str()), "no such host: {}", accepted.host);
        let unknown: Vec<_> = accepted.steps.iter().filter(|step| !steps.contains(step)).collect();
        assert!(unknown.is_empty(), "there are no such steps: {unknown:?}");
    }
    for open in compare::open() {
        let unknown: Vec<_> = open.steps.iter().filter(|step| !steps.contains(step)).collect();
        assert!(unknown.is_empty(), "there are no such steps: {unknown:?}");
    }
    let page = compare::page(steps.len());
    let path = script::folder().join("../..").join(PAGE);
    if std::env::var_os("PMX_WRITE_LISTS").is_some() {
        fs_err::write(&path, &page).unwrap();
    }
    let written = fs_err::read_to_string(path).unwrap_or_default();
    assert_eq!(written.replace("\r\n", "\n"), page, "write it anew with PMX_WRITE_LISTS=1");
}

#[test]
#[ignore = "writes the records: PMX_CORPUS='kv r2' cargo test --test corpus -- --ignored record"]
fn record() {
    for_each_area(|area| record::write(area, &player::play(&Script::read(area), Kind::Plain)));
}

#[test]
#[ignore = "takes four minutes, and the record changes with the version of workerd alone: cargo test -p pmx-emulator --test corpus -- --ignored workerd"]
fn workerd_does_what_was_recorded() {
    if !node::can_run("../tests/parity", &["node"]) {
        return;
    }
    compare(Kind::Plain);
}

#[test]
fn the_shim_does_what_the_platform_does() {
    if !node::can_run("../tests/parity", &["node"]) {
        return;
    }
    compare(Kind::Shim);
}

#[test]
fn the_emulator_does_what_workerd_did() {
    compare(Kind::Emulator);
}
