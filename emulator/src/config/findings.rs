//! Findings as they are made.

use super::{
    diagnostic::{Diagnostic, Place, Severity},
    limits::MAX_DIAGNOSTICS,
    syntax::Lines,
};
use std::collections::BTreeSet;

/// The findings about one file.
pub(super) struct Findings<'t> {
    path: &'t str,
    lines: Lines<'t>,
    section: String,
    /// Of a Worker in an environment, the keys that the environment sets itself.
    own_keys: Option<BTreeSet<String>>,
    found: Vec<Diagnostic>,
    more: usize,
}

impl<'t> Findings<'t> {
    pub(super) fn of(path: &'t str, text: &'t str) -> Self {
        Self { path, lines: Lines::of(text), section: String::new(), own_keys: None, found: Vec::new(), more: 0 }
    }

    /// Keys are of this environment from here, or of the top level.
    pub(super) fn enter(&mut self, environment: Option<&str>) {
        self.section = environment.map(|name| format!("env.{name}.")).unwrap_or_default();
    }

    /// Keys are those of a Worker from here: of its environment what that sets itself, and of the top level all others.
    pub(super) fn enter_worker(&mut self, environment: Option<&str>, own_keys: &BTreeSet<String>) {
        self.enter(environment);
        self.own_keys = Some(own_keys.clone());
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
        let first = key.split(['.', '[']).next().unwrap_or_default();
        let is_inherited = self.own_keys.as_ref().is_some_and(|own| !own.contains(first));
        let is_whole = is_inherited || key.starts_with(&self.section);
        let key = if is_whole { key.to_owned() } else { format!("{}{key}", self.section) };
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
