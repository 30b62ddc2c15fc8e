//! What the loop knows of the files.

use crate::{
    error::Result,
    watch::{Look, View},
};
use pmx_site::{Project, Tracked};
use std::{mem, path::PathBuf};

/// Looks at the files of a project where hints say.
pub(super) struct Eyes {
    pub(super) project: Project,
    pub(super) files: Tracked,
    view: View,
    /// Whether nothing was looked at yet.
    is_blind: bool,
    /// Whether there is something to build, whatever the files say.
    is_due: bool,
}

/// What [`Eyes::not_taken`] needs.
pub(super) struct Taken {
    before: pmx_site::Before,
    is_due: bool,
}

impl Eyes {
    pub(super) fn new(project: Project, view: View) -> Self {
        Self { project, files: Tracked::default(), view, is_blind: true, is_due: true }
    }

    /// Whether there is something to build.
    pub(super) fn differs(&self) -> bool {
        self.is_due || self.files.changed().len() > 0
    }

    /// There is, whatever the files say.
    pub(super) fn due(&mut self) {
        self.is_due = true;
    }

    /// What there is to build is built.
    pub(super) fn taken(&mut self) -> Taken {
        Taken { before: self.files.taken(), is_due: mem::take(&mut self.is_due) }
    }

    /// It was not.
    pub(super) fn not_taken(&mut self, taken: Taken) {
        self.files.not_taken(taken.before);
        self.is_due |= taken.is_due;
    }

    /// Looks, and has new folders watched.
    pub(super) fn look(&mut self, look: &Look) -> Result<()> {
        if self.is_blind {
            // The folders are watched while the first build is made, and looked at again after it.
            self.look_at(&Look::Everywhere)?;
            self.files.taken();
            let folders = self.files.snapshot().folders();
            // Nothing waits for it: no build reads what is swept.
            std::thread::spawn(move || pmx_site::sweep(folders.iter().map(PathBuf::as_path)));
            self.is_blind = false;
            return Ok(());
        }
        self.look_at(look)?;
        loop {
            let armed = self.watch();
            if armed.is_nowhere() {
                return Ok(());
            }
            self.look_at(&armed)?;
        }
    }

    /// Has the folders watched that there are. Those that were not until now: what was written there before is in no hint.
    fn watch(&self) -> Look {
        let mut look = Look::default();
        self.view.folders(&self.files.snapshot().folders()).iter().for_each(|folder| look.add(folder));
        look
    }

    fn look_at(&mut self, look: &Look) -> Result<()> {
        match look {
            Look::Everywhere => self.files.look_everywhere(&self.project)?,
            Look::At(paths) => self.files.look_at(&self.project, paths.iter().map(PathBuf::as_path))?,
        }
        Ok(())
    }
}
