//! Tests that drive programs which are not Rust.

use std::{path::Path, process::Command};

/// Whether a test that needs these can run. Where something is missing it says so and what to install; in CI it must be there.
pub fn can_run(folder: &str, programs: &[&str]) -> bool {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join("node_modules").exists();
    let missing: Vec<_> = programs
        .iter()
        .filter(|program| Command::new(program).arg("--version").output().is_err())
        .map(|program| format!("install {program}"))
        .chain((!installed).then(|| format!("run `npm ci --prefix {folder}`")))
        .collect();
    if missing.is_empty() {
        return true;
    }
    let missing = missing.join(", ");
    assert!(std::env::var_os("CI").is_none(), "CI may not skip this test: {missing}");
    eprintln!("SKIPPED: {missing}");
    false
}
