//! Workers in Rust, compiled as the page of `pmx-edge` tells a stranger to.
#![allow(clippy::print_stderr, reason = "a test that cannot run says why")]

use std::path::Path;

use pmx_emulator::{CargoBuild, CargoError};

/// An example of `pmx-edge`; `None` where nothing can compile it, which it says.
pub fn example(name: &str) -> Option<Vec<u8>> {
    let edge = Path::new(env!("CARGO_MANIFEST_DIR")).join("../worker/edge");
    let target_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples");
    match CargoBuild::new(edge).example(name).target_dir(target_dir).run() {
        Ok(wasm) => Some(std::fs::read(wasm).unwrap()),
        Err(error @ CargoError::NoTarget) if std::env::var_os("WASM_CARGO").is_none() => {
            eprintln!("not run: {error}, or WASM_CARGO names a compiler");
            None
        }
        Err(error) => panic!("{error}"),
    }
}
