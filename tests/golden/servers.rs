//! Commands that go on until their user ends them.

use crate::{record::Record, scene::Scene};

#[test]
fn serve() {
    let (mut scene, mut record) = (Scene::new(), Record::of("serve"));
    for line in ["pmx serve --simulate nonsense", "pmx serve --host 192.0.2.1 --port 0 --state ../state"] {
        record.call(&mut scene, "elsewhere", line);
    }
    for (line, words) in [
        ("PUBLISH_SECRET=s pmx serve --port 0 --state ../state", "try"),
        ("pmx serve --port 0 --state ../state", "state"),
        ("PUBLISH_SECRET=s pmx serve --port 0 --state ../state -q", "http"),
        ("PUBLISH_SECRET=s pmx serve --port 0 --state ../state --json", "ready"),
    ] {
        record.call_until(&mut scene, "elsewhere", line, words);
    }
    record.check();
}

#[test]
fn dev() {
    let (mut scene, mut record) = (Scene::new(), Record::of("dev"));
    for (folder, line) in [
        ("elsewhere", "pmx dev --port 0"),
        ("site", "pmx dev --port 0 --simulate nonsense"),
        ("site", "pmx dev --port 0 gone"),
    ] {
        record.call(&mut scene, folder, line);
    }
    record.call_until(&mut scene, "site", "pmx dev -q --port 0 --state ../state", "http");
    record.check();
}

#[test]
fn play() {
    let (mut scene, mut record) = (Scene::new(), Record::of("play"));
    record.call(&mut scene, "elsewhere", "pmx play --port 0");
    record.call(&mut scene, "site", "pmx play --clean");
    record.call_until(&mut scene, "site", "pmx play -q --print-url --port 0 --state ../state", "http");
    record.check();
}

#[test]
fn console() {
    let (mut scene, mut record) = (Scene::new(), Record::of("console"));
    for (folder, line) in [
        ("site", "pmx console --no-open"),
        ("elsewhere", "pmx console --no-open"),
        ("elsewhere", "pmx console --no-open --state ../state"),
        ("elsewhere", "pmx console --no-open ../gone"),
        ("site", "pmx console -q"),
    ] {
        record.call(&mut scene, folder, line);
    }
    record.check();
}
