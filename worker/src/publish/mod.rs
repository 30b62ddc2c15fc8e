//! The publish API (`API.md`): what is checked before an object is asked.

mod auth;
mod begin;
mod upload;

pub(crate) use begin::{LOOKUPS, missing};

use crate::{
    bindings::{Edge, Level, ObjectRequest, ObjectResponse},
    hosts::Config,
    http::{ApiError, Code, Request, Response},
    model::{ChangeEvent, Meta, Roots, SiteName},
    serve::internal,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// The most bytes of a JSON body: 100,000 hashes and some room.
const MAX_BODY: u64 = 8 * 1024 * 1024;
/// The most bytes of `meta` as JSON.
const MAX_META: usize = 4 * 1024;

/// Answers `/api/*`.
pub(crate) async fn api<E: Edge>(edge: E, config: &Config, request: &Request<'_>) -> Result<Response, ApiError> {
    if request.path == "/api/health" {
        return health(config, request);
    }
    auth::check(config, request.header("authorization")).inspect_err(|_| {
        if config.secret.is_none() {
            edge.log(Level::Error, "PUBLISH_SECRET is not set: every publish call is refused");
        }
    })?;
    match (request.path, request.method) {
        ("/api/publish/begin", "POST") => begin::begin(edge, request).await,
        ("/api/publish/upload", "POST" | "PUT") => upload::upload(edge, request).await,
        ("/api/publish/commit", "POST") => commit(edge, config, request).await,
        ("/api/publish/rollback", "POST") => rollback(edge, config, request).await,
        ("/api/deploys", "GET") => deploys(edge, request).await,
        ("/api/deploys/prune", "POST") => prune(edge, request).await,
        ("/api/publish/upload", _) => Err(wrong_method("POST, PUT")),
        ("/api/publish/begin" | "/api/publish/commit" | "/api/publish/rollback" | "/api/deploys/prune", _) => {
            Err(wrong_method("POST"))
        }
        ("/api/deploys", _) => Err(wrong_method("GET")),
        _ => Err(ApiError::new(Code::NotFound, "There is no such call")),
    }
}

fn wrong_method(allow: &'static str) -> ApiError {
    ApiError::new(Code::MethodNotAllowed, format!("Only {allow} is answered here")).header("allow", allow)
}

fn health(config: &Config, request: &Request<'_>) -> Result<Response, ApiError> {
    let response = Response::json(
        200,
        &json!({ "ok": true, "name": "pmx-worker", "version": env!("CARGO_PKG_VERSION"), "abi": 1, "wasm": config.wasm }),
    );
    match request.method {
        "GET" => Ok(response),
        "HEAD" => Ok(response.without_body()),
        _ => Err(wrong_method("GET, HEAD")),
    }
}

#[derive(Deserialize)]
struct Commit {
    subdomain: String,
    roots: Roots,
    #[serde(default)]
    meta: Option<Meta>,
    /// Advisory: looked at for their shape only, the object computes its own.
    #[serde(default, rename = "events")]
    _events: Vec<ChangeEvent>,
}

async fn commit<E: Edge>(edge: E, config: &Config, request: &Request<'_>) -> Result<Response, ApiError> {
    let Commit { subdomain, roots, meta, .. } = body(edge, request).await?;
    let site = site_name(&subdomain)?;
    roots.check().map_err(|error| bad_field("roots", &error.to_string()))?;
    let meta = meta.filter(|meta| !meta.is_empty());
    if meta.as_ref().is_some_and(|meta| json!(meta).to_string().len() > MAX_META) {
        return Err(bad_field("meta", &format!("more than {MAX_META} bytes")));
    }
    let answer = ask_object(edge, &site, "POST", "commit", json!({ "roots": roots, "meta": meta })).await?;
    published(edge, config, &site, "commit", &answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rollback {
    subdomain: String,
    deploy_id: String,
    #[serde(default, rename = "events")]
    _events: Vec<ChangeEvent>,
}

async fn rollback<E: Edge>(edge: E, config: &Config, request: &Request<'_>) -> Result<Response, ApiError> {
    let Rollback { subdomain, deploy_id, .. } = body(edge, request).await?;
    let site = site_name(&subdomain)?;
    let answer = ask_object(edge, &site, "POST", "rollback", json!({ "deployId": deploy_id })).await?;
    published(edge, config, &site, "rollback", &answer)
}

/// The object's answer with the site's address in it.
fn published<E: Edge>(
    edge: E,
    config: &Config,
    site: &SiteName,
    what: &str,
    answer: &ObjectResponse,
) -> Result<Response, ApiError> {
    let mut document: Value =
        serde_json::from_slice(&answer.body).map_err(|error| internal(edge, &format!("object of {site}: {error}")))?;
    if answer.status == 200 {
        document["url"] = config.site_url(site).into();
        let line = json!({ "publish": what, "site": site.as_str(), "deploy": document["deployId"], "seq": document["seq"], "kv": document["kv"] });
        edge.log(Level::Info, &line.to_string());
    }
    Ok(Response::json(answer.status, &document))
}

async fn deploys<E: Edge>(edge: E, request: &Request<'_>) -> Result<Response, ApiError> {
    let site = site_name(request.parameter("subdomain").ok_or_else(|| bad_field("subdomain", "missing"))?)?;
    let answer = ask_object(edge, &site, "GET", "deploys", Value::Null).await?;
    let mut response = Response::bytes(200, "application/json", answer.body);
    response.header("cache-control", "no-store");
    Ok(response)
}

#[derive(Deserialize)]
struct Prune {
    subdomain: String,
    keep: u32,
}

async fn prune<E: Edge>(edge: E, request: &Request<'_>) -> Result<Response, ApiError> {
    let Prune { subdomain, keep } = body(edge, request).await?;
    let site = site_name(&subdomain)?;
    if keep == 0 {
        return Err(bad_field("keep", "at least 1"));
    }
    let answer = ask_object(edge, &site, "POST", "prune", json!({ "keep": keep })).await?;
    let mut response = Response::bytes(answer.status, "application/json", answer.body);
    response.header("cache-control", "no-store");
    Ok(response)
}

/// Calls the site's object; an answer that is no success becomes the error that it says.
async fn ask_object<E: Edge>(
    edge: E,
    site: &SiteName,
    method: &'static str,
    path: &str,
    body: Value,
) -> Result<ObjectResponse, ApiError> {
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let call = ObjectRequest { method, path: format!("/{path}?space={site}"), body, upgrade: false };
    let answer = edge
        .object_fetch(site.as_str(), call)
        .await
        .map_err(|error| internal(edge, &format!("object of {site}: {error}")))?;
    if answer.status < 300 { Ok(answer) } else { Err(passed_on(edge, &answer)) }
}

/// The error that an object answered with.
pub(crate) fn passed_on<E: Edge>(edge: E, answer: &ObjectResponse) -> ApiError {
    serde_json::from_slice(&answer.body)
        .ok()
        .and_then(|error| ApiError::from_json(answer.status, &error))
        .unwrap_or_else(|| internal(edge, &format!("an object answered {}", answer.status)))
}

/// Reads the JSON body; an error names the field.
async fn body<E: Edge, T: DeserializeOwned>(edge: E, request: &Request<'_>) -> Result<T, ApiError> {
    let too_large = || ApiError::new(Code::TooLarge, format!("The body has more than {MAX_BODY} bytes"));
    if request
        .header("content-length")
        .and_then(|length| length.parse::<u64>().ok())
        .is_some_and(|length| length > MAX_BODY)
    {
        return Err(too_large());
    }
    let bytes = match edge.body_read(MAX_BODY).await {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Err(too_large()),
        Err(error) => return Err(ApiError::new(Code::BadRequest, format!("The body could not be read: {error}"))),
    };
    let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        // Broken JSON has no path, or one that ends in a question mark.
        bad_field(if path == "." || path.contains('?') { "body" } else { &path }, &error.inner().to_string())
    })?;
    deserializer.end().map_err(|error| bad_field("body", &error.to_string()))?;
    Ok(value)
}

fn bad_field(field: &str, what: &str) -> ApiError {
    ApiError::new(Code::BadRequest, format!("{field}: {what}")).detail("field", field)
}

fn site_name(text: &str) -> Result<SiteName, ApiError> {
    text.parse().map_err(|error: crate::model::SiteNameError| bad_field("subdomain", &error.to_string()))
}
