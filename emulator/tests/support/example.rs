//! Workers in Rust, compiled as the page of `pmx-edge` tells a stranger to.
#![allow(clippy::print_stderr, reason = "a test that cannot run says why")]

use std::{path::Path, process::Command};

const TARGET: &str = "wasm32-unknown-unknown";

/// An example of `pmx-edge`; `None` where nothing can compile it, which it says.
pub fn example(name: &str) -> Option<Vec<u8>> {
    let target_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples");
    let named = std::env::var("WASM_CARGO").ok();
    let command = named.clone().unwrap_or_else(|| env!("CARGO").to_owned());
    let mut words = command.split(' ');
    let output = Command::new(words.next().unwrap())
        .args(words)
        .args([
            "build",
            "--release",
            "--locked",
            "-p",
            "pmx-edge",
            "--example",
            name,
            "--target",
            TARGET,
            "--target-dir",
        ])
        .arg(&target_dir)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() && named.is_none() && said.contains("target may not be installed") {
        eprintln!("not run: no compiler for {TARGET} here (rustup target add {TARGET}, or WASM_CARGO)");
        return None;
    }
    assert!(output.status.success(), "{said}");
    Some(std::fs::read(target_dir.join(TARGET).join("release/examples").join(format!("{name}.wasm"))).unwrap())
}
