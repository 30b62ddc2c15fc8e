//! The one place that prints. stdout is data, stderr is talk.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this module is where printing happens")]

use crate::{cli::Global, error::Error};
use serde::Serialize;
use std::io::{IsTerminal as _, Write as _};

/// Where the words of a command go.
#[derive(Clone, Debug)]
pub struct Report {
    quiet: bool,
    json: bool,
    verbose: u8,
    color: bool,
}

/// How a part of a line is shown where colour is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As it is.
    Plain,
    /// Strong.
    Bold,
    /// Weak.
    Dim,
    /// It went well.
    Good,
    /// Look here.
    Warn,
    /// It failed.
    Bad,
}

impl Report {
    /// As the options of this call ask for.
    #[must_use]
    pub fn new(global: &Global) -> Self {
        let color = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()) && std::io::stderr().is_terminal();
        Self { quiet: global.quiet, json: global.json, verbose: global.verbose, color }
    }

    /// Whether the user asked for JSON lines on stdout.
    #[must_use]
    pub const fn json(&self) -> bool {
        self.json
    }

    /// Whether the user asked for more than the usual words.
    #[must_use]
    pub const fn verbose(&self) -> bool {
        self.verbose > 0
    }

    /// Whether stderr is a terminal that may be drawn on (a progress bar).
    #[must_use]
    pub fn interactive(&self) -> bool {
        !self.quiet && !self.json && std::io::stderr().is_terminal()
    }

    /// Talk: a line on stderr, none with `--quiet`.
    pub fn say(&self, line: impl std::fmt::Display) {
        if !self.quiet {
            eprintln!("{line}");
        }
    }

    /// Talk in place of the line above, where [`Self::interactive`].
    pub fn say_again(&self, line: impl std::fmt::Display) {
        // One line up, and empty it.
        self.say(format_args!("\x1b[1A\x1b[2K{line}"));
    }

    /// Empties the terminal, where [`Self::interactive`].
    pub fn clear(&self) {
        if self.interactive() {
            eprint!("\x1b[2J\x1b[3J\x1b[H");
        }
    }

    /// A warning on stderr, even with `--quiet`.
    pub fn warn(&self, line: impl std::fmt::Display) {
        eprintln!("{}: {line}", self.paint(Style::Warn, "warning"));
    }

    /// A finding that says itself how bad it is: a line on stderr, even with `--quiet`.
    pub fn finding(&self, line: impl std::fmt::Display) {
        eprintln!("{line}");
    }

    /// A line on stdout about what was done, for those who read along; none with `--quiet` or `--json`.
    pub fn line(&self, line: impl std::fmt::Display) {
        if !self.quiet && !self.json {
            self.data(line);
        }
    }

    /// Data: a line on stdout. A reader that went away is no error.
    pub fn data(&self, line: impl std::fmt::Display) {
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    /// Data that is no text: these bytes on stdout, and nothing after them. A reader that went away is no error.
    pub fn bytes(&self, bytes: &[u8]) {
        let mut stdout = std::io::stdout().lock();
        let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
    }

    /// A question that is answered with yes or no; anything but `y` and `yes` is no. `None` if nobody is there to answer.
    #[must_use]
    pub fn ask(&self, question: &str) -> Option<bool> {
        if self.json || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return None;
        }
        eprint!("{question} [y/N] ");
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).ok()?;
        Some(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    /// One JSON object as a line on stdout, with `--json` only.
    pub fn event(&self, event: &impl Serialize) {
        if self.json
            && let Ok(line) = serde_json::to_string(event)
        {
            self.data(line);
        }
    }

    /// An error with its hints, once, at the end of a command.
    pub fn error(&self, error: &Error) {
        if error.is_silent() {
            return;
        }
        if self.json {
            self.event(&serde_json::json!({ "event": "error", "message": error.to_string(), "hints": error.hints() }));
        }
        eprintln!("{}: {error}", self.paint(Style::Bad, "error"));
        for hint in error.hints() {
            eprintln!("{}: {hint}", self.paint(Style::Bold, "hint"));
        }
    }

    /// The text in a style, or as it is where there is no colour.
    #[must_use]
    pub fn paint(&self, style: Style, text: &str) -> String {
        let code = match style {
            Style::Plain => return text.to_owned(),
            Style::Bold => "1",
            Style::Dim => "2",
            Style::Good => "32",
            Style::Warn => "33",
            Style::Bad => "1;31",
        };
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
