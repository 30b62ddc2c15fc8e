use super::{ApiCall, Progress, Step};
use crate::report::Report;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use std::{
    fmt::Display,
    sync::{Mutex, PoisonError},
};

/// Uploads below this need no lines on how far they are.
const WORTH_A_LINE: u64 = 16 * 1024 * 1024;

/// How the steps of a publish are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wording {
    /// To a person, on stderr.
    Plain,
    /// In the lines on stdout that PathMX scripts know; they stay as they are.
    Porcelain,
}

/// How far calls got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// The server has nothing that it did not have before.
    Nothing,
    /// Blobs are being uploaded, or were.
    Uploads,
    /// This call was sent, which changes what readers see.
    Change(ApiCall),
}

/// Shows a publish, with a bar where there is a terminal.
#[derive(Debug)]
pub struct TerminalProgress<'a> {
    report: &'a Report,
    wording: Wording,
    uploads: Mutex<Option<Uploads>>,
    reached: Mutex<Reached>,
}

#[derive(Debug)]
struct Uploads {
    bar: Option<ProgressBar>,
    done: u64,
    total: u64,
}

impl<'a> TerminalProgress<'a> {
    /// Shows it through this report.
    #[must_use]
    pub const fn new(report: &'a Report, wording: Wording) -> Self {
        Self { report, wording, uploads: Mutex::new(None), reached: Mutex::new(Reached::Nothing) }
    }

    /// How the steps are told.
    #[must_use]
    pub const fn wording(&self) -> Wording {
        self.wording
    }

    /// A line of [`Wording::Porcelain`].
    pub fn script(&self, line: impl Display) {
        if self.wording == Wording::Porcelain {
            self.report.line(format_args!("[pathmx] {line}"));
        }
    }

    /// A line of [`Wording::Plain`].
    pub fn person(&self, line: impl Display) {
        if self.wording == Wording::Plain {
            self.talk(line);
        }
    }

    /// How far the calls got that were told of.
    #[must_use]
    pub fn reached(&self) -> Reached {
        *self.reached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reach(&self, reached: Reached) {
        *self.reached.lock().unwrap_or_else(PoisonError::into_inner) = reached;
    }

    /// Removes the bar.
    pub fn clear(&self) {
        if let Some(Uploads { bar: Some(bar), .. }) = self.uploads().take() {
            bar.finish_and_clear();
        }
    }

    fn uploads(&self) -> std::sync::MutexGuard<'_, Option<Uploads>> {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, total: u64) {
        let bar = (self.report.interactive() && total > 0).then(|| ProgressBar::new(total).with_style(style()));
        *self.uploads() = Some(Uploads { bar, done: 0, total });
    }

    fn advance(&self, bytes: u64) {
        let mut guard = self.uploads();
        let Some(uploads) = guard.as_mut() else { return };
        let before = uploads.done;
        uploads.done += bytes;
        match &uploads.bar {
            Some(bar) => bar.set_position(uploads.done),
            None if uploads.total >= WORTH_A_LINE => {
                let tenth = |bytes: u64| bytes.saturating_mul(10) / uploads.total;
                if tenth(uploads.done) > tenth(before) {
                    let (done, total) = (HumanBytes(uploads.done), HumanBytes(uploads.total));
                    self.talk(format_args!("{}uploaded {done} of {total}", self.mark()));
                }
            }
            None => {}
        }
    }

    /// A line on stderr, above the bar if there is one.
    fn say(&self, line: impl Display) {
        match self.uploads().as_ref() {
            Some(Uploads { bar: Some(bar), .. }) => bar.suspend(|| self.talk(line)),
            _ => self.talk(line),
        }
    }

    fn talk(&self, line: impl Display) {
        if !self.report.json() {
            self.report.say(line);
        }
    }

    const fn mark(&self) -> &'static str {
        match self.wording {
            Wording::Plain => "",
            Wording::Porcelain => "[pathmx] ",
        }
    }
}

impl Progress for TerminalProgress<'_> {
    fn on(&self, step: &Step<'_>) {
        match step {
            Step::Checking { hashes } => self.script(format_args!("checking {hashes} hashes")),
            Step::Uploading { new, cached, bytes } => {
                self.script(format_args!("uploading {new} new blobs ({cached} cached)"));
                if *new > 0 {
                    self.reach(Reached::Uploads);
                }
                self.begin(*bytes);
            }
            Step::Uploaded { bytes } => self.advance(*bytes),
            Step::UploadsEnded => self.clear(),
            Step::Retrying { call, reason, wait } => {
                self.say(format_args!("{}{call}: {reason}; again in {:.1} s", self.mark(), wait.as_secs_f32()));
            }
            Step::Committing { call } => self.reach(Reached::Change(*call)),
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
