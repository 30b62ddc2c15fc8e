//! The publish API (`API.md`): what is checked before an object is asked.

mod begin;
mod upload;

use crate::{
    hosts::Config,
    products::sites::{
        Shared,
        call::{self, Answered, Call, ask},
        codes, internal,
    },
};
use pmx_edge::{
    Edge,
    auth::{Refusal, check_bearer},
    bindings::Level,
    http::{ApiError, Code, Request, Response},
    object::Reply,
    permits::Permit,
};
use pmx_model::{
    ChangeEvent, MAX_DEPLOY_ID, Meta, Roots, SiteName, Unpublished, check_meta, clip, is_deploy_id, object_only,
    optional_map,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// The most bytes of the body of `begin`: 100,000 hashes and some room.
const MAX_BEGIN: u64 = 8 * 1024 * 1024;
/// The most bytes of any other JSON body: 16 roots, 4 KiB of `meta`, and room for advisory events of thousands of names.
const MAX_BODY: u64 = 1024 * 1024;
/// A body that is read takes about this many times its bytes: itself, what is made of it, and what goes on to the object.
const BODY_FACTOR: usize = 3;
/// The most characters of a field's name in an error: it may be one that a client made up.
const MAX_FIELD: usize = 200;

/// Answers `/api/*`.
pub(crate) async fn answer(edge: Edge, config: &Config, shared: &Shared, request: &mut Request) -> Reply {
    match respond(edge, config, shared, request).await {
        Ok(response) => response.into(),
        Err(error) => error.respond(edge, request).into(),
    }
}

async fn respond(edge: Edge, config: &Config, shared: &Shared, request: &mut Request) -> Result<Response, ApiError> {
    if request.path() == "/api/health" {
        return health(config, request);
    }
    check_bearer(config.secret.as_ref(), request.header("authorization")).map_err(|refusal| refused(edge, refusal))?;
    match (request.path(), request.method()) {
        ("/api/publish/begin", "POST") => begin::begin(edge, shared, request).await,
        ("/api/publish/upload", "POST" | "PUT") => upload::upload(edge, request).await,
        ("/api/publish/commit", "POST") => commit(edge, config, shared, request).await,
        ("/api/publish/rollback", "POST") => rollback(edge, config, shared, request).await,
        ("/api/unpublish", "POST") => unpublish(edge, config, shared, request).await,
        ("/api/deploys", "GET") => deploys(edge, request).await,
        ("/api/deploys/prune", "POST") => prune(edge, shared, request).await,
        ("/api/publish/upload", _) => Err(wrong_method("POST, PUT")),
        (
            "/api/publish/begin"
            | "/api/publish/commit"
            | "/api/publish/rollback"
            | "/api/unpublish"
            | "/api/deploys/prune",
            _,
        ) => Err(wrong_method("POST")),
        ("/api/deploys", _) => Err(wrong_method("GET")),
        _ => Err(ApiError::new(Code::NOT_FOUND, "There is no such call")),
    }
}

fn refused(edge: Edge, refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::Disabled => {
            edge.log(Level::Error, "PUBLISH_SECRET is not set: every publish call is refused");
            ApiError::new(codes::PUBLISH_DISABLED, "Publishing is off: no PUBLISH_SECRET is configured")
        }
        Refusal::NoToken | Refusal::WrongToken => {
            ApiError::new(Code::UNAUTHORIZED, refusal.to_string()).header("www-authenticate", "Bearer")
        }
    }
}

fn wrong_method(allow: &'static str) -> ApiError {
    ApiError::new(Code::METHOD_NOT_ALLOWED, format!("Only {allow} is answered here")).header("allow", allow)
}

fn health(config: &Config, request: &Request) -> Result<Response, ApiError> {
    let response = Response::json(
        200,
        &json!({ "ok": true, "name": "pmx-worker", "version": env!("CARGO_PKG_VERSION"), "abi": 2, "wasm": config.wasm }),
    );
    match request.method() {
        "GET" => Ok(response),
        "HEAD" => Ok(response.without_body()),
        _ => Err(wrong_method("GET, HEAD")),
    }
}

#[derive(Deserialize)]
#[serde(remote = "Self")]
struct CommitBody {
    subdomain: String,
    roots: Roots,
    #[serde(default, deserialize_with = "optional_map")]
    meta: Option<Meta>,
    /// Advisory: looked at for their shape only, the object computes its own.
    #[serde(default)]
    events: Vec<ChangeEvent>,
}

object_only!(read CommitBody);

async fn commit(edge: Edge, config: &Config, shared: &Shared, request: &mut Request) -> Result<Response, ApiError> {
    let (CommitBody { subdomain, roots, meta, events }, _permit) = body(edge, shared, request, MAX_BODY).await?;
    let site = site_name(&subdomain)?;
    roots.check().map_err(|error| bad_field("roots", &error.to_string()))?;
    check_events(&events)?;
    let meta = meta.filter(|meta| !meta.is_empty());
    if let Some(meta) = &meta {
        check_meta(meta).map_err(|error| bad_field("meta", &error.to_string()))?;
    }
    let answer = ask(edge, &site, Call::Commit(Box::new(call::Commit { roots, meta }))).await?;
    published(edge, config, shared, &site, "commit", &answer)
}

fn check_events(events: &[ChangeEvent]) -> Result<(), ApiError> {
    events.iter().try_for_each(ChangeEvent::check).map_err(|error| bad_field("events", &error.to_string()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
struct Rollback {
    subdomain: String,
    deploy_id: String,
    #[serde(default)]
    events: Vec<ChangeEvent>,
}

object_only!(read Rollback);

async fn rollback(edge: Edge, config: &Config, shared: &Shared, request: &mut Request) -> Result<Response, ApiError> {
    let (Rollback { subdomain, deploy_id: id, events }, _permit) = body(edge, shared, request, MAX_BODY).await?;
    let site = site_name(&subdomain)?;
    check_events(&events)?;
    let id = deploy_id("deployId", &id)?;
    let answer = ask(edge, &site, Call::Rollback { deploy: id }).await?;
    published(edge, config, shared, &site, "rollback", &answer)
}

#[derive(Deserialize)]
#[serde(remote = "Self")]
struct Unpublish {
    subdomain: String,
    #[serde(default = "gone")]
    status: u16,
}

object_only!(read Unpublish);

const fn gone() -> u16 {
    Unpublished::GONE
}

async fn unpublish(edge: Edge, config: &Config, shared: &Shared, request: &mut Request) -> Result<Response, ApiError> {
    let (Unpublish { subdomain, status }, _permit) = body(edge, shared, request, MAX_BODY).await?;
    let site = site_name(&subdomain)?;
    if !Unpublished::is_status(status) {
        return Err(bad_field("status", &format!("{} or {}", Unpublished::GONE, Unpublished::NOT_FOUND)));
    }
    let answer = ask(edge, &site, Call::Unpublish { status }).await?;
    published(edge, config, shared, &site, "unpublish", &answer)
}

/// The object's answer with the site's address in it.
fn published(
    edge: Edge,
    config: &Config,
    shared: &Shared,
    site: &SiteName,
    what: &str,
    answer: &Answered,
) -> Result<Response, ApiError> {
    let mut document: Value =
        serde_json::from_slice(&answer.body).map_err(|error| internal(edge, &format!("object of {site}: {error}")))?;
    if answer.status == 200 {
        shared.published(site);
        document["url"] = config.site_url(site).into();
        let line = json!({ "publish": what, "site": site.as_str(), "deploy": document["deployId"], "seq": document["seq"], "kv": document["kv"] });
        edge.log(Level::Info, &line.to_string());
    }
    Ok(Response::json(answer.status, &document))
}

async fn deploys(edge: Edge, request: &Request) -> Result<Response, ApiError> {
    let site = site_name(request.parameter("subdomain").ok_or_else(|| bad_field("subdomain", "missing"))?)?;
    let answer = ask(edge, &site, Call::Deploys).await?;
    let mut response = Response::bytes(200, "application/json", answer.body);
    response.header("cache-control", "no-store");
    Ok(response)
}

#[derive(Deserialize)]
#[serde(remote = "Self")]
struct Prune {
    subdomain: String,
    keep: u32,
}

object_only!(read Prune);

async fn prune(edge: Edge, shared: &Shared, request: &mut Request) -> Result<Response, ApiError> {
    let (Prune { subdomain, keep }, _permit) = body(edge, shared, request, MAX_BODY).await?;
    let site = site_name(&subdomain)?;
    if keep == 0 {
        return Err(bad_field("keep", "at least 1"));
    }
    let answer = ask(edge, &site, Call::Prune { keep }).await?;
    let mut response = Response::bytes(answer.status, "application/json", answer.body);
    response.header("cache-control", "no-store");
    Ok(response)
}

/// Reads the JSON body of at most `max` bytes, by a permit for what that takes; an error names the field.
async fn body<T: DeserializeOwned>(
    edge: Edge,
    shared: &Shared,
    request: &mut Request,
    max: u64,
) -> Result<(T, Permit), ApiError> {
    let too_large = || ApiError::new(Code::TOO_LARGE, format!("The body has more than {max} bytes"));
    let length = request.header("content-length").and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| length > max) {
        return Err(too_large());
    }
    // A body that does not say its length may have the most.
    let bytes = usize::try_from(length.unwrap_or(max)).unwrap_or(usize::MAX);
    let permit = shared.permits().take(edge, bytes.saturating_mul(BODY_FACTOR)).await?;
    let bytes = match request.take_body().all(max).await {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Err(too_large()),
        Err(error) => return Err(ApiError::new(Code::BAD_REQUEST, format!("The body could not be read: {error}"))),
    };
    let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        // Broken JSON has no path, or one that ends in a question mark.
        bad_field(if path == "." || path.contains('?') { "body" } else { &path }, &error.inner().to_string())
    })?;
    deserializer.end().map_err(|error| bad_field("body", &error.to_string()))?;
    Ok((value, permit))
}

#[inline(never)]
fn bad_field(field: &str, what: &str) -> ApiError {
    let field = clip(field, MAX_FIELD);
    ApiError::new(Code::BAD_REQUEST, format!("{field}: {what}")).detail("field", &*field)
}

fn deploy_id<'a>(field: &str, id: &'a str) -> Result<&'a str, ApiError> {
    if is_deploy_id(id) {
        return Ok(id);
    }
    Err(bad_field(field, &format!("no deploy id (1 to {MAX_DEPLOY_ID} letters, digits and hyphens)")))
}

fn site_name(text: &str) -> Result<SiteName, ApiError> {
    text.parse().map_err(|error: pmx_model::SiteNameError| bad_field("subdomain", &error.to_string()))
}
