//! A blob that the state folder has lost is put back while somebody waits for the page: the Worker answers 500 `missing_blob`, the loop of the
//! site restores it, and the request is made once more.

use crate::{
    dev::{loops::Loops, lost_blobs::Restored, request_site::site_of, terminal::Terminal},
    error::Error,
    server::{
        again, is_upgrade,
        layers::{Answering, Next, RequestLayer, layer as layer_of},
    },
};
use axum::{
    body::to_bytes,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    response::Response,
};
use pmx_emulator::Emulator;
use pmx_model::{Hash, SiteName};
use serde::Deserialize;
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;

/// The most lost blobs that one request has put back: of a page a routes document, a manifest and its file.
const BLOBS: usize = 8;
/// How often a request is made again, and how long after each other: what the Worker could not read it may not look for at once.
const ATTEMPTS: usize = 4;
/// The pause between two of them.
const PAUSE: Duration = Duration::from_millis(250);
/// The most bytes of an answer that says which blob is missing.
const MAX_ANSWER: usize = 16 * 1024;

/// What puts lost blobs back.
#[derive(Clone)]
pub(super) struct LostBlobParts {
    pub(super) emulator: Emulator,
    pub(super) loops: Loops,
    pub(super) terminal: Arc<Terminal>,
    /// The site of every host that names none.
    pub(super) default_site: Option<SiteName>,
}

/// The layer. It looks at answers of 500 to what can be asked again.
pub(super) fn layer(parts: LostBlobParts) -> RequestLayer {
    layer_of(move |request, next| {
        if is_upgrade(&request) || !matches!(*request.method(), Method::GET | Method::HEAD) {
            return next.call(request);
        }
        let (parts, next) = (parts.clone(), next.clone());
        let asked_again = again(&request, request.method().clone());
        Answering::later(async move {
            let response = next.call(request).await;
            if response.status() != StatusCode::INTERNAL_SERVER_ERROR {
                return response;
            }
            parts.retry(asked_again, response, &next).await
        })
    })
}

impl LostBlobParts {
    async fn retry(&self, request: Request, mut response: Response, next: &Next) -> Response {
        let site = site_of(&request).or_else(|| self.default_site.clone());
        let Some((site, state)) = site.and_then(|site| Some((site.clone(), self.loops.get(&site)?))) else {
            return response;
        };
        // Of a page that lost several, the Worker names one after the other.
        for _ in 0..BLOBS {
            let Some(hash) = lost(&self.emulator, again(&request, Method::GET)).await else { break };
            match state.lost_blobs.restore(hash).await {
                Restored::Done => {}
                Restored::LostAgain { is_news } => {
                    if is_news {
                        self.terminal.failure(None, &lost_again(&site, &hash));
                    }
                    break;
                }
                Restored::TimedOut => break,
            }
            for attempt in 0..ATTEMPTS {
                if attempt > 0 {
                    sleep(PAUSE).await;
                }
                response = next.call(again(&request, request.method().clone())).await;
                if response.status() != StatusCode::INTERNAL_SERVER_ERROR {
                    return response;
                }
            }
        }
        response
    }
}

fn lost_again(site: &SiteName, hash: &Hash) -> Error {
    Error::new(format!("{site}: the state folder loses blob {} as often as it is put back", hash.short(12)))
        .hint("`pmx state reset` begins anew; the Sources are as they are")
}

/// The blob that the Worker does not find for a request, if that is why it answers 500. Browsers are answered in words, so it is asked
/// as a program asks.
async fn lost(emulator: &Emulator, mut asked: Request) -> Option<Hash> {
    #[derive(Deserialize)]
    struct ErrorDocument {
        error: ErrorBody,
    }
    #[derive(Deserialize)]
    struct ErrorBody {
        code: String,
        hash: Hash,
    }
    asked.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let answer = emulator.fetch(asked).await;
    if answer.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return None;
    }
    let body = to_bytes(answer.into_body(), MAX_ANSWER).await.ok()?;
    let ErrorDocument { error } = serde_json::from_slice(&body).ok()?;
    (error.code == "missing_blob").then_some(error.hash)
}
