//! A state folder of version 0.1.0, as `kill -9` left it, is opened by this version: what it holds is served, and the folder is brought to what this
//! version writes. A `kill -9` in the middle of that harms nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

#[path = "../support/mod.rs"]
mod support;

use std::{fs, path::Path, process::Stdio, thread, time::Duration};
use support::{Pmx, copy_folder, process::pmx, site};

const FIRST: &str = "07ff4870-4783-459d-a01f-e70a8237dc3f";
const SECOND: &str = "469c8bd2-93c8-4484-b21f-198b5e419e53";
/// What is published there is 4,000 lines of this length, above what lies in a row.
const LARGE_BYTES: usize = 120_000;

/// A copy of the folder.
fn state() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/migration/state-0.1.0"), folder.path());
    fs::rename(folder.path().join("gitignore"), folder.path().join(".gitignore")).unwrap();
    folder
}

/// All that was published is there, and goes on from there.
fn is_whole(state: &Path) {
    let server = Pmx::serve(state);
    let client = server.client;
    assert!(client.get("alpha.localhost", "/index").text().contains("<p>second</p>"));
    assert_eq!(client.get("alpha.localhost", "/large.txt").body.len(), LARGE_BYTES);
    let deploys: Vec<_> = site::deploys(client, "alpha").into_iter().map(|deploy| deploy["deployId"].clone()).collect();
    assert_eq!(deploys, [SECOND, FIRST]);
    assert_eq!(site::rollback(client, "alpha", FIRST)["seq"], 3);
    assert!(client.get("alpha.localhost", "/index").text().contains("<p>first</p>"));
    assert_eq!(site::rollback(client, "alpha", SECOND)["seq"], 4);
    server.kill();
    let server = Pmx::serve(state);
    assert!(server.client.get("alpha.localhost", "/index").text().contains("<p>second</p>"));
}

#[test]
fn a_state_of_version_0_1_0_is_opened_with_all_that_it_holds() {
    is_whole(state().path());
}

#[test]
fn a_kill_in_the_middle_of_the_migration_harms_nothing() {
    let state = state();
    for round in 0..20 {
        let mut server = pmx()
            .args(["serve", "--json", "--port", "0", "--state"])
            .arg(state.path())
            .env("PUBLISH_SECRET", support::SECRET)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // From before the first file is opened until all of them are.
        thread::sleep(Duration::from_millis(2 * round));
        server.kill().unwrap();
        server.wait().unwrap();
    }
    is_whole(state.path());
}
