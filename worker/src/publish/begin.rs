use super::{ask_object, bad_field, body, site_name};
use crate::{
    bindings::Edge,
    http::{ApiError, Request, Response},
    join::join_all,
    model::Hash,
    serve::internal,
};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;

/// The most hashes of one call.
const MAX_HASHES: usize = 100_000;
/// Look-ups in R2 of one invocation: Cloudflare allows 1,000 operations, and some are needed for the rest.
pub(crate) const LOOKUPS: usize = 800;
/// Look-ups that are under way at once.
const PARALLEL: usize = 50;

#[derive(Deserialize)]
struct Begin {
    subdomain: String,
    hashes: BTreeSet<Hash>,
    #[serde(default)]
    base: Option<String>,
}

#[derive(Deserialize)]
struct Known {
    unknown: Vec<Hash>,
}

/// Answers which blobs are missing.
pub(super) async fn begin<E: Edge>(edge: E, request: &Request<'_>) -> Result<Response, ApiError> {
    let Begin { subdomain, hashes, base } = body(edge, request).await?;
    let site = site_name(&subdomain)?;
    if hashes.len() > MAX_HASHES {
        return Err(bad_field("hashes", &format!("{} hashes, at most {MAX_HASHES} are allowed", hashes.len())));
    }
    let answer = ask_object(edge, &site, "POST", "known", json!({ "hashes": hashes, "base": base })).await?;
    let Known { unknown } =
        serde_json::from_slice(&answer.body).map_err(|error| internal(edge, &format!("object of {site}: {error}")))?;
    let (now, remaining) = unknown.split_at(unknown.len().min(LOOKUPS));
    let missing = missing(edge, now).await.map_err(|error| internal(edge, &error.0))?;
    if missing.len() < now.len() {
        let proven: Vec<_> = now.iter().filter(|hash| !missing.contains(hash)).collect();
        ask_object(edge, &site, "POST", "proven", json!({ "hashes": proven })).await?;
    }
    let missing: Vec<_> = missing
        .iter()
        .map(|hash| json!({ "hash": hash, "uploadUrl": format!("/api/publish/upload?hash={hash}") }))
        .collect();
    if remaining.is_empty() {
        Ok(Response::json(200, &json!({ "missing": missing })))
    } else {
        Ok(Response::json(202, &json!({ "missing": missing, "remaining": remaining })))
    }
}

/// Those of these blobs that are not in the bucket.
pub(crate) async fn missing<B: crate::bindings::Bucket>(
    bucket: B,
    hashes: &[Hash],
) -> Result<BTreeSet<Hash>, crate::bindings::BindingError> {
    let mut missing = BTreeSet::new();
    for slice in hashes.chunks(PARALLEL) {
        let sizes = join_all(slice.iter().map(|hash| bucket.blob_head(hash))).await;
        for (hash, size) in slice.iter().zip(sizes) {
            if size?.is_none() {
                missing.insert(*hash);
            }
        }
    }
    Ok(missing)
}
