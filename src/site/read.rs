//! A build, read back from disk.

use super::{documents::SourcesDocument, error::SiteError};
use pmx_worker::model::{Hash, Manifest, Roots, Routes};
use rayon::prelude::*;
use serde::de::DeserializeOwned;
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// A build on disk, every byte of it checked.
#[derive(Clone, Debug)]
pub struct Output {
    /// `roots.json`.
    pub roots: Roots,
    /// Where each blob lies: the routes and manifest documents of every root, and all files of every manifest.
    pub files: BTreeMap<Hash, PathBuf>,
}

/// Reads what `pmx build` wrote: the documents of every root, and every file that they name, rehashed.
///
/// # Errors
/// There is no build, a document is not one, or a file is missing or not what it was.
pub fn read_output(out: &Path) -> Result<Output, SiteError> {
    let roots = read_roots(out)?;
    let mut files = BTreeMap::new();
    let mut named = BTreeMap::new();
    for (id, root) in &roots.roots {
        let folder = out.join(id);
        let (manifest_path, routes_path) = (folder.join("manifest.json"), folder.join("routes.json"));
        let manifest: Manifest = parse(&manifest_path, &verified(&manifest_path, root.manifest)?)?;
        manifest.check().map_err(|error| SiteError::document(&manifest_path, error))?;
        let routes: Routes = parse(&routes_path, &verified(&routes_path, root.routes)?)?;
        routes.check(&manifest).map_err(|error| SiteError::document(&routes_path, error))?;
        named.extend(manifest.files.iter().map(|(path, file)| (folder.join(path), file.hash)));
        files.extend([(root.manifest, manifest_path), (root.routes, routes_path)]);
    }
    named.par_iter().try_for_each(|(path, hash)| verified(path, *hash).map(|_| ()))?;
    files.extend(named.into_iter().map(|(path, hash)| (hash, path)));
    Ok(Output { roots, files })
}

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

/// The bytes of a file that must have this hash.
fn verified(path: &Path, hash: Hash) -> Result<Vec<u8>, SiteError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(SiteError::MissingFile { hash, path: path.to_owned() });
        }
        Err(error) => return Err(SiteError::read(path)(error)),
    };
    let found = Hash::of(&bytes);
    if found == hash { Ok(bytes) } else { Err(SiteError::ChangedFile { hash, found, path: path.to_owned() }) }
}
