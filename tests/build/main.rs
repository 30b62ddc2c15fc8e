//! What `pmx build` promises: through its library interface, and through the command itself.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where its ground gives way")]

mod addresses;
mod command;
mod completion;
mod components;
mod diagnostics;
mod diagrams;
mod documents;
mod generations;
mod incremental;
mod layouts;
mod letters;
mod line_ends;
mod malformed;
mod markdown;
mod output;
mod pages;
mod project;
mod questions;
mod routes;
mod systems;

use pmx_model::{Hash, Manifest, Route, Routes};
use pmx_site::{Build, Cache, Diagnostic, Key, Options, OutDir, Project, SiteError, Written};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// A site in a folder of its own.
fn site_of(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        put(folder.path(), path, text);
    }
    folder
}

fn put(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sites").join(name)
}

/// A copy of a fixture, for what leaves something behind; written in another order than it is listed.
fn copied(name: &str) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    let mut open = vec![PathBuf::new()];
    let mut files = Vec::new();
    while let Some(below) = open.pop() {
        for entry in fs::read_dir(fixture(name).join(&below)).unwrap() {
            let path = below.join(entry.unwrap().file_name());
            if fixture(name).join(&path).is_dir() { open.push(path) } else { files.push(path) }
        }
    }
    for path in files.iter().rev() {
        fs::create_dir_all(copy.path().join(path).parent().unwrap()).unwrap();
        fs::copy(fixture(name).join(path), copy.path().join(path)).unwrap();
    }
    copy
}

fn located(folder: &Path) -> Project {
    pmx_site::locate(&Options { cwd: folder.to_owned(), entries: Vec::new() }).unwrap()
}

fn built(folder: &Path) -> Build {
    let project = located(folder);
    pmx_site::build(&project, &pmx_site::scan(&project, None).unwrap(), &mut Cache::default())
}

/// The key of the user of these tests.
fn key() -> Key {
    Key::new([7; 32])
}

/// Writes a build into a folder that the user named.
fn write(build: &Build, out: &Path, clean: bool) -> Result<Written, SiteError> {
    pmx_site::write(build, &OutDir::named(out), Some(&key()), clean)
}

fn text(build: &Build, path: &str) -> String {
    let file = build.outputs.get(path).unwrap_or_else(|| panic!("{path} in {:?}", build.outputs.keys()));
    String::from_utf8(build.blobs.get(&file.hash).unwrap().to_vec()).unwrap()
}

fn json(build: &Build, path: &str) -> Value {
    serde_json::from_str(&text(build, path)).unwrap()
}

fn source_ids(build: &Build, root: &str) -> Vec<String> {
    json(build, &format!("{root}/sources.json"))["sources"].as_object().unwrap().keys().cloned().collect()
}

fn routes_of(build: &Build, root: &str) -> Routes {
    serde_json::from_str(&text(build, &format!("{root}/routes.json"))).unwrap()
}

fn redirect(to: &str) -> Route {
    Route::Redirect { to: to.to_owned(), status: 308 }
}

fn codes(build: &Build) -> Vec<&str> {
    build.diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

/// The file of an asset in a page: what follows `assets/` up to the quote.
fn asset<'a>(page: &'a str, stem: &str) -> &'a str {
    let start = page.find(&format!("/assets/{stem}.")).unwrap_or_else(|| panic!("{stem} in {page}"));
    page[start..].split('"').next().unwrap().split('?').next().unwrap()
}
