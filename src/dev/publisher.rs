use super::{built::Built, finished::PublishOutcome, sweep_lock::SweepLock};
use crate::{
    error::{Error, Result},
    publish::{self, Activated, Bundle, Progress, PublishError, PublishOptions, Published, Silent, Step},
    session::{InProcess, Rollback, explain},
};
use futures_util::future::BoxFuture;
use pmx_emulator::Emulator;
use pmx_model::{ChangeEvent, Hash, Roots, SiteName, SiteState, kv_key};
use pmx_site::Build;
use std::{collections::HashSet, time::Instant};

/// Uploads under way at a time: enough that the emulator can put many into one transaction.
const PARALLEL: usize = 32;
/// Blobs of earlier builds that are remembered beside those of the last one.
const REMEMBERED: usize = 4096;

/// Publishes builds into the local Worker.
pub(super) struct Publisher {
    emulator: Emulator,
    server: InProcess,
    site: SiteName,
    sweep_lock: SweepLock,
    /// The roots of the deploy that this process published last.
    active: Option<Roots>,
    /// Blobs that were uploaded, or known to the Worker, when this process published them. Some may have been collected since: what a
    /// commit then misses is asked for and uploaded again.
    uploaded: HashSet<Hash>,
    /// What was built last and then rolled back from; it is not published again.
    rolled_back_from: Option<Roots>,
}

/// What became of a publish.
type PublishResult = std::result::Result<Published, PublishError>;

impl Publisher {
    /// `sweep_lock` is that of the sweep over the emulator's bucket.
    pub(super) fn new(emulator: Emulator, secret: &str, site: SiteName, sweep_lock: SweepLock) -> Self {
        let (active, uploaded) = (None, HashSet::new());
        Self {
            server: InProcess::new(emulator.clone(), secret),
            emulator,
            site,
            sweep_lock,
            active,
            uploaded,
            rolled_back_from: None,
        }
    }

    /// Publishes a build, unless nothing changed, or it has errors and a good one is up. A site that has none yet is
    /// published with its errors: most of it is better than nothing.
    pub(super) async fn publish(&mut self, built: &Built, has_errors: bool) -> Result<PublishOutcome> {
        let active = self.active_roots()?;
        let Some(roots) = &built.site.roots else {
            return match active {
                Some(_) => Ok(PublishOutcome::KeptLastGood),
                None => Err(Error::new("the site cannot be built yet")
                    .hint("mend the errors above; the page appears by itself")),
            };
        };
        if has_errors && active.is_some() {
            return Ok(PublishOutcome::KeptLastGood);
        }
        if active.as_ref() == Some(roots) {
            return Ok(PublishOutcome::Unchanged);
        }
        if self.rolled_back_from.as_ref() == Some(roots) {
            return Ok(PublishOutcome::HeldBack);
        }
        let started = Instant::now();
        let _publishing = self.sweep_lock.publishing().await;
        let published = match self.publish_new(&built.site, roots).await {
            Some(published) => published,
            None => self.publish_all(&built.site, roots).await,
        };
        let published = match published {
            Err(PublishError::NoBlob(lost)) => return Ok(PublishOutcome::Lost(lost)),
            published => published.map_err(|error| explain(&error, &self.site))?,
        };
        let deploy_id = published.activated.deploy_id;
        self.rolled_back_from = None;
        self.active = Some(roots.clone());
        let (mut sources, mut paths) = (Vec::new(), Vec::new());
        for event in published.activated.events {
            match event {
                ChangeEvent::SourcesChanged { sources: changed } => sources.extend(changed),
                ChangeEvent::ArtifactsChanged { paths: changed } => paths.extend(changed),
            }
        }
        Ok(PublishOutcome::Published { deploy_id, sources, paths, took: started.elapsed() })
    }

    /// Whether there is a deploy to read.
    pub(super) fn is_published(&self) -> Result<bool> {
        Ok(self.active_roots()?.is_some())
    }

    /// Publishes what was not published before. `None`: there is no deploy to build on, or the Worker lacks something that was.
    async fn publish_new(&mut self, build: &Build, roots: &Roots) -> Option<PublishResult> {
        self.active.as_ref()?;
        let (mut files, mut new) = (0, Vec::new());
        for file in build.published() {
            files += 1;
            if !self.uploaded.contains(&file.hash) {
                new.push(file);
            }
        }
        let bundle = Bundle::of_build(build, roots, new.iter().copied());
        match publish::publish_unasked(&self.server, &self.site, &bundle, &options(), &LogProgress).await {
            Err(PublishError::Refused { refusal, .. }) if refusal.code == "missing_blobs" => None,
            published => {
                if published.is_ok() {
                    self.uploaded.extend(new.iter().map(|file| file.hash));
                    if self.uploaded.len() > 2 * files + REMEMBERED {
                        self.uploaded = build.published().map(|file| file.hash).collect();
                    }
                }
                Some(published)
            }
        }
    }

    /// Publishes all, of which the Worker says what it lacks.
    async fn publish_all(&mut self, build: &Build, roots: &Roots) -> PublishResult {
        let bundle = Bundle::of_build(build, roots, build.published());
        let published = publish::publish(&self.server, &self.site, &bundle, &options(), &LogProgress).await?;
        self.uploaded = build.published().map(|file| file.hash).collect();
        Ok(published)
    }

    /// Uploads what was found lost, of a build that has the bytes of all: only these blobs, or all of it. No deploy comes of it.
    pub(super) async fn restore(&self, build: &Build, only: Option<&[Hash]>) -> Result<()> {
        let roots = build.roots.as_ref().ok_or_else(|| Error::new("the site cannot be built"))?;
        let _publishing = self.sweep_lock.publishing().await;
        let files = build.published().filter(|file| only.is_none_or(|only| only.contains(&file.hash)));
        let bundle = Bundle::of_build(build, roots, files);
        let restored = publish::restore(&self.server, &bundle, &options(), &LogProgress).await;
        restored.map_err(|error| explain(&error, &self.site))
    }

    /// The roots that are up: those of this process, or those that an earlier one left in the state folder.
    fn active_roots(&self) -> Result<Option<Roots>> {
        if let Some(active) = &self.active {
            return Ok(Some(active.clone()));
        }
        let value = self
            .emulator
            .kv()
            .get(&kv_key::site_state(self.site.as_str()))
            .map_err(|error| Error::new(format!("the state folder cannot be read: {error}")))?;
        Ok(value.and_then(|json| serde_json::from_slice::<SiteState>(&json).ok()?.published()).map(|state| state.roots))
    }

    /// Makes an earlier deploy active, until another build than the one that is up now comes along.
    async fn roll_back(&mut self, deploy_id: &str) -> Result<Activated> {
        let before = self.active_roots()?;
        let activated = publish::rollback(&self.server, &self.site, deploy_id, &Silent).await;
        let activated = activated.map_err(|error| explain(&error, &self.site))?;
        self.rolled_back_from = self.rolled_back_from.take().or(before);
        // What this process knows of the deploy before it is no base for the next one.
        self.active = None;
        Ok(activated)
    }
}

impl Rollback for Publisher {
    fn rollback<'a>(&'a mut self, deploy_id: &'a str) -> BoxFuture<'a, Result<Activated>> {
        Box::pin(self.roll_back(deploy_id))
    }
}

/// Writes the steps into the log.
struct LogProgress;

impl Progress for LogProgress {
    fn on(&self, step: &Step<'_>) {
        if !matches!(step, Step::Uploaded { .. }) {
            tracing::debug!(?step);
        }
    }
}

fn options() -> PublishOptions {
    PublishOptions { parallel: PARALLEL, ..PublishOptions::default() }
}

#[cfg(test)]
mod tests;
