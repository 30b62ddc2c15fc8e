//! The settings under which a Worker is compiled and run.
//!
//! The build script includes this file too: code compiled under other settings than those of the engine that loads
//! it is refused.

use wasmtime::{Config, WasmFeatures};

/// The configuration of every engine that compiles or runs a Worker.
pub(crate) fn config() -> Config {
    let mut config = Config::new();
    // CPU time is bounded by epochs (`runtime::epoch_ticker`).
    config.epoch_interruption(true);
    // The proposals a Rust guest uses, named one by one: the defaults of wasmtime depend on its cargo features, and those
    // differ between the build script and the library.
    config.wasm_features(WasmFeatures::all(), false);
    config.wasm_features(
        WasmFeatures::MUTABLE_GLOBAL
            | WasmFeatures::SATURATING_FLOAT_TO_INT
            | WasmFeatures::SIGN_EXTENSION
            | WasmFeatures::MULTI_VALUE
            | WasmFeatures::BULK_MEMORY
            | WasmFeatures::REFERENCE_TYPES
            | WasmFeatures::CALL_INDIRECT_OVERLONG
            | WasmFeatures::BULK_MEMORY_OPT
            | WasmFeatures::FLOATS,
        true,
    );
    config
}
