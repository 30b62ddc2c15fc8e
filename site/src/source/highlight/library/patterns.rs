//! The regular expressions of grammars: compiled when they are first needed, searched for within a budget.

use super::machine::Stopped;
use fancy_regex::{Captures, Regex, RegexBuilder};
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};
use syntect::parsing::syntax_definition::MatchPattern;

/// The steps that one search may go back for: a pattern that looks ahead over a whole line takes some hundred. The default is a million.
const MAX_BACKTRACKS: usize = 4_000;

/// What a search costs that gives up after [`MAX_BACKTRACKS`], in units of [`Patterns::spend`].
const GIVEN_UP: u64 = 4_000;

/// The most compiled patterns that are kept, of all grammars together: those of some twenty languages. A pattern takes 10 to 50 KB.
const MAX_KEPT: usize = 4_000;

/// The most patterns that are compiled anew within one piece of code, since what they ask for was read before (the end of a heredoc).
const MAX_WRITTEN: usize = 256;

/// What a pattern found: its groups, the whole first.
#[derive(Debug)]
pub(super) struct PatternMatch(Vec<Option<(usize, usize)>>);

impl PatternMatch {
    fn of(captures: &Captures<'_>) -> Self {
        Self((0..captures.len()).map(|group| captures.get(group).map(|found| (found.start(), found.end()))).collect())
    }

    pub(super) fn group(&self, group: usize) -> Option<(usize, usize)> {
        self.0.get(group).copied().flatten()
    }

    pub(super) fn start(&self) -> usize {
        self.group(0).map_or(0, |(start, _)| start)
    }

    pub(super) fn end(&self) -> usize {
        self.group(0).map_or(0, |(_, end)| end)
    }
}

/// `None` if a pattern cannot be compiled: then it never applies.
type Compiled = Arc<Option<Regex>>;

/// By the address of the pattern, which lives as long as the process.
static KEPT: LazyLock<RwLock<HashMap<usize, Compiled>>> = LazyLock::new(RwLock::default);

/// The patterns that one piece of code is searched with.
pub(super) struct Patterns {
    budget: u64,
    own: HashMap<usize, Compiled>,
    /// Those with text from the code in them.
    written: HashMap<String, Compiled>,
    /// What is known of the line: where each pattern is found next, or that it is not.
    line: HashMap<usize, Option<Arc<PatternMatch>>>,
}

impl Patterns {
    pub(super) fn new(budget: u64) -> Self {
        Self { budget, own: HashMap::new(), written: HashMap::new(), line: HashMap::new() }
    }

    pub(super) fn begin_line(&mut self) {
        self.line.clear();
    }

    /// One unit is a look at a rule, or about eight bytes of text.
    fn spend(&mut self, units: u64) -> Result<(), Stopped> {
        self.budget = self.budget.checked_sub(units).ok_or(Stopped::Budget)?;
        Ok(())
    }

    /// Where the pattern is found first from `at` on.
    pub(super) fn search(
        &mut self,
        line: &str,
        at: usize,
        pattern: &MatchPattern,
    ) -> Result<Option<Arc<PatternMatch>>, Stopped> {
        self.spend(1)?;
        let key = std::ptr::from_ref(pattern) as usize;
        match self.line.get(&key) {
            Some(Some(found)) if found.start() >= at => return Ok(Some(Arc::clone(found))),
            Some(None) => return Ok(None),
            _ => {}
        }
        let compiled = match self.own.get(&key) {
            Some(compiled) => Arc::clone(compiled),
            None => {
                let compiled = kept(key, pattern.regex.regex_str());
                self.own.insert(key, Arc::clone(&compiled));
                compiled
            }
        };
        let found = self.run(compiled.as_ref().as_ref(), line, at)?;
        self.line.insert(key, found.clone());
        Ok(found)
    }

    /// The same for a pattern that asks for what was found in `text` before.
    pub(super) fn search_with(
        &mut self,
        line: &str,
        at: usize,
        pattern: &MatchPattern,
        found: &PatternMatch,
        text: &str,
    ) -> Result<Option<Arc<PatternMatch>>, Stopped> {
        self.spend(1)?;
        let source = with_groups(pattern.regex.regex_str(), |group| {
            found.group(group).and_then(|(start, end)| text.get(start..end))
        });
        let compiled = match self.written.get(&source) {
            Some(compiled) => Arc::clone(compiled),
            None if self.written.len() >= MAX_WRITTEN => return Err(Stopped::Budget),
            None => {
                let compiled = Arc::new(compile(&source));
                self.written.insert(source, Arc::clone(&compiled));
                compiled
            }
        };
        self.run(compiled.as_ref().as_ref(), line, at)
    }

    fn run(&mut self, regex: Option<&Regex>, line: &str, at: usize) -> Result<Option<Arc<PatternMatch>>, Stopped> {
        let Some(regex) = regex else { return Ok(None) };
        let found = regex.captures_from_pos(line, at);
        let read = match &found {
            Ok(Some(captures)) => captures.get(0).map_or(0, |found| found.end().saturating_sub(at)),
            Ok(None) => line.len() - at,
            Err(_) => 0,
        };
        self.spend(if found.is_err() { GIVEN_UP } else { 4 + (read as u64) / 8 })?;
        // A search that gave up found nothing, as in every editor.
        Ok(found.ok().flatten().map(|captures| Arc::new(PatternMatch::of(&captures))))
    }
}

/// The compiled form of a pattern of a grammar, which is kept for the next piece of code.
fn kept(key: usize, source: &str) -> Compiled {
    if let Some(compiled) = KEPT.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Arc::clone(compiled);
    }
    let compiled = Arc::new(compile(source));
    let mut kept = KEPT.write().unwrap_or_else(PoisonError::into_inner);
    if kept.len() >= MAX_KEPT {
        kept.clear();
    }
    Arc::clone(kept.entry(key).or_insert(compiled))
}

fn compile(source: &str) -> Option<Regex> {
    RegexBuilder::new(source).oniguruma_mode(true).backtrack_limit(MAX_BACKTRACKS).build().ok()
}

/// A pattern with `\1` replaced by what the group found, literally.
fn with_groups<'t>(pattern: &str, group: impl Fn(usize) -> Option<&'t str>) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match characters.next() {
            Some(next) if next.is_ascii_digit() => {
                let found = next.to_digit(10).and_then(|digit| group(digit as usize));
                out.push_str(&fancy_regex::escape(found.unwrap_or_default()));
            }
            next => {
                out.push('\\');
                out.extend(next);
            }
        }
    }
    out
}
