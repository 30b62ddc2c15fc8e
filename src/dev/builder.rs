use super::{
    built::Built,
    checkout,
    file_tracker::FileTracker,
    finished::{Finished, PublishOutcome},
};
use crate::{
    error::{Error, Result},
    session::{NAMES, ReadSources},
    user_folder,
    watch::{DEBOUNCE, DirtyPaths, View, Watcher},
};
use pmx_model::{Hash, Roots};
use pmx_site::{Build, Cache, Diagnostic, Key, Project};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    task::{JoinHandle, spawn_blocking},
    time::sleep,
};

/// Builds again what changed since the last time.
pub(super) struct Builder {
    view: View,
    /// Taken while a thread looks that may block.
    tracker: Option<FileTracker>,
    /// Taken by the build that is under way.
    cache: Option<Cache>,
    /// Whether there was no build yet.
    is_first: bool,
    /// What the last build read and gave; none before it.
    last: Option<Last>,
    /// Whether the build that is under way may be of interest to somebody.
    interest: Arc<AtomicBool>,
}

/// A build, as the next one is compared with it.
struct Last {
    roots: Option<Roots>,
    diagnostics: Vec<Diagnostic>,
    read: ReadSources,
}

impl Last {
    fn of(build: &Build) -> Self {
        Self { roots: build.roots.clone(), diagnostics: build.diagnostics.clone(), read: ReadSources::of(build) }
    }
}

impl Builder {
    /// Has `watcher` watch the folders that the project turns out to have.
    pub(super) fn new(project: Project, watcher: &Watcher) -> Self {
        let cache = Some(Cache::open(&project, user_folder::build_key().map(Key::new)));
        let view = watcher.view();
        Self {
            tracker: Some(FileTracker::new(project, view.clone())),
            view,
            cache,
            is_first: true,
            last: None,
            interest: Arc::new(AtomicBool::new(true)),
        }
    }

    /// One that knows nothing of earlier builds: it makes every page, and has the bytes of all.
    pub(super) fn from_nothing(project: Project, watcher: &Watcher) -> Self {
        let view = watcher.view();
        Self {
            tracker: Some(FileTracker::new(project, view.clone())),
            view,
            cache: Some(Cache::default()),
            is_first: true,
            last: None,
            interest: Arc::new(AtomicBool::new(true)),
        }
    }

    /// Looks at the files and builds.
    pub(super) async fn build(&mut self) -> Result<Built> {
        self.tracker.as_mut().ok_or_else(lost)?.force_build();
        self.scan(DirtyPaths::Everywhere).await?;
        let first_begun = Instant::now();
        loop {
            if let Some(built) = self.build_tracked(first_begun).await? {
                return Ok(built);
            }
        }
    }

    /// Builds again, with the pages that were lost.
    pub(super) async fn build_again(&mut self, lost: Vec<Hash>) -> Result<Built> {
        if let Some(cache) = &mut self.cache {
            if !cache.has_pages() {
                return Err(Error::new("the state folder loses what was just written to it"));
            }
            cache.forget(&lost);
        }
        self.build().await
    }

    /// Whether the build that is under way, while there is one, may be of interest to somebody.
    pub(super) fn is_of_interest(&self) -> Arc<AtomicBool> {
        self.interest.clone()
    }

    /// Whether what was known went with a build that broke down: only a new builder builds again.
    pub(super) const fn is_lost(&self) -> bool {
        self.tracker.is_none() || self.cache.is_none()
    }

    /// Learns what became of the last build.
    pub(super) fn settle(&mut self, finished: &Finished) {
        let Some(cache) = &mut self.cache else { return };
        match finished.outcome {
            PublishOutcome::KeptLastGood => cache.trim_blobs(&finished.built.site.outputs),
            _ => cache.release_blobs(),
        }
    }

    /// The last build could not be published. It is made again soon, whatever the files say.
    pub(super) fn retry_soon(&mut self) {
        if let Some(tracker) = &mut self.tracker {
            tracker.force_build();
        }
        self.view.unpublished();
    }

    /// Leaves what is known for the next process.
    pub(super) fn save(&mut self) {
        if let (Some(cache), Some(tracker)) = (&mut self.cache, &self.tracker) {
            cache.save(&tracker.project);
        }
    }

    /// Looks where hints say, and builds if the files differ from those that were built. What is written meanwhile is in this build or
    /// in the next one.
    ///
    /// # Errors
    /// The files cannot be looked at; said once as long as it stays so.
    pub(super) async fn build_if_changed(&mut self) -> Result<Option<Built>> {
        let mut first_begun = None;
        let mut look = self.view.take();
        loop {
            if let Err(error) = self.scan(look).await {
                let is_news = self.view.failed(&error.to_string());
                return if is_news { Err(error) } else { Ok(None) };
            }
            let tracker = self.tracker.as_mut().ok_or_else(lost)?;
            if self.view.succeeded() {
                // What is said of the site since is said until something is built.
                tracker.force_build();
            }
            if !tracker.differs() {
                return Ok(None);
            }
            if let Some(built) = self.build_tracked(*first_begun.get_or_insert_with(Instant::now)).await? {
                return Ok(Some(built));
            }
            look = self.view.take();
        }
    }

    /// Looks until files that may be half done are done, and a change of many files is over.
    async fn scan(&mut self, look: DirtyPaths) -> Result<()> {
        let started = Instant::now();
        let mut looked = self.scan_settled(look).await;
        loop {
            let FileTracker { files, project, .. } = self.tracker.as_ref().ok_or_else(lost)?;
            let (seen, changed, waited) = (files.revision(), files.changed().len(), started.elapsed());
            let is_many = changed >= DEBOUNCE.many_changes;
            let longest = match (changed, is_many, checkout::is_under_way(&project.folder)) {
                (0, ..) | (_, false, false) => Duration::ZERO,
                (_, false, true) => DEBOUNCE.few_changed_in_checkout,
                (_, true, false) => DEBOUNCE.many_changed.longest,
                (_, true, true) => checkout::LONGEST,
            };
            if looked.is_err() || waited >= longest {
                return looked;
            }
            sleep(DEBOUNCE.many_changed.quiet).await;
            let _ = self.view.take();
            looked = self.scan_settled(DirtyPaths::Everywhere).await;
            let FileTracker { files, project, .. } = self.tracker.as_ref().ok_or_else(lost)?;
            if files.revision() == seen && !checkout::is_under_way(&project.folder) {
                return looked;
            }
        }
    }

    /// Looks, and once more at what may be half done.
    async fn scan_settled(&mut self, look: DirtyPaths) -> Result<()> {
        let started = Instant::now();
        let mut looked = self.scan_once(look).await;
        loop {
            let tracker = self.tracker.as_ref().ok_or_else(lost)?;
            let (gone, empty) = (started.elapsed() < DEBOUNCE.gone_file, started.elapsed() < DEBOUNCE.empty_file);
            let root = &tracker.project.source_root;
            let doubtful: Vec<PathBuf> = match &looked {
                Err(_) if gone && !root.is_dir() => vec![root.clone()],
                Err(_) => return looked,
                Ok(()) => {
                    let doubtful = tracker.files.doubtful();
                    let doubtful = doubtful.filter(|(_, is_empty)| if *is_empty { empty } else { gone });
                    doubtful.map(|(name, _)| root.join(name)).collect()
                }
            };
            if doubtful.is_empty() {
                return looked;
            }
            sleep(DEBOUNCE.doubtful_file).await;
            let mut look = self.view.take();
            doubtful.iter().for_each(|path| look.add(path));
            looked = self.scan_once(look).await;
        }
    }

    async fn scan_once(&mut self, look: DirtyPaths) -> Result<()> {
        let mut tracker = self.tracker.take().ok_or_else(lost)?;
        let looked = spawn_blocking(move || {
            let looked = tracker.scan(&look);
            (tracker, looked)
        });
        let (tracker, looked) =
            looked.await.map_err(|error| Error::new(format!("looking at the files failed: {error}")))?;
        self.tracker = Some(tracker);
        looked
    }

    /// None, if it was given up because the files changed meanwhile. `first_begun`: when the first one was begun that was given up.
    async fn build_tracked(&mut self, first_begun: Instant) -> Result<Option<Built>> {
        let started = Instant::now();
        let tracker = self.tracker.as_mut().ok_or_else(lost)?;
        let (project, snapshot) = (tracker.project.clone(), tracker.files.snapshot().clone());
        let first = self.is_first;
        let changed = if first { snapshot.files().len() } else { tracker.files.changed().len() };
        let names: Vec<String> =
            tracker.files.changed().take(if first { 0 } else { NAMES }).map(str::to_owned).collect();
        let is_text = |name: &&String| pmx_site::is_text(name) || pmx_site::source_name(name).is_some();
        let texts = names.iter().filter(is_text).filter(|name| snapshot.files().contains_key(*name));
        let mut unlinked: Vec<String> = texts.cloned().collect();
        let is_read = |name: &str| self.last.as_ref().is_none_or(|last| last.read.has(name));
        let is_of_interest = first || changed == 0 || tracker.files.changed().any(is_read);
        self.interest.store(is_of_interest, Ordering::Relaxed);
        let unbuilt = tracker.begin_build();
        let mut cache = self.cache.take().ok_or_else(lost)?;
        let mut building: JoinHandle<(Cache, Build)> = spawn_blocking(move || {
            let mut site = pmx_site::build(&project, &snapshot, &mut cache);
            // Nothing of it leaves this machine.
            site.diagnostics.retain(|finding| finding.code != pmx_site::RECORDED_ANSWER);
            (cache, site)
        });
        if first {
            // While it is built, the folders are watched that were found, and looked at again.
            self.view.rescan();
        }
        let mut is_old = false;
        let built = loop {
            tokio::select! {
                biased;
                built = &mut building => break built,
                () = self.view.burst(), if !is_old && first_begun.elapsed() < DEBOUNCE.given_up_builds => {
                    let look = self.view.take();
                    // What is wrong is found again by the look after this build.
                    is_old = self.scan_once(look).await.is_err() || self.tracker.as_ref().is_some_and(FileTracker::differs);
                }
            }
        };
        let (cache, site) = built.map_err(|error| Error::new(format!("the build failed: {error}")))?;
        self.cache = Some(cache);
        if is_old {
            self.view.rescan();
            if let Some(tracker) = &mut self.tracker {
                tracker.abandon_build(unbuilt);
            }
            return Ok(None);
        }
        self.is_first = false;
        let is_same = |last: &Last| last.roots == site.roots && last.diagnostics == site.diagnostics;
        let is_idle = !is_of_interest && self.last.as_ref().is_some_and(is_same);
        let last = self.last.insert(Last::of(&site));
        unlinked.retain(|name| site.roots.is_some() && !last.read.has(name));
        Ok(Some(Built { site, changed, names, unlinked, first, is_idle, took: started.elapsed() }))
    }
}

fn lost() -> Error {
    Error::new("the build before this one was lost")
}
