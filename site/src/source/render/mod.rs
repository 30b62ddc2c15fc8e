//! The nodes of a Block as marked HTML: what depends on other Sources is a mark, see [`fill`].

mod callout;
mod code;
mod footnotes;
mod links;
mod raw;
mod response;
mod table;

use super::{
    Annotation, Heading, Link, Settings,
    lines::Lines,
    markup::TagPlace,
    math,
    media::Medium,
    notes::Notes,
    sections::{Met, Standing},
};
use crate::{
    diagnostic::{Diagnostic, Position},
    text::html::{self, escape_into as escape},
};
use comrak::nodes::{AstNode, ListType, NodeList, NodeMath, NodeValue, Sourcepos};
use footnotes::FootnoteState;
use links::button_label;
use std::{fmt::Write as _, mem};

/// What stands in the brackets of a task, besides a space.
const TASKS: [char; 3] = ['x', 'X', '~'];

/// Before and after the number of a link, where its address goes. Markdown turns NUL into U+FFFD, so no text has one.
const MARK: char = '\0';

/// Writes marked HTML out; `address` gives the address of a link. Marks stand in quoted attribute values.
pub(crate) fn fill<'a>(marked: &str, out: &mut String, address: impl Fn(usize) -> &'a str) {
    for (index, part) in marked.split(MARK).enumerate() {
        match part.parse() {
            Ok(link) if index % 2 == 1 => out.push_str(&html::escape(address(link))),
            _ => out.push_str(part),
        }
    }
}

/// Renders the Blocks of one Source, in order.
pub(super) struct Renderer<'a, 's> {
    lines: &'s Lines<'s>,
    settings: &'s Settings,
    /// By line.
    headings: &'s [(usize, Heading)],
    notes: Notes<'a>,
    findings: &'s mut Vec<Diagnostic>,
    out: String,
    links: Vec<Link>,
    /// See [`super::Source::listed`].
    listed: Vec<(usize, Standing)>,
    /// Those that stand on their own.
    met: Vec<Met>,
    anchors: Vec<String>,
    /// Id of the Block at hand.
    block: String,
    /// Where the content of the open paragraph starts in `out`.
    paragraph: Option<usize>,
    /// Elements of inline HTML that are open in the paragraph: breaking it would tear them apart.
    open_tags: usize,
    /// Cells written of the current table row.
    column: usize,
    /// How long the texts of the current table's columns are; see [`table`].
    columns: Vec<usize>,
    /// The `}` that ends an annotated passage.
    brace: Option<&'a AstNode<'a>>,
    /// The first text of a link that is a button, from which the word is taken that says so.
    button: Option<&'a AstNode<'a>>,
    /// Names of the elements of the open callouts.
    callouts: Vec<&'static str>,
    shown: FootnoteState<'a>,
    /// How many diagrams there were.
    diagrams: usize,
    /// Whether one of them is left to the reader's browser.
    draws_in_browser: bool,
    /// Whether the Source defines components or imports some.
    pub(super) knows_components: bool,
    /// Of the Block at hand.
    tags: Vec<TagPlace>,
    /// Whether what is being written belongs to the solution of a question.
    in_solution: bool,
}

/// What all Blocks have in common, after the last one.
pub(super) struct RenderedParts {
    pub links: Vec<Link>,
    /// See [`super::Source::listed`].
    pub listed: Vec<(usize, Standing)>,
    /// The headings that stand on their own.
    pub headings: Vec<Met>,
    /// Ids that rendering added.
    pub anchors: Vec<String>,
    pub annotations: Vec<Annotation>,
    /// Whether a diagram is left to the reader's browser.
    pub draws_in_browser: bool,
}

/// Whether the children of a node are still to be written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Children {
    Follow,
    /// All is written.
    Done,
}

impl<'a, 's> Renderer<'a, 's> {
    pub(super) fn new(
        lines: &'s Lines<'s>,
        settings: &'s Settings,
        headings: &'s [(usize, Heading)],
        notes: Notes<'a>,
        findings: &'s mut Vec<Diagnostic>,
    ) -> Self {
        Self {
            lines,
            settings,
            headings,
            notes,
            findings,
            out: String::new(),
            links: Vec::new(),
            listed: Vec::new(),
            met: Vec::new(),
            anchors: Vec::new(),
            block: String::new(),
            paragraph: None,
            open_tags: 0,
            column: 0,
            columns: Vec::new(),
            brace: None,
            button: None,
            callouts: Vec::new(),
            shown: FootnoteState::default(),
            diagrams: 0,
            draws_in_browser: false,
            knows_components: false,
            tags: Vec::new(),
            in_solution: false,
        }
    }

    /// The HTML of a Block. Its footnotes and annotations come last, so that they travel with it. From the node `solution` on it belongs
    /// to the solution of a question, of which no heading and no quoted passage is told to others.
    pub(super) fn block(&mut self, id: &str, nodes: &[&'a AstNode<'a>], solution: Option<usize>) -> String {
        id.clone_into(&mut self.block);
        let met = self.met.len();
        let mut told = None;
        for (index, node) in nodes.iter().enumerate() {
            if solution == Some(index) {
                (told, self.in_solution) = (Some(self.met.len()), true);
            }
            self.tree(node);
        }
        self.met.truncate(told.unwrap_or(usize::MAX).max(met));
        self.in_solution = false;
        self.footnotes();
        self.annotations();
        mem::take(&mut self.out)
    }

    /// Where the start tags stand in the HTML that was made last.
    pub(super) fn tags(&mut self) -> Vec<TagPlace> {
        mem::take(&mut self.tags)
    }

    pub(super) fn finish(self) -> RenderedParts {
        let annotations = self.notes.threads.into_iter().map(|thread| thread.annotation).collect();
        let Self { links, listed, met: headings, anchors, draws_in_browser, .. } = self;
        RenderedParts { links, listed, headings, anchors, annotations, draws_in_browser }
    }

    /// Writes a node with all that it holds, however deep: without recursion.
    fn tree(&mut self, top: &'a AstNode<'a>) {
        let mut node = top;
        loop {
            if self.enter(node) == Children::Follow {
                if let Some(child) = node.first_child() {
                    node = child;
                    continue;
                }
                self.leave(node);
            }
            loop {
                if node.same_node(top) {
                    return;
                }
                if let Some(next) = node.next_sibling() {
                    node = next;
                    break;
                }
                let Some(parent) = node.parent() else { return };
                node = parent;
                self.leave(node);
            }
        }
    }

    fn enter(&mut self, node: &'a AstNode<'a>) -> Children {
        let data = node.data();
        let at = data.sourcepos;
        match &data.value {
            NodeValue::Text(_) if self.brace.is_some_and(|brace| brace.same_node(node)) => {}
            NodeValue::Text(text) if self.button.is_some_and(|first| first.same_node(node)) => {
                escape(button_label(text).unwrap_or(text), &mut self.out);
            }
            NodeValue::Text(text) => {
                // Two braces in two texts are no expression.
                let parted = text.strip_prefix('{').filter(|_| self.out.ends_with('{'));
                if parted.is_some() {
                    self.out.push_str("&#123;");
                }
                escape(parted.unwrap_or(text), &mut self.out);
            }
            NodeValue::SoftBreak if !self.settings.hard_breaks => self.out.push('\n'),
            NodeValue::SoftBreak | NodeValue::LineBreak => self.out.push_str("<br>\n"),
            NodeValue::Code(code) => {
                self.out.push_str("<code>");
                escape(&code.literal, &mut self.out);
                self.out.push_str("</code>");
            }
            NodeValue::Emph => self.out.push_str("<em>"),
            NodeValue::Strong => self.out.push_str("<strong>"),
            NodeValue::Strikethrough => self.out.push_str("<del>"),
            NodeValue::Highlight => self.open_mark(node),
            NodeValue::Paragraph => self.open_paragraph(node),
            NodeValue::Heading(heading) => {
                let found = self.headings.binary_search_by_key(&at.start.line, |(line, _)| *line);
                let known = found.ok().and_then(|index| self.headings.get(index)).map(|(_, heading)| heading);
                self.fresh_line();
                let id = known.map_or("", |heading| &heading.id);
                let _ = write!(self.out, "<h{} id=\"{}\">", heading.level, html::escape(id));
                if let Some(Heading { level, text, .. }) =
                    known.filter(|known| stands_alone(node) && !known.text.is_empty())
                {
                    let here = self.links.len();
                    self.met.push(Met { level: *level, title: text.clone(), first: here, end: here });
                }
            }
            NodeValue::List(list) => self.open_list(node, list),
            NodeValue::Item(_) => {
                self.fresh_line();
                self.out.push_str("<li>");
            }
            NodeValue::TaskItem(task) => self.open_task(node, task.symbol),
            NodeValue::BlockQuote => {
                self.fresh_line();
                self.out.push_str("<blockquote>\n");
            }
            NodeValue::ThematicBreak => {
                self.fresh_line();
                self.out.push_str("<hr>\n");
            }
            NodeValue::Link(link) => return self.open_link(node, link, at),
            NodeValue::WikiLink(link) => {
                if let Some(medium) = Medium::of(&link.url).filter(|_| link.embed) {
                    self.medium(node, medium, &link.url, at);
                    return Children::Done;
                }
                return self.open_wikilink(node, link, at);
            }
            NodeValue::Image(image) => {
                self.image(node, image, at);
                return Children::Done;
            }
            NodeValue::HtmlInline(literal) => self.inline_html(literal, at),
            NodeValue::HtmlBlock(block) => self.html_block(&block.literal, at),
            NodeValue::CodeBlock(code) => self.code_block(code, at),
            NodeValue::Math(math) => self.math(node, math, at),
            NodeValue::Table(_) | NodeValue::TableRow(_) | NodeValue::TableCell => self.open_table_part(node),
            NodeValue::Callout(callout) => self.open_callout(node, callout),
            NodeValue::CalloutTitle => {
                self.callout_title(node);
                return Children::Done;
            }
            NodeValue::FootnoteReference(reference) => self.footnote_reference(&reference.name),
            // Shown where it is referred to.
            NodeValue::FootnoteDefinition(_) => return Children::Done,
            _ => {}
        }
        Children::Follow
    }

    fn leave(&mut self, node: &'a AstNode<'a>) {
        let data = node.data();
        match &data.value {
            NodeValue::Emph => self.out.push_str("</em>"),
            NodeValue::Strong => self.out.push_str("</strong>"),
            NodeValue::Strikethrough => self.out.push_str("</del>"),
            NodeValue::Highlight => self.out.push_str("</mark>"),
            NodeValue::Paragraph => self.close_paragraph(),
            NodeValue::Heading(heading) => {
                let _ = writeln!(self.out, "</h{}>", heading.level);
                if let Some(met) = self.met.last_mut().filter(|_| stands_alone(node)) {
                    met.end = self.links.len();
                }
            }
            NodeValue::List(list) => {
                self.fresh_line();
                self.out.push_str(if list.list_type == ListType::Ordered { "</ol>\n" } else { "</ul>\n" });
            }
            NodeValue::Item(_) | NodeValue::TaskItem(_) => self.out.push_str("</li>\n"),
            NodeValue::BlockQuote => {
                self.fresh_line();
                self.out.push_str("</blockquote>\n");
            }
            NodeValue::Link(_) | NodeValue::WikiLink(_) => self.out.push_str("</a>"),
            NodeValue::Table(_) | NodeValue::TableRow(_) | NodeValue::TableCell => self.close_table_part(node),
            NodeValue::Callout(_) => self.close_callout(),
            _ => {}
        }
    }

    fn open_paragraph(&mut self, node: &'a AstNode<'a>) {
        self.open_tags = 0;
        let list = node.parent().and_then(AstNode::parent);
        if list.is_some_and(|list| matches!(list.data().value, NodeValue::List(NodeList { tight: true, .. }))) {
            return;
        }
        self.fresh_line();
        self.out.push_str("<p>");
        self.paragraph = Some(self.out.len());
    }

    /// Ends the open paragraph; one without content is none.
    fn close_paragraph(&mut self) {
        let Some(start) = self.paragraph.take() else { return };
        let content = &self.out[start..];
        if content.trim().is_empty() {
            self.out.truncate(start - "<p>".len());
        } else {
            self.out.truncate(start + content.trim_end().len());
            self.out.push_str("</p>\n");
        }
    }

    /// Writes something that cannot stand in a paragraph, between the two halves of the one that is open.
    fn beside_paragraph(&mut self, write: impl FnOnce(&mut Self)) {
        let inside = self.paragraph.is_some();
        self.close_paragraph();
        write(self);
        if inside {
            self.out.push_str("\n<p>");
            self.paragraph = Some(self.out.len());
        }
    }

    fn open_list(&mut self, node: &'a AstNode<'a>, list: &NodeList) {
        self.fresh_line();
        self.out.push_str(if list.list_type == ListType::Ordered { "<ol" } else { "<ul" });
        let is_task = |item: &'a AstNode<'a>| matches!(&item.data().value, NodeValue::TaskItem(task) if task.symbol.is_none_or(|symbol| TASKS.contains(&symbol)));
        if list.is_task_list && node.children().any(is_task) {
            self.out.push_str(" class=\"contains-task-list\"");
        }
        if list.list_type == ListType::Ordered && list.start != 1 {
            let _ = write!(self.out, " start=\"{}\"", list.start);
        }
        self.out.push_str(">\n");
    }

    fn open_task(&mut self, node: &'a AstNode<'a>, symbol: Option<char>) {
        self.fresh_line();
        let state = match symbol {
            None => "",
            Some('x' | 'X') => " checked",
            Some('~') => " data-pathmx-task=\"pending\"",
            Some(symbol) => {
                self.out.push_str("<li>[");
                escape(symbol.encode_utf8(&mut [0; 4]), &mut self.out);
                self.out.push_str("] ");
                return;
            }
        };
        let first = node.first_child().filter(|child| matches!(child.data().value, NodeValue::Paragraph));
        let name = first.map(super::text::of).filter(|name| !name.is_empty()).unwrap_or_else(|| "Task".to_owned());
        let _ = write!(self.out, "<li class=\"task-list-item\"><input type=\"checkbox\" disabled{state} aria-label=\"");
        escape(&name, &mut self.out);
        self.out.push_str("\"> ");
    }

    /// Math as MathML, made at build time.
    fn math(&mut self, node: &'a AstNode<'a>, math: &NodeMath, at: Sourcepos) {
        let (tex, display, is_code) = (&*math.literal, math.display_math, !math.dollar_math);
        let in_paragraph = node.parent().is_some_and(|parent| matches!(parent.data().value, NodeValue::Paragraph));
        let own = display && in_paragraph && self.open_tags == 0;
        match math::render(tex.trim(), display) {
            Ok(math) if own => self.beside_paragraph(|this| this.display_math(&math)),
            Ok(math) => {
                let kind = if display { " data-pathmx-math=\"display\"" } else { "" };
                let _ = write!(self.out, "<span class=\"pmx-math\"{kind}>{math}</span>");
            }
            Err(message) => {
                self.warn("math/invalid", at, format!("this formula cannot be set: {message}"));
                let (open, close) = match (display, is_code) {
                    (true, _) => ("$$", "$$"),
                    (false, true) => ("$`", "`$"),
                    (false, false) => ("$", "$"),
                };
                let _ = write!(self.out, "<code class=\"pmx-math-source\">{open}");
                escape(tex, &mut self.out);
                let _ = write!(self.out, "{close}</code>");
            }
        }
    }

    fn display_math(&mut self, math: &str) {
        self.fresh_line();
        let _ = write!(self.out, "<div class=\"pmx-math\" data-pathmx-math=\"display\">{math}</div>");
    }

    fn position(&self, at: Sourcepos) -> Position {
        self.lines.position(at.start.line, at.start.column)
    }

    fn warn(&mut self, code: &'static str, at: Sourcepos, message: String) {
        let position = self.position(at);
        self.findings.push(Diagnostic::warning(code, position, message));
    }

    /// Ends the line, unless it is empty.
    fn fresh_line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }
}

/// Whether a node is a part of nothing but the document.
fn stands_alone<'a>(node: &'a AstNode<'a>) -> bool {
    node.parent().is_some_and(|parent| matches!(parent.data().value, NodeValue::Document))
}
