//! Every op and every call of the ABI, made once by a Worker in Rust, in Cloudflare's own runtime: `pmx-edge`, the shim and `worker/ABI.md`
//! agree, and the platform answers as `tests/parity/probe.txt` says.
//!
//! `PMX_UPDATE_GOLDEN=1` writes that file anew; what changed in it is to be read.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::{fs, path::Path, process::Command};

fn root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn the_shim_hands_every_call_to_the_platform_and_every_answer_back() {
    if !support::node::can_run("tests/parity", &["node"]) {
        return;
    }
    let Some(wasm) = support::wasm::example("probe") else { return };
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("bundle");
    fs::create_dir(&bundle).unwrap();
    fs::copy(wasm, bundle.join("probe.wasm")).unwrap();
    fs::copy(root("worker/edge/examples/probe/worker.mjs"), bundle.join("worker.mjs")).unwrap();
    for file in fs::read_dir(root("worker/shim")).unwrap().map(Result::unwrap) {
        let name = file.file_name().into_string().unwrap();
        if name.starts_with("pmx_") {
            fs::copy(file.path(), bundle.join(name)).unwrap();
        }
    }
    let output = Command::new("node")
        .arg(root("tests/parity/probe.mjs"))
        .arg(&bundle)
        .arg(folder.path().join("state"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    let file = root("tests/parity/probe.txt");
    if std::env::var_os("PMX_UPDATE_GOLDEN").is_some() {
        fs::write(&file, &said).unwrap();
    }
    similar_asserts::assert_eq!(expected: fs::read_to_string(file).unwrap(), said: said);
}

#[test]
fn the_shim_has_every_op_and_every_call_of_the_page() {
    let abi = fs::read_to_string(root("worker/ABI.md")).unwrap();
    let shim: String = ["pmx_ops.mjs", "pmx_calls.mjs"]
        .map(|name| fs::read_to_string(root("worker/shim").join(name)).unwrap())
        .concat();
    let events = ["entrypoint.fetch", "object.alarm", "object.message", "object.close", "object.error"];
    let rows = abi.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    // Rows of options list several names.
    let is_one = |name: &&str| name.contains('.') && !name.contains('`') && !events.contains(name);
    let names: Vec<&str> = rows.map(|(name, _)| name).filter(is_one).collect();
    assert!(names.len() > 45, "{names:?}");
    let missing: Vec<_> = names.iter().filter(|name| !shim.contains(&format!("\"{name}\""))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
