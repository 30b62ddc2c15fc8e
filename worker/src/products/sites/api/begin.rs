use super::{MAX_BEGIN, bad_field, body, deploy_id, site_name};
use crate::products::sites::{
    Shared,
    call::{Call, ask},
    internal,
    lookups::{LOOKUPS, sizes},
};
use pmx_edge::{
    Edge,
    http::{ApiError, Request, Response},
};
use pmx_model::{Hash, object_only};
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeSet;

/// The most hashes of one call.
const MAX_HASHES: usize = 100_000;
/// Bytes of a hash in a list in JSON: 64 digits, two quotes, a comma.
const LISTED_HASH: usize = 67;

#[derive(Deserialize)]
#[serde(remote = "Self")]
struct Begin {
    subdomain: String,
    hashes: BTreeSet<Hash>,
    #[serde(default)]
    base: Option<String>,
}

object_only!(read Begin);

/// The answer. It is written without a tree of values: it may list all hashes that were asked for.
#[derive(Serialize)]
struct Begun<'a> {
    missing: Vec<Missing>,
    #[serde(skip_serializing_if = "<[Hash]>::is_empty")]
    remaining: &'a [Hash],
}

struct Missing(Hash);

impl Serialize for Missing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Fields {
            hash: Hash,
            upload_url: String,
        }
        Fields { hash: self.0, upload_url: format!("/api/publish/upload?hash={}", self.0) }.serialize(serializer)
    }
}

/// Answers which blobs are missing.
pub(super) async fn begin(edge: Edge, shared: &Shared, request: &mut Request) -> Result<Response, ApiError> {
    let (Begin { subdomain, hashes, base }, _permit) = body(edge, shared, request, MAX_BEGIN).await?;
    let site = site_name(&subdomain)?;
    if hashes.len() > MAX_HASHES {
        return Err(bad_field("hashes", &format!("{} hashes, at most {MAX_HASHES} are allowed", hashes.len())));
    }
    let base = base.as_deref().map(|base| deploy_id("base", base)).transpose()?;
    let answer = ask(edge, &site, Call::Known { base, hashes: Hash::join(hashes).into() }).await?;
    let unknown =
        Hash::split(&answer.body).ok_or_else(|| internal(edge, &format!("object of {site}: it answered no hashes")))?;
    drop(answer);
    let (now, remaining) = unknown.split_at(unknown.len().min(LOOKUPS));
    let found = sizes(edge, now).await.map_err(|error| internal(edge, &error.message))?;
    if !found.is_empty() {
        let proofs = found.iter().flat_map(|(hash, size)| [&hash.as_bytes()[..], &size.to_le_bytes()].concat());
        ask(edge, &site, Call::Proven { blobs: proofs.collect() }).await?;
    }
    let missing: Vec<_> = now.iter().filter(|hash| !found.contains_key(hash)).copied().map(Missing).collect();
    let status = if remaining.is_empty() { 200 } else { 202 };
    let mut json = Vec::with_capacity(missing.len() * 3 * LISTED_HASH + remaining.len() * LISTED_HASH + 64);
    // Only maps with keys that are no strings cannot be written, and there are none.
    let _ = serde_json::to_writer(&mut json, &Begun { missing, remaining });
    let mut response = Response::bytes(status, "application/json", json);
    response.header("cache-control", "no-store");
    Ok(response)
}
