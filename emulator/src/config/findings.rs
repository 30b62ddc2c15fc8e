//! Findings as they are made.

use super::{
    diagnostic::{Diagnostic, Place, Severity},
    limits::MAX_DIAGNOSTICS,
    syntax::Lines,
};

/// The findings about one file.
pub(super) struct Findings<'t> {
    path: &'t str,
    lines: Lines<'t>,
    section: String,
    found: Vec<Diagnostic>,
    more: usize,
}

impl<'t> Findings<'t> {
    pub(super) fn of(path: &'t str, text: &'t str) -> Self {
        Self { path, lines: Lines::of(text), section: String::new(), found: Vec::new(), more: 0 }
    }

    /// Keys are of this environment from here, or of the top level.
    pub(super) fn enter(&mut self, environment: Option<&str>) {
        self.section = environment.map(|name| format!("env.{name}.")).unwrap_or_default();
    }

    pub(super) fn error(&mut self, at: usize, key: &str, message: impl Into<String>) {
        self.say(Severity::Error, self.lines.place(at), key, message.into(), None);
    }

    pub(super) fn warn(&mut self, at: usize, key: &str, message: impl Into<String>, hint: Option<String>) {
        self.say(Severity::Warning, self.lines.place(at), key, message.into(), hint);
    }

    pub(super) fn note(&mut self, at: usize, key: &str, message: impl Into<String>) {
        self.say(Severity::Note, self.lines.place(at), key, message.into(), None);
    }

    /// An error with what could be done.
    pub(super) fn error_with(&mut self, at: usize, key: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.say(Severity::Error, self.lines.place(at), key, message.into(), Some(hint.into()));
    }

    /// A finding about a place that is known already.
    pub(super) fn say(
        &mut self,
        severity: Severity,
        place: Place,
        key: &str,
        mut message: String,
        hint: Option<String>,
    ) {
        if self.found.len() >= MAX_DIAGNOSTICS {
            self.more += 1;
            return;
        }
        let key = if key.starts_with(&self.section) { key.to_owned() } else { format!("{}{key}", self.section) };
        message.truncate(message.trim_end().len());
        self.found.push(Diagnostic { path: self.path.to_owned(), place, severity, key, message, hint });
    }

    pub(super) fn place(&self, at: usize) -> Place {
        self.lines.place(at)
    }

    /// All of them, in the order of the file.
    pub(super) fn done(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|found| (found.place, found.severity));
        if self.more > 0 {
            let (path, place, more) = (self.path.to_owned(), Place::START, self.more);
            let message = format!("{more} more findings are not shown");
            self.found.push(Diagnostic {
                path,
                place,
                severity: Severity::Error,
                key: String::new(),
                message,
                hint: None,
            });
        }
        self.found
    }
}
