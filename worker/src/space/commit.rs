//! Commit: every blob that the new deploy names must exist before it becomes active.

use super::{Reply, Space, activate, body, failed, store};
use crate::{
    bindings::Object,
    http::{ApiError, Code, Response},
    model::{Hash, ManifestIndex, Meta, Roots, SiteName},
    publish::{LOOKUPS, missing},
    router::Mounted,
    serve::{LoadError, load},
};
use serde::Deserialize;
use serde_json::json;
use std::{collections::BTreeSet, rc::Rc};

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
    // The active deploy first: what a commit costs follows what differs from it. If it cannot be read, every blob is looked up.
    let active = store::active(object).map_err(failed(object, "active deploy"))?;
    let active = active.as_ref().map_or(&[][..], |deploy| std::slice::from_ref(&deploy.roots));
    let held = match active.first() {
        Some(roots) => load(object, &space.documents, roots, &[]).await.unwrap_or_default(),
        None => Vec::new(),
    };
    let documents = match load(object, &space.documents, &roots, active).await {
        Ok(documents) => documents,
        Err(LoadError::Missing(hash)) => return Err(missing_blobs(&BTreeSet::from([hash]))),
        Err(LoadError::Bad(what)) => return Err(ApiError::new(Code::BadDocument, what)),
        Err(LoadError::Binding(error)) => return Err(failed(object, "documents")(error)),
    };
    let candidates = new_blobs(&roots, &held, &documents);
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

/// Hashes of files that the active deploy does not have in the same place: what it names was proven when it was committed.
fn new_blobs(roots: &Roots, active: &[Mounted], documents: &[Mounted]) -> Vec<Hash> {
    let mut new = BTreeSet::new();
    for root in documents {
        let manifest = &root.documents.manifest;
        match active.iter().find(|held| held.mount == root.mount) {
            Some(held) => {
                let changed = ManifestIndex::changed_files(&held.documents.manifest, manifest);
                new.extend(changed.into_iter().filter_map(|(_, hash)| hash));
            }
            None => new.extend(manifest.hashes()),
        }
    }
    // The documents themselves were read just now.
    for root in roots.roots.values() {
        new.remove(&root.routes);
        new.remove(&root.manifest);
    }
    new.into_iter().collect()
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
