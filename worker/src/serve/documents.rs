//! Routes and manifests, read from R2 by their hashes, checked, and kept parsed.

use super::ByteLru;
use crate::{
    bindings::{BindingError, Bucket},
    join::join_all,
    model::{Hash, MAX_DOCUMENT, Manifest, Root, Roots, Routes},
    router::{Documents, Mounted},
};
use std::rc::Rc;

/// The most bytes of parsed documents that an instance keeps: a quarter of an isolate's 128 MiB.
const MAX_PARSED: usize = 32 * 1024 * 1024;
/// A parsed document takes about this many times the bytes of its JSON.
const PARSED_FACTOR: usize = 2;

/// Parsed documents by (routes, manifest).
pub(crate) struct Cache(ByteLru<(Hash, Hash), Rc<Documents>>);

impl Default for Cache {
    fn default() -> Self {
        Self(ByteLru::new(MAX_PARSED))
    }
}

/// Why a deploy's documents cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("document {0} is not in the bucket")]
    Missing(Hash),
    #[error("{0}")]
    Bad(String),
    #[error(transparent)]
    Binding(#[from] BindingError),
}

/// The documents of every root, at their mounts.
pub(crate) async fn load<B: Bucket>(bucket: B, cache: &Cache, roots: &Roots) -> Result<Vec<Mounted>, LoadError> {
    let mut mounted = Vec::with_capacity(roots.roots.len());
    for (mount, root) in roots.mounts() {
        let documents = match cache.0.get(&(root.routes, root.manifest)) {
            Some(documents) => documents,
            None => read(bucket, cache, root).await?,
        };
        mounted.push(Mounted { mount, documents });
    }
    Ok(mounted)
}

async fn read<B: Bucket>(bucket: B, cache: &Cache, root: &Root) -> Result<Rc<Documents>, LoadError> {
    let mut read = join_all([&root.routes, &root.manifest].map(|hash| document(bucket, hash))).await.into_iter();
    let (Some(routes_json), Some(manifest_json)) = (read.next(), read.next()) else {
        unreachable!("two were asked for")
    };
    let (routes_json, manifest_json) = (routes_json?, manifest_json?);
    let manifest: Manifest = parse("manifest", &root.manifest, &manifest_json)?;
    manifest.check().map_err(|error| LoadError::Bad(format!("manifest {}: {error}", root.manifest)))?;
    let routes: Routes = parse("routes document", &root.routes, &routes_json)?;
    routes.check(&manifest).map_err(|error| LoadError::Bad(format!("routes document {}: {error}", root.routes)))?;
    let documents = Rc::new(Documents { manifest, routes });
    let cost = (routes_json.len() + manifest_json.len()) * PARSED_FACTOR;
    cache.0.insert((root.routes, root.manifest), documents.clone(), cost);
    Ok(documents)
}

async fn document<B: Bucket>(bucket: B, hash: &Hash) -> Result<Vec<u8>, LoadError> {
    match bucket.blob_read(hash, MAX_DOCUMENT).await {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(LoadError::Missing(*hash)),
        Err(BindingError(text)) if text.starts_with("too large") => {
            Err(LoadError::Bad(format!("document {hash} is {text}")))
        }
        Err(error) => Err(error.into()),
    }
}

fn parse<T: serde::de::DeserializeOwned>(what: &str, hash: &Hash, json: &[u8]) -> Result<T, LoadError> {
    serde_json::from_slice(json).map_err(|error| LoadError::Bad(format!("{what} {hash}: {error}")))
}
