//! Commands for a site on a server.

use crate::{record::Record, scene::Scene};

/// Nobody listens there: port 1 is nobody's.
const NOWHERE: &str = "http://127.0.0.1:1";

#[test]
fn publish() {
    let (mut scene, mut record) = (Scene::served(), Record::of("publish"));
    let nowhere = format!("pmx publish -s chess --no-git --server {NOWHERE}");
    for (folder, line) in [
        ("site", "pmx publish --no-git"),
        ("site", "pmx publish -s www --no-git --server $SERVER"),
        ("site", "pmx publish -s 'No Name' --no-git --server $SERVER"),
        ("site", "PATHMX_PUBLISH_TOKEN= pmx publish -s chess --no-git --server $SERVER"),
        ("site", "PATHMX_PUBLISH_TOKEN=wrong pmx publish -s chess --no-git --server $SERVER"),
        ("site", &nowhere),
        ("site", "pmx publish -s chess --no-git --server http://example.com"),
        ("site", "pmx publish -s chess --no-git --no-build --server $SERVER -o gone"),
        ("elsewhere", "pmx publish -s chess --no-git --server $SERVER"),
        ("broken", "pmx publish -s chess --no-git --server $SERVER"),
        ("site", "pmx publish -s chess --no-git --server $SERVER --dry-run"),
        ("site", "pmx publish -s chess --no-git --server $SERVER"),
        ("site", "pmx publish -s chess --no-git --server $SERVER"),
    ] {
        record.call(&mut scene, folder, line);
    }
    scene.put("site/paths/notes.md", "# Notes\n\nOther words. [Start](./index.path.md)\n");
    for line in [
        "pmx publish -s chess --commit 452e294 --branch main --server $SERVER --json",
        "pmx publish -s chess --no-git --server $SERVER -q --no-build",
        "pmx publish -s chess --server $SERVER --rollback ffffffff",
    ] {
        record.call(&mut scene, "site", line);
    }
    record.check();
}

#[test]
fn share() {
    let (mut scene, mut record) = (Scene::served(), Record::of("share"));
    scene.put("site/paths/lab.path.md", "# Lab\n\nOnly this.\n");
    let nowhere = format!("pmx share paths/index.path.md --server {NOWHERE}");
    for (folder, line) in [
        ("site", "pmx share"),
        ("site", "pmx share --list"),
        ("site", "PATHMX_SHARE_TOKEN= pmx share paths/index.path.md --server $SERVER"),
        ("site", "PATHMX_SHARE_TOKEN=wrong pmx share paths/index.path.md --server $SERVER"),
        ("site", &nowhere),
        ("site", "pmx share paths/index.path.md --server http://example.com"),
        ("site", "pmx share paths/index.path.md paths/lab.path.md --server $SERVER"),
        ("site", "pmx share paths/lba.path.md --server $SERVER"),
        ("elsewhere", "pmx share notes.txt --server $SERVER"),
        ("broken", "pmx share paths/index.path.md --server $SERVER"),
        ("site", "pmx share paths/index.path.md --server $SERVER --dry-run"),
        ("site", "pmx share paths/index.path.md --server $SERVER"),
        ("site", "pmx share paths/index.path.md"),
    ] {
        record.call(&mut scene, folder, line);
    }
    scene.put("site/paths/notes.md", "# Notes\n\nOther words. [Start](./index.path.md)\n");
    for line in [
        "pmx share paths/index.path.md --dry-run",
        "pmx share paths/index.path.md",
        "pmx share paths/lab.path.md --server $SERVER --json",
        "pmx share -q paths/lab.path.md",
        "pmx share --list",
        "pmx share --list --json",
        "pmx share --remove paths/lab.path.md",
        "pmx share --remove paths/lab.path.md --dry-run",
        "pmx share --remove --yes paths/lab.path.md",
        "pmx share --remove --yes paths/lab.path.md",
        "pmx share --remove --yes paths/index.path.md --json",
    ] {
        record.call(&mut scene, "site", line);
    }
    record.check();
}

#[test]
fn deploys() {
    let (mut scene, mut record) = (Scene::served(), Record::of("deploys"));
    record.call(&mut scene, "site", "pmx deploys -s chess --server $SERVER");
    scene.call("site", "pmx publish -q -s chess --commit 452e294 --branch main --server $SERVER", "");
    let nowhere = format!("pmx deploys -s chess --server {NOWHERE}");
    for line in [
        "pmx deploys -s chess --server $SERVER",
        "pmx deploys -s chess --server $SERVER -q",
        "pmx deploys -s chess --server $SERVER --json",
        "pmx deploys --server $SERVER",
        "PATHMX_PUBLISH_TOKEN=wrong pmx deploys -s chess --server $SERVER",
        "PATHMX_PUBLISH_TOKEN= pmx deploys -s chess --server $SERVER",
        &nowhere,
    ] {
        record.call(&mut scene, "site", line);
    }
    record.check();
}

#[test]
fn rollback() {
    let (mut scene, mut record) = (Scene::served(), Record::of("rollback"));
    record.call(&mut scene, "site", "pmx rollback -s chess --server $SERVER");
    scene.call("site", "pmx publish -q -s chess --no-git --server $SERVER", "");
    record.call(&mut scene, "site", "pmx rollback -s chess --server $SERVER");
    scene.put("site/paths/notes.md", "# Notes\n\nOther words. [Start](./index.path.md)\n");
    scene.call("site", "pmx publish -q -s chess --no-git --server $SERVER", "");
    let nowhere = format!("pmx rollback -s chess --server {NOWHERE}");
    for line in [
        "pmx rollback -s chess --server $SERVER --dry-run",
        "pmx rollback -s chess --server $SERVER",
        "pmx rollback -s chess --server $SERVER",
        "pmx rollback ffffffff -s chess --server $SERVER",
        "pmx rollback --server $SERVER",
        "PATHMX_PUBLISH_TOKEN=wrong pmx rollback -s chess --server $SERVER",
        &nowhere,
    ] {
        record.call(&mut scene, "site", line);
    }
    scene.call("site", "pmx publish -q -s chess --no-git --server $SERVER", "");
    record.call(&mut scene, "site", "pmx rollback -s chess --server $SERVER --json");
    scene.call("site", "pmx publish -q -s chess --no-git --server $SERVER", "");
    record.call(&mut scene, "site", "pmx rollback -q -s chess --server $SERVER");
    record.check();
}

#[test]
fn unpublish() {
    let (mut scene, mut record) = (Scene::served(), Record::of("unpublish"));
    record.call(&mut scene, "site", "pmx unpublish -y -s chess --server $SERVER");
    scene.call("site", "pmx publish -q -s chess --no-git --server $SERVER", "");
    let nowhere = format!("pmx unpublish -y -s chess --server {NOWHERE}");
    for line in [
        "pmx unpublish -s chess --server $SERVER",
        "pmx unpublish -s chess --server $SERVER --dry-run",
        "pmx unpublish -y -s chess --server $SERVER --status 500",
        "PATHMX_PUBLISH_TOKEN=wrong pmx unpublish -y -s chess --server $SERVER",
        &nowhere,
        "pmx unpublish -y -s chess --server $SERVER",
        "pmx unpublish -y -s chess --server $SERVER",
        "pmx deploys -s chess --server $SERVER",
        "pmx unpublish -y -s chess --server $SERVER --status 404 --json",
        "pmx unpublish -q -y -s chess --server $SERVER",
    ] {
        record.call(&mut scene, "site", line);
    }
    record.check();
}

#[test]
fn events() {
    let (mut scene, mut record) = (Scene::served(), Record::of("events"));
    scene.call("site", "pmx publish -q -s chess --no-git --server $SERVER", "");
    let nowhere = format!("pmx events -s chess --server {NOWHERE}");
    for line in ["pmx events --server $SERVER", "pmx events -s 'No Name' --server $SERVER", &nowhere] {
        record.call(&mut scene, "site", line);
    }
    record.call_until(&mut scene, "site", "pmx events -s chess --server $SERVER", "Following");
    record.call_until(&mut scene, "site", "pmx events -s chess --server $SERVER --json", "connected");
    record.call(&mut scene, "site", "pmx events -q -s www --server $SERVER");
    record.check();
}
