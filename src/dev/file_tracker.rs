//! Tracks the files of a project from build to build.

use crate::{
    error::Result,
    watch::{DirtyPaths, View},
};
use pmx_site::{Project, Tracked};
use std::{mem, path::PathBuf};

/// The files of a project as they were seen last, and how they differ from those that were built.
pub(super) struct FileTracker {
    pub(super) project: Project,
    pub(super) files: Tracked,
    view: View,
    /// Whether nothing was looked at yet.
    is_new: bool,
    /// Whether there is something to build, whatever the files say.
    must_build: bool,
}

/// What [`FileTracker::abandon_build`] needs.
pub(super) struct Unbuilt {
    before: pmx_site::Before,
    must_build: bool,
}

impl FileTracker {
    pub(super) fn new(project: Project, view: View) -> Self {
        Self { project, files: Tracked::default(), view, is_new: true, must_build: true }
    }

    /// Whether there is something to build.
    pub(super) fn differs(&self) -> bool {
        self.must_build || self.files.changed().len() > 0
    }

    /// There is, whatever the files say.
    pub(super) fn force_build(&mut self) {
        self.must_build = true;
    }

    /// A build of what was seen begins.
    pub(super) fn begin_build(&mut self) -> Unbuilt {
        Unbuilt { before: self.files.taken(), must_build: mem::take(&mut self.must_build) }
    }

    /// It was given up.
    pub(super) fn abandon_build(&mut self, unbuilt: Unbuilt) {
        self.files.not_taken(unbuilt.before);
        self.must_build |= unbuilt.must_build;
    }

    /// Looks, and has new folders watched.
    pub(super) fn scan(&mut self, look: &DirtyPaths) -> Result<()> {
        if self.is_new {
            // The folders are watched while the first build is made, and looked at again after it.
            self.scan_at(&DirtyPaths::Everywhere)?;
            self.files.taken();
            let folders = self.files.snapshot().folders();
            // Nothing waits for it: no build reads what is swept.
            std::thread::spawn(move || pmx_site::sweep(folders.iter().map(PathBuf::as_path)));
            self.is_new = false;
            return Ok(());
        }
        self.scan_at(look)?;
        loop {
            let armed = self.watch();
            if armed.is_nowhere() {
                return Ok(());
            }
            self.scan_at(&armed)?;
        }
    }

    /// Has the folders watched that there are. Those that were not until now: what was written there before is in no hint.
    fn watch(&self) -> DirtyPaths {
        let mut look = DirtyPaths::default();
        self.view.folders(&self.files.snapshot().folders()).iter().for_each(|folder| look.add(folder));
        look
    }

    fn scan_at(&mut self, look: &DirtyPaths) -> Result<()> {
        match look {
            DirtyPaths::Everywhere => self.files.look_everywhere(&self.project)?,
            DirtyPaths::At(paths) => self.files.look_at(&self.project, paths.iter().map(PathBuf::as_path))?,
        }
        Ok(())
    }
}
