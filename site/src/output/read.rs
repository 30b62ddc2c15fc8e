//! A build, read back from disk.

use crate::{documents::SourcesDocument, error::SiteError, files::folder::Folder, project::out_dir::OutDir};
use pmx_model::{MAX_BLOB, MAX_DOCUMENT, Roots};
use serde::de::DeserializeOwned;
use std::{collections::BTreeMap, io, path::Path};

/// The roots, and `sources.json` of every root by its id.
pub(crate) fn read_sources(out: &OutDir) -> Result<(Roots, BTreeMap<String, SourcesDocument>), SiteError> {
    let none = || SiteError::NotBuilt(out.path().to_owned());
    let folder = out.open()?.ok_or_else(none)?;
    let bytes = folder.read("roots.json", MAX_DOCUMENT).map_err(SiteError::unreadable)?.ok_or_else(none)?;
    let path = folder.path().join("roots.json");
    let roots: Roots = parse(&path, &bytes)?;
    roots.check().map_err(|error| SiteError::document(&path, error))?;
    let mut documents = BTreeMap::new();
    for id in roots.roots.keys() {
        documents.insert(id.clone(), read_root(&folder, id)?);
    }
    Ok((roots, documents))
}

fn read_root(folder: &Folder, id: &str) -> Result<SourcesDocument, SiteError> {
    let path = folder.path().join(id).join("sources.json");
    let none = || SiteError::read(&path)(io::ErrorKind::NotFound.into());
    let root = folder.enter(id).map_err(SiteError::unreadable)?.ok_or_else(none)?;
    let bytes = root.read("sources.json", MAX_BLOB).map_err(SiteError::unreadable)?.ok_or_else(none)?;
    parse(&path, &bytes)
}

fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, SiteError> {
    serde_json::from_slice(bytes).map_err(|error| SiteError::document(path, error))
}
