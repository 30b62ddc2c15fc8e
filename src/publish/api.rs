//! The API's documents, and what an answer means. The status is looked at before the body is parsed.

use super::{ApiBody, ApiCall, ApiRequest, ApiResponse, Method, PublishError, Refusal};
use crate::report::is_active;
use pmx_model::{ChangeEvent, DeployRecord, Hash, Meta, Roots, SiteName, Unpublished, is_deploy_id};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _},
};

/// The most hashes of one `begin` (`API.md`).
pub(super) const MAX_HASHES: usize = 100_000;
/// How much of a foreign error page goes into a message.
const MAX_MESSAGE: usize = 300;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Begin<'a> {
    pub(super) subdomain: &'a str,
    pub(super) hashes: &'a [Hash],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) base: Option<&'a str>,
}

#[derive(Deserialize)]
pub(super) struct Begun {
    pub(super) missing: Vec<Missing>,
    #[serde(default)]
    pub(super) remaining: Vec<Hash>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Missing {
    pub(super) hash: Hash,
    pub(super) upload_url: String,
}

#[derive(Serialize)]
pub(super) struct Commit<'a> {
    pub(super) subdomain: &'a str,
    pub(super) roots: &'a Roots,
    #[serde(skip_serializing_if = "Meta::is_empty")]
    pub(super) meta: &'a Meta,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RollbackBody<'a> {
    pub(super) subdomain: &'a str,
    pub(super) deploy_id: &'a str,
}

#[derive(Serialize)]
pub(super) struct UnpublishBody<'a> {
    pub(super) subdomain: &'a str,
    pub(super) status: u16,
}

/// The answer to an unpublish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TakenDown {
    /// Where the site was.
    pub url: String,
    /// How it answers, and since when.
    pub unpublished: Unpublished,
    /// Counts the changes of what the site shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// `current`, or `pending` while the write to KV is being retried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kv: Option<String>,
}

#[derive(Serialize)]
pub(super) struct PruneBody<'a> {
    pub(super) subdomain: &'a str,
    pub(super) keep: u32,
}

/// The answer to a prune.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Pruned {
    /// Deploys that were forgotten.
    pub pruned: u64,
    /// Deploys that are left.
    pub kept: u64,
    /// Whether the same call would forget more.
    #[serde(skip)]
    pub more: bool,
}

#[derive(Deserialize)]
pub(super) struct Remaining {
    pub(super) remaining: u64,
}

/// The answer to a commit or a rollback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Activated {
    /// Where the site is.
    pub url: String,
    /// The deploy that is active now.
    #[serde(deserialize_with = "deploy_id")]
    pub deploy_id: String,
    /// Counts the activations of the site. Not every server counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// `current`, or `pending` while the write to KV is being retried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kv: Option<String>,
    /// What open pages were told.
    #[serde(default)]
    pub events: Vec<ChangeEvent>,
}

/// A deploy in the list of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Deploy {
    /// The record.
    pub record: DeployRecord,
}

pub(super) fn post(path: &str, document: &impl Serialize, call: ApiCall) -> Result<ApiRequest, PublishError> {
    let body = serde_json::to_vec(document).map_err(|error| PublishError::BadAnswer {
        call,
        status: 0,
        reason: error.to_string(),
    })?;
    Ok(ApiRequest { method: Method::Post, target: path.to_owned(), body: ApiBody::Json(body) })
}

pub(super) fn list(site: &SiteName) -> ApiRequest {
    // A site's name is a DNS label: nothing in it needs escaping.
    ApiRequest { method: Method::Get, target: format!("/api/deploys?subdomain={site}"), body: ApiBody::Empty }
}

/// The document of a 2xx answer.
pub(super) fn document<T: DeserializeOwned>(call: ApiCall, response: &ApiResponse) -> Result<T, PublishError> {
    accept(call, response)?;
    serde_json::from_slice(&response.body).map_err(|error| PublishError::BadAnswer {
        call,
        status: response.status,
        reason: printable(&error.to_string()),
    })
}

/// The list of a site's deploys.
pub(super) fn deploys(call: ApiCall, response: &ApiResponse) -> Result<Vec<Deploy>, PublishError> {
    let deploys: Vec<Deploy> = document(call, response)?;
    match deploys.iter().find(|deploy| !is_deploy_id(&deploy.record.deploy_id)) {
        Some(deploy) => {
            let reason = printable(&no_deploy_id(&deploy.record.deploy_id));
            Err(PublishError::BadAnswer { call, status: response.status, reason })
        }
        None => Ok(deploys),
    }
}

/// Ids stand in commands that are printed to be pasted.
fn deploy_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let id = String::deserialize(deserializer)?;
    if is_deploy_id(&id) { Ok(id) } else { Err(D::Error::custom(no_deploy_id(&id))) }
}

fn no_deploy_id(id: &str) -> String {
    format!("`{id}` is no id of a deploy")
}

/// Nothing but whether the answer is a yes.
pub(super) fn accept(call: ApiCall, response: &ApiResponse) -> Result<(), PublishError> {
    if (200..300).contains(&response.status) {
        Ok(())
    } else {
        Err(PublishError::Refused { call, refusal: Box::new(refusal(response)) })
    }
}

/// A 5xx that no patience changes.
pub(super) fn is_final(response: &ApiResponse) -> bool {
    response.status == 503 && refusal(response).code == "publish_disabled"
}

/// What a refusing answer says, whoever wrote it.
pub(super) fn refusal(response: &ApiResponse) -> Refusal {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Document {
        error: Said,
        request_id: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Said {
        Api {
            code: String,
            message: String,
            #[serde(default)]
            missing: Vec<Hash>,
        },
        Text(String),
    }
    let header = |name| response.header(name).map(printable);
    let (code, message, missing, id) = match serde_json::from_slice(&response.body) {
        Ok(Document { error: Said::Api { code, message, missing }, request_id }) => {
            (code, message, missing, request_id)
        }
        Ok(Document { error: Said::Text(message), request_id }) => (String::new(), message, Vec::new(), request_id),
        Err(_) => (String::new(), foreign_message(response), Vec::new(), None),
    };
    Refusal {
        status: response.status,
        code,
        message: printable(&message),
        missing,
        request_id: id.as_deref().map(printable).or_else(|| header("pmx-request-id")).or_else(|| header("cf-ray")),
        location: header("location"),
    }
}

/// Proxies and gateways answer with pages of their own: plain text is quoted, HTML is not.
fn foreign_message(response: &ApiResponse) -> String {
    let text = String::from_utf8_lossy(&response.body);
    let text = text.trim();
    if text.is_empty() {
        String::from("(no message)")
    } else if text.starts_with('<') {
        String::from("(an HTML page)")
    } else {
        text.to_owned()
    }
}

/// On one line, without anything that moves a terminal's cursor, and not endless.
pub(crate) fn printable(text: &str) -> String {
    let clean = |c: char| if is_active(c) { ' ' } else { c };
    let mut out: String = text.chars().take(MAX_MESSAGE).map(clean).collect();
    if text.chars().nth(MAX_MESSAGE).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> ApiResponse {
        ApiResponse { status, body: body.into(), ..ApiResponse::default() }
    }

    #[test]
    fn a_refusal_is_understood_in_every_form() {
        let api =
            refusal(&answer(401, r#"{"error":{"code":"unauthorized","message":"wrong token"},"requestId":"ab"}"#));
        assert_eq!((api.code.as_str(), api.to_string().as_str()), ("unauthorized", "401 wrong token (request ab)"));
        assert_eq!(refusal(&answer(400, r#"{"error":"bad"}"#)).to_string(), "400 bad");
        assert_eq!(refusal(&answer(502, "<html>…")).to_string(), "502 (an HTML page)");
        assert_eq!(refusal(&answer(500, "\x1b[2Joops\r\n")).to_string(), "500  [2Joops");
    }

    #[test]
    fn a_refusal_is_not_parsed_as_a_document() {
        let error = document::<Activated>(ApiCall::Commit, &answer(401, "Unauthorized")).err().unwrap();
        assert_eq!(error.to_string(), "commit: 401 Unauthorized");
    }

    #[test]
    fn a_yes_of_another_kind_is_no_yes() {
        let error = document::<Activated>(ApiCall::Commit, &answer(200, "<html>")).err().unwrap();
        assert!(matches!(error, PublishError::BadAnswer { .. }), "{error}");
    }
}
