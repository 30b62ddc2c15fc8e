//! What a site's object can be asked. The Worker writes a call ([`ask`]), the object reads it; both are here, so that the two cannot part.

use super::{codes, internal};
use pmx_edge::{
    bindings::{Edge, ObjectRequest, ObjectResponse},
    http::{ApiError, Code, Request},
    object::ObjectCall,
};
use pmx_model::{Hash, Meta, Roots, SiteName, Unpublished, object_only, optional_map};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A call to the object of a site.
#[derive(Debug)]
pub(crate) enum Call<'a> {
    /// What the site shows.
    State,
    /// The history.
    Deploys,
    /// A WebSocket for the live events after this deploy; empty for those from now on.
    Events { deploy: &'a str },
    /// Which of these blobs, hashes in ascending order as [`Hash::join`] writes them, are not proven to exist. `base` must be a known deploy.
    Known { base: Option<&'a str>, hashes: Cow<'a, [u8]> },
    /// Blobs that were found in the bucket: each its hash and its size in 8 bytes, least first.
    Proven { blobs: Cow<'a, [u8]> },
    /// A page missed this blob.
    Lost { hash: Hash, size: Option<u64> },
    /// Makes a new deploy active.
    Commit(Box<Commit>),
    /// Makes a deploy of the history active.
    Rollback { deploy: &'a str },
    /// Takes the site down: its addresses answer with this status.
    Unpublish { status: u16 },
    /// Forgets all but the newest deploys.
    Prune { keep: u32 },
}

/// A new deploy.
#[derive(Debug, Deserialize, Serialize)]
#[serde(remote = "Self")]
pub(crate) struct Commit {
    pub(crate) roots: Roots,
    #[serde(default, deserialize_with = "optional_map")]
    pub(crate) meta: Option<Meta>,
}

object_only!(Commit);

impl<'a> Call<'a> {
    /// The call as it goes to the object of this site.
    pub(crate) fn request(self, site: &SiteName) -> ObjectRequest {
        let (method, path, body) = match self {
            Self::State => ("GET", format!("/state?space={site}"), Vec::new()),
            Self::Deploys => ("GET", format!("/deploys?space={site}"), Vec::new()),
            Self::Events { deploy } => {
                let path = format!("/events?space={site}&deploy={deploy}");
                return ObjectRequest { method: "GET", path, body: Vec::new(), upgrade: true };
            }
            Self::Known { base, hashes } => {
                let base = base.map(|base| format!("&base={base}")).unwrap_or_default();
                ("POST", format!("/known?space={site}{base}"), hashes.into_owned())
            }
            Self::Proven { blobs } => ("POST", format!("/proven?space={site}"), blobs.into_owned()),
            Self::Lost { hash, size } => {
                let size = size.map(|size| format!("&size={size}")).unwrap_or_default();
                ("POST", format!("/lost?space={site}&hash={hash}{size}"), Vec::new())
            }
            // Only maps with keys that are no strings cannot be written, and there are none.
            Self::Commit(commit) => {
                ("POST", format!("/commit?space={site}"), serde_json::to_vec(&commit).unwrap_or_default())
            }
            Self::Rollback { deploy } => ("POST", format!("/rollback?space={site}&deploy={deploy}"), Vec::new()),
            Self::Unpublish { status } => ("POST", format!("/unpublish?space={site}&status={status}"), Vec::new()),
            Self::Prune { keep } => ("POST", format!("/prune?space={site}&keep={keep}"), Vec::new()),
        };
        ObjectRequest { method, path, body, upgrade: false }
    }

    /// Reads what [`Self::request`] wrote: the call, and the site that it means.
    ///
    /// # Errors
    /// It is no call, or a parameter is missing.
    pub(crate) fn read(call: &ObjectCall<'a>) -> Result<(SiteName, Self), ApiError> {
        let request = Request::new(call.method, call.url, Vec::new());
        let site =
            request.parameter("space").and_then(|site| site.parse().ok()).ok_or_else(|| bad("space", "missing"))?;
        let deploy = request.parameter("deploy").unwrap_or_default();
        let read = match (call.method, request.path) {
            ("GET", "/state") => Self::State,
            ("GET", "/deploys") => Self::Deploys,
            ("GET", "/events") if call.upgrade => Self::Events { deploy },
            ("POST", "/known") => Self::Known { base: request.parameter("base"), hashes: call.body.into() },
            ("POST", "/proven") => Self::Proven { blobs: call.body.into() },
            ("POST", "/lost") => {
                let hash = request.parameter("hash").and_then(|hash| hash.parse().ok());
                let size = request.parameter("size").and_then(|size| size.parse().ok());
                Self::Lost { hash: hash.ok_or_else(|| bad("hash", "missing"))?, size }
            }
            ("POST", "/commit") => Self::Commit(Box::new(
                serde_json::from_slice(call.body)
                    .map_err(|error| ApiError::new(Code::BAD_REQUEST, error.to_string()))?,
            )),
            ("POST", "/rollback") => Self::Rollback { deploy },
            ("POST", "/unpublish") => {
                let status = request.parameter("status").and_then(|status| status.parse().ok());
                let status = status.filter(|status| Unpublished::is_status(*status));
                Self::Unpublish { status: status.ok_or_else(|| bad("status", "410 or 404"))? }
            }
            ("POST", "/prune") => {
                let keep = request.parameter("keep").and_then(|keep| keep.parse().ok());
                Self::Prune { keep: keep.ok_or_else(|| bad("keep", "missing"))? }
            }
            _ => return Err(ApiError::new(Code::NOT_FOUND, "There is no such call")),
        };
        Ok((site, read))
    }
}

/// Calls the site's object; an answer that is no success becomes the error that it says.
pub(super) async fn ask<E: Edge>(edge: E, site: &SiteName, call: Call<'_>) -> Result<ObjectResponse, ApiError> {
    let answer = edge
        .object_fetch(site.as_str(), call.request(site))
        .await
        .map_err(|error| internal(edge, &format!("object of {site}: {error}")))?;
    if answer.status < 300 { Ok(answer) } else { Err(passed_on(edge, &answer)) }
}

/// The error that an object answered with.
pub(super) fn passed_on<E: Edge>(edge: E, answer: &ObjectResponse) -> ApiError {
    serde_json::from_slice(&answer.body)
        .ok()
        .and_then(|error| ApiError::from_json(answer.status, &error, codes::ALL))
        .unwrap_or_else(|| internal(edge, &format!("an object answered {}", answer.status)))
}

fn bad(field: &str, what: &str) -> ApiError {
    ApiError::new(Code::BAD_REQUEST, format!("{field}: {what}")).detail("field", field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_reads_the_calls_that_the_worker_writes() {
        let site: SiteName = "alpha".parse().unwrap();
        let hash = Hash::of(b"blob");
        let commit = r#"{"roots":{"roots":{},"default":"main"},"meta":null}"#;
        let (lost, lost_sized) =
            (format!("POST /lost?space=alpha&hash={hash} "), format!("POST /lost?space=alpha&hash={hash}&size=7 "));
        let committed = format!("POST /commit?space=alpha {commit}");
        let calls = [
            (Call::State, "GET /state?space=alpha "),
            (Call::Deploys, "GET /deploys?space=alpha "),
            (Call::Events { deploy: "d1" }, "GET /events?space=alpha&deploy=d1 "),
            (Call::Known { base: None, hashes: b"h"[..].into() }, "POST /known?space=alpha h"),
            (Call::Known { base: Some("d1"), hashes: b"h"[..].into() }, "POST /known?space=alpha&base=d1 h"),
            (Call::Proven { blobs: b"p"[..].into() }, "POST /proven?space=alpha p"),
            (Call::Lost { hash, size: None }, &lost),
            (Call::Lost { hash, size: Some(7) }, &lost_sized),
            (Call::Commit(serde_json::from_str(commit).unwrap()), &committed),
            (Call::Rollback { deploy: "d1" }, "POST /rollback?space=alpha&deploy=d1 "),
            (Call::Unpublish { status: 404 }, "POST /unpublish?space=alpha&status=404 "),
            (Call::Prune { keep: 3 }, "POST /prune?space=alpha&keep=3 "),
        ];
        for (call, wire) in calls {
            let said = format!("{call:?}");
            let ObjectRequest { method, path, body, upgrade } = call.request(&site);
            assert_eq!(format!("{method} {path} {}", String::from_utf8_lossy(&body)), wire);
            let url = format!("https://object{path}");
            let (of, read) = Call::read(&ObjectCall { method, url: &url, body: &body, upgrade }).unwrap();
            assert_eq!((of, format!("{read:?}")), (site.clone(), said));
        }
    }

    #[test]
    fn what_is_no_call_is_refused() {
        let read = |method: &str, url: &str| {
            Call::read(&ObjectCall { method, url, body: b"", upgrade: false }).map(|_| ()).unwrap_err().code
        };
        for (method, path) in [("POST", "/state?space=a"), ("GET", "/nothing?space=a"), ("GET", "/events?space=a")] {
            let url = format!("https://object{path}");
            assert_eq!(read(method, &url), Code::NOT_FOUND, "{path}");
        }
        for path in
            ["/state", "/lost?space=a", "/prune?space=a&keep=x", "/unpublish?space=a&status=200", "/commit?space=a"]
        {
            let method = if path == "/state" { "GET" } else { "POST" };
            let url = format!("https://object{path}");
            assert_eq!(read(method, &url), Code::BAD_REQUEST, "{path}");
        }
    }
}
