//! A blob that the state folder has lost, or holds damaged, is put back while somebody waits for the page: the Worker answers 500
//! `missing_blob`, the site's loop builds the site from nothing and uploads what it gives, and the request is made once more.

use super::{loops::Loops, request_site::site_of, terminal::Terminal};
use crate::{
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
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    sync::{Notify, watch},
    time::{sleep, timeout},
};

/// A blob that is lost again within so long cannot be helped this way: it is reported, and not tried meanwhile.
const RETRY_AFTER: Duration = Duration::from_secs(30);
/// How long a request waits until a lost blob is back: a large site is built from nothing in some seconds.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// How often a request is made again, and how long after each other: what the Worker could not read it may not look for at once.
const ATTEMPTS: usize = 4;
/// The pause between two of them.
const PAUSE: Duration = Duration::from_millis(250);
/// The most blobs of a site that are remembered as lost.
const REMEMBERED: usize = 10_000;
/// The most bytes of an answer that says which blob is missing.
const MAX_ANSWER: usize = 16 * 1024;

/// The lost blobs of a site, between those who find them lost and the loop that puts them back.
#[derive(Debug)]
pub(super) struct LostBlobs {
    wanted: Notify,
    state: Mutex<State>,
    /// How many times the loop has put back what was found.
    over: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    found: Vec<Hash>,
    /// When they were put back.
    tried: HashMap<Hash, Instant>,
    /// How many times the loop has begun.
    begun: u64,
    /// When it was reported that it does not help.
    reported: Option<Instant>,
}

/// What becomes of a blob that was found lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Restored {
    /// It was put back, as far as that can be known.
    Done,
    /// It was put back before, and is lost again.
    LostAgain {
        /// Whether the user has not heard of it yet.
        is_news: bool,
    },
    /// The loop has not come to it in time.
    TimedOut,
}

impl Default for LostBlobs {
    fn default() -> Self {
        Self { wanted: Notify::new(), state: Mutex::default(), over: watch::Sender::new(0) }
    }
}

impl LostBlobs {
    /// Has a blob put back that was found lost, and waits for it.
    async fn restore(&self, hash: Hash) -> Restored {
        let round = {
            let mut state = self.state();
            if state.tried.get(&hash).is_some_and(|at| at.elapsed() < RETRY_AFTER) {
                let is_news = state.reported.is_none_or(|at| at.elapsed() >= RETRY_AFTER);
                if is_news {
                    state.reported = Some(Instant::now());
                }
                return Restored::LostAgain { is_news };
            }
            if !state.found.contains(&hash) && state.found.len() < REMEMBERED {
                state.found.push(hash);
            }
            state.begun + 1
        };
        self.wanted.notify_one();
        let mut over = self.over.subscribe();
        match timeout(LONGEST_WAIT, over.wait_for(|over| *over >= round)).await {
            Ok(Ok(_)) => Restored::Done,
            _ => Restored::TimedOut,
        }
    }

    /// Waits until something was found lost.
    pub(super) async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// What was found lost since the last time.
    pub(super) fn begin(&self) -> Vec<Hash> {
        let mut state = self.state();
        state.begun += 1;
        let found = std::mem::take(&mut state.found);
        state.tried.retain(|_, at| at.elapsed() < RETRY_AFTER);
        let room = REMEMBERED.saturating_sub(state.tried.len());
        state.tried.extend(found.iter().take(room).map(|hash| (*hash, Instant::now())));
        found
    }

    /// Lets those go on who wait.
    pub(super) fn end(&self) {
        let begun = self.state().begun;
        self.over.send_replace(begun);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

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
        let Some(hash) = lost(&self.emulator, again(&request, Method::GET)).await else {
            return response;
        };
        match state.lost_blobs.restore(hash).await {
            Restored::Done => {}
            Restored::LostAgain { is_news } => {
                if is_news {
                    self.terminal.failure(None, &lost_again(&site, &hash));
                }
                return response;
            }
            Restored::TimedOut => return response,
        }
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                sleep(PAUSE).await;
            }
            response = next.call(again(&request, request.method().clone())).await;
            if response.status() != StatusCode::INTERNAL_SERVER_ERROR {
                break;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_blob_is_put_back_once_and_then_said_to_be_lost_for_good() {
        let lost_blobs = Arc::new(LostBlobs::default());
        let (one, other) = (Hash::of(b"1"), Hash::of(b"2"));
        let finders: Vec<_> = [one, one, other]
            .map(|hash| {
                let lost_blobs = lost_blobs.clone();
                tokio::spawn(async move { lost_blobs.restore(hash).await })
            })
            .into();
        let mut found = Vec::new();
        while found.len() < 2 {
            lost_blobs.wanted().await;
            found.extend(lost_blobs.begin());
            tokio::task::yield_now().await;
            lost_blobs.end();
        }
        found.sort_unstable();
        found.dedup();
        assert_eq!(found.len(), 2);
        for finder in finders {
            // One that comes after the loop has begun for it is told that it was tried.
            assert!(!matches!(finder.await.unwrap(), Restored::TimedOut));
        }
        assert!(matches!(lost_blobs.restore(one).await, Restored::LostAgain { .. }));
        assert_eq!(lost_blobs.restore(one).await, Restored::LostAgain { is_news: false });
    }
}
