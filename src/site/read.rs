//! A build, read back from disk.

use super::{documents::SourcesDocument, error::SiteError};
use pmx_worker::model::Roots;
use serde::de::DeserializeOwned;
use std::{collections::BTreeMap, fs, io, path::Path};

/// The roots, and `sources.json` of every root by its id.
pub(super) fn read_sources(out: &Path) -> Result<(Roots, BTreeMap<String, SourcesDocument>), SiteError> {
    let roots = read_roots(out)?;
    let mut documents = BTreeMap::new();
    for id in roots.roots.keys() {
        let path = out.join(id).join("sources.json");
        let bytes = fs::read(&path).map_err(SiteError::read(&path))?;
        documents.insert(id.clone(), parse(&path, &bytes)?);
    }
    Ok((roots, documents))
}

fn read_roots(out: &Path) -> Result<Roots, SiteError> {
    let path = out.join("roots.json");
    let roots: Roots = match fs::read(&path) {
        Ok(bytes) => parse(&path, &bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(SiteError::NotBuilt(out.to_owned())),
        Err(error) => return Err(SiteError::read(path)(error)),
    };
    roots.check().map_err(|error| SiteError::document(&path, error))?;
    Ok(roots)
}

fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, SiteError> {
    serde_json::from_slice(bytes).map_err(|error| SiteError::document(path, error))
}
