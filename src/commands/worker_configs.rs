//! The configs of Workers that a command is given.

use crate::error::{Error, Result};
use pmx_emulator::config::{self, LoadOptions, Loaded};
use std::path::PathBuf;

/// Reads the configs that are named, or else the one of the working directory.
///
/// # Errors
/// There is none, or one cannot be read. What is wrong in them is in what they come to.
pub(super) fn load(files: &[PathBuf], environment: Option<&str>) -> Result<Vec<Loaded>> {
    let options = options(environment);
    find(files)?.iter().map(|file| config::load(file, &options).map_err(Error::new)).collect()
}

/// How configs are looked at today.
pub(super) fn options(environment: Option<&str>) -> LoadOptions {
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    LoadOptions { environment: environment.map(str::to_owned), today: Some(today) }
}

/// The configs that are named, where a folder stands for its own, or else the one of the working directory.
///
/// # Errors
/// There is none.
pub(super) fn find(files: &[PathBuf]) -> Result<Vec<PathBuf>> {
    if files.is_empty() {
        let here = std::env::current_dir()?;
        let found = config::find_config(&here).ok_or_else(|| none("this folder and those above it"))?;
        return Ok(vec![found.strip_prefix(&here).map_or_else(|_| found.clone(), PathBuf::from)]);
    }
    files.iter().map(|file| if file.is_dir() { config_of(file) } else { Ok(file.clone()) }).collect()
}

fn config_of(folder: &std::path::Path) -> Result<PathBuf> {
    let names = ["wrangler.json", "wrangler.jsonc", "wrangler.toml"];
    let found = names.iter().map(|name| folder.join(name)).find(|file| file.is_file());
    found.ok_or_else(|| none(&folder.display().to_string()))
}

fn none(place: &str) -> Error {
    Error::new(format_args!("there is no wrangler.toml, wrangler.jsonc or wrangler.json in {place}"))
        .hint("name the config of the Worker; `pmx worker bundle` writes the one of pmx's own")
}
