//! Calls that read the history, and those that move in it: rollback and unpublish.

use super::{SiteObject, activate, failed, proofs};
use crate::products::sites::{
    codes,
    documents::{LoadError, load, refusal},
    internal,
    lookups::sizes,
    store,
};
use pmx_edge::{
    http::{ApiError, Code, Response},
    object::{Object, Reply},
};
use pmx_model::{Hash, SiteName};
use serde_json::json;
use std::rc::Rc;

pub(super) fn state(object: Object) -> Result<Reply, ApiError> {
    match store::state(object).map_err(failed(object, "state"))? {
        Some(state) => Ok(Response::json(200, &state).into()),
        None => Err(never_published()),
    }
}

pub(super) fn deploys(object: Object) -> Result<Reply, ApiError> {
    Ok(Response::json(200, &store::deploys(object).map_err(failed(object, "deploys"))?).into())
}

fn no_list() -> ApiError {
    ApiError::new(Code::BAD_REQUEST, "body: no list of hashes")
}

/// Which of these blobs, a list of hashes in ascending order, are not proven to exist; a list, too.
pub(super) async fn known(
    object: Object,
    space: &SiteObject,
    site: &SiteName,
    base: Option<&str>,
    hashes: &[u8],
) -> Result<Reply, ApiError> {
    let hashes = Hash::split(hashes).ok_or_else(no_list)?;
    if let Some(base) = base
        && store::deploy(object, base).map_err(failed(object, "base"))?.is_none()
    {
        return Err(unknown_deploy(base));
    }
    let proofs = proofs::current(object, site).map_err(failed(object, "proofs"))?;
    let mut unknown = proofs::unproven(object, &hashes).map_err(failed(object, "known blobs"))?;
    drop(hashes);
    if !unknown.is_empty()
        && let Some(active) = proofs.vouching
        // If it cannot be read, its blobs are looked up one by one.
        && let Ok(documents) = load(*object, &space.documents, &active.content, &[], None).await
    {
        // What the active deploy names was proven when it was committed, though its proofs may be forgotten.
        let mut named = vec![false; unknown.len()];
        for hash in documents.iter().flat_map(|root| root.documents.manifest.hashes()) {
            if let Ok(at) = unknown.binary_search(&hash) {
                named[at] = !proofs.lost.contains(&hash);
            }
        }
        let mut named = named.into_iter();
        unknown.retain(|_| named.next() != Some(true));
    }
    Ok(Response::bytes(200, "application/octet-stream", Hash::join(unknown)).into())
}

/// Remembers blobs that were found in the bucket: each a hash and a size of 8 bytes, the least first. Before the first commit nothing is
/// written, so nothing is remembered either.
pub(super) fn proven(object: Object, site: &SiteName, blobs: &[u8]) -> Result<Reply, ApiError> {
    let (blobs, rest) = blobs.as_chunks::<40>();
    if !rest.is_empty() {
        return Err(no_list());
    }
    let blob = |bytes: &[u8; 40]| {
        let (hash, size) = bytes.split_first_chunk::<32>()?;
        Some((Hash::from_bytes(*hash), u64::from_le_bytes(*size.first_chunk()?)))
    };
    let blobs: Vec<(Hash, u64)> = blobs.iter().filter_map(blob).collect();
    if store::exists(object).map_err(failed(object, "schema"))? {
        activate::or_abort(object, proofs::begin(object, site));
        activate::or_abort(object, proofs::prove(object, &blobs));
    }
    Ok(Response::json(200, &json!({})).into())
}

/// Makes an earlier deploy active. To the active one: nothing happens, and nothing is sent. One whose documents are gone from the bucket, or
/// cannot be used, is refused: every page of it would fail. Its other blobs are not looked up, so that a way back is always quick.
pub(super) async fn rollback(
    object: Object,
    space: &Rc<SiteObject>,
    site: &SiteName,
    deploy_id: &str,
) -> Result<Reply, ApiError> {
    let Some(deploy) = store::deploy(object, deploy_id).map_err(failed(object, "deploy"))? else {
        return Err(unknown_deploy(deploy_id));
    };
    match documents_of(object, space, &deploy).await {
        Err(LoadError::Missing(hash)) => {
            let message = "The documents of this deploy are not in the bucket any more: publish it again";
            return Err(ApiError::new(codes::MISSING_BLOBS, message).detail("missing", [hash.to_string()].as_slice()));
        }
        Err(error) if error.is_final() => {
            return Err(refusal(&error).unwrap_or_else(|| failed_documents(object, &error)));
        }
        // If they cannot be read now, that is no reason to stay: the outbox tells the pages later.
        Ok(()) | Err(_) => {}
    }
    activate::activate(object, space, site, activate::Target::Existing(deploy)).await
}

/// Whether the documents are in the bucket, be they kept parsed or not, and can be used.
async fn documents_of(object: Object, space: &SiteObject, deploy: &store::Deploy) -> Result<(), LoadError> {
    let active = store::active(object)?;
    if active.as_ref().is_some_and(|active| active.id == deploy.id) {
        return Ok(());
    }
    let hashes: Vec<Hash> = deploy.content.roots.values().flat_map(|root| [root.manifest, root.routes]).collect();
    let found = sizes(*object, &hashes).await?;
    if let Some(missing) = hashes.into_iter().find(|hash| !found.contains_key(hash)) {
        return Err(LoadError::Missing(missing));
    }
    let near = active.map(|active| active.content);
    load(*object, &space.documents, &deploy.content, near.as_slice(), None).await.map(drop)
}

/// Takes the site down: it shows nothing, and every address of it answers with this status. Its history stays, and a commit or a rollback
/// brings it back. If it is down already, at most the status changes; since when it is down stays.
pub(super) async fn unpublish(
    object: Object,
    space: &Rc<SiteObject>,
    site: &SiteName,
    status: u16,
) -> Result<Reply, ApiError> {
    if store::state(object).map_err(failed(object, "state"))?.is_none() {
        return Err(never_published());
    }
    activate::activate(object, space, site, activate::Target::Nothing { status }).await
}

pub(super) fn never_published() -> ApiError {
    ApiError::new(codes::SPACE_NOT_FOUND, "This site was never published")
}

fn failed_documents(object: Object, error: &LoadError) -> ApiError {
    internal(*object, &error.to_string())
}

fn unknown_deploy(id: &str) -> ApiError {
    let id: String = id.chars().take(64).collect();
    ApiError::new(codes::UNKNOWN_DEPLOY, format!("This site has no deploy {id}")).detail("deployId", id)
}
