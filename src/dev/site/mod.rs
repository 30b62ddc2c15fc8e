//! One site: track its files, build, publish, report; again at the next hint.

mod reporter;

use super::{
    builder::Builder, built::Built, context::Context, finished::Finished, finished::PublishOutcome,
    first_build::FirstBuild, loops::LoopState, lost_blobs::LostBlobs, publisher::Publisher, state_folder,
};
use crate::{
    error::Result,
    report::counted,
    session::{Event, Phase, SiteLoop, SiteStatus},
    watch::{WatchTarget, Watcher},
};
use pmx_model::{Hash, SiteName};
use pmx_site::{CONFIGS, Project};
use reporter::Reporter;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    sync::{Mutex, Notify},
    time::{Instant, sleep, sleep_until},
};

/// A build that takes longer is announced: nobody needs to know of shorter ones before they are over.
const ANNOUNCED_AFTER: Duration = Duration::from_millis(60);
/// A site that nobody edits for so long keeps nothing in memory but its name, where there are several.
const IDLE: Duration = Duration::from_secs(60);
/// A build from nothing is kept for so long, in case more was lost than was found at first; no other is made meanwhile.
const RESTORED_FROM_FOR: Duration = Duration::from_secs(5);

/// A site and its loop.
pub(super) struct Site {
    context: Arc<Context>,
    name: SiteName,
    /// How the project is found anew when its config changes.
    options: pmx_site::Options,
    project: Project,
    watcher: Watcher,
    /// None while the site is idle, and after a build that was lost.
    builder: Option<Builder>,
    /// Whether nothing is looked at until something happens.
    is_idle: bool,
    publisher: Arc<Mutex<Publisher>>,
    rebuild: Arc<Notify>,
    first_build: FirstBuild,
    lost_blobs: Arc<LostBlobs>,
    /// The build that the last lost blobs were restored from, and when that was made.
    restored_from: Option<(Instant, Built)>,
    reporter: Reporter,
    /// Whether somebody asked for the build that is under way, and waits for a word of it.
    is_asked_for: bool,
}

impl Site {
    /// Begins to watch a site and makes it known. Nothing is built yet.
    ///
    /// # Errors
    /// The folder of the Sources cannot be watched, or the state folder cannot be read.
    pub(super) fn open(
        context: &Arc<Context>,
        name: SiteName,
        options: pmx_site::Options,
        mut project: Project,
    ) -> Result<Self> {
        let worker = &context.worker;
        project.exclude.push(worker.state.clone());
        if let Some(warning) = project.own_output_warning() {
            context.terminal.warn(warning);
        }
        // Watched before the first look, so that no edit falls between the two.
        let watcher = watch(context, &project)?;
        let publisher =
            Publisher::new(worker.emulator.clone(), &worker.secret, name.clone(), worker.sweep_lock.clone());
        let first_build = FirstBuild::new(publisher.is_published()?);
        let publisher = Arc::new(Mutex::new(publisher));
        let (rebuild, lost_blobs) = (Arc::new(Notify::new()), Arc::new(LostBlobs::default()));
        let state = LoopState { first_build: first_build.clone(), lost_blobs: lost_blobs.clone() };
        context.loops.add(name.clone(), state);
        let site_loop = SiteLoop { publisher: publisher.clone(), rebuild: rebuild.clone(), options: options.clone() };
        context.control.add_loop(name.clone(), site_loop);
        context.session.insert(status(context, &name, &project));
        Ok(Self {
            reporter: Reporter::new(context.clone(), name.clone()),
            context: context.clone(),
            name,
            options,
            builder: None,
            is_idle: false,
            project,
            watcher,
            publisher,
            rebuild,
            first_build,
            lost_blobs,
            restored_from: None,
            is_asked_for: false,
        })
    }

    /// The first build of the site, for those who wait for it.
    pub(super) fn first_build(&self) -> FirstBuild {
        self.first_build.clone()
    }

    /// Builds and publishes what is there now.
    pub(super) async fn begin(&mut self) {
        let turn = tokio::select! {
            turn = self.context.builds.acquire(self.first_build.requested()) => turn,
            () = self.context.ended() => return,
        };
        self.update().await;
        self.first_build.finish();
        drop(turn);
        self.save();
    }

    /// The loop, until the server ends; [`Self::begin`] comes before it.
    pub(super) async fn run(mut self) {
        let mut edited = Instant::now();
        let context = self.context.clone();
        loop {
            let view = self.watcher.view();
            let is_idle = self.is_idle;
            tokio::select! {
                biased;
                () = context.ended() => return,
                // A site that rests is woken by what happened, not by the look that is due anyway.
                () = view.hinted(), if is_idle => self.watcher.hint().await,
                () = self.watcher.hint(), if !is_idle => {}
                () = self.rebuild.notified() => {
                    self.is_asked_for = true;
                    self.forget();
                }
                () = self.lost_blobs.requested() => {
                    self.restore_lost().await;
                    continue;
                }
                () = sleep(RESTORED_FROM_FOR), if self.restored_from.is_some() => {
                    self.restored_from = None;
                    continue;
                }
                () = sleep_until(edited + IDLE), if !is_idle && self.context.many && !self.context.hub.polls() => {
                    self.forget();
                    self.is_idle = true;
                    continue;
                }
            }
            self.is_idle = false;
            self.relocate();
            let turn = self.context.builds.acquire_now().await;
            if self.update().await {
                edited = Instant::now();
            }
            self.is_asked_for = false;
            drop(turn);
        }
    }

    /// Puts back what was found lost.
    async fn restore_lost(&mut self) {
        let lost = self.lost_blobs.begin();
        if !lost.is_empty() {
            let prefix = self.context.prefix(&self.name);
            let what = counted(lost.len(), "published file");
            self.context
                .terminal
                .warn(format_args!("{prefix}the state folder has lost {what}: the site is published again"));
            self.context.session.emit(Some(&self.name), Event::Mending { blobs: lost.len() });
            if let Err(error) = self.restore(&lost).await {
                self.context.terminal.failure(self.context.shown(&self.name), &error);
            }
        }
        self.lost_blobs.end();
    }

    /// Builds the site from nothing, at most once in [`RESTORED_FROM_FOR`], and uploads what it gives.
    async fn restore(&mut self, lost: &[Hash]) -> Result<()> {
        if let Some((at, built)) = &self.restored_from
            && at.elapsed() < RESTORED_FROM_FOR
        {
            return self.publisher.lock().await.restore(&built.site, Some(lost)).await;
        }
        let turn = self.context.builds.acquire_now().await;
        let built = Builder::from_nothing(self.project.clone(), &self.watcher).build().await;
        drop(turn);
        // Hints that this look has taken are for the loop.
        self.watcher.view().rescan();
        let built = built?;
        self.publisher.lock().await.restore(&built.site, None).await?;
        self.restored_from = Some((Instant::now(), built));
        Ok(())
    }

    /// Leaves what is known for the next process.
    pub(super) fn save(&mut self) {
        if let Some(builder) = &mut self.builder {
            builder.save();
        }
    }

    /// Gives the memory back; the next look starts from what is on disk.
    fn forget(&mut self) {
        self.save();
        self.builder = None;
        self.reporter.forget();
    }

    /// Follows a config that says something else now. A broken one is told by the build of what is there.
    fn relocate(&mut self) {
        let Ok(mut project) = pmx_site::locate(&self.options) else { return };
        project.exclude.push(self.context.worker.state.clone());
        if project == self.project {
            return;
        }
        if let Ok(watcher) = watch(&self.context, &project) {
            self.builder = None;
            self.watcher = watcher;
            self.project = project;
            let (root, entry) = (self.project.source_root.clone(), entry(&self.project));
            self.context.session.update(&self.name, |status| (status.source_root, status.entry) = (root, entry));
        }
    }

    /// Looks at the files; builds and publishes if they changed. Whether they did. Nothing here ends the loop.
    async fn update(&mut self) -> bool {
        let mut builder = match self.builder.take() {
            Some(builder) => builder,
            // It reads what the last process left.
            None => tokio::task::block_in_place(|| Builder::new(self.project.clone(), &self.watcher)),
        };
        let mut announced = false;
        let is_of_interest = builder.is_of_interest();
        let built = {
            let building = builder.build_if_changed();
            tokio::pin!(building);
            loop {
                tokio::select! {
                    built = &mut building => break built,
                    () = sleep(ANNOUNCED_AFTER), if !announced => {
                        if !is_of_interest.load(Ordering::Relaxed) {
                            continue;
                        }
                        announced = true;
                        self.context.session.update(&self.name, |status| status.phase = Phase::Building);
                        self.context.session.emit(Some(&self.name), Event::Building);
                    }
                    // What is not published before the end is built by the next process.
                    () = self.context.ended() => return false,
                }
            }
        };
        match built {
            Ok(Some(built)) => {
                self.publish(&mut builder, built).await;
                self.builder = Some(builder);
                true
            }
            Ok(None) => {
                self.context.session.update(&self.name, |status| status.phase = status.settled());
                if announced {
                    self.reporter.nothing_came_of_it();
                }
                if self.is_asked_for {
                    let prefix = self.context.prefix(&self.name);
                    self.context.terminal.say(format_args!("  {prefix}nothing has changed since the last build"));
                }
                self.builder = Some(builder);
                false
            }
            Err(error) => {
                self.builder = Some(builder).filter(|builder| !builder.is_lost());
                self.reporter.failed(&error);
                true
            }
        }
    }

    /// Publishes a build, and makes pages again that the Worker has lost.
    async fn publish(&mut self, builder: &mut Builder, mut built: Built) {
        self.reporter.findings(&built);
        let has_errors = built.errors() > 0;
        let mut publisher = self.publisher.lock().await;
        let mut outcome = publisher.publish(&built, has_errors).await;
        while let Ok(PublishOutcome::Lost(lost)) = outcome {
            outcome = match builder.build_again(lost).await {
                Ok(again) => {
                    built = again;
                    publisher.publish(&built, has_errors).await
                }
                Err(error) => Err(error),
            };
        }
        let earlier = self.context.session.site(&self.name).and_then(|status| status.earlier.clone());
        if earlier.is_some() && matches!(outcome, Ok(PublishOutcome::Published { .. } | PublishOutcome::Unchanged)) {
            // Before the next rollback may say otherwise.
            self.context.session.update(&self.name, |status| status.earlier = None);
        }
        drop(publisher);
        match outcome {
            Ok(outcome) => {
                let finished = Finished { built, outcome, earlier };
                builder.settle(&finished);
                self.reporter.finished(finished, self.is_asked_for);
            }
            Err(error) => {
                if built.site.roots.is_some() {
                    // An edit does not wait for the next one.
                    builder.retry_soon();
                }
                let state = self.context.worker.emulator.state();
                let error = tokio::task::block_in_place(|| state_folder::fault(state)).unwrap_or(error);
                self.reporter.not_published(&built, &error);
            }
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.save();
    }
}

fn watch(context: &Context, project: &Project) -> Result<Watcher> {
    let files = CONFIGS.iter().map(|name| project.folder.join(name)).collect();
    Watcher::new(&context.hub, WatchTarget { root: project.source_root.clone(), files })
}

fn entry(project: &Project) -> String {
    project.roots.first().map_or_else(String::new, |entry| entry.path.clone())
}

fn status(context: &Context, name: &SiteName, project: &Project) -> SiteStatus {
    let (source_root, entry) = (project.source_root.clone(), entry(project));
    SiteStatus { source_root, entry, ..SiteStatus::new(name, &project.folder, context.addresses.site(name)) }
}
