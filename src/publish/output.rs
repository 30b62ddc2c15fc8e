use super::{BlobSource, Bundle};
use pmx_worker::model::{Hash, MAX_DOCUMENT, Manifest, ManifestError, Root, Roots, RootsError, Routes, RoutesError};
use serde::de::DeserializeOwned;
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// Why a folder is not the output of a build.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// There is no `roots.json`.
    #[error("{} has no roots.json: nothing was built there", .0.display())]
    NotBuilt(PathBuf),
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A document is larger than the Worker takes.
    #[error("{} has {size} bytes, at most {MAX_DOCUMENT} are allowed for a document", path.display())]
    TooLarge {
        /// The document.
        path: PathBuf,
        /// Its size.
        size: u64,
    },
    /// A document does not parse.
    #[error("{}: {source}", path.display())]
    Json {
        /// The document.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// The roots document breaks a rule.
    #[error("{}: {source}", path.display())]
    Roots {
        /// The document.
        path: PathBuf,
        /// The rule.
        source: RootsError,
    },
    /// A manifest breaks a rule.
    #[error("{}: {source}", path.display())]
    Manifest {
        /// The document.
        path: PathBuf,
        /// The rule.
        source: ManifestError,
    },
    /// A routes document breaks a rule.
    #[error("{}: {source}", path.display())]
    Routes {
        /// The document.
        path: PathBuf,
        /// The rule.
        source: RoutesError,
    },
    /// A file is not what its build recorded.
    #[error("{} is not what was built", .0.display())]
    Stale(PathBuf),
}

/// Reads the output of a build, of every root: its documents whole, and of its files that they are there with the
/// recorded size. Their bytes are checked when they are sent.
///
/// # Errors
/// [`OutputError`] with the file that is at fault.
pub fn read_output(out: &Path) -> Result<Bundle, OutputError> {
    let path = out.join("roots.json");
    let bytes = match read_document(&path) {
        Err(OutputError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Err(OutputError::NotBuilt(out.to_owned()));
        }
        other => other?,
    };
    let roots: Roots = parse(&path, &bytes)?;
    roots.check().map_err(|source| OutputError::Roots { path, source })?;
    let mut blobs = BTreeMap::new();
    for (id, root) in &roots.roots {
        read_root(&out.join(id), root, &mut blobs)?;
    }
    Ok(Bundle { roots, blobs, named: Vec::new() })
}

fn read_root(folder: &Path, root: &Root, blobs: &mut BTreeMap<Hash, BlobSource>) -> Result<(), OutputError> {
    let manifest_path = folder.join("manifest.json");
    let manifest_bytes = read_recorded(&manifest_path, root.manifest)?;
    let manifest: Manifest = parse(&manifest_path, &manifest_bytes)?;
    manifest.check().map_err(|source| OutputError::Manifest { path: manifest_path, source })?;

    let routes_path = folder.join("routes.json");
    let routes_bytes = read_recorded(&routes_path, root.routes)?;
    let routes: Routes = parse(&routes_path, &routes_bytes)?;
    routes.check(&manifest).map_err(|source| OutputError::Routes { path: routes_path, source })?;

    for (name, file) in &manifest.files {
        let path = folder.join(name);
        let metadata = fs::metadata(&path).map_err(|source| OutputError::Io { path: path.clone(), source })?;
        if !metadata.is_file() || metadata.len() != file.size {
            return Err(OutputError::Stale(path));
        }
        blobs.entry(file.hash).or_insert(BlobSource::File { path, size: file.size });
    }
    // From memory: these bytes are known to be the right ones.
    blobs.insert(root.manifest, BlobSource::Memory(manifest_bytes.into()));
    blobs.insert(root.routes, BlobSource::Memory(routes_bytes.into()));
    Ok(())
}

fn read_recorded(path: &Path, hash: Hash) -> Result<Vec<u8>, OutputError> {
    let bytes = read_document(path)?;
    if Hash::of(&bytes) == hash { Ok(bytes) } else { Err(OutputError::Stale(path.to_owned())) }
}

fn read_document(path: &Path) -> Result<Vec<u8>, OutputError> {
    let io = |source| OutputError::Io { path: path.to_owned(), source };
    let size = fs::metadata(path).map_err(io)?.len();
    if size > MAX_DOCUMENT {
        return Err(OutputError::TooLarge { path: path.to_owned(), size });
    }
    fs::read(path).map_err(io)
}

fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, OutputError> {
    serde_json::from_slice(bytes).map_err(|source| OutputError::Json { path: path.to_owned(), source })
}
