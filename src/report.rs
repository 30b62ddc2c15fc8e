//! The one place that prints. stdout is data, stderr is talk.
//!
//! Whatever is printed is taken for text from outside: `text` lets nothing of it reach a terminal but letters. Each call prints one
//! line, with the line breaks in it shown by their number; what has several lines is given as several.

mod log;
mod output;
mod text;
mod words;

pub(crate) use log::{LogJson, LogLine};
pub(crate) use text::is_active;
pub(crate) use words::{counted, pasted, short_id};

use crate::{
    cli::GlobalArgs,
    error::{Error, Result},
};
use serde::Serialize;
use std::{
    fmt::Display,
    io::{self, IsTerminal, Read, Write as _},
};

/// Where the words of a command go.
#[derive(Clone, Debug)]
pub struct Report {
    quiet: bool,
    json: bool,
    verbose: u8,
    stdout: Ink,
    stderr: Ink,
}

/// Whether a stream has colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ink {
    Plain,
    Colour,
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
    pub fn new(global: &GlobalArgs) -> Self {
        let (stdout, stderr) = (Ink::of_stream(&io::stdout()), Ink::of_stream(&io::stderr()));
        Self { quiet: global.quiet, json: global.json, verbose: global.verbose, stdout, stderr }
    }

    /// Without options and without colour.
    #[cfg(test)]
    pub(crate) const fn plain() -> Self {
        Self { quiet: false, json: false, verbose: 0, stdout: Ink::Plain, stderr: Ink::Plain }
    }

    /// Whether the user asked for JSON lines on stdout.
    #[must_use]
    pub const fn json(&self) -> bool {
        self.json
    }

    /// Whether the user asked for data and errors alone.
    #[must_use]
    pub const fn quiet(&self) -> bool {
        self.quiet
    }

    /// Whether the user asked for more than the usual words.
    #[must_use]
    pub const fn verbose(&self) -> bool {
        self.verbose > 0
    }

    /// Whether stderr is a terminal that may be drawn on (a progress bar).
    #[must_use]
    pub fn interactive(&self) -> bool {
        self.attended() && !is_dumb(std::env::var("TERM").ok().as_deref())
    }

    /// Whether stderr is a terminal, at which somebody reads along.
    #[must_use]
    pub fn attended(&self) -> bool {
        !self.quiet && !self.json && io::stderr().is_terminal()
    }

    /// How many columns the terminal on stdout has; none where it is no terminal.
    #[must_use]
    pub fn columns(&self) -> Option<usize> {
        terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0))
    }

    /// Talk: a line on stderr, none with `--quiet`.
    pub fn say(&self, line: impl Display) {
        if !self.quiet {
            self.finding(line);
        }
    }

    /// Talk in place of the line above, where [`Self::interactive`].
    pub fn say_again(&self, line: impl Display) {
        if !self.quiet {
            // One line up, and empty it.
            talk(&format!("\x1b[1A\x1b[2K{}\n", self.talk_of(&line.to_string())));
        }
    }

    /// Empties the terminal, where [`Self::interactive`].
    pub fn clear(&self) {
        if self.interactive() {
            talk("\x1b[2J\x1b[3J\x1b[H");
        }
    }

    /// A warning on stderr, even with `--quiet`.
    pub fn warn(&self, line: impl Display) {
        self.finding(format_args!("{}: {line}", self.paint(Style::Warn, "warning")));
    }

    /// A finding that says itself how bad it is: a line on stderr, even with `--quiet`.
    pub fn finding(&self, line: impl Display) {
        self.findings([line]);
    }

    /// As [`Self::finding`], several lines that stay together.
    pub fn findings(&self, lines: impl IntoIterator<Item = impl Display>) {
        let lines: String = lines.into_iter().map(|line| format!("{}\n", self.talk_of(&line.to_string()))).collect();
        talk(&lines);
    }

    /// A line on stdout about what was done, for those who read along; none with `--quiet` or `--json`.
    pub fn line(&self, line: impl Display) {
        if !self.quiet && !self.json {
            self.data(line);
        }
    }

    /// Data: a line on stdout. What cannot be written makes the command fail at its end, see [`Self::end`].
    pub fn data(&self, line: impl Display) {
        let line = line.to_string();
        output::write(format!("{}\n", text::line(&line, self.stdout == Ink::Colour)).as_bytes());
    }

    /// Content: these bytes on stdout as they are, and nothing after them. On a terminal what is no text, and what would do something
    /// there, is shown by its number. What cannot be written makes the command fail at its end.
    pub fn bytes(&self, bytes: &[u8]) {
        if io::stdout().is_terminal() {
            output::write(text::content(&String::from_utf8_lossy(bytes)).as_bytes());
        } else {
            output::write(bytes);
        }
    }

    /// Content that is no text, from a reader, as far as stdout takes it. What cannot be written makes the command fail at its end.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn copy(&self, from: &mut impl Read) -> io::Result<()> {
        output::copy(from)
    }

    /// Text of pmx itself, with the sequences of a terminal where stdout is one: help, the version.
    pub fn help(help: &clap::builder::StyledStr) {
        if Ink::of_stream(&io::stdout()) == Ink::Colour {
            output::write(help.ansi().to_string().as_bytes());
        } else {
            output::write(help.to_string().as_bytes());
        }
    }

    /// As [`Self::help`], on stderr: why a call is no call.
    pub fn usage(error: &clap::builder::StyledStr) {
        let is_coloured = Ink::of_stream(&io::stderr()) == Ink::Colour;
        talk(&if is_coloured { error.ansi().to_string() } else { error.to_string() });
    }

    /// The end of a command: whether stdout has taken all that was to go there, or its reader has seen enough.
    ///
    /// # Errors
    /// A write failed.
    pub fn end() -> Result<()> {
        output::end().map_err(|error| Error::new(format_args!("stdout cannot be written: {error}")))
    }

    /// Whether nothing more that goes to stdout is read.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        output::is_closed()
    }

    /// Comes when a write to stdout has failed, for what goes on until its user ends it. A reader that has gone is no failure: what
    /// serves goes on without.
    pub async fn failed(&self) {
        output::failed().await;
    }

    /// Comes when nobody reads stdout any more, for what is of no use then.
    pub async fn unread(&self) {
        output::gone().await;
    }

    /// A question that is answered with yes or no; anything but `y` and `yes` is no. `None` if nobody is there to answer.
    #[must_use]
    pub fn ask(&self, question: &str) -> Option<bool> {
        if self.json || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return None;
        }
        talk(&format!("{} [y/N] ", self.talk_of(question)));
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).ok()?;
        Some(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    /// One JSON object as a line on stdout, with `--json` only.
    pub fn event(&self, event: &impl Serialize) {
        if self.json
            && let Ok(line) = serde_json::to_string(event)
        {
            output::write(format!("{}\n", text::json(&line)).as_bytes());
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
        let hints = error.hints().iter().map(|hint| format!("{}: {hint}", self.paint(Style::Bold, "hint")));
        self.findings(std::iter::once(format!("{}: {error}", self.paint(Style::Bad, "error"))).chain(hints));
    }

    /// A line as stderr may have it.
    fn talk_of<'a>(&self, line: &'a str) -> std::borrow::Cow<'a, str> {
        text::line(line, self.stderr == Ink::Colour)
    }

    /// The text in a style; a stream without colours prints it as it is. Only what prints here knows the style: it is no sequence of a terminal's.
    #[must_use]
    pub fn paint(&self, style: Style, text: &str) -> String {
        let letter = match style {
            Style::Plain => return text.to_owned(),
            Style::Bold => 'b',
            Style::Dim => 'd',
            Style::Good => 'g',
            Style::Warn => 'w',
            Style::Bad => 'e',
        };
        let is_plain = self.stdout == Ink::Plain && self.stderr == Ink::Plain;
        if is_plain { text.to_owned() } else { text::marked(letter, text) }
    }
}

impl Ink {
    fn of_stream(stream: &impl IsTerminal) -> Self {
        Self::of(stream.is_terminal(), |name| std::env::var(name).ok())
    }

    /// What the environment says, as clap reads it for help and usage errors: `NO_COLOR` (no-color.org), then `CLICOLOR_FORCE` and `CLICOLOR`
    /// (bixense.com/clicolors). Else a terminal has colours, unless it says that it knows none.
    fn of(is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let is_coloured = if set("NO_COLOR").is_some() {
            false
        } else if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
            true
        } else {
            is_terminal && set("CLICOLOR").is_none_or(|value| value != "0") && !is_dumb(variable("TERM").as_deref())
        };
        if is_coloured { Self::Colour } else { Self::Plain }
    }
}

/// Whether a terminal says that it knows no sequences: neither colours nor movements.
fn is_dumb(term: Option<&str>) -> bool {
    term == Some("dumb")
}

/// A text as [`Report`] prints it: what would do something on a terminal is shown by its number.
#[must_use]
pub fn shown(text: &str) -> String {
    text::line(text, false).into_owned()
}

/// Written as it is. Where nobody listens any more, nothing is said.
fn talk(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_unless_the_environment_says_otherwise() {
        for (is_terminal, variables, expected) in [
            (true, &[][..], Ink::Colour),
            (false, &[], Ink::Plain),
            (true, &[("TERM", "xterm-256color")], Ink::Colour),
            (true, &[("TERM", "dumb")], Ink::Plain),
            (true, &[("NO_COLOR", "1")], Ink::Plain),
            (true, &[("NO_COLOR", "")], Ink::Colour),
            (false, &[("CLICOLOR_FORCE", "1")], Ink::Colour),
            (false, &[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")], Ink::Colour),
            (false, &[("CLICOLOR_FORCE", "0")], Ink::Plain),
            (true, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], Ink::Plain),
            (true, &[("CLICOLOR", "0")], Ink::Plain),
            (false, &[("CLICOLOR", "1")], Ink::Plain),
        ] {
            let variable =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            assert_eq!(Ink::of(is_terminal, variable), expected, "{is_terminal} {variables:?}");
        }
    }
}
