//! `pmx dev` heals by itself: what the state folder has lost is published again while somebody waits for it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use serde_json::Value;
use std::{fs, path::Path};
use support::{Pmx, process::pmx};

fn site() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("paths")).unwrap();
    fs::write(folder.path().join("paths/index.path.md"), "# Home\n\n[one](./one.md) ![x](./x.svg)\n").unwrap();
    fs::write(folder.path().join("paths/one.md"), "# One\n\nThe words of one.\n").unwrap();
    fs::write(folder.path().join("paths/x.svg"), "<svg xmlns=\"http://www.w3.org/2000/svg\"/>").unwrap();
    folder
}

fn dev(site: &Path, arguments: &[&str]) -> Pmx {
    let mut command = pmx();
    command.args(["dev", "--json", "--port", "0", "--state"]).arg(site.join("state")).args(arguments).arg(site);
    Pmx::start(command)
}

fn r2(site: &Path, arguments: &[&str]) -> String {
    let output = pmx().args(["r2"]).args(arguments).arg("--state").arg(site.join("state")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Removes every blob; how many there were.
fn lose_all(site: &Path) -> usize {
    let listed: Value = serde_json::from_str(&r2(site, &["list", "--json"])).unwrap();
    let keys: Vec<&str> = listed.as_array().unwrap().iter().map(|object| object["key"].as_str().unwrap()).collect();
    keys.iter().for_each(|key| drop(r2(site, &["delete", key])));
    keys.len()
}

#[test]
fn a_lost_blob_is_back_before_the_page_is_answered() {
    for arguments in [&[] as &[&str], &["--exact"]] {
        let site = site();
        let mut dev = dev(site.path(), arguments);
        let page = dev.client.get("localhost", "/one");
        assert!(page.text().contains("The words of one."));
        assert!(lose_all(site.path()) > 5);
        for accept in ["text/html", "*/*"] {
            let answer = dev.client.get_with("localhost", "/one", &[("accept", accept)]);
            assert_eq!((answer.status, answer.text()), (200, page.text()), "{accept}");
        }
        assert_eq!(dev.event("mending")["blobs"], 1);
        // All of it is back, not only what was asked for.
        let home = dev.client.get("localhost", "/index.path").text();
        let image = home.split('"').find(|address| address.ends_with(".svg")).unwrap();
        assert_eq!(dev.client.get("localhost", image).status, 200);
        let history: Value = serde_json::from_str(&history(site.path())).unwrap();
        assert_eq!(history["rows"].as_array().unwrap().len(), 1, "no deploy comes of it: {history}");
    }
}

fn history(site: &Path) -> String {
    let name = site.file_name().unwrap().to_str().unwrap().trim_start_matches('.').to_ascii_lowercase();
    let objects = pmx().args(["do", "list", "--json", "--state"]).arg(site.join("state")).output().unwrap();
    let objects: Value = serde_json::from_slice(&objects.stdout).unwrap();
    let object = objects[0]["name"].as_str().unwrap_or(&name).to_owned();
    let query = "SELECT deploy_id FROM deploys";
    let output =
        pmx().args(["do", "sql", &object, query, "--json", "--state"]).arg(site.join("state")).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn an_edit_after_a_loss_publishes_what_was_kept_as_well() {
    let site = site();
    let mut dev = dev(site.path(), &[]);
    dev.client.get("localhost", "/one");
    lose_all(site.path());
    fs::write(site.path().join("paths/one.md"), "# One\n\nOther words.\n").unwrap();
    dev.event("published");
    for path in ["/one", "/index.path"] {
        assert_eq!(dev.client.get("localhost", path).status, 200, "{path}");
    }
    assert!(dev.client.get("localhost", "/one").text().contains("Other words."));
}

#[test]
fn what_is_lost_again_at_once_is_said_and_not_tried_for_ever() {
    let site = site();
    let mut dev = dev(site.path(), &[]);
    lose_all(site.path());
    assert_eq!(dev.client.get("localhost", "/one").status, 200);
    dev.event("mending");
    // Each is put back once. A publish that was still uploading may bring one back after it was given up.
    let (mut losses, mut given_up) = (1, 0);
    while given_up < 20 {
        if dev.client.get("localhost", "/one").status == 500 {
            given_up += 1;
        } else {
            assert!(losses < 10, "it is put back for ever");
            lose_all(site.path());
            (losses, given_up) = (losses + 1, 0);
        }
    }
    let log = dev.kill();
    assert!((1..=losses).contains(&log.matches("the state folder has lost").count()), "{log}");
    assert!((1..=losses).contains(&log.matches("as often as it is put back").count()), "{log}");
}
