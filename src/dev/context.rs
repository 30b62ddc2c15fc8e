use super::{build_queue::BuildQueue, loops::Loops, sweep_lock::SweepLock, terminal::Terminal};
use crate::{
    error::Error,
    server::Reachable,
    session::{CONSOLE_HOST, Control, Event, Failure, Session},
    watch::Hub,
};
use pmx_emulator::Emulator;
use pmx_model::SiteName;
use std::{path::PathBuf, sync::Arc};
use tokio::sync::watch;

/// What the loops of all sites of a server share.
pub(super) struct Context {
    pub(super) session: Session,
    pub(super) control: Control,
    pub(super) terminal: Arc<Terminal>,
    pub(super) worker: LocalWorker,
    pub(super) hub: Hub,
    pub(super) builds: BuildQueue,
    pub(super) loops: Loops,
    pub(super) addresses: Addresses,
    /// Becomes true when the server ends.
    pub(super) ending: watch::Sender<bool>,
    /// Whether there may be several sites.
    pub(super) many: bool,
}

/// The Worker that this process publishes into.
pub(super) struct LocalWorker {
    pub(super) emulator: Emulator,
    /// What its publish API takes.
    pub(super) secret: String,
    /// Keeps publishes and the sweep of old blobs apart.
    pub(super) sweep_lock: SweepLock,
    /// The folder of its state, absolute.
    pub(super) state: PathBuf,
    /// How often something was published.
    pub(super) published: watch::Sender<u64>,
}

/// How the server is reached.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    pub(super) https: bool,
    pub(super) port: u16,
    /// On this machine and from other devices.
    pub(super) reachable: Reachable,
}

impl Addresses {
    /// `http://localhost:<port>`
    pub(super) fn bare(&self) -> &str {
        &self.reachable.local
    }

    /// `http://<site>.localhost:<port>`
    pub(super) fn site(&self, site: &SiteName) -> String {
        format!("{}://{site}.localhost:{}", self.scheme(), self.port)
    }

    /// `http://pmx.localhost:<port>`
    pub(super) fn console(&self) -> String {
        format!("{}://{CONSOLE_HOST}:{}", self.scheme(), self.port)
    }

    const fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }
}

impl Context {
    /// Waits until the server ends.
    pub(super) async fn ended(&self) {
        drop(self.ending.subscribe().wait_for(|ending| *ending).await);
    }

    /// The name of a site where it must be said.
    pub(super) fn shown<'a>(&self, site: &'a SiteName) -> Option<&'a str> {
        self.many.then_some(site.as_str())
    }

    /// The same before a sentence.
    pub(super) fn prefix(&self, site: &SiteName) -> String {
        self.shown(site).map_or_else(String::new, |site| format!("{site}: "))
    }

    /// Nothing of a site could be built or published, for all who look.
    pub(super) fn fail(&self, site: &SiteName, error: &Error) {
        self.session.fail(site, error);
        self.session.emit(Some(site), Event::Failed(Failure::of(error)));
        self.terminal.failure(self.shown(site), error);
    }
}
