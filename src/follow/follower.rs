use super::{
    FollowError, SiteAddress,
    socket::{Heard, Socket},
    titles::Titles,
    web::{ActiveState, Web},
};
use crate::publish::Change;
use pmx_model::ChangeEvent;
use std::{
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// The first wait before another try; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// No wait is longer: that of the client in pages.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// A connection that lasts so long has come about; what follows is a new failure.
const PROVEN: Duration = Duration::from_secs(1);
/// How often a server that is not ready is asked at the start.
const FIRST_TRIES: u32 = 5;
/// How often the newest state is asked for after a change. It is asked of the object once a second at most.
const STATE_TRIES: u32 = 5;
/// The frames of one change follow each other at once; one that comes alone is told after this.
const PAIR: Duration = Duration::from_millis(500);
/// As long as there is nothing to tell.
const IDLE: Duration = Duration::from_secs(3600);

/// What a follower tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FollowEvent {
    /// It is connected, for the first time or again.
    Connected {
        /// The active deploy.
        deploy_id: String,
        /// How many activations the site has seen.
        seq: Option<u64>,
        /// Whether the connection was lost before.
        again: bool,
    },
    /// The site changed.
    Changed(Change),
    /// The server does not know the deploy that was followed from: what changed since then is not told.
    Missed,
    /// The connection is lost; the next try comes by itself.
    Lost(String),
    /// The server sent what is no event.
    Noise,
}

/// Follows the live events of one site.
#[derive(Debug)]
pub struct Follower {
    site: SiteAddress,
    web: Web,
    shown: Option<ActiveState>,
    titles: Titles,
    failures: u32,
    /// Whether there ever was a connection.
    was_connected: bool,
    /// Whether the loss of the connection was told, and nothing since.
    is_lost: bool,
}

/// Frames of a change that is not whole yet.
#[derive(Debug, Default)]
struct Pending {
    sources: Vec<String>,
    is_some: bool,
}

impl Follower {
    /// Prepares to follow; nothing is sent yet.
    ///
    /// # Errors
    /// [`FollowError::Impossible`] for a file of certificates that cannot be read.
    pub fn new(site: SiteAddress) -> Result<Self, FollowError> {
        let web = Web::new(site.clone())?;
        let titles = Titles::default();
        Ok(Self { site, web, shown: None, titles, failures: 0, was_connected: false, is_lost: false })
    }

    /// Follows until it is dropped, or cannot be begun. Once there was a connection, every failure is waited out.
    ///
    /// # Errors
    /// Why there is nothing to follow.
    pub async fn run(&mut self, tell: &mut impl FnMut(FollowEvent)) -> FollowError {
        loop {
            let since = Instant::now();
            let error = self.session(tell).await;
            if since.elapsed() >= PROVEN && self.was_connected && !self.is_lost {
                self.failures = 0;
            }
            let begins = !self.was_connected;
            if begins && (!error.may_pass() || self.failures + 1 >= FIRST_TRIES) {
                return error;
            }
            if !begins && !self.is_lost {
                self.is_lost = true;
                tell(FollowEvent::Lost(error.to_string()));
            }
            sleep(back_off(self.failures, RandomState::new().hash_one(0))).await;
            self.failures = self.failures.saturating_add(1);
        }
    }

    /// One connection, to its end.
    async fn session(&mut self, tell: &mut impl FnMut(FollowEvent)) -> FollowError {
        let shown = match &self.shown {
            Some(shown) => shown.clone(),
            None => match self.web.state().await {
                Ok(state) => state,
                Err(error) => return error,
            },
        };
        let mut socket = match Socket::open(&self.site, &shown.deploy).await {
            Ok(socket) => socket,
            Err(error) => return error,
        };
        if self.shown.is_none() {
            self.titles.learn(&self.web, &[]).await;
        }
        let again = self.was_connected;
        let (deploy_id, seq) = (shown.deploy.clone(), shown.seq);
        self.shown = Some(shown);
        self.was_connected = true;
        if !again || std::mem::take(&mut self.is_lost) {
            tell(FollowEvent::Connected { deploy_id, seq, again });
        }
        let mut pending = Pending::default();
        loop {
            match socket.next(if pending.is_some { PAIR } else { IDLE }).await {
                Heard::Event(ChangeEvent::SourcesChanged { sources }) => {
                    if pending.is_some {
                        self.change(&mut pending, Vec::new(), tell).await;
                    }
                    pending = Pending { sources, is_some: true };
                }
                Heard::Event(ChangeEvent::ArtifactsChanged { paths }) => self.change(&mut pending, paths, tell).await,
                Heard::Silence if pending.is_some => self.change(&mut pending, Vec::new(), tell).await,
                Heard::Silence => {}
                Heard::Noise => tell(FollowEvent::Noise),
                Heard::UnknownDeploy => {
                    self.shown = None;
                    // What pages are called may be among what is not told.
                    self.titles = Titles::default();
                    tell(FollowEvent::Missed);
                    return FollowError::Lost("the server does not know this deploy any more".to_owned());
                }
                Heard::Closed(reason) => {
                    if pending.is_some {
                        self.change(&mut pending, Vec::new(), tell).await;
                    }
                    return FollowError::Lost(reason);
                }
            }
        }
    }

    /// Tells a change, after the site said in which deploy it is.
    async fn change(&mut self, pending: &mut Pending, paths: Vec<String>, tell: &mut impl FnMut(FollowEvent)) {
        let sources = std::mem::take(pending).sources;
        self.failures = 0;
        self.fetch_state().await;
        let before = self.titles.learn(&self.web, &paths).await;
        let change = Change::of(sources, paths, &before, self.titles.pages());
        let (deploy_id, seq) = self.shown.as_ref().map(|state| (state.deploy.clone(), state.seq)).unwrap_or_default();
        tell(FollowEvent::Changed(Change { deploy_id, seq, ..change }));
    }

    /// Learns the active deploy. If that does not work, a later connection begins at the one before and hears of this change again.
    async fn fetch_state(&mut self) {
        for attempt in 0..STATE_TRIES {
            if attempt > 0 {
                let jitter = back_off(1, RandomState::new().hash_one(0));
                sleep(Duration::from_secs(1) + jitter).await;
            }
            let Ok(state) = self.web.state().await else { return };
            let is_newer = self.shown.as_ref().is_none_or(|shown| state.seq > shown.seq);
            let is_enough = state.is_sure || is_newer;
            if is_enough {
                self.shown = Some(state);
                return;
            }
        }
    }
}

/// Half of the wait is fixed and half is chance, so that clients of a server that was restarted do not come back together.
fn back_off(failures: u32, random: u64) -> Duration {
    let whole = FIRST_WAIT.saturating_mul(1 << failures.min(10)).min(LONGEST_WAIT);
    let half = whole / 2;
    half + half.mul_f64((random >> 11) as f64 / (1u64 << 53) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_differ_by_chance() {
        assert_eq!(back_off(0, 0), FIRST_WAIT / 2);
        assert_eq!(back_off(1, 0), FIRST_WAIT);
        assert!(back_off(0, u64::MAX) > FIRST_WAIT / 2 && back_off(0, u64::MAX) <= FIRST_WAIT);
        assert!(back_off(u32::MAX, u64::MAX) <= LONGEST_WAIT);
    }
}
