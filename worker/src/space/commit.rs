//! Commit: every blob that the new deploy names must exist before it becomes active.

use super::{Reply, Space, activate, body, failed, store};
use crate::{
    bindings::Object,
    http::{ApiError, Code, Response},
    model::{Hash, Meta, Roots, SiteName},
    publish::{LOOKUPS, missing},
    router::Mounted,
    serve::{LoadError, load},
};
use serde::Deserialize;
use serde_json::json;
use std::{
    collections::{BTreeSet, HashSet},
    rc::Rc,
};

/// Missing blobs that an answer lists by name.
const LISTED: usize = 100;

#[derive(Deserialize)]
struct Commit {
    roots: Roots,
    #[serde(default)]
    meta: Option<Meta>,
}

pub(super) async fn commit<O: Object>(
    object: O,
    space: &Rc<Space>,
    site: &SiteName,
    json: &[u8],
) -> Result<Reply, ApiError> {
    let Commit { roots, meta } = body(json)?;
    let documents = match load(object, &space.documents, &roots).await {
        Ok(documents) => documents,
        Err(LoadError::Missing(hash)) => return Err(missing_blobs(&BTreeSet::from([hash]))),
        Err(LoadError::Bad(what)) => return Err(ApiError::new(Code::BadDocument, what)),
        Err(LoadError::Binding(error)) => return Err(failed(object, "documents")(error)),
    };
    let candidates = new_blobs(object, space, &roots, &documents).await?;
    let unknown = store::unknown(object, &candidates).map_err(failed(object, "known blobs"))?;
    let (now, remaining) = unknown.split_at(unknown.len().min(LOOKUPS));
    let missing = missing(object, now).await.map_err(failed(object, "bucket"))?;
    if !missing.is_empty() {
        return Err(missing_blobs(&missing));
    }
    if !remaining.is_empty() {
        remember(object, site, now)?;
        return Ok(Response::json(202, &json!({ "remaining": remaining.len() })).into());
    }
    let target = activate::Target::New { roots, meta, proven: now.to_vec() };
    activate::activate(object, space, site, target).await
}

/// Hashes that the active deploy does not account for: what it names was proven when it was committed.
async fn new_blobs<O: Object>(
    object: O,
    space: &Space,
    roots: &Roots,
    documents: &[Mounted],
) -> Result<Vec<Hash>, ApiError> {
    let active = store::active(object).map_err(failed(object, "active deploy"))?;
    let active = match &active {
        // If the active deploy cannot be read, every blob is looked up.
        Some(deploy) => load(object, &space.documents, &deploy.roots).await.unwrap_or_default(),
        None => Vec::new(),
    };
    let held: HashSet<Hash> = active.iter().flat_map(hashes).collect();
    let mut new: BTreeSet<Hash> = documents.iter().flat_map(hashes).filter(|hash| !held.contains(hash)).collect();
    // The documents themselves were read just now.
    for root in roots.roots.values() {
        new.remove(&root.routes);
        new.remove(&root.manifest);
    }
    Ok(new.into_iter().collect())
}

fn hashes(root: &Mounted) -> impl Iterator<Item = Hash> {
    root.documents.manifest.files.values().map(|file| file.hash)
}

fn remember<O: Object>(object: O, site: &SiteName, hashes: &[Hash]) -> Result<(), ApiError> {
    let write = || {
        store::migrate(object, site)?;
        store::prove(object, hashes)
    };
    write().map_err(failed(object, "known blobs"))
}

fn missing_blobs(missing: &BTreeSet<Hash>) -> ApiError {
    let listed: Vec<_> = missing.iter().take(LISTED).map(ToString::to_string).collect();
    ApiError::new(Code::MissingBlobs, format!("{} blobs that this deploy names were never uploaded", missing.len()))
        .detail("missing", listed)
        .detail("count", missing.len())
}
