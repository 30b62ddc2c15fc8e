//! `pmx worker bundle`: the folder that is deployed to Cloudflare.

use crate::{
    error::{Error, Result},
    report::Report,
};
use pmx_model::Hash;
use pmx_site::Folder;
use pmx_worker::WASM;
use serde_json::json;
use std::{io, path::Path};

const SHIM: &str = include_str!("../../../worker/shim/worker.mjs");
const CONFIG: &str = include_str!("../../../worker/shim/wrangler.toml");
/// The folder that takes the bundle where nobody says another one.
const DEFAULT_OUT: &str = "worker-bundle";
/// What stands in the configuration where the hash of the wasm goes.
const PLACEHOLDER: &str = "WORKER_SHA256 = \"\"";

/// Writes the folder.
///
/// # Errors
/// It cannot be written.
pub(super) fn run(out: Option<&Path>, report: &Report) -> Result<()> {
    let hash = Hash::of(WASM).to_string();
    let unwritable = |error: io::Error| Error::new(format!("the bundle could not be written: {error}"));
    let folder = open(out).map_err(unwritable)?;
    let out = out.unwrap_or(Path::new(DEFAULT_OUT));
    let config = CONFIG.replace(PLACEHOLDER, &format!("WORKER_SHA256 = \"{hash}\""));
    let files: [(&str, &[u8]); 3] =
        [("pmx_worker.wasm", WASM), ("worker.mjs", SHIM.as_bytes()), ("wrangler.toml", config.as_bytes())];
    for (name, bytes) in files {
        folder.replace(&folder, name, bytes).map_err(unwritable)?;
    }
    if report.json() {
        report.event(&json!({ "event": "bundle", "path": out, "wasm": hash }));
    } else {
        report.say(format_args!("Wrote {} (wasm sha256 {hash})", out.display()));
        report.say(format_args!(
            "Fill in the ids in {}, then deploy it with wrangler",
            out.join("wrangler.toml").display()
        ));
        report.data(out.display());
    }
    Ok(())
}

/// The folder that was named, wherever it leads; else the one in the working directory, unless that is a link.
fn open(out: Option<&Path>) -> io::Result<Folder> {
    match out {
        Some(out) => Folder::make(out),
        None => Folder::open(Path::new("."))?.enter_or_make(DEFAULT_OUT).map_err(io::Error::other),
    }
}
