//! Examples of `pmx-edge` as wasm.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

const TARGET: &str = "wasm32-unknown-unknown";

/// Compiles an example; `None`, with a word about it, where nothing can. It needs `cargo` with the target, or what `WASM_CARGO` names (as for
/// `worker/build.sh`); plain Rust must be enough for the other tests, but with `WASM_CARGO`, and in CI, it is compiled or fails.
pub fn example(name: &str) -> Option<PathBuf> {
    let named = std::env::var("WASM_CARGO").ok();
    let command = named.clone().unwrap_or_else(|| env!("CARGO").to_owned());
    let target_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples");
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
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let is_required = named.is_some() || std::env::var_os("CI").is_some();
    if !output.status.success() && !is_required && said.contains("target may not be installed") {
        eprintln!("SKIPPED: rustup target add {TARGET}, or name a cargo that has it in WASM_CARGO");
        return None;
    }
    assert!(output.status.success(), "{said}");
    Some(target_dir.join(TARGET).join("release/examples").join(format!("{name}.wasm")))
}
