use super::{Board, Control, collect::Gate, terminal::Terminal, turns::Turns, waiting::WaitingRoom};
use crate::{
    console::{self, Token},
    server::Reachable,
    watch::Hub,
};
use pmx_emulator::Emulator;
use pmx_model::SiteName;
use serde_json::Value;
use std::{path::PathBuf, sync::Arc};
use tokio::sync::watch;

/// What all sites of a server share.
pub(super) struct Stage {
    pub(super) board: Board,
    pub(super) control: Control,
    pub(super) terminal: Arc<Terminal>,
    pub(super) emulator: Emulator,
    pub(super) hub: Hub,
    pub(super) turns: Turns,
    pub(super) room: WaitingRoom,
    /// Keeps publishes and the sweep of old blobs apart.
    pub(super) gate: Gate,
    /// What the publish API of this process takes.
    pub(super) secret: String,
    /// What the console takes.
    pub(super) token: Token,
    pub(super) addresses: Addresses,
    /// The folder of the project or the workspace, absolute and without links.
    pub(super) folder: PathBuf,
    /// The folder of the state, absolute.
    pub(super) state: PathBuf,
    /// How often something was published.
    pub(super) published: watch::Sender<u64>,
    /// How many deploys of a site are kept.
    pub(super) keep_deploys: u32,
    /// Becomes true when the server ends.
    pub(super) ending: watch::Sender<bool>,
    /// Whether there may be several sites.
    pub(super) many: bool,
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
        format!("{}://{}:{}", self.scheme(), console::HOST, self.port)
    }

    const fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }
}

impl Stage {
    /// Tells an event to all that listen, and with `--json` on stdout.
    pub(super) fn tell(&self, event: &str, site: Option<&SiteName>, says: Value) {
        let line = self.board.tell(event, site, says);
        self.terminal.event(&line);
    }

    /// Waits until the server ends.
    pub(super) async fn ended(&self) {
        drop(self.ending.subscribe().wait_for(|ending| *ending).await);
    }

    /// The name of a site where it must be said.
    pub(super) fn shown<'a>(&self, site: &'a SiteName) -> Option<&'a str> {
        self.many.then_some(site.as_str())
    }
}
