//! Compiles the Worker to machine code, so that the program carries wasmtime's runtime and no compiler.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

#[path = "src/runtime/config.rs"]
mod config;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=src/runtime/config.rs");
    let mut settings = config::config();
    // Always set: without it cranelift would use whatever the building machine's processor can do.
    settings.target(&env::var("TARGET")?)?;
    let compiled = wasmtime::Engine::new(&settings)?.precompile_module(pmx_worker::WASM)?;

    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("worker.cwasm"), compiled)?;
    let digest = HEXLOWER.encode(&Sha256::digest(pmx_worker::WASM));
    println!("cargo::rustc-env=PMX_WORKER_SHA256={digest}");
    Ok(())
}
