//! Bugs that are planted in the emulator, one at a time, and must be noticed by its suites.
//!
//! ```sh
//! cargo test --test planted -- --ignored --nocapture
//! ```
//!
//! builds a copy of the checkout for each (in `target/planted`) and runs the suites that are to notice it, most of a minute for each.
//! `PMX_PLANTED="alarms are late"` plants one only. In the ordinary run only the list itself is checked: what it replaces is still in the code, once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at the first surprise"
)]

mod bugs;

use bugs::{BUGS, Bug};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What a copy needs in order to be built and tested.
const COPIED: [&str; 9] =
    ["Cargo.toml", "Cargo.lock", "emulator", "worker", "site", "src", "tests", "benches", "examples"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn planted(bug: &Bug) -> String {
    let text =
        fs::read_to_string(root().join(bug.file)).unwrap_or_else(|error| panic!("{}: {}: {error}", bug.name, bug.file));
    assert_eq!(text.matches(bug.find).count(), 1, "{}: {} is to have this once: {}", bug.name, bug.file, bug.find);
    assert_ne!(bug.find, bug.replace, "{}", bug.name);
    text.replace(bug.find, bug.replace)
}

#[test]
fn the_list_fits_the_code() {
    for bug in BUGS {
        planted(bug);
    }
    let mut names: Vec<_> = BUGS.iter().map(|bug| bug.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), BUGS.len(), "two bugs of one name");
}

#[test]
#[ignore = "builds the emulator anew for each bug"]
fn every_bug_is_noticed() {
    let wanted = std::env::var("PMX_PLANTED").ok();
    let copy = copy();
    let mut missed = Vec::new();
    assert!(passes(&copy, &["-p", "pmx-emulator"]), "the suites fail without a bug");
    for bug in BUGS.iter().filter(|bug| wanted.as_deref().is_none_or(|name| name == bug.name)) {
        let file = copy.join(bug.file);
        let healthy = fs::read(&file).unwrap();
        fs::write(&file, planted(bug)).unwrap();
        let noticed = !passes(&copy, bug.suites);
        fs::write(&file, healthy).unwrap();
        println!("{:<40} {}", bug.name, if noticed { "noticed" } else { "MISSED" });
        if !noticed {
            missed.push(bug.name);
        }
    }
    assert!(missed.is_empty(), "nobody noticed {missed:?}");
}

/// Whether the copy's suites pass. A bug that cannot be compiled proves nothing: that is a mistake in the list.
fn passes(copy: &Path, suites: &[&str]) -> bool {
    let cargo = |arguments: &[&str]| {
        Command::new(env!("CARGO"))
            .args(["test", "--locked", "--quiet"])
            .args(suites)
            .args(arguments)
            .current_dir(copy)
            .env("CARGO_TARGET_DIR", root().join("target/planted/target"))
            .output()
            .unwrap()
    };
    let built = cargo(&["--no-run"]);
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    cargo(&[]).status.success()
}

/// A copy of the checkout as it is now.
fn copy() -> PathBuf {
    let copy = root().join("target/planted/copy");
    let _ = fs::remove_dir_all(&copy);
    fs::create_dir_all(&copy).unwrap();
    for name in COPIED {
        copy_all(&root().join(name), &copy.join(name));
    }
    copy
}

fn copy_all(from: &Path, to: &Path) {
    if !from.is_dir() {
        // With its time, so that what has not changed is not compiled again.
        let modified = fs::metadata(from).unwrap().modified().unwrap();
        fs::copy(from, to).unwrap();
        fs::File::options().write(true).open(to).unwrap().set_modified(modified).unwrap();
        return;
    }
    if from.file_name().is_some_and(|name| name == "node_modules" || name == "target") {
        return;
    }
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        copy_all(&entry.path(), &to.join(entry.file_name()));
    }
}
