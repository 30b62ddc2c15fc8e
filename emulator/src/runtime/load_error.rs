//! Why a Worker cannot be run.

/// The version of `worker/ABI.md` that this host speaks.
pub(crate) const ABI_VERSION: u32 = 2;

/// Why a Worker cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It is not wasm, was compiled by another wasmtime or under other settings, or needs features that are off.
    #[error("the Worker cannot be loaded: {0:#}")]
    Module(wasmtime::Error),
    /// It imports what a host does not offer.
    #[error("the Worker imports what ABI version {ABI_VERSION} does not have: {0:#}")]
    Imports(wasmtime::Error),
    /// It does not start, or lacks an export.
    #[error("the Worker cannot be started: {0:#}")]
    Start(wasmtime::Error),
    /// It speaks another version of the ABI.
    #[error("the Worker speaks ABI version {found}, this host version {ABI_VERSION}")]
    Version {
        /// What its `abi_version` answered.
        found: u32,
    },
    /// The thread that watches over CPU time cannot be started.
    #[error("no thread to bound the CPU time of Workers: {0}")]
    Thread(std::io::Error),
}
