use crate::{
    dev::{
        build_line::{self, KnownPages, Outputs},
        built::Built,
        context::Context,
        finished::{Finished, PublishOutcome},
    },
    error::Error,
    session::{Event, Phase},
};
use pmx_model::SiteName;
use pmx_site::Diagnostic;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// Makes known what becomes of the builds of a site: in its status, as events and on the terminal.
pub(super) struct Reporter {
    context: Arc<Context>,
    site: SiteName,
    /// The findings of the last build: warnings are not reported again.
    reported: HashSet<Diagnostic>,
    /// Texts of which it was said that no link leads to them.
    unlinked: HashSet<String>,
    /// Titles of the pages that were made, by the ids of their Sources.
    titles: HashMap<String, String>,
    /// The files of the build that is published.
    published: Option<Arc<Outputs>>,
}

impl Reporter {
    pub(super) fn new(context: Arc<Context>, site: SiteName) -> Self {
        let (reported, unlinked, titles) = (HashSet::new(), HashSet::new(), HashMap::new());
        Self { context, site, reported, unlinked, titles, published: None }
    }

    /// Gives memory back that only helps to name pages.
    pub(super) fn forget(&mut self) {
        self.titles = HashMap::new();
        self.published = None;
    }

    fn emit(&self, event: Event) {
        self.context.session.emit(Some(&self.site), event);
    }

    /// Reports what a build found, before it is published.
    pub(super) fn findings(&mut self, built: &Built) {
        if !built.is_idle {
            for diagnostic in &built.site.diagnostics {
                // An error is why nothing happens: it is said each time.
                if diagnostic.is_error() || !self.reported.contains(diagnostic) {
                    self.context.terminal.finding(self.context.shown(&self.site), diagnostic);
                }
                self.emit(Event::finding(diagnostic));
            }
            self.reported = built.site.diagnostics.iter().cloned().collect();
            self.emit(built.event());
        }
        self.unlinked(built);
    }

    /// Says of texts that were written and are on no page why that is so: once, and again if they were linked meanwhile.
    fn unlinked(&mut self, built: &Built) {
        self.unlinked.retain(|name| built.unlinked.contains(name) || !built.names.contains(name));
        let prefix = self.context.prefix(&self.site);
        for name in &built.unlinked {
            if self.unlinked.insert(name.clone()) {
                let why = match pmx_site::source_name(name) {
                    Some(source) => format!("is no Source: call it {source}"),
                    None => "exists; no link leads to it".to_owned(),
                };
                self.context.terminal.say(format_args!("  {prefix}{name} {why}"));
                self.emit(Event::Unlinked { path: name.clone() });
            }
        }
    }

    /// Reports what became of a build. `is_asked_for`: somebody waits for a word of it.
    pub(super) fn finished(&mut self, mut finished: Finished, is_asked_for: bool) {
        let (built, context) = (&mut finished.built, &self.context);
        self.titles.extend(std::mem::take(&mut built.site.titles));
        let is_published = matches!(finished.outcome, PublishOutcome::Published { .. });
        if is_published {
            context.worker.published.send_modify(|published| *published += 1);
        }
        let diagnostics = built.site.diagnostics.as_slice().into();
        let last = finished.last_build();
        context.session.update(&self.site, |status| {
            status.builds += 1;
            status.diagnostics = diagnostics;
            status.error = None;
            status.last = Some(last);
            status.phase = status.settled();
        });
        if !finished.built.is_idle || is_asked_for || is_published {
            self.emit(finished.event());
            let is_news = !matches!(finished.outcome, PublishOutcome::Unchanged);
            if is_news || is_asked_for || context.terminal.report().verbose() {
                let known = KnownPages { titles: &self.titles, published: self.published.as_deref() };
                build_line::show(context.shown(&self.site), &finished, &known, |line| context.terminal.build(line));
            }
        }
        if finished.is_live() {
            self.published = Some(finished.built.site.outputs);
        }
    }

    /// Reports that a build could not be published.
    pub(super) fn not_published(&self, built: &Built, error: &Error) {
        let diagnostics = built.site.diagnostics.as_slice().into();
        self.context.session.update(&self.site, |status| status.diagnostics = diagnostics);
        if (built.changed > 0 && !built.is_idle) || !self.has_failed_so(error) {
            self.failed(error);
        }
    }

    /// Reports that a build which was announced had nothing to do: all is as it was before.
    pub(super) fn nothing_came_of_it(&self) {
        let Some(status) = self.context.session.site(&self.site) else { return };
        self.emit(match &status.error {
            Some(failure) => Event::Failed(failure.clone()),
            None if status.phase == Phase::Failed => Event::Kept,
            None => Event::Unchanged,
        });
    }

    /// Whether this is why nothing could be built or published the last time, too.
    fn has_failed_so(&self, error: &Error) -> bool {
        let status = self.context.session.site(&self.site);
        status.and_then(|status| Some(status.error.as_ref()?.message == error.to_string())).unwrap_or(false)
    }

    /// Reports that nothing could be built or published.
    pub(super) fn failed(&self, error: &Error) {
        let folder = self.context.session.site(&self.site).map(|status| status.folder.clone());
        if self.context.many && folder.is_some_and(|folder| !folder.is_dir()) {
            // It is gone as a whole, which is said of it soon.
            return;
        }
        self.context.fail(&self.site, error);
    }
}
