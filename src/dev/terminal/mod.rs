//! What a person at the terminal sees of the loop, and the keys that they press.

mod banner;
mod excerpt;
mod keyboard;
mod keys;
mod line;

pub(super) use banner::Banner;
pub(super) use keyboard::Keyboard;
pub(super) use keys::{KeyAction, Keys};
pub(super) use line::BuildLine;

use crate::{
    error::Error,
    report::{Report, Style},
    session::{EarlierDeploy, Event, EventRecord},
};
use pmx_site::Diagnostic;
use std::{
    fmt::Display,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Where the loops of all sites speak.
#[derive(Debug)]
pub(super) struct Terminal {
    report: Report,
    last: Mutex<Option<Repeated>>,
}

/// The line that stands last on the terminal, and how often it came.
#[derive(Debug)]
struct Repeated {
    key: String,
    times: u32,
}

impl Terminal {
    pub(super) fn new(report: &Report) -> Self {
        Self { report: report.clone(), last: Mutex::default() }
    }

    pub(super) fn report(&self) -> &Report {
        &self.report
    }

    /// An event: a line of JSON, with `--json`. Of a rollback it says what is shown now, whoever asked for it.
    pub(super) fn event(&self, record: &EventRecord) {
        if self.report.json() {
            self.report.event(&record.to_json());
        }
        if let (Some(site), Event::RolledBack(activation)) = (&record.site, &record.event) {
            let earlier = activation.earlier.as_ref();
            let words = earlier.map_or_else(|| "showing the newest deploy again".to_owned(), EarlierDeploy::line);
            self.say(format_args!("  {site}: {words}"));
        }
    }

    /// Talk; none with `--quiet`.
    pub(super) fn say(&self, line: impl Display) {
        let mut last = self.last();
        *last = None;
        self.report.say(line);
    }

    /// A warning, even with `--quiet`.
    pub(super) fn warn(&self, line: impl Display) {
        let mut last = self.last();
        *last = None;
        self.report.warn(line);
    }

    /// A warning with its hints, even with `--quiet`.
    pub(super) fn warning(&self, error: &Error) {
        self.warn(error);
        for hint in error.hints() {
            self.report.finding(format_args!("{}: {hint}", self.report.paint(Style::Bold, "hint")));
        }
    }

    /// A line about a build. On a terminal one that says the same as the line above takes its place and counts.
    pub(super) fn build(&self, line: &BuildLine<'_>) {
        let (key, text) = (line.key(), line.show(&self.report));
        let mut last = self.last();
        match &mut *last {
            Some(same) if same.key == key && self.report.interactive() => {
                same.times += 1;
                let times = self.report.paint(Style::Dim, &format!("×{}", same.times));
                self.report.say_again(format_args!("{text}  {times}"));
            }
            _ => {
                *last = Some(Repeated { key, times: 1 });
                self.report.say(text);
            }
        }
    }

    /// A finding with the line that it is about, even with `--quiet`.
    pub(super) fn finding(&self, site: Option<&str>, diagnostic: &Diagnostic) {
        let mut last = self.last();
        *last = None;
        self.report.findings(excerpt::show(&self.report, site, diagnostic));
    }

    /// Why nothing could be built or published, even with `--quiet`.
    pub(super) fn failure(&self, site: Option<&str>, error: &Error) {
        let mut last = self.last();
        *last = None;
        let site = site.map_or_else(String::new, |site| format!("{site}: "));
        self.report.finding(format_args!("{}: {site}{error}", self.report.paint(Style::Bad, "error")));
        for hint in error.hints() {
            self.report.finding(format_args!("{}: {hint}", self.report.paint(Style::Bold, "hint")));
        }
    }

    /// Empties the terminal.
    pub(super) fn clear(&self) {
        *self.last() = None;
        self.report.clear();
    }

    fn last(&self) -> MutexGuard<'_, Option<Repeated>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
