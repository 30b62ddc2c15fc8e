//! One Source, parsed: a function of its text alone, so that it can be kept for as long as the text stays.

mod blocks;
mod definitions;
mod frontmatter;
mod lines;
mod markup;
mod summary;
mod topmatter;

pub(super) use blocks::{Block, Heading};
pub(super) use frontmatter::{frontmatter, key_position};
pub(super) use markup::fill;

use super::diagnostic::{Diagnostic, Position};
use blocks::Parts;
use comrak::Arena;
use lines::Lines;
use serde_json::{Map, Value};
use std::{borrow::Cow, collections::HashSet};

/// A Source, parsed.
#[derive(Debug)]
pub(super) struct Source {
    /// The frontmatter, whole.
    pub values: Map<String, Value>,
    /// `route` of the frontmatter, unchecked, and its place.
    pub route: Option<(String, Position)>,
    /// `handle` of the frontmatter, unchecked, and its place.
    pub handle: Option<(String, Position)>,
    /// From the frontmatter, else the first heading of the highest rank.
    pub title: Option<String>,
    /// From the frontmatter, else the first paragraph.
    pub description: Option<String>,
    /// Whether the text has a heading of the first rank.
    pub has_h1: bool,
    /// Classes for the document.
    pub classes: Vec<String>,
    /// At least one.
    pub blocks: Vec<Block>,
    /// Links to somewhere in the site: first those with a mark in the HTML, in its order, then the definitions.
    pub links: Vec<Link>,
    /// All headings in order.
    pub headings: Vec<Heading>,
    /// Everything in the page that a fragment can name.
    pub anchors: HashSet<String>,
    /// What is wrong with the text by itself; the paths are still empty.
    pub findings: Vec<Diagnostic>,
    /// Byte of the text at which the body starts.
    pub body: usize,
}

/// A link to somewhere in the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// As it was written, entities resolved.
    pub target: String,
    pub place: Place,
    pub position: Position,
}

/// What a link is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A reader follows it.
    Anchor,
    /// The content of another Source or Block comes here.
    Include,
    /// A part of the page: an image, a frame, a script.
    Resource,
    /// `[label]: target`
    Definition {
        /// Without the brackets.
        label: String,
    },
}

/// The Markdown that PathMX is written in: CommonMark and GFM with raw HTML, tag filter off.
pub(super) fn options() -> comrak::Options<'static> {
    let mut options = comrak::Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.render.r#unsafe = true;
    options.render.tasklist_classes = true;
    options
}

/// Parses a Source. Never fails: what cannot be read is a finding, and the rest stands.
pub(super) fn parse(bytes: &[u8]) -> Source {
    let mut findings = Vec::new();
    if let Err(error) = std::str::from_utf8(bytes) {
        let valid = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
        let position = Position::of(valid, valid.len());
        findings.push(Diagnostic::error("source/not-utf8", position, "the Source is not UTF-8 from here on"));
    }
    let text = decode(bytes);
    let front = frontmatter(&text);
    if let Some(error) = &front.error {
        let message = format!("the frontmatter is no YAML mapping: {}", error.message);
        findings.push(Diagnostic::error("source/frontmatter", error.position, message));
    }
    // NUL marks addresses in the HTML; CommonMark replaces it anyway.
    let body = text[front.body..].replace('\0', "\u{fffd}");
    let lines = Lines::of(&body, front.body_line);
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, &body, &options());
    let definitions = definitions::definitions(root, &lines);
    let Parts { blocks, mut links, headings, anchors, summary } = blocks::blocks(root, &lines, &mut findings);
    links.extend(definitions.into_iter().map(|definition| Link {
        target: definition.target,
        place: Place::Definition { label: definition.label },
        position: definition.position,
    }));
    let string = |key: &str| front.values.get(key).and_then(Value::as_str).map(str::trim).filter(|s| !s.is_empty());
    let placed = |key: &str| {
        let value = front.values.get(key)?;
        let written = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some((written, key_position(&text[..front.body], key)))
    };
    Source {
        route: placed("route"),
        handle: placed("handle"),
        title: string("title").map(str::to_owned).or(summary.title),
        description: string("description").map(str::to_owned).or(summary.description),
        has_h1: summary.has_h1,
        classes: classes(&front.values),
        blocks,
        links,
        headings,
        anchors,
        findings,
        body: front.body,
        values: front.values,
    }
}

/// The text of a Source: without a byte order mark, bad bytes replaced.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes))
}

/// `styles.classes`: single class names, the reserved prefix left out, each once.
fn classes(values: &Map<String, Value>) -> Vec<String> {
    let listed = values.get("styles").and_then(|styles| styles.get("classes")).and_then(Value::as_array);
    let mut classes: Vec<String> = Vec::new();
    for class in listed.into_iter().flatten().filter_map(Value::as_str) {
        let usable = !class.is_empty() && !class.contains(char::is_whitespace) && !class.starts_with("pmx-");
        if usable && !classes.iter().any(|known| known == class) {
            classes.push(class.to_owned());
        }
    }
    classes
}

#[cfg(test)]
mod tests;
