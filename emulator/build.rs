//! Compiles the Worker to machine code, so that the program carries wasmtime's runtime and no compiler.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest, Sha256};

#[path = "src/isolate/engine.rs"]
mod engine;

/// A module with nothing in it: what is embedded while no Worker has been built. Starting it is an error.
const NO_WORKER: &[u8] = b"\0asm\x01\0\0\0";

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let source = root.join("../worker/dist/pmx_worker.wasm");
    println!("cargo::rerun-if-changed={}", source.display());
    println!("cargo::rerun-if-changed=src/isolate/engine.rs");

    let wasm = if source.exists() { fs::read(&source)? } else { NO_WORKER.to_vec() };
    let mut config = engine::config();
    // Always set: without it cranelift would use whatever the building machine's processor can do.
    config.target(&env::var("TARGET")?)?;
    let compiled = wasmtime::Engine::new(&config)?.precompile_module(&wasm)?;

    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("worker.cwasm"), compiled)?;
    let digest: String = Sha256::digest(&wasm).iter().map(|byte| format!("{byte:02x}")).collect();
    println!("cargo::rustc-env=PMX_WORKER_SHA256={digest}");
    Ok(())
}
