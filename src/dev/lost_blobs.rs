//! Blobs that the state folder has lost, or holds damaged, from who finds them lost to the loop of the site that puts them back: it builds the
//! site from nothing and uploads what that gives.

use pmx_model::Hash;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    sync::{Notify, watch},
    time::timeout,
};

/// A blob that is lost again within so long cannot be helped this way: it is reported, and not tried meanwhile.
const RETRY_AFTER: Duration = Duration::from_secs(30);
/// How long a request waits until a lost blob is back: a large site is built from nothing in some seconds.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// The most blobs of a site that are remembered as lost.
const REMEMBERED: usize = 10_000;

/// The lost blobs of a site, between those who find them lost and the loop that puts them back.
#[derive(Debug)]
pub(super) struct LostBlobs {
    requested: Notify,
    state: Mutex<LostState>,
    /// How many times the loop has put back what was found.
    over: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct LostState {
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
pub(super) enum Restored {
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
        Self { requested: Notify::new(), state: Mutex::default(), over: watch::Sender::new(0) }
    }
}

impl LostBlobs {
    /// Has a blob put back that was found lost, and waits for it.
    pub(super) async fn restore(&self, hash: Hash) -> Restored {
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
        self.requested.notify_one();
        let mut over = self.over.subscribe();
        match timeout(LONGEST_WAIT, over.wait_for(|over| *over >= round)).await {
            Ok(Ok(_)) => Restored::Done,
            _ => Restored::TimedOut,
        }
    }

    /// Waits until something was found lost.
    pub(super) async fn requested(&self) {
        self.requested.notified().await;
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

    fn state(&self) -> MutexGuard<'_, LostState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

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
            lost_blobs.requested().await;
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
