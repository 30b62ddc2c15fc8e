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

/// The Cloudflare side of the ABI, file by file.
const SHIM: [(&str, &str); 6] = [
    ("worker.mjs", include_str!("../../../worker/shim/worker.mjs")),
    ("pmx_shim.mjs", include_str!("../../../worker/shim/pmx_shim.mjs")),
    ("pmx_ops.mjs", include_str!("../../../worker/shim/pmx_ops.mjs")),
    ("pmx_calls.mjs", include_str!("../../../worker/shim/pmx_calls.mjs")),
    ("pmx_bodies.mjs", include_str!("../../../worker/shim/pmx_bodies.mjs")),
    ("pmx_frame.mjs", include_str!("../../../worker/shim/pmx_frame.mjs")),
];
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
    let files = [("pmx_worker.wasm", WASM), ("wrangler.toml", config.as_bytes())];
    for (name, bytes) in files.into_iter().chain(SHIM.map(|(name, text)| (name, text.as_bytes()))) {
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
