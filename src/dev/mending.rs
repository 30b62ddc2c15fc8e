//! A blob that the state folder has lost, or holds damaged, is put back while somebody waits for the page: the Worker answers 500
//! `missing_blob`, the site's loop builds the site from nothing and uploads what it gives, and the request is made once more.

use super::{Control, hosts, terminal::Terminal, waiting::WaitingRoom};
use crate::{
    error::Error,
    server::{Answering, Mend},
};
use axum::{
    body::{Body, to_bytes},
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

/// A blob that is lost again within so long cannot be helped this way: it is said, and not tried meanwhile.
const AGAIN: Duration = Duration::from_secs(30);
/// How long a request waits until a lost blob is back: a large site is built from nothing in some seconds.
const PATIENCE: Duration = Duration::from_secs(20);
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
pub(super) struct Mending {
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
    /// When it was said that it does not help.
    said: Option<Instant>,
}

/// What becomes of a blob that was found lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// It was put back, as far as that can be known.
    Mended,
    /// It was put back before, and is lost again.
    InVain {
        /// Whether the user has not heard of it yet.
        is_news: bool,
    },
    /// The loop has not come to it in time.
    Late,
}

impl Default for Mending {
    fn default() -> Self {
        Self { wanted: Notify::new(), state: Mutex::default(), over: watch::Sender::new(0) }
    }
}

impl Mending {
    /// Has a blob put back that was found lost, and waits for it.
    async fn mend(&self, hash: Hash) -> Found {
        let round = {
            let mut state = self.state();
            if state.tried.get(&hash).is_some_and(|at| at.elapsed() < AGAIN) {
                let is_news = state.said.is_none_or(|at| at.elapsed() >= AGAIN);
                if is_news {
                    state.said = Some(Instant::now());
                }
                return Found::InVain { is_news };
            }
            if !state.found.contains(&hash) && state.found.len() < REMEMBERED {
                state.found.push(hash);
            }
            state.begun + 1
        };
        self.wanted.notify_one();
        let mut over = self.over.subscribe();
        match timeout(PATIENCE, over.wait_for(|over| *over >= round)).await {
            Ok(Ok(_)) => Found::Mended,
            _ => Found::Late,
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
        state.tried.retain(|_, at| at.elapsed() < AGAIN);
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

/// What an answer of 500 goes through.
pub(super) struct Parts {
    pub(super) control: Control,
    pub(super) terminal: Arc<Terminal>,
    pub(super) room: WaitingRoom,
    /// The site of every host that names none.
    pub(super) default_site: Option<SiteName>,
}

/// The hook.
pub(super) fn hook(parts: Parts) -> Mend {
    let parts = Arc::new(parts);
    Arc::new(move |request: Request, response: Response| {
        let parts = parts.clone();
        Box::pin(async move { parts.look(request, response).await }) as Answering
    })
}

impl Parts {
    async fn look(&self, request: Request, mut response: Response) -> Response {
        let site = hosts::site_of(&request).or_else(|| self.default_site.clone());
        let Some((site, mending)) = site.and_then(|site| Some((site.clone(), self.control.mending(&site)?))) else {
            return response;
        };
        let Some(hash) = lost(self.control.emulator(), once_more(&request)).await else { return response };
        match mending.mend(hash).await {
            Found::Mended => {}
            Found::InVain { is_news } => {
                if is_news {
                    self.terminal.failure(None, &in_vain(&site, &hash));
                }
                return response;
            }
            Found::Late => return response,
        }
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                sleep(PAUSE).await;
            }
            let Some(answering) = self.room.onwards(once_more(&request)) else { break };
            response = answering.await;
            if response.status() != StatusCode::INTERNAL_SERVER_ERROR {
                break;
            }
        }
        response
    }
}

fn in_vain(site: &SiteName, hash: &Hash) -> Error {
    Error::new(format!("{site}: the state folder loses blob {} as often as it is put back", hash.short(12)))
        .hint("`pmx state reset` begins anew; the Sources are as they are")
}

fn once_more(request: &Request) -> Request {
    let mut again = Request::new(Body::empty());
    *again.method_mut() = request.method().clone();
    *again.uri_mut() = request.uri().clone();
    *again.headers_mut() = request.headers().clone();
    again
}

/// The blob that the Worker does not find for a request, if that is why it answers 500. Browsers are answered in words, so it is asked
/// as a program asks.
async fn lost(emulator: &Emulator, mut asked: Request) -> Option<Hash> {
    #[derive(Deserialize)]
    struct Document {
        error: Said,
    }
    #[derive(Deserialize)]
    struct Said {
        code: String,
        hash: Hash,
    }
    *asked.method_mut() = Method::GET;
    asked.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let answer = emulator.fetch(asked).await;
    if answer.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return None;
    }
    let body = to_bytes(answer.into_body(), MAX_ANSWER).await.ok()?;
    let Document { error } = serde_json::from_slice(&body).ok()?;
    (error.code == "missing_blob").then_some(error.hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_blob_is_put_back_once_and_then_said_to_be_lost_for_good() {
        let mending = Arc::new(Mending::default());
        let (one, other) = (Hash::of(b"1"), Hash::of(b"2"));
        let finders: Vec<_> = [one, one, other]
            .map(|hash| {
                let mending = mending.clone();
                tokio::spawn(async move { mending.mend(hash).await })
            })
            .into();
        let mut found = Vec::new();
        while found.len() < 2 {
            mending.wanted().await;
            found.extend(mending.begin());
            tokio::task::yield_now().await;
            mending.end();
        }
        found.sort_unstable();
        found.dedup();
        assert_eq!(found.len(), 2);
        for finder in finders {
            // One that comes after the loop has begun for it is told that it was tried.
            assert!(!matches!(finder.await.unwrap(), Found::Late));
        }
        assert!(matches!(mending.mend(one).await, Found::InVain { .. }));
        assert_eq!(mending.mend(one).await, Found::InVain { is_news: false });
    }
}
