//! A page missed a blob: what the object makes of it.

use super::{SiteObject, activate::or_abort, failed, proofs};
use crate::products::sites::{blobs, store};
use pmx_edge::{
    bindings::Level,
    http::{ApiError, Response},
    object::{Object, Reply},
};
use pmx_model::{Hash, SiteName};
use serde_json::json;

/// Believes its own look into the bucket, and not what it is told: the page may have been served by a place that was behind.
pub(super) async fn lost(
    object: Object,
    space: &SiteObject,
    site: &SiteName,
    hash: Hash,
    size: Option<u64>,
) -> Result<Reply, ApiError> {
    let known = proofs::current(object, site).map_err(failed(object, "proofs"))?;
    if known.lost.contains(&hash) {
        return Ok(answer(true));
    }
    let found = blobs::size(*object, &hash).await.map_err(failed(object, "bucket"))?;
    let is_there = found.is_some_and(|found| size.is_none_or(|size| size == found));
    if is_there || !store::exists(object).map_err(failed(object, "schema"))? {
        return Ok(answer(!is_there));
    }
    object.log(Level::Warn, &format!("blob {hash} of {site} is lost: the next publish brings it again"));
    or_abort(object, proofs::lose(object, &[hash]));
    // What is kept parsed may be what is lost.
    space.documents.clear();
    Ok(answer(true))
}

fn answer(lost: bool) -> Reply {
    Response::json(200, &json!({ "lost": lost })).into()
}
