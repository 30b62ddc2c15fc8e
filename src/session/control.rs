//! What may be done to the sites of a running server, from the keyboard or the console.

use super::{Activation, EarlierDeploy, Event, InProcess, Session, explain};
use crate::{
    error::{Error, Result},
    publish::{self, Activated, Deploy, Silent, history},
};
use futures_util::future::BoxFuture;
use pmx_emulator::Emulator;
use pmx_model::SiteName;
use pmx_site::Project;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Notify, OwnedMutexGuard};

/// What may be done to the sites of a running server: those that `pmx dev` writes, or those that were published to `pmx serve`. Clones
/// steer the same.
#[derive(Clone)]
pub struct Control(Arc<Inner>);

struct Inner {
    session: Session,
    emulator: Emulator,
    server: InProcess,
    loops: SiteLoops,
}

/// Who publishes the sites.
enum SiteLoops {
    /// Their loops in this process.
    Here(Mutex<BTreeMap<SiteName, SiteLoop>>),
    /// Others, through the publish API.
    Elsewhere,
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
pub struct SiteLoop {
    /// What publishes the site; the loop holds it while it does.
    pub publisher: Arc<tokio::sync::Mutex<dyn Rollback>>,
    /// Asks the loop to build all anew.
    pub rebuild: Arc<Notify>,
    /// How its project is found.
    pub options: pmx_site::Options,
}

/// What publishes a site, and must know when another deploy was made active.
pub trait Rollback: Send {
    /// Makes an earlier deploy active, until another build than the one that is up now comes along.
    fn rollback<'a>(&'a mut self, deploy_id: &'a str) -> BoxFuture<'a, Result<Activated>>;
}

impl Control {
    /// Of a server that writes its sites; `secret` is what its publish API takes.
    #[must_use]
    pub fn of_loops(session: Session, emulator: Emulator, secret: &str) -> Self {
        Self::of(session, emulator, secret, SiteLoops::Here(Mutex::default()))
    }

    /// Of a server that others publish to; `secret` is what its publish API takes.
    #[must_use]
    pub fn of_server(session: Session, emulator: Emulator, secret: &str) -> Self {
        Self::of(session, emulator, secret, SiteLoops::Elsewhere)
    }

    fn of(session: Session, emulator: Emulator, secret: &str, loops: SiteLoops) -> Self {
        let server = InProcess::new(emulator.clone(), secret);
        Self(Arc::new(Inner { session, emulator, server, loops }))
    }

    /// What is known of the sites.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.0.session
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
    async fn publisher(&self, site: &SiteName) -> Result<Option<OwnedMutexGuard<dyn Rollback>>> {
        match self.0.loops {
            SiteLoops::Here(_) => Ok(Some(self.site_loop(site)?.publisher.lock_owned().await)),
            SiteLoops::Elsewhere => Ok(None),
        }
    }

    /// Makes a deploy active, and says so to all who look.
    async fn show(
        &self,
        site: &SiteName,
        mut publisher: Option<OwnedMutexGuard<dyn Rollback>>,
        deploy_id: &str,
    ) -> Result<()> {
        let activated = match &mut publisher {
            Some(publisher) => publisher.rollback(deploy_id).await?,
            None => {
                let activated = publish::rollback(&self.0.server, site, deploy_id, &Silent).await;
                activated.map_err(|error| explain(&error, site))?
            }
        };
        let earlier = EarlierDeploy::of(&self.deploys(site).await?);
        let behind = Some(earlier.as_ref().map_or(0, |earlier| earlier.behind));
        let activation = Activation { earlier: earlier.clone(), ..Activation::new(&activated, behind) };
        self.0.session.update(site, |status| status.earlier = earlier);
        drop(publisher);
        self.0.session.emit(Some(site), Event::RolledBack(activation));
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
    pub fn rebuild(&self, site: &SiteName) -> Result<()> {
        self.site_loop(site)?.rebuild.notify_one();
        Ok(())
    }

    /// The project of a site as its config has it now.
    ///
    /// # Errors
    /// There is no such site; its config cannot be read.
    pub fn project(&self, site: &SiteName) -> Result<Project> {
        Ok(pmx_site::locate(&self.site_loop(site)?.options)?)
    }

    /// A site has a loop from now on.
    pub fn add_loop(&self, site: SiteName, site_loop: SiteLoop) {
        if let Some(mut loops) = self.loops() {
            loops.insert(site, site_loop);
        }
    }

    /// The loop of a site has ended.
    pub fn remove_loop(&self, site: &SiteName) {
        if let Some(mut loops) = self.loops() {
            loops.remove(site);
        }
    }

    fn site_loop(&self, site: &SiteName) -> Result<SiteLoop> {
        let loops = self.loops();
        let unknown = || {
            let names: Vec<String> = loops.iter().flat_map(|loops| loops.keys()).map(ToString::to_string).collect();
            Error::new(format!("there is no site `{site}`")).hint(format!("there are: {}", names.join(", ")))
        };
        loops.as_ref().and_then(|loops| loops.get(site).cloned()).ok_or_else(unknown)
    }

    fn loops(&self) -> Option<MutexGuard<'_, BTreeMap<SiteName, SiteLoop>>> {
        match &self.0.loops {
            SiteLoops::Here(loops) => Some(loops.lock().unwrap_or_else(PoisonError::into_inner)),
            SiteLoops::Elsewhere => None,
        }
    }
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").field("session", &self.0.session).finish_non_exhaustive()
    }
}
