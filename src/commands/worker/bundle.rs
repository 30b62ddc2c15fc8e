//! `pmx worker bundle`: the folder that is deployed to Cloudflare.

use crate::{
    commands::worker_configs,
    error::{Error, Result},
    report::Report,
};
use pmx_emulator::{CargoBuild, CargoError, config};
use pmx_model::Hash;
use pmx_site::Folder;
use pmx_worker::WASM;
use serde_json::json;
use std::{ffi::OsStr, io, path::Path};

/// What hands a Worker its events and bindings on Cloudflare, file by file.
const SHIM: [(&str, &[u8]); 5] = [
    ("pmx_shim.mjs", include_bytes!("../../../worker/shim/pmx_shim.mjs")),
    ("pmx_ops.mjs", include_bytes!("../../../worker/shim/pmx_ops.mjs")),
    ("pmx_calls.mjs", include_bytes!("../../../worker/shim/pmx_calls.mjs")),
    ("pmx_bodies.mjs", include_bytes!("../../../worker/shim/pmx_bodies.mjs")),
    ("pmx_frame.mjs", include_bytes!("../../../worker/shim/pmx_frame.mjs")),
];
/// Which Worker it is.
const MAIN: &[u8] = include_bytes!("../../../worker/shim/worker.mjs");
const CONFIG: &str = include_str!("../../../worker/shim/wrangler.toml");
/// The folder that takes the bundle where nobody says another one.
const DEFAULT_OUT: &str = "worker-bundle";
/// What stands in the configuration where the hash of the wasm goes.
const PLACEHOLDER: &str = "WORKER_SHA256 = \"\"";

/// Writes the folder of the Worker of pmx.
///
/// # Errors
/// It cannot be written.
pub(super) fn run(out: Option<&Path>, report: &Report) -> Result<()> {
    let hash = Hash::of(WASM).to_string();
    let config = CONFIG.replace(PLACEHOLDER, &format!("WORKER_SHA256 = \"{hash}\""));
    write(out, &[("pmx_worker.wasm", WASM), ("worker.mjs", MAIN), ("wrangler.toml", config.as_bytes())])?;
    let out = out.unwrap_or(Path::new(DEFAULT_OUT));
    told(out, &hash, "wrangler.toml", report);
    Ok(())
}

/// Has cargo build the Worker in a folder, and writes the folder that is deployed: its wasm, its module, its config.
///
/// # Errors
/// There is no config or something is wrong with it, the Worker cannot be built, or the folder cannot be written.
pub(super) fn own(folder: &Path, out: Option<&Path>, report: &Report) -> Result<()> {
    let found = worker_configs::find(&[folder.to_owned()])?.remove(0);
    let loaded = config::load(&found, &worker_configs::options(None)).map_err(Error::new)?;
    if loaded.has_errors() {
        let why = format!("something is wrong with {}", found.display());
        return Err(Error::new(why).hint(format!("`pmx worker check {}` says what", folder.display())));
    }
    let folder = found.parent().unwrap_or(Path::new("."));
    let main = loaded.config.main.unwrap_or_default();
    let (Some(main_name), Some(config_name)) = (plain(Path::new(&main)), found.file_name().and_then(OsStr::to_str))
    else {
        return Err(Error::new(format!("the module \"{main}\" does not lie beside {}", found.display())));
    };
    let wasm = CargoBuild::new(folder).run().map_err(|error| failed(&error, report))?;
    let read = |path: &Path| std::fs::read(path).map_err(|error| Error::new(format!("{}: {error}", path.display())));
    let (bytes, module, config) = (read(&wasm)?, read(&folder.join(main_name))?, read(&found)?);
    let wasm_name = wasm.file_name().and_then(OsStr::to_str).unwrap_or("worker.wasm");
    write(out, &[(wasm_name, &bytes), (main_name, &module), (config_name, &config)])?;
    told(out.unwrap_or(Path::new(DEFAULT_OUT)), &Hash::of(&bytes).to_string(), config_name, report);
    Ok(())
}

/// A path that is one name.
fn plain(path: &Path) -> Option<&str> {
    path.file_name().and_then(OsStr::to_str).filter(|name| path.strip_prefix(".").unwrap_or(path) == Path::new(name))
}

/// What the compiler said has many lines, which come before the error.
fn failed(error: &CargoError, report: &Report) -> Error {
    match error {
        CargoError::Failed { said } => {
            report.findings(said.lines());
            Error::new("the Worker could not be built")
        }
        other => Error::new(other),
    }
}

fn write(out: Option<&Path>, files: &[(&str, &[u8])]) -> Result<()> {
    let unwritable = |error: io::Error| Error::new(format!("the bundle could not be written: {error}"));
    let folder = open(out).map_err(unwritable)?;
    for (name, bytes) in files.iter().chain(&SHIM) {
        folder.replace(&folder, name, bytes).map_err(unwritable)?;
    }
    Ok(())
}

fn told(out: &Path, hash: &str, config: &str, report: &Report) {
    if report.json() {
        return report.event(&json!({ "event": "bundle", "path": out, "wasm": hash }));
    }
    report.say(format_args!("Wrote {} (wasm sha256 {hash})", out.display()));
    report.say(format_args!("Fill in the ids in {}, then deploy it with wrangler", out.join(config).display()));
    report.data(out.display());
}

/// The folder that was named, wherever it leads; else the one in the working directory, unless that is a link.
fn open(out: Option<&Path>) -> io::Result<Folder> {
    match out {
        Some(out) => Folder::make(out),
        None => Folder::open(Path::new("."))?.enter_or_make(DEFAULT_OUT).map_err(io::Error::other),
    }
}
