//! The ids of a page, each given once. Headings get GitHub's.

use super::survey::Survey;
use crate::diagnostic::{Diagnostic, Position};
use comrak::{Anchorizer, nodes::AstNode};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// A heading of a Source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heading {
    /// From 1 to 6.
    pub level: u8,
    /// Unique in the page.
    pub id: String,
    /// Without markup.
    pub text: String,
}

/// The id that a heading with this text has if no other has it.
pub(crate) fn slug(text: &str) -> String {
    Anchorizer::new().anchorize(text.trim())
}

pub(super) struct Ids {
    /// Each with exactly its own spelling: ids are case-sensitive.
    pub(super) taken: HashSet<String>,
    /// The next suffix to try for an id that was taken, so that many equal ids cost no more than many different ones.
    suffixes: HashMap<String, usize>,
}

impl Ids {
    /// Starts with the ids that authors wrote into raw HTML.
    pub(super) fn new(written: Vec<String>) -> Self {
        Self { taken: written.into_iter().collect(), suffixes: HashMap::new() }
    }

    pub(super) fn unique(&mut self, id: &str) -> String {
        if self.taken.insert(id.to_owned()) {
            return id.to_owned();
        }
        let mut suffix = self.suffixes.get(id).copied().unwrap_or(0);
        loop {
            suffix += 1;
            let candidate = format!("{id}-{suffix}");
            if self.taken.insert(candidate.clone()) {
                self.suffixes.insert(id.to_owned(), suffix);
                return candidate;
            }
        }
    }

    /// The `id` of a Block's topmatter.
    pub(super) fn explicit(
        &mut self,
        values: &Map<String, Value>,
        position: impl FnOnce() -> Position,
        findings: &mut Vec<Diagnostic>,
    ) -> Option<String> {
        let id = match values.get("id")? {
            Value::String(id) => id.trim().to_owned(),
            Value::Number(id) => id.to_string(),
            _ => String::new(),
        };
        if id.is_empty() || id.contains(|c: char| c.is_whitespace() || c.is_control()) {
            let message = "the `id` of a Block is a word without spaces";
            findings.push(Diagnostic::warning("block/id", position(), message));
            return None;
        }
        if self.taken.insert(id.clone()) {
            return Some(id);
        }
        let message = format!("the id `{id}` is used twice in this Source");
        findings.push(Diagnostic::warning("block/duplicate-id", position(), message));
        Some(self.unique(&id))
    }

    /// Gives every heading its id, made of its text; line and heading, in order.
    pub(super) fn headings<'a>(
        &mut self,
        survey: &mut Survey<'a>,
        text: impl Fn(usize, &'a AstNode<'a>) -> String,
    ) -> Vec<(usize, Heading)> {
        let found = std::mem::take(&mut survey.headings).into_iter();
        found
            .map(|(line, level, node)| {
                let text = text(line, node);
                let id = slug(&text);
                let id = self.unique(if id.is_empty() { "section" } else { &id });
                (line, Heading { level, id, text })
            })
            .collect()
    }
}
