//! What may be done to the sites of a running server, from the keyboard or the console.

use super::{
    Board, Held, activation,
    in_process::{InProcess, explain},
    mending::Mending,
    publisher::Publisher,
    terminal::Terminal,
};
use crate::{
    error::{Error, Result},
    publish::{self, Deploy, Silent, history},
};
use pmx_emulator::Emulator;
use pmx_model::SiteName;
use pmx_site::Project;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{Notify, OwnedMutexGuard};

/// What may be done to the sites of a running server: those that `pmx dev` writes, or those that were published to `pmx serve`. Clones
/// steer the same.
#[derive(Clone)]
pub struct Control(Arc<Inner>);

struct Inner {
    board: Board,
    emulator: Emulator,
    server: InProcess,
    /// Where it is said; none where sites have no loop, and others publish them.
    terminal: Option<Arc<Terminal>>,
    sites: Mutex<BTreeMap<SiteName, Steering>>,
}

/// What came of going through the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// Another deploy is shown now; the status of the site says which.
    Moved,
    /// The oldest deploy that is kept is shown already.
    AtOldest,
    /// The newest is.
    AtNewest,
    /// The site has no other deploy.
    NothingElse,
}

/// Where the loop of a site can be reached.
#[derive(Clone)]
pub(super) struct Steering {
    /// Held by the loop while it publishes.
    pub(super) publisher: Arc<tokio::sync::Mutex<Publisher>>,
    /// Asks the loop to build all anew.
    pub(super) rebuild: Arc<Notify>,
    /// What of it was found lost.
    pub(super) mending: Arc<Mending>,
    /// How its project is found.
    pub(super) asked: pmx_site::Options,
}

impl Control {
    /// Of a loop that writes its sites, and says on this terminal what becomes of them.
    pub(super) fn new(board: Board, emulator: Emulator, terminal: Arc<Terminal>, secret: &str) -> Self {
        Self::of(board, emulator, secret, Some(terminal))
    }

    /// Of a server that others publish to; `secret` is what its publish API takes.
    #[must_use]
    pub fn of_server(board: Board, emulator: Emulator, secret: &str) -> Self {
        Self::of(board, emulator, secret, None)
    }

    fn of(board: Board, emulator: Emulator, secret: &str, terminal: Option<Arc<Terminal>>) -> Self {
        let server = InProcess::new(emulator.clone(), secret);
        Self(Arc::new(Inner { board, emulator, server, terminal, sites: Mutex::default() }))
    }

    /// What is known of the sites.
    #[must_use]
    pub fn board(&self) -> &Board {
        &self.0.board
    }

    /// The Worker and its bindings.
    #[must_use]
    pub fn emulator(&self) -> &Emulator {
        &self.0.emulator
    }

    /// Makes an earlier deploy active. It stays until a Source is edited, or until somebody publishes: building the same files again does
    /// not undo it. Waits for a publish of the site's loop that is under way. The status of the site says afterwards which deploy is shown.
    ///
    /// # Errors
    /// There is no such site or no such deploy; the state folder cannot be written.
    pub async fn rollback(&self, site: &SiteName, deploy_id: &str) -> Result<()> {
        let publisher = self.publisher(site).await?;
        self.show(site, publisher, deploy_id).await
    }

    /// Goes back by one deploy from the one that is shown, be that the newest or not: to the one that [`history::before`] names.
    ///
    /// # Errors
    /// As [`Self::rollback`].
    pub async fn go_back(&self, site: &SiteName) -> Result<Moved> {
        let publisher = self.publisher(site).await?;
        let deploys = self.deploys(site).await?;
        let Some(before) = history::before(&deploys) else {
            return Ok(if deploys.len() > 1 { Moved::AtOldest } else { Moved::NothingElse });
        };
        self.show(site, publisher, &before.record.deploy_id).await?;
        Ok(Moved::Moved)
    }

    /// Shows the newest deploy again, unless what is shown is the same.
    ///
    /// # Errors
    /// As [`Self::rollback`].
    pub async fn go_to_newest(&self, site: &SiteName) -> Result<Moved> {
        let publisher = self.publisher(site).await?;
        let deploys = self.deploys(site).await?;
        let Some(newest) = deploys.first() else { return Ok(Moved::NothingElse) };
        if history::live(&deploys).is_some_and(|live| history::behind(&deploys, live).is_none()) {
            return Ok(Moved::AtNewest);
        }
        self.show(site, publisher, &newest.record.deploy_id).await?;
        Ok(Moved::Moved)
    }

    /// The publisher of a site's loop, held so that no publish comes between; none where others publish.
    async fn publisher(&self, site: &SiteName) -> Result<Option<OwnedMutexGuard<Publisher>>> {
        if self.0.terminal.is_none() {
            return Ok(None);
        }
        Ok(Some(self.steering(site)?.publisher.lock_owned().await))
    }

    /// Makes a deploy active, and says so to all who look.
    async fn show(
        &self,
        site: &SiteName,
        mut publisher: Option<OwnedMutexGuard<Publisher>>,
        deploy_id: &str,
    ) -> Result<()> {
        let activated = match &mut publisher {
            Some(publisher) => publisher.rollback(deploy_id).await?,
            None => {
                let activated = publish::rollback(&self.0.server, site, deploy_id, &Silent).await;
                activated.map_err(|error| explain(&error, site))?
            }
        };
        let held = Held::of(&self.deploys(site).await?);
        let says = activation::says(&activated, Some(held.as_ref().map_or(0, |held| held.behind)));
        let words = held.as_ref().map_or_else(|| "showing the newest deploy again".to_owned(), Held::line);
        self.0.board.update(site, |status| status.held = held);
        drop(publisher);
        let event = self.0.board.tell("rolled-back", Some(site), says);
        if let Some(terminal) = &self.0.terminal {
            terminal.event(&event);
            terminal.say(format_args!("  {site}: {words}"));
        }
        Ok(())
    }

    /// The deploys of a site, newest first; those of a site that is gone, too.
    ///
    /// # Errors
    /// The state folder cannot be read.
    pub async fn deploys(&self, site: &SiteName) -> Result<Vec<Deploy>> {
        let deploys = publish::deploys(&self.0.server, site, &Silent).await;
        deploys.map_err(|error| explain(&error, site))
    }

    /// Builds a site again, though nothing changed. Its loop tells what came of it.
    ///
    /// # Errors
    /// There is no such site.
    pub async fn rebuild(&self, site: &SiteName) -> Result<()> {
        self.steering(site)?.rebuild.notify_one();
        Ok(())
    }

    /// Where it is told that a blob of a site was found lost; none if there is no such site.
    pub(super) fn mending(&self, site: &SiteName) -> Option<Arc<Mending>> {
        self.sites().get(site).map(|steering| steering.mending.clone())
    }

    /// The project of a site as its config has it now.
    pub(super) fn project(&self, site: &SiteName) -> Result<Project> {
        Ok(pmx_site::locate(&self.steering(site)?.asked)?)
    }

    pub(super) fn steer(&self, site: SiteName, steering: Steering) {
        self.sites().insert(site, steering);
    }

    pub(super) fn release(&self, site: &SiteName) {
        self.sites().remove(site);
    }

    fn steering(&self, site: &SiteName) -> Result<Steering> {
        let unknown = || {
            let names: Vec<String> = self.sites().keys().map(ToString::to_string).collect();
            Error::new(format!("there is no site `{site}`")).hint(format!("there are: {}", names.join(", ")))
        };
        let steering = self.sites().get(site).cloned();
        steering.ok_or_else(unknown)
    }

    fn sites(&self) -> std::sync::MutexGuard<'_, BTreeMap<SiteName, Steering>> {
        self.0.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").field("board", &self.0.board).finish_non_exhaustive()
    }
}
