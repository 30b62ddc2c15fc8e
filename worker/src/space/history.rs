//! Calls that read the history, and the rollback.

use super::{Reply, Space, activate, body, failed, store};
use crate::{
    bindings::Object,
    http::{ApiError, Code, Response},
    model::{Hash, SiteName},
    serve::load,
};
use serde::Deserialize;
use serde_json::json;
use std::{collections::HashSet, rc::Rc};

pub(super) fn state<O: Object>(object: O) -> Result<Reply, ApiError> {
    match store::state(object).map_err(failed(object, "state"))? {
        Some(state) => Ok(Response::json(200, &state).into()),
        None => Err(ApiError::new(Code::SpaceNotFound, "This site was never published")),
    }
}

pub(super) fn deploys<O: Object>(object: O) -> Result<Reply, ApiError> {
    Ok(Response::json(200, &store::deploys(object).map_err(failed(object, "deploys"))?).into())
}

#[derive(Deserialize)]
struct Hashes {
    hashes: Vec<Hash>,
    #[serde(default)]
    base: Option<String>,
}

/// Which of these blobs are not proven to exist.
pub(super) async fn known<O: Object>(object: O, space: &Space, json: &[u8]) -> Result<Reply, ApiError> {
    let Hashes { hashes, base } = body(json)?;
    if let Some(base) = base
        && store::deploy(object, &base).map_err(failed(object, "base"))?.is_none()
    {
        return Err(unknown_deploy(&base));
    }
    let mut unknown = store::unknown(object, &hashes).map_err(failed(object, "known blobs"))?;
    if !unknown.is_empty()
        && let Some(active) = store::active(object).map_err(failed(object, "active deploy"))?
        // If it cannot be read, its blobs are looked up one by one.
        && let Ok(documents) = load(object, &space.documents, &active.roots, &[]).await
    {
        // What the active deploy names was proven when it was committed, though its proofs may be forgotten.
        let named: HashSet<Hash> = documents.iter().flat_map(|root| root.documents.manifest.hashes()).collect();
        unknown.retain(|hash| !named.contains(hash));
    }
    Ok(Response::json(200, &json!({ "unknown": unknown })).into())
}

/// Before the first commit nothing is written, so nothing is remembered either.
pub(super) fn proven<O: Object>(object: O, json: &[u8]) -> Result<Reply, ApiError> {
    let Hashes { hashes, .. } = body(json)?;
    if store::exists(object).map_err(failed(object, "schema"))? {
        store::prove(object, &hashes).map_err(failed(object, "known blobs"))?;
    }
    Ok(Response::json(200, &json!({})).into())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rollback {
    deploy_id: String,
}

/// Makes an earlier deploy active. To the active one: nothing happens, and nothing is sent.
pub(super) async fn rollback<O: Object>(
    object: O,
    space: &Rc<Space>,
    site: &SiteName,
    json: &[u8],
) -> Result<Reply, ApiError> {
    let Rollback { deploy_id } = body(json)?;
    let Some(deploy) = store::deploy(object, &deploy_id).map_err(failed(object, "deploy"))? else {
        return Err(unknown_deploy(&deploy_id));
    };
    activate::activate(object, space, site, activate::Target::Existing(deploy)).await
}

fn unknown_deploy(id: &str) -> ApiError {
    let id: String = id.chars().take(64).collect();
    ApiError::new(Code::UnknownDeploy, format!("This site has no deploy {id}")).detail("deployId", id)
}
