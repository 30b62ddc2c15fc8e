use super::BlobSource;
use pmx_model::{File, Hash, MAX_BLOB, Roots, RootsError};
use pmx_site::Build;
use std::collections::{BTreeMap, BTreeSet};

/// What is published: the roots of a build and its blobs.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// The roots document.
    pub roots: Roots,
    /// The blobs of every root: files, manifests and routes documents.
    pub blobs: BTreeMap<Hash, BlobSource>,
    /// Blobs of the roots whose bytes are not at hand. They can be published only if the server holds them already.
    pub named: Vec<Hash>,
}

/// Why a bundle is not worth a call.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The roots break a rule.
    #[error(transparent)]
    Roots(#[from] RootsError),
    /// A blob that no server takes.
    #[error("{place} has {size} bytes, at most {MAX_BLOB} are allowed for one file")]
    TooLarge {
        /// The file, or the hash of bytes in memory.
        place: String,
        /// Its size.
        size: u64,
    },
}

impl Bundle {
    /// These files of a build. Those whose bytes it does not have are named.
    #[must_use]
    pub fn of_build<'a>(build: &Build, roots: &Roots, files: impl Iterator<Item = &'a File>) -> Self {
        let (mut blobs, mut named) = (BTreeMap::new(), Vec::new());
        for file in files {
            if build.blobs.contains(&file.hash) {
                blobs.insert(file.hash, BlobSource::Built { blobs: build.blobs.clone(), size: file.size });
            } else {
                named.push(file.hash);
            }
        }
        Self { roots: roots.clone(), blobs, named }
    }

    /// Every hash that the server must hold before the commit: the blobs, and the documents that the roots name.
    #[must_use]
    pub fn hashes(&self) -> BTreeSet<Hash> {
        let documents = self.roots.roots.values().flat_map(|root| [root.routes, root.manifest]);
        self.blobs.keys().chain(&self.named).copied().chain(documents).collect()
    }

    /// Checks what can be known without a server.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), BundleError> {
        self.roots.check()?;
        match self.blobs.iter().find(|(_, source)| source.size() > MAX_BLOB) {
            Some((hash, source)) => {
                let place = source.path().map_or_else(|| hash.to_string(), |path| path.display().to_string());
                Err(BundleError::TooLarge { place, size: source.size() })
            }
            None => Ok(()),
        }
    }
}
