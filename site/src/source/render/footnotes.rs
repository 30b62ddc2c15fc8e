//! Footnotes and annotations: their marks in the text, and what stands at the end of a Block.

use super::{Renderer, escape};
use crate::source::{
    notes::{Note, Status},
    text,
};
use comrak::nodes::{AstNode, NodeValue};
use std::{collections::HashMap, fmt::Write as _, mem};

/// What has been referred to so far.
#[derive(Default)]
pub(super) struct FootnoteState<'a> {
    /// Number and references of each footnote, by its name.
    footnotes: HashMap<String, (usize, u32)>,
    /// To be shown at the end of the Block: number, node, and how many references there are in the Source.
    waiting: Vec<(usize, &'a AstNode<'a>, u32)>,
    /// Threads to be shown at the end of the Block.
    threads: Vec<usize>,
}

impl<'a> Renderer<'a, '_> {
    pub(super) fn footnote_reference(&mut self, name: &str) {
        match self.notes.get(name) {
            Some(Note::Footnote { node, references }) => {
                let number = self.shown.footnotes.len() + 1;
                let (number, count) = self.shown.footnotes.entry(name.to_owned()).or_insert((number, 0));
                let number = *number;
                *count += 1;
                let count = *count;
                if count == 1 {
                    self.shown.waiting.push((number, node, references));
                    self.anchors.push(format!("fn:{number}"));
                }
                let id = reference_id(number, count);
                let _ = write!(
                    self.out,
                    "<sup class=\"footnote-ref\"><a href=\"#fn:{number}\" id=\"{id}\" data-footnote-ref>{number}</a></sup>"
                );
                self.anchors.push(id);
            }
            Some(Note::Thread(index)) => self.annotation_marker(index),
            None => {}
        }
    }

    /// Opens `==mark==`; in `{==text==}[^c2]` the passage of an annotation.
    pub(super) fn open_mark(&mut self, node: &'a AstNode<'a>) {
        let Some(index) = self.passage(node) else { return self.out.push_str("<mark>") };
        self.out.pop();
        self.brace = node.next_sibling();
        let thread = &mut self.notes.threads[index].annotation;
        let _ = write!(self.out, "<mark data-pathmx-annotation-text=\"");
        escape(&thread.id, &mut self.out);
        let _ = write!(self.out, "\" data-pathmx-annotation-status=\"{}\">", thread.status.name());
        if !self.in_solution {
            thread.quote.get_or_insert_with(|| text::of(node));
        }
    }

    /// The thread of a marked passage: what precedes ends with `{`, what follows is `}` and its reference.
    fn passage(&self, node: &'a AstNode<'a>) -> Option<usize> {
        if !self.out.ends_with('{') || node.previous_sibling().is_none() {
            return None;
        }
        let brace = node.next_sibling()?;
        let reference = brace.next_sibling()?;
        let (brace, reference) = (brace.data(), reference.data());
        match (&brace.value, &reference.value) {
            (NodeValue::Text(brace), NodeValue::FootnoteReference(reference)) if brace == "}" => {
                match self.notes.get(&reference.name)? {
                    Note::Thread(index) => Some(index),
                    Note::Footnote { .. } => None,
                }
            }
            _ => None,
        }
    }

    fn annotation_marker(&mut self, index: usize) {
        let first = self.notes.threads[index].annotation.block.is_none();
        let thread = &mut self.notes.threads[index].annotation;
        let (id, author) = (&thread.id, thread.messages.first().map_or("", |message| &message.author));
        let _ = write!(self.out, "<sup class=\"pmx-annotation-marker\"><a href=\"#annotation:");
        escape(id, &mut self.out);
        if first {
            self.out.push_str("\" id=\"annotation-text:");
            escape(id, &mut self.out);
            self.anchors.push(format!("annotation-text:{id}"));
            self.anchors.push(format!("annotation:{id}"));
        }
        let _ = write!(self.out, "\" data-pathmx-annotation-status=\"{}\" aria-label=\"", thread.status.name());
        escape(&format!("Annotation {id} by {author}"), &mut self.out);
        self.out.push_str("\">");
        escape(id, &mut self.out);
        self.out.push_str("</a></sup>");
        if first {
            thread.block = Some(self.block.clone());
            self.shown.threads.push(index);
        }
    }

    /// The footnotes that this Block referred to first.
    pub(super) fn footnotes(&mut self) {
        if self.shown.waiting.is_empty() {
            return;
        }
        self.fresh_line();
        self.out.push_str("<section class=\"footnotes\" data-footnotes aria-label=\"Footnotes\">\n<ol>\n");
        // A footnote may refer to further ones.
        while !self.shown.waiting.is_empty() {
            for (number, node, references) in mem::take(&mut self.shown.waiting) {
                let _ = writeln!(self.out, "<li id=\"fn:{number}\" value=\"{number}\">");
                self.children(node);
                self.back_references(number, references);
                self.fresh_line();
                self.out.push_str("</li>\n");
            }
        }
        self.out.push_str("</ol>\n</section>\n");
    }

    fn back_references(&mut self, number: usize, references: u32) {
        let inside = self.out.ends_with("</p>\n");
        if inside {
            self.out.truncate(self.out.len() - "</p>\n".len());
        }
        // More than these nobody follows, and a text of references only would become long.
        for count in 1..=references.min(26) {
            let id = reference_id(number, count);
            let which = if references == 1 { String::new() } else { format!("<sup>{count}</sup>") };
            let _ = write!(
                self.out,
                " <a href=\"#{id}\" class=\"footnote-backref\" data-footnote-backref aria-label=\"Back to reference {number}\">↩{which}</a>"
            );
        }
        if inside {
            self.out.push_str("</p>\n");
        }
    }

    /// The threads that this Block referred to first.
    pub(super) fn annotations(&mut self) {
        if self.shown.threads.is_empty() {
            return;
        }
        self.fresh_line();
        self.out.push_str(
            "<aside class=\"pmx-annotations\" aria-label=\"Annotations\" data-pathmx-search=\"ignore\">\n<ol>\n",
        );
        while !self.shown.threads.is_empty() {
            for index in mem::take(&mut self.shown.threads) {
                self.thread(index);
            }
        }
        self.out.push_str("</ol>\n</aside>\n");
        // A message may hold a footnote.
        self.footnotes();
    }

    fn thread(&mut self, index: usize) {
        let thread = &self.notes.threads[index];
        let (annotation, nodes) = (thread.annotation.clone(), thread.nodes.clone());
        let mut id = String::new();
        escape(&annotation.id, &mut id);
        let status = annotation.status.name();
        let _ = writeln!(
            self.out,
            "<li class=\"pmx-annotation\" id=\"annotation:{id}\" data-pathmx-annotation-thread=\"{id}\" data-pathmx-annotation-status=\"{status}\">"
        );
        for (index, (message, node)) in annotation.messages.iter().zip(nodes).enumerate() {
            if index == 1 {
                self.out.push_str("<ol class=\"pmx-annotation-replies\">\n");
            }
            self.out.push_str(if index == 0 { "" } else { "<li>\n" });
            self.out.push_str("<p class=\"pmx-annotation-author\"><strong>");
            escape(&message.author, &mut self.out);
            self.out.push_str("</strong>");
            if let Some(time) = &message.time {
                self.out.push_str(" <span class=\"pmx-annotation-time\">");
                escape(time, &mut self.out);
                self.out.push_str("</span>");
            }
            if index == 0 {
                if annotation.status == Status::Resolved {
                    self.out.push_str(" <span class=\"pmx-annotation-status\">resolved</span>");
                }
                let _ = write!(self.out, " <a href=\"#annotation-text:{id}\" aria-label=\"Back to the passage\">↩</a>");
            }
            self.out.push_str("</p>\n");
            self.children(node);
            self.fresh_line();
            self.out.push_str(if index == 0 { "" } else { "</li>\n" });
        }
        self.out.push_str(if annotation.messages.len() > 1 { "</ol>\n</li>\n" } else { "</li>\n" });
    }

    fn children(&mut self, node: &'a AstNode<'a>) {
        for child in node.children() {
            self.tree(child);
        }
    }
}

fn reference_id(number: usize, count: u32) -> String {
    if count == 1 { format!("fnref:{number}") } else { format!("fnref:{number}-{count}") }
}
