//! `pmx worker bundle`: what is deployed to Cloudflare.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use pmx_model::Hash;
use std::{collections::BTreeSet, fs};
use support::process::pmx;

#[test]
fn the_bundle_is_the_wasm_that_runs_here_with_its_bindings_and_without_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let output = pmx().args(["worker", "bundle", "--out"]).arg(folder.path()).output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{}\n", folder.path().display()), "the path alone");
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    let wasm = read("pmx_worker.wasm");
    assert_eq!(wasm, pmx_worker::WASM);
    // Whatever a script imports is there, and all that is there is imported.
    let (mut open, mut imported) = (vec!["worker.mjs".to_owned()], BTreeSet::new());
    while let Some(name) = open.pop() {
        let text = String::from_utf8(read(&name)).unwrap();
        let found = text.lines().filter_map(|line| line.strip_suffix("\";")?.rsplit_once("from \"./"));
        open.extend(
            found
                .map(|(_, name)| name.to_owned())
                .filter(|name| imported.insert(name.clone()) && name.ends_with(".mjs")),
        );
    }
    let mut written: BTreeSet<String> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(written.remove("worker.mjs") && written.remove("wrangler.toml"));
    assert_eq!(written, imported);

    let config = String::from_utf8(read("wrangler.toml")).unwrap();
    let settings: String =
        config.lines().filter(|line| !line.trim_start().starts_with('#')).map(|line| format!("{line}\n")).collect();
    for needed in [
        &format!("WORKER_SHA256 = \"{}\"", Hash::of(&wasm)),
        // Without its path part a pattern means the root path of each site alone.
        "*.path.app/*",
        "new_sqlite_classes = [\"SpaceDO\"]",
        "SPACE_KV",
        "BUCKET",
        "SPACE_DO",
        "workers_dev = false",
    ] {
        assert!(settings.contains(needed), "{needed}\n{config}");
    }
    assert!(!settings.contains("PUBLISH_SECRET"), "a secret is no plain variable");
}
