use super::status::NAMES;
use crate::{
    error::{Error, Result},
    site::{self, Build, Cache, Project, Snapshot},
    watch::{View, Watcher},
};
use pmx_worker::model::Hash;
use std::time::{Duration, Instant};

/// Builds again what changed since the last time.
pub(super) struct Builder {
    /// Taken by the build that is under way, on a thread where it may block.
    work: Option<Work>,
}

struct Work {
    project: Project,
    view: View,
    snapshot: Option<Snapshot>,
    cache: Cache,
}

/// A build, and why it was made.
pub(super) struct Built {
    pub(super) site: Build,
    /// Files that differ from the build before; all of them, if there was none.
    pub(super) changed: usize,
    /// The first of their names; none, if there was no build before.
    pub(super) names: Vec<String>,
    /// Whether there was no build before.
    pub(super) first: bool,
    pub(super) took: Duration,
}

impl Builder {
    /// Has `watcher` watch the folders that the project turns out to have.
    pub(super) fn new(project: Project, watcher: &Watcher) -> Self {
        Self { work: Some(Work { cache: Cache::open(&project), project, view: watcher.view(), snapshot: None }) }
    }

    /// Looks at the files and builds.
    pub(super) async fn build(&mut self) -> Result<Built> {
        match self.build_if_changed().await? {
            Some(built) => Ok(built),
            None => Err(Error::new("nothing was built")),
        }
    }

    /// Builds again, with the pages that were lost.
    pub(super) async fn build_anew(&mut self, lost: Vec<Hash>) -> Result<Built> {
        if let Some(work) = &mut self.work {
            if !work.cache.has_pages() {
                return Err(Error::new("the state folder loses what was just written to it"));
            }
            work.cache.forget(&lost);
            work.snapshot = None;
        }
        self.build().await
    }

    /// The last build was published.
    pub(super) fn taken(&mut self) {
        if let Some(work) = &mut self.work {
            work.cache.taken();
        }
    }

    /// Leaves what is known for the next process.
    pub(super) fn save(&mut self) {
        if let Some(work) = &mut self.work {
            work.cache.save(&work.project);
        }
    }

    /// Looks at the files and builds if they differ from the last look.
    pub(super) async fn build_if_changed(&mut self) -> Result<Option<Built>> {
        let Some(mut work) = self.work.take() else { return Err(Error::new("the build before this one was lost")) };
        let task = tokio::task::spawn_blocking(move || {
            let built = work.step();
            (work, built)
        });
        let (work, built) = task.await.map_err(|error| Error::new(format!("the build failed: {error}")))?;
        self.work = Some(work);
        built
    }
}

impl Work {
    fn step(&mut self) -> Result<Option<Built>> {
        let started = Instant::now();
        let _ = self.view.take();
        let mut snapshot = site::scan(&self.project, self.snapshot.as_ref())?;
        while !self.view.folders(snapshot.folders()).is_empty() {
            snapshot = site::scan(&self.project, Some(&snapshot))?;
        }
        let (changed, names) = match &self.snapshot {
            Some(before) => {
                let changes = snapshot.changes(before);
                if changes.is_empty() {
                    return Ok(None);
                }
                (changes.len(), changes.iter().take(NAMES).map(|&name| name.to_owned()).collect())
            }
            None => (snapshot.files().len(), Vec::new()),
        };
        let first = self.snapshot.is_none();
        let site = site::build(&self.project, &snapshot, &mut self.cache);
        self.snapshot = Some(snapshot);
        Ok(Some(Built { site, changed, names, first, took: started.elapsed() }))
    }
}
