//! Routes and manifests, read from R2 by their hashes, checked, and kept parsed.

use super::ByteLru;
use crate::{
    bindings::{BindingError, Bucket},
    join::join_all,
    model::{Hash, IndexError, MAX_DOCUMENT, ManifestIndex, Root, Roots, Routes},
    router::{Documents, Mounted},
};
use std::rc::Rc;

/// The most bytes of parsed documents that an instance keeps: a quarter of an isolate's 128 MiB.
const MAX_PARSED: usize = 32 * 1024 * 1024;
/// A parsed routes document takes about this many times the bytes of its JSON.
const PARSED_FACTOR: usize = 2;

/// Parsed documents by (routes, manifest). Two roots may share one of the two; each counts it.
pub(crate) struct Cache(ByteLru<(Hash, Hash), Parsed>);

#[derive(Clone)]
struct Parsed {
    documents: Rc<Documents>,
    /// Bytes that the routes take.
    routes_cost: usize,
}

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

/// The documents of every root, at their mounts. `near` are roots that the cache may still have and that resemble these: the
/// cost of what is not cached follows what differs.
pub(crate) async fn load<B: Bucket>(
    bucket: B,
    cache: &Cache,
    roots: &Roots,
    near: &[Roots],
) -> Result<Vec<Mounted>, LoadError> {
    let mut mounted = Vec::with_capacity(roots.roots.len());
    for ((mount, root), id) in roots.mounts().zip(roots.roots.keys()) {
        let parsed = match cache.of(root) {
            Some(parsed) => parsed,
            None => {
                let near = near.iter().find_map(|near| Some((near.roots.get(id)?, cache.of(near.roots.get(id)?)?)));
                read(bucket, cache, root, near).await?
            }
        };
        mounted.push(Mounted { mount, documents: parsed.documents });
    }
    Ok(mounted)
}

impl Cache {
    fn of(&self, root: &Root) -> Option<Parsed> {
        self.0.get(&(root.routes, root.manifest))
    }
}

async fn read<B: Bucket>(
    bucket: B,
    cache: &Cache,
    root: &Root,
    near: Option<(&Root, Parsed)>,
) -> Result<Parsed, LoadError> {
    let near_routes = near.as_ref().filter(|(near, _)| near.routes == root.routes).map(|(_, parsed)| parsed);
    let near = near.as_ref().map(|(_, parsed)| &*parsed.documents);
    let asked = [Some(&root.manifest), Some(&root.routes).filter(|_| near_routes.is_none())];
    let mut read = join_all(asked.into_iter().flatten().map(|hash| document(bucket, hash))).await.into_iter();
    let mut next = || read.next().unwrap_or(Err(LoadError::Missing(root.routes)));
    let bad =
        |what: &str, hash: &Hash, error: &dyn std::fmt::Display| LoadError::Bad(format!("{what} {hash}: {error}"));

    let manifest = ManifestIndex::read(next()?, near.map(|near| &*near.manifest))
        .map_err(|error: IndexError| bad("manifest", &root.manifest, &error))?;
    let (routes, routes_cost) = match near_routes {
        Some(parsed) => (parsed.documents.routes.clone(), parsed.routes_cost),
        None => {
            let json = next()?;
            let routes: Routes =
                serde_json::from_slice(&json).map_err(|error| bad("routes document", &root.routes, &error))?;
            (Rc::new(routes), json.len() * PARSED_FACTOR)
        }
    };
    // Routes that were checked need not be checked again while there are files at the same paths.
    let checked = near.is_some_and(|near| Rc::ptr_eq(&near.routes, &routes) && near.manifest.has_paths_of(&manifest));
    if !checked {
        routes
            .check_against(|path| manifest.file(path).is_some())
            .map_err(|error| bad("routes document", &root.routes, &error))?;
    }
    let cost = routes_cost + manifest.cost();
    let parsed = Parsed { documents: Rc::new(Documents { manifest: Rc::new(manifest), routes }), routes_cost };
    cache.0.insert((root.routes, root.manifest), parsed.clone(), cost);
    Ok(parsed)
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
