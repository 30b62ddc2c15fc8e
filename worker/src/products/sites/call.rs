//! What a site's object can be asked. The Worker writes a call ([`ask`]), the object reads it; both are here, so that the two cannot part.

use super::{blobs::OBJECTS, codes, internal};
use pmx_edge::{
    Edge,
    bindings::{BindingError, Bound},
    http::{ApiError, Code, Request, Response},
};
use pmx_model::{Hash, Meta, Roots, SiteName, Unpublished, object_only, optional_map};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Where objects are reached: no host that anyone could be.
const ORIGIN: &str = "https://object";
/// The most bytes of an answer of an object: the list of its deploys may be long.
const MAX_ANSWER: u64 = 32 * 1024 * 1024;

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
    fn request(self, site: &SiteName) -> Request {
        let (method, path, body) = match self {
            Self::State => ("GET", format!("/state?space={site}"), Vec::new()),
            Self::Deploys => ("GET", format!("/deploys?space={site}"), Vec::new()),
            Self::Events { deploy } => {
                let path = format!("/events?space={site}&deploy={deploy}");
                return Request::new("GET", format!("{ORIGIN}{path}")).upgrade();
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
        let request = Request::new(method, format!("{ORIGIN}{path}"));
        if body.is_empty() { request } else { request.with_body(body) }
    }

    /// Reads what [`Self::request`] wrote, whose body was read: the call, and the site that it means.
    ///
    /// # Errors
    /// It is no call, or a parameter is missing.
    pub(crate) fn read(request: &'a Request, body: &'a [u8]) -> Result<(SiteName, Self), ApiError> {
        let site =
            request.parameter("space").and_then(|site| site.parse().ok()).ok_or_else(|| bad("space", "missing"))?;
        let deploy = request.parameter("deploy").unwrap_or_default();
        let read = match (request.method(), request.path()) {
            ("GET", "/state") => Self::State,
            ("GET", "/deploys") => Self::Deploys,
            ("GET", "/events") if request.is_upgrade() => Self::Events { deploy },
            ("POST", "/known") => Self::Known { base: request.parameter("base"), hashes: body.into() },
            ("POST", "/proven") => Self::Proven { blobs: body.into() },
            ("POST", "/lost") => {
                let hash = request.parameter("hash").and_then(|hash| hash.parse().ok());
                let size = request.parameter("size").and_then(|size| size.parse().ok());
                Self::Lost { hash: hash.ok_or_else(|| bad("hash", "missing"))?, size }
            }
            ("POST", "/commit") => Self::Commit(Box::new(
                serde_json::from_slice(body).map_err(|error| ApiError::new(Code::BAD_REQUEST, error.to_string()))?,
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

/// What an object answered, read whole.
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Answered {
    pub(super) async fn read(response: Response) -> Bound<Self> {
        let status = response.status;
        match response.into_bytes(MAX_ANSWER).await? {
            Some(body) => Ok(Self { status, body }),
            None => Err(BindingError::new(format!("it answered more than {MAX_ANSWER} bytes"))),
        }
    }
}

/// Calls the site's object.
pub(super) async fn send(edge: Edge, site: &SiteName, call: Call<'_>) -> Bound<Response> {
    edge.objects(OBJECTS).by_name(site.as_str()).inline(Some(MAX_ANSWER)).fetch(call.request(site)).await
}

/// Calls the site's object; an answer that is no success becomes the error that it says.
pub(super) async fn ask(edge: Edge, site: &SiteName, call: Call<'_>) -> Result<Answered, ApiError> {
    let failed = |error| internal(edge, &format!("object of {site}: {error}"));
    let answer = Answered::read(send(edge, site, call).await.map_err(failed)?).await.map_err(failed)?;
    if answer.status < 300 { Ok(answer) } else { Err(passed_on(edge, &answer)) }
}

/// The error that an object answered with.
pub(super) fn passed_on(edge: Edge, answer: &Answered) -> ApiError {
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
            let request = call.request(&site);
            let body = request.body.bytes().unwrap();
            let path = request.url().strip_prefix(ORIGIN).unwrap();
            assert_eq!(format!("{} {path} {}", request.method(), String::from_utf8_lossy(body)), wire);
            let (of, read) = Call::read(&request, body).unwrap();
            assert_eq!((of, format!("{read:?}")), (site.clone(), said));
        }
    }

    #[test]
    fn what_is_no_call_is_refused() {
        let read = |method: &'static str, path: &str| {
            let request = Request::new(method, format!("{ORIGIN}{path}"));
            Call::read(&request, b"").map(|_| ()).unwrap_err().code
        };
        for (method, path) in [("POST", "/state?space=a"), ("GET", "/nothing?space=a"), ("GET", "/events?space=a")] {
            assert_eq!(read(method, path), Code::NOT_FOUND, "{path}");
        }
        for path in
            ["/state", "/lost?space=a", "/prune?space=a&keep=x", "/unpublish?space=a&status=200", "/commit?space=a"]
        {
            let method = if path == "/state" { "GET" } else { "POST" };
            assert_eq!(read(method, path), Code::BAD_REQUEST, "{path}");
        }
    }
}
