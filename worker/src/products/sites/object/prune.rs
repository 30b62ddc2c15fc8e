//! Pruning: old deploys are forgotten, and with them what was proven of their blobs.

use super::{SiteObject, activate::or_abort, failed, proofs};
use crate::products::sites::store;
use pmx_edge::{
    http::{ApiError, Response},
    object::{Object, Reply},
};
use serde_json::json;

/// The most deploys that one call forgets.
const MAX_PRUNED: usize = 500;

/// Forgets all deploys but the newest `keep`, the active one, and those that KV names beside it; one turn, one transaction.
///
/// All proofs that blobs exist are forgotten, too, so that none is left of a blob that somebody is going to delete. What the active
/// deploy names stays proven by being named.
pub(super) fn prune(object: Object, space: &SiteObject, keep: u32) -> Result<Reply, ApiError> {
    if !store::exists(object).map_err(failed(object, "schema"))? {
        return Ok(Response::json(200, &json!({ "pruned": 0, "kept": 0 })).into());
    }
    let old = store::prunable(object, keep, MAX_PRUNED + 1).map_err(failed(object, "old deploys"))?;
    let (now, later) = old.split_at(old.len().min(MAX_PRUNED));
    or_abort(object, proofs::forget(object));
    // Documents that are kept parsed would prove ones that are going to be deleted.
    space.documents.clear();
    or_abort(object, store::DEPLOYS.delete(object, now));
    let kept = store::DEPLOYS.count(object).map_err(failed(object, "deploys"))?;
    let status = if later.is_empty() { 200 } else { 202 };
    Ok(Response::json(status, &json!({ "pruned": now.len(), "kept": kept })).into())
}
