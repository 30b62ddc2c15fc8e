//! Footnotes, and what shares their form: threads of annotations.

use super::{Settings, lines::Lines};
use crate::diagnostic::{Diagnostic, Position};
use comrak::nodes::{AstNode, NodeValue};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A thread of annotations: what was said about a passage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Annotation {
    /// Of its definition: `c1` of `[^c1]:`.
    pub id: String,
    /// Id of the Block that holds the passage; `None` when nothing refers to the thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<String>,
    /// The passage, if one is marked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    pub status: Status,
    /// At least one: the first opens the thread, the others reply.
    pub messages: Vec<Message>,
}

/// Where a thread stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Open,
    /// It has a line `✓ …`.
    Resolved,
}

impl Status {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
        }
    }
}

/// What somebody said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Message {
    /// Of its definition.
    pub id: String,
    /// With its `@`.
    pub author: String,
    /// As it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Without markup.
    pub text: String,
}

/// The footnotes of a Source.
#[derive(Default)]
pub(super) struct Notes<'a> {
    by_name: HashMap<String, Note<'a>>,
    pub(super) threads: Vec<Thread<'a>>,
}

/// What a name refers to.
#[derive(Clone, Copy)]
pub(super) enum Note<'a> {
    Footnote {
        node: &'a AstNode<'a>,
        references: u32,
    },
    /// Index of its thread.
    Thread(usize),
}

/// A thread and the nodes of its messages, headers and status lines taken out.
pub(super) struct Thread<'a> {
    pub annotation: Annotation,
    pub nodes: Vec<&'a AstNode<'a>>,
}

impl<'a> Notes<'a> {
    /// Sorts definitions into footnotes and annotations.
    pub(super) fn of(
        definitions: &[&'a AstNode<'a>],
        lines: &Lines<'_>,
        settings: &Settings,
        findings: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut notes = Self::default();
        let mut replies = Vec::new();
        for node in definitions.iter().copied() {
            let data = node.data();
            let NodeValue::FootnoteDefinition(definition) = &data.value else { continue };
            let (name, references) = (definition.name.clone(), definition.total_references);
            let start = data.sourcepos.start;
            drop(data);
            let position = || lines.position(start.line, start.column);
            let Some(header) = settings.has("annotations").then(|| header(node)).flatten() else {
                if references == 0 {
                    let message = format!("nothing refers to the footnote `{name}`, so it is not shown");
                    findings.push(Diagnostic::warning("footnote/unused", position(), message));
                } else {
                    notes.by_name.insert(name, Note::Footnote { node, references });
                }
                continue;
            };
            let status = take_status(node);
            let message = Message {
                id: name.clone(),
                author: header.author,
                time: header.time,
                text: node.children().map(super::text::of).collect::<Vec<_>>().join("\n"),
            };
            if name.contains('.') {
                replies.push((name, message, node, status, position()));
            } else if !notes.by_name.contains_key(&name) {
                notes.by_name.insert(name.clone(), Note::Thread(notes.threads.len()));
                let annotation = Annotation { id: name, block: None, quote: None, status, messages: vec![message] };
                notes.threads.push(Thread { annotation, nodes: vec![node] });
            }
        }
        for (name, message, node, status, position) in replies {
            notes.reply(&name, message, node, status, position, findings);
        }
        notes
    }

    fn reply(
        &mut self,
        name: &str,
        message: Message,
        node: &'a AstNode<'a>,
        status: Status,
        position: Position,
        findings: &mut Vec<Diagnostic>,
    ) {
        let root = name.split('.').next().unwrap_or(name);
        let Some(Note::Thread(index)) = self.by_name.get(root).copied() else {
            let finding = format!("`{name}` replies to `{root}`, but there is no such annotation");
            findings.push(Diagnostic::warning("annotations/no-thread", position, finding));
            return;
        };
        let thread = &mut self.threads[index];
        if status == Status::Resolved {
            thread.annotation.status = status;
        }
        thread.annotation.messages.push(message);
        thread.nodes.push(node);
    }

    /// What a name refers to.
    pub(super) fn get(&self, name: &str) -> Option<Note<'a>> {
        self.by_name.get(name).copied()
    }
}

struct Header {
    author: String,
    time: Option<String>,
}

/// Takes `**@who** (time): ` off a definition. `None`: it is a footnote.
fn header<'a>(node: &'a AstNode<'a>) -> Option<Header> {
    let paragraph = node.first_child().filter(|child| matches!(child.data().value, NodeValue::Paragraph))?;
    let strong = paragraph.first_child().filter(|child| matches!(child.data().value, NodeValue::Strong))?;
    let author = strong.collect_text().trim().to_owned();
    if !author.starts_with('@') || author.len() < 2 {
        return None;
    }
    let after = strong.next_sibling()?;
    let mut data = after.data_mut();
    let NodeValue::Text(text) = &mut data.value else { return None };
    let rest = text.trim_start();
    let (time, rest) = match rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        Some((time, rest)) => (Some(time.trim().to_owned()), rest.trim_start()),
        None => (None, rest),
    };
    let rest = rest.strip_prefix(':')?.trim_start().to_owned();
    *text = rest.into();
    drop(data);
    strong.detach();
    Some(Header { author, time: time.filter(|time| !time.is_empty()) })
}

/// Takes the paragraphs that start with `✓` off a definition.
fn take_status<'a>(node: &'a AstNode<'a>) -> Status {
    let is_status = |child: &&'a AstNode<'a>| {
        matches!(child.data().value, NodeValue::Paragraph)
            && child.first_child().is_some_and(
                |first| matches!(&first.data().value, NodeValue::Text(text) if text.trim_start().starts_with('✓')),
            )
    };
    let found: Vec<&'a AstNode<'a>> = node.children().filter(is_status).collect();
    for child in &found {
        child.detach();
    }
    if found.is_empty() { Status::Open } else { Status::Resolved }
}
