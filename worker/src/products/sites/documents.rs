//! Routes and manifests, read from R2 by their hashes, checked, and kept parsed.

use crate::products::sites::{
    blobs::{self, Document},
    codes,
    router::{Documents, Mounted},
};
use pmx_edge::{
    Edge,
    bindings::BindingError,
    http::{ApiError, Code},
    join::join_all,
    lru::ByteLru,
    permits::{Busy, Permits},
    time::has_passed,
};
use pmx_model::{Hash, MAX_DOCUMENT, MAX_DOCUMENTS, ManifestIndex, Root, Roots, RoutesIndex};
use std::rc::Rc;

/// The most bytes of parsed documents that an instance keeps: a quarter of an isolate's 128 MiB. Those of a deploy of
/// [`pmx_model::MAX_DOCUMENTS`] fit.
const MAX_PARSED: usize = 32 * 1024 * 1024;
/// Documents up to this size are read at once. What is larger is read when its size is known, by a permit for as much.
const SMALL_DOCUMENT: u64 = 256 * 1024;
/// A document that is read takes about this many times its bytes: itself, and what is made of it.
const READ_FACTOR: usize = 2;
/// How long documents that could not be used are not tried again for the same activation.
const FAILED_MS: u64 = 3_000;
/// The most bytes that are kept of failures.
const MAX_FAILED: usize = 64 * 1024;

/// Parsed documents by (routes, manifest). Two roots may share one of the two; each counts it.
pub(crate) struct Cache {
    parsed: ByteLru<Key, Rc<Documents>>,
    /// What could not be used: for which activation, since when, and why.
    failed: ByteLru<Key, (u64, u64, LoadError)>,
    permits: Permits,
}

type Key = (Hash, Hash);

impl Default for Cache {
    fn default() -> Self {
        Self { parsed: ByteLru::new(MAX_PARSED), failed: ByteLru::new(MAX_FAILED), permits: Permits::default() }
    }
}

/// Why a deploy's documents cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("document {0} is not in the bucket")]
    Missing(Hash),
    #[error("document {hash} has {size} bytes, at most {MAX_DOCUMENT} are allowed")]
    TooLarge { hash: Hash, size: u64 },
    #[error("the documents of all roots have more bytes than are allowed")]
    TooMany,
    #[error("{0}")]
    Bad(String),
    #[error(transparent)]
    Busy(#[from] Busy),
    #[error(transparent)]
    Binding(#[from] BindingError),
}

impl LoadError {
    /// Whether the documents themselves are at fault, and not the moment.
    pub(crate) const fn is_final(&self) -> bool {
        matches!(self, Self::Missing(_) | Self::TooLarge { .. } | Self::TooMany | Self::Bad(_))
    }
}

/// The documents of every root, at their mounts; of at most `limit` bytes in all, if there is a limit. `near` are roots that the cache may
/// still have and that resemble these: the cost of what is not cached follows what differs.
pub(crate) async fn load(
    edge: Edge,
    cache: &Cache,
    roots: &Roots,
    near: &[Roots],
    limit: Option<u64>,
) -> Result<Vec<Mounted>, LoadError> {
    let mut mounted = Vec::with_capacity(roots.roots.len());
    let mut bytes = 0;
    for (mount, root) in roots.mounts() {
        let documents = match cache.get(root) {
            Some(documents) => documents,
            None => {
                let room = limit.map(|limit| limit.saturating_sub(bytes));
                read(edge, cache, root, cache.near(roots, root, near), room).await?
            }
        };
        bytes += documents.manifest.document() as u64 + documents.routes.document() as u64;
        if limit.is_some_and(|limit| bytes > limit) {
            return Err(LoadError::TooMany);
        }
        mounted.push(Mounted { mount, documents });
    }
    Ok(mounted)
}

/// The documents of one of the `roots` of a site whose state has this `seq`. That they cannot be used is remembered for a while, or until
/// the site changes.
pub(crate) async fn load_one(
    edge: Edge,
    cache: &Cache,
    (roots, root): (&Roots, &Root),
    near: &[Roots],
    seq: u64,
) -> Result<Rc<Documents>, LoadError> {
    if let Some(documents) = cache.get(root) {
        return Ok(documents);
    }
    let key = key(root);
    if let Some((of, since, error)) = cache.failed.get(&key)
        && of == seq
        && !has_passed(since, edge.now_ms(), FAILED_MS)
    {
        return Err(error);
    }
    let read = read(edge, cache, root, cache.near(roots, root, near), None).await;
    if let Err(error) = &read
        // What is missing may be uploaded at any moment, and costs one look each time.
        && !matches!(error, LoadError::Busy(_) | LoadError::Missing(_))
    {
        let cost = size_of::<(Key, LoadError)>() + error.to_string().len();
        cache.failed.insert(key, (seq, edge.now_ms(), error.clone()), cost);
    }
    read
}

fn key(root: &Root) -> Key {
    (root.routes, root.manifest)
}

impl Cache {
    /// What limits the bytes that are worked on at once.
    pub(crate) const fn permits(&self) -> &Permits {
        &self.permits
    }

    /// Forgets all documents: some of them may be lost in the bucket.
    pub(crate) fn clear(&self) {
        self.parsed.clear();
        self.failed.clear();
    }

    /// Whether the documents of a root are here.
    pub(crate) fn holds(&self, root: &Root) -> bool {
        self.get(root).is_some()
    }

    fn get(&self, root: &Root) -> Option<Rc<Documents>> {
        self.parsed.get(&key(root))
    }

    /// The root of the same id in other roots, if its documents are here.
    fn near<'a>(&self, roots: &Roots, root: &Root, near: &'a [Roots]) -> Option<(&'a Root, Rc<Documents>)> {
        let id = roots.roots.iter().find(|(_, other)| *other == root)?.0;
        near.iter().find_map(|near| {
            let near = near.roots.get(id)?;
            Some((near, self.get(near)?))
        })
    }
}

async fn read(
    edge: Edge,
    cache: &Cache,
    root: &Root,
    near: Option<(&Root, Rc<Documents>)>,
    room: Option<u64>,
) -> Result<Rc<Documents>, LoadError> {
    let near_routes = near.as_ref().filter(|(near, _)| near.routes == root.routes).map(|(_, near)| near.routes.clone());
    let asked = [Some(&root.manifest), Some(&root.routes).filter(|_| near_routes.is_none())];
    let permit = cache.permits.take(edge, 2 * SMALL_DOCUMENT as usize * READ_FACTOR).await?;
    let mut documents = join_all(asked.into_iter().flatten().map(|hash| small(edge, hash))).await.into_iter();
    let mut next = || documents.next().unwrap_or(Err(LoadError::Missing(root.routes)));
    let (manifest, routes) = (next()?, if near_routes.is_none() { Some(next()?) } else { None });

    // For both at once: a task that held one of them while it waits for the other would hold up those who wait for the first.
    let larger: u64 = [Some(&manifest), routes.as_ref()].into_iter().flatten().map(still_to_read).sum();
    if room.is_some_and(|room| larger > room) {
        return Err(LoadError::TooMany);
    }
    let _permit = if larger == 0 {
        permit
    } else {
        drop(permit);
        let permit = cache.permits.take(edge, usize::try_from(larger).unwrap_or(usize::MAX) * READ_FACTOR).await?;
        // Others may have read them meanwhile.
        if let Some(documents) = cache.get(root) {
            return Ok(documents);
        }
        permit
    };
    let bad =
        |what: &str, hash: &Hash, error: &dyn std::fmt::Display| LoadError::Bad(format!("{what} {hash}: {error}"));
    let manifest = ManifestIndex::read(
        whole(edge, &root.manifest, manifest).await?,
        near.as_ref().map(|(_, near)| &*near.manifest),
    )
    .map_err(|error| bad("manifest", &root.manifest, &error))?;
    let has_file = |path: &str| manifest.file(path).is_some();
    let routes = match (near_routes, routes) {
        (_, Some(routes)) => RoutesIndex::read(whole(edge, &root.routes, routes).await?, has_file)
            .map(Rc::new)
            .map_err(|error| bad("routes document", &root.routes, &error))?,
        (near_routes, None) => {
            let routes = near_routes.unwrap_or_default();
            // Routes that were checked need not be checked again while there are files at the same paths.
            if !near.is_some_and(|(_, near)| near.manifest.has_paths_of(&manifest)) {
                routes.check_against(has_file).map_err(|error| bad("routes document", &root.routes, &error))?;
            }
            routes
        }
    };
    let cost = routes.cost() + manifest.cost();
    let documents = Rc::new(Documents { manifest: Rc::new(manifest), routes });
    cache.parsed.insert(key(root), documents.clone(), cost);
    Ok(documents)
}

/// A document, if it is small; else how large it is.
async fn small(edge: Edge, hash: &Hash) -> Result<Document, LoadError> {
    match blobs::read(edge, hash, SMALL_DOCUMENT).await? {
        None => Err(LoadError::Missing(*hash)),
        Some(Document::Large { size }) if size > MAX_DOCUMENT => Err(LoadError::TooLarge { hash: *hash, size }),
        Some(document) => Ok(document),
    }
}

const fn still_to_read(document: &Document) -> u64 {
    match document {
        Document::Bytes(_) => 0,
        Document::Large { size } => *size,
    }
}

async fn whole(edge: Edge, hash: &Hash, document: Document) -> Result<Vec<u8>, LoadError> {
    let size = match document {
        Document::Bytes(bytes) => return Ok(bytes),
        Document::Large { size } => size,
    };
    match blobs::read(edge, hash, size).await? {
        None => Err(LoadError::Missing(*hash)),
        Some(Document::Bytes(bytes)) => Ok(bytes),
        Some(Document::Large { size }) => Err(LoadError::TooLarge { hash: *hash, size }),
    }
}

/// What a publisher is told of documents that cannot be used; `None` where a binding failed.
pub(crate) fn refusal(error: &LoadError) -> Option<ApiError> {
    match error {
        LoadError::Missing(_) | LoadError::Binding(_) => None,
        LoadError::Busy(busy) => Some((*busy).into()),
        LoadError::TooLarge { hash, size } => {
            let error = ApiError::new(Code::TOO_LARGE, error.to_string());
            Some(error.detail("hash", hash.to_string()).detail("size", *size).detail("limit", MAX_DOCUMENT))
        }
        LoadError::TooMany => {
            Some(ApiError::new(codes::DOCUMENTS_TOO_LARGE, error.to_string()).detail("limit", MAX_DOCUMENTS))
        }
        LoadError::Bad(what) => Some(ApiError::new(codes::BAD_DOCUMENT, what)),
    }
}
