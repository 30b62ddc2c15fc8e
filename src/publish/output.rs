use super::{
    BlobSource, Bundle,
    listing::{Listing, SOURCES},
};
use pmx_model::{Hash, MAX_BLOB, MAX_DOCUMENT, Manifest, ManifestError, Root, Roots, RootsError, Routes, RoutesError};
use pmx_site::{Folder, FolderError, OutDir, SiteError, SourcesDocument};
use serde::de::DeserializeOwned;
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Why a folder is not the output of a build.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// There is no `roots.json`.
    #[error("{} has no roots.json: nothing was built there", .0.display())]
    NotBuilt(PathBuf),
    /// The folder cannot be opened.
    #[error(transparent)]
    Folder(Box<SiteError>),
    /// A link in the folder.
    #[error("{} is a link, and none is followed in an output folder", .0.display())]
    Link(PathBuf),
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
/// recorded size. Their bytes are checked when they are sent. No link in the folder is followed: nothing outside of it is sent.
///
/// # Errors
/// [`OutputError`] with the file that is at fault.
pub fn read_output(out: &OutDir) -> Result<Bundle, OutputError> {
    read_listed(out).map(|(bundle, _)| bundle)
}

/// As [`read_output`], with what the build holds by name.
///
/// # Errors
/// As [`read_output`].
pub fn read_listed(out: &OutDir) -> Result<(Bundle, Listing), OutputError> {
    let none = || OutputError::NotBuilt(out.path().to_owned());
    let folder = Arc::new(out.open().map_err(|error| OutputError::Folder(Box::new(error)))?.ok_or_else(none)?);
    let bytes = match read_document(&folder, "roots.json") {
        Err(OutputError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => return Err(none()),
        other => other?,
    };
    let path = folder.path().join("roots.json");
    let roots: Roots = parse(&path, &bytes)?;
    roots.check().map_err(|source| OutputError::Roots { path, source })?;
    let (mut blobs, mut listing) = (BTreeMap::new(), Listing::default());
    for ((mount, root), id) in roots.mounts().zip(roots.roots.keys()) {
        let below = folder.enter(id)?.ok_or_else(|| missing(folder.path().join(id)))?;
        let (manifest, routes, titles) = read_root(&Arc::new(below), root, &mut blobs)?;
        listing.add(&mount, &manifest, &routes, titles);
    }
    Ok((Bundle { roots, blobs, named: Vec::new() }, listing))
}

/// What says which pages a root has, and what they are called.
type Documents = (Manifest, Routes, Option<SourcesDocument>);

fn read_root(
    folder: &Arc<Folder>,
    root: &Root,
    blobs: &mut BTreeMap<Hash, BlobSource>,
) -> Result<Documents, OutputError> {
    let manifest_path = folder.path().join("manifest.json");
    let manifest_bytes = read_recorded(folder, "manifest.json", root.manifest)?;
    let manifest: Manifest = parse(&manifest_path, &manifest_bytes)?;
    manifest.check().map_err(|source| OutputError::Manifest { path: manifest_path, source })?;

    let routes_path = folder.path().join("routes.json");
    let routes_bytes = read_recorded(folder, "routes.json", root.routes)?;
    let routes: Routes = parse(&routes_path, &routes_bytes)?;
    routes.check(&manifest).map_err(|source| OutputError::Routes { path: routes_path, source })?;

    // Most files stand beside the one before them.
    let mut open: Option<(&str, Folder)> = None;
    for (path, file) in &manifest.files {
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        let below = match open.take().filter(|(path, _)| *path == above) {
            Some((_, below)) => below,
            None => folder.descend(Path::new(above))?.ok_or_else(|| missing(folder.path().join(path)))?,
        };
        let place = || folder.path().join(path);
        let meta = below.look(name).map_err(|source| OutputError::Io { path: place(), source })?;
        let meta = meta.ok_or_else(|| missing(place()))?;
        if !meta.is_file() || meta.len() != file.size {
            return Err(OutputError::Stale(place()));
        }
        let source = || BlobSource::File { folder: Arc::clone(folder), path: path.clone(), size: file.size };
        blobs.entry(file.hash).or_insert_with(source);
        open = Some((above, below));
    }
    // From memory: these bytes are known to be the right ones.
    blobs.insert(root.manifest, BlobSource::Memory(manifest_bytes.into()));
    blobs.insert(root.routes, BlobSource::Memory(routes_bytes.into()));
    // Titles are for people: a build without them is published all the same.
    let titles = manifest.files.contains_key(SOURCES).then(|| folder.read(SOURCES, MAX_BLOB).ok().flatten()).flatten();
    let titles = titles.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    Ok((manifest, routes, titles))
}

fn read_recorded(folder: &Folder, name: &str, hash: Hash) -> Result<Vec<u8>, OutputError> {
    let bytes = read_document(folder, name)?;
    if Hash::of(&bytes) == hash { Ok(bytes) } else { Err(OutputError::Stale(folder.path().join(name))) }
}

fn read_document(folder: &Folder, name: &str) -> Result<Vec<u8>, OutputError> {
    let path = || folder.path().join(name);
    let meta = folder.look(name).map_err(|source| OutputError::Io { path: path(), source })?;
    if let Some(size) = meta.map(|meta| meta.len()).filter(|size| *size > MAX_DOCUMENT) {
        return Err(OutputError::TooLarge { path: path(), size });
    }
    folder.read(name, MAX_DOCUMENT)?.ok_or_else(|| missing(path()))
}

fn missing(path: PathBuf) -> OutputError {
    OutputError::Io { path, source: io::ErrorKind::NotFound.into() }
}

impl From<FolderError> for OutputError {
    fn from(error: FolderError) -> Self {
        match error {
            FolderError::Link(path) => Self::Link(path),
            FolderError::Io { path, source } => Self::Io { path, source },
        }
    }
}

fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, OutputError> {
    serde_json::from_slice(bytes).map_err(|source| OutputError::Json { path: path.to_owned(), source })
}
