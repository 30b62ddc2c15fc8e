use crate::session::Event;
use pmx_site::Build;
use std::time::Duration;

/// A build, and why it was made.
pub(super) struct Built {
    pub(super) site: Build,
    /// Files that differ from the build before; all of them, if there was none.
    pub(super) changed: usize,
    /// The first of their names; none, if there was no build before.
    pub(super) names: Vec<String>,
    /// Those of `names` that are texts below the source root which no page of the site is made of, though they could be under this name or
    /// another one.
    pub(super) unlinked: Vec<String>,
    /// Whether there was no build before.
    pub(super) first: bool,
    /// Whether it is the build before once more, after a change of files that no page reads: a log beside Sources, say, into which may
    /// go what is told of builds.
    pub(super) is_idle: bool,
    pub(super) took: Duration,
}

impl Built {
    /// How many of its findings are errors.
    pub(super) fn errors(&self) -> usize {
        self.site.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count()
    }

    /// The event that tells of the build, before it is published.
    pub(super) fn event(&self) -> Event {
        let errors = self.errors();
        Event::Built {
            pages: self.site.pages,
            changed: self.changed,
            names: self.names.clone(),
            errors,
            warnings: self.site.diagnostics.len() - errors,
            ms: milliseconds(self.took),
        }
    }
}

pub(super) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
