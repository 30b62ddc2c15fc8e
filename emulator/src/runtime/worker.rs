//! The Worker that an emulator runs: where its code comes from, and how it is loaded.
#![allow(unsafe_code)]

use std::fmt;

use wasmtime::{Engine, Module};

/// The Worker of this build, compiled by the build script.
static BUNDLED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/worker.cwasm"));
/// SHA-256 of the wasm that [`BUNDLED`] was compiled from.
const BUNDLED_SHA256: &str = env!("PMX_WORKER_SHA256");

/// A Worker: code, and the hash by which it knows itself.
#[derive(Clone)]
pub struct Worker {
    code: Code,
    sha256: Option<String>,
}

#[derive(Clone)]
enum Code {
    Bundled,
    Precompiled(Vec<u8>),
    #[cfg(feature = "compile")]
    Wasm(Vec<u8>),
}

impl Worker {
    /// The Worker that came with this build: the bytes that also run on Cloudflare, compiled ahead of time.
    #[must_use]
    pub fn bundled() -> Self {
        Self { code: Code::Bundled, sha256: Some(BUNDLED_SHA256.to_owned()) }
    }

    /// A Worker that wasmtime has compiled ahead of time, under this crate's settings. What was compiled by another version
    /// or under other settings is refused when the emulator is built. `sha256` is that of the wasm, if it is known.
    ///
    /// # Safety
    /// `compiled` is machine code. It must be the unaltered output of wasmtime's `precompile_module`: that is not, and cannot
    /// be, checked.
    #[must_use]
    pub unsafe fn precompiled(compiled: impl Into<Vec<u8>>, sha256: Option<String>) -> Self {
        Self { code: Code::Precompiled(compiled.into()), sha256 }
    }

    /// A Worker as wasm, compiled when the emulator is built.
    #[cfg(feature = "compile")]
    #[must_use]
    pub fn wasm(wasm: impl Into<Vec<u8>>) -> Self {
        use data_encoding::HEXLOWER;
        use sha2::{Digest, Sha256};
        let wasm = wasm.into();
        let sha256 = HEXLOWER.encode(&Sha256::digest(&wasm));
        Self { code: Code::Wasm(wasm), sha256: Some(sha256) }
    }

    /// SHA-256 of the wasm in lower-case hex, if it is known.
    #[must_use]
    pub fn sha256(&self) -> Option<&str> {
        self.sha256.as_deref()
    }

    /// Whether it is [the one of this build](Self::bundled).
    pub(crate) fn is_bundled(&self) -> bool {
        matches!(self.code, Code::Bundled)
    }

    pub(crate) fn load(&self, engine: &Engine) -> wasmtime::Result<Module> {
        match &self.code {
            // SAFETY: BUNDLED is what `precompile_module` returned in the build script, embedded by the compiler.
            Code::Bundled => unsafe { Module::deserialize(engine, BUNDLED) },
            // SAFETY: whoever called `precompiled` has promised it.
            Code::Precompiled(compiled) => unsafe { Module::deserialize(engine, compiled) },
            #[cfg(feature = "compile")]
            Code::Wasm(wasm) => Module::new(engine, wasm),
        }
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("sha256", &self.sha256).finish_non_exhaustive()
    }
}
