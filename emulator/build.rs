//! Compiles the Worker to machine code, so that the program carries wasmtime's runtime and no compiler.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use sha2::{Digest, Sha256};

#[path = "src/runtime/engine.rs"]
mod engine;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=src/runtime/engine.rs");
    let mut config = engine::config();
    // Always set: without it cranelift would use whatever the building machine's processor can do.
    config.target(&env::var("TARGET")?)?;
    let compiled = wasmtime::Engine::new(&config)?.precompile_module(pmx_worker::WASM)?;

    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("worker.cwasm"), compiled)?;
    let digest: String = Sha256::digest(pmx_worker::WASM).iter().map(|byte| format!("{byte:02x}")).collect();
    println!("cargo::rustc-env=PMX_WORKER_SHA256={digest}");
    Ok(())
}
