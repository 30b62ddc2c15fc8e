//! `[@include: Label](./x.md#block)`: the content of another Source, or of one of its Blocks, in place of the link.

use super::{
    Embeds, LinkTable, Origin,
    embeds::EmbeddedBodies,
    facts,
    questions::{self, QuestionBlock},
};
use crate::{
    diagnostic::{Diagnostic, Position},
    source::{
        self, Block, Link, Place,
        components::{self, Expansion},
        mermaid,
        values::{self, BlockText, Values},
    },
    text::{
        dom::{self, Element, Node},
        html, nearest,
    },
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// How deep includes nest.
pub(crate) const MAX_NESTED: usize = 16;
/// The most Blocks that a page takes in, so that two Sources which include each other's halves do not fill the disk.
pub(crate) const MAX_INCLUDED: usize = 1000;
/// The element that stands where something is included.
const PLACE: &str = "pmx-include";

/// Attributes that name ids, one or several.
const REFERRING: [&str; 15] = [
    "aria-activedescendant",
    "aria-controls",
    "aria-describedby",
    "aria-details",
    "aria-errormessage",
    "aria-flowto",
    "aria-labelledby",
    "aria-owns",
    "commandfor",
    "for",
    "form",
    "headers",
    "itemref",
    "list",
    "popovertarget",
];

/// Ids, as they are written, that have another name in the page.
type Renamed = HashMap<String, String>;

/// Takes in what the Blocks of a page include.
pub(super) struct Includer<'p, 'a> {
    pub embeds: &'p Embeds<'a>,
    /// The HTML of each of them.
    pub bodies: &'a EmbeddedBodies<'a>,
    pub links: &'p mut LinkTable,
    /// The components that are used.
    pub used: &'p mut BTreeSet<(Origin, &'a str)>,
    pub findings: &'p mut Vec<Diagnostic>,
    /// Ids of the page, so that none occurs twice.
    pub ids: &'p mut HashSet<String>,
    pub included: usize,
    /// Whether what is included comes into the form of a question.
    pub in_question: bool,
}

impl<'a> Includer<'_, 'a> {
    /// Replaces the places of includes. `stack`: what is being taken in, outermost first.
    pub(super) fn expand(
        &mut self,
        nodes: &mut Vec<Node<'a>>,
        origin: Origin,
        stack: &mut Vec<(Origin, Option<String>)>,
    ) {
        for node in nodes {
            let Node::Element(element) = node else { continue };
            if !element.is(PLACE) {
                self.expand(&mut element.children, origin, stack);
                continue;
            }
            let number = element.attr("data-n").and_then(|number| number.parse::<usize>().ok());
            let label = element.attr("data-label").unwrap_or_default().to_owned();
            let link =
                number.and_then(|number| self.embeds.source_of(origin).links.get(number).map(|link| (number, link)));
            let Some((number, link)) = link else { continue };
            *node = match self.take(origin, number, link, stack) {
                Ok(taken) => Node::Element(taken),
                Err(finding) => {
                    self.findings.extend(finding.map(|finding| finding.at(self.embeds.shown(origin))));
                    left_as_link(&label, components::PageLinks::adopt(self.links, origin, number))
                }
            };
        }
    }

    fn take(
        &mut self,
        origin: Origin,
        number: usize,
        link: &Link,
        stack: &mut Vec<(Origin, Option<String>)>,
    ) -> Result<Element<'a>, Option<Diagnostic>> {
        debug_assert_eq!(link.place, Place::Include);
        let refuse = |code, message: String| Err(Some(Diagnostic::warning(code, link.position, message)));
        let Some((target, fragment)) = self.embeds.target(origin, number) else {
            // A link that leads nowhere has its finding already.
            return Err(None);
        };
        let (source, body) = (self.embeds.source_of(target), self.bodies.get(target));
        let block = fragment.as_deref().map(|id| source.blocks.iter().position(|block| block.id == id));
        let blocks = match block {
            None => 0..source.blocks.len(),
            Some(Some(at)) => at..at + 1,
            Some(None) => {
                let id = fragment.unwrap_or_default();
                let message = format!("`{}` has no Block `{id}` to include", self.embeds.node(target).path);
                let ids = source.blocks.iter().map(|block| (block.id.as_str(), block.id.as_str()));
                let finding = Diagnostic::warning("include/missing-block", link.position, message);
                return Err(Some(match nearest::likest(&id, ids) {
                    Some(nearest) => finding.hint(format!("did you mean `#{nearest}`?")),
                    None => finding,
                }));
            }
        };
        let whole = |entry: &(Origin, Option<String>)| {
            entry.0 == target && (entry.1.is_none() || fragment.is_none() || entry.1 == fragment)
        };
        if stack.iter().any(whole) {
            return refuse(
                "include/cycle",
                format!("`{}` includes itself through this", self.embeds.node(target).path),
            );
        }
        if stack.len() >= MAX_NESTED || self.included >= MAX_INCLUDED {
            return refuse("include/depth", format!("includes nest deeper than {MAX_NESTED}, or there are too many"));
        }
        self.included += blocks.len();
        let mut taken = Element::new("div");
        let id = &self.embeds.node(target).id;
        let name = fragment.as_deref().map_or_else(|| id.to_owned(), |block| format!("{id}#{block}"));
        taken.set("class", "pmx-include");
        taken.set("data-pathmx-include", html::escape(&name).into_owned());
        let mut renamed = Renamed::new();
        let mut inner: Vec<(usize, Vec<Node<'a>>)> = Vec::new();
        let around = self.in_question;
        let asked = |this: &Self, at: usize| {
            source.blocks.get(at).map(|block| this.question(target, block)).filter(QuestionBlock::asks)
        };
        for at in blocks {
            let mut nodes = body.and_then(|body| body.get(at)).map_or_else(Vec::new, |text| dom::parse(text));
            self.in_question = around || asked(self, at).is_some();
            stack.push((target, fragment.clone()));
            self.expand(&mut nodes, target, stack);
            stack.pop();
            self.settle(&mut nodes, target, &mut renamed);
            inner.push((at, nodes));
        }
        self.in_question = around;
        for (at, mut nodes) in inner {
            self.follow(&mut nodes, &renamed);
            self.fill(&mut nodes, target, at);
            // What is wrong with it is said on its own page.
            match asked(self, at).filter(|_| !around) {
                Some(question) => questions::form(&question, &mut nodes, &mut Vec::new()),
                None => questions::fold(&mut nodes),
            }
            taken.children.append(&mut nodes);
        }
        Ok(taken)
    }

    fn question<'b>(&self, origin: Origin, block: &'b Block) -> QuestionBlock<'b>
    where
        'a: 'b,
    {
        let node = self.embeds.node(origin);
        let position = Position { line: block.line, column: 1 };
        QuestionBlock {
            id: &block.id,
            source_id: &node.id,
            values: &block.values,
            source_values: &node.source.values,
            position,
            recorded: position,
        }
    }

    /// A Block of another Source with all that it includes, settled in this page.
    pub(super) fn content(&mut self, origin: Origin, block: usize) -> Vec<Node<'a>> {
        let body = self.bodies.get(origin);
        let mut nodes = body.and_then(|body| body.get(block)).map_or_else(Vec::new, |text| dom::parse(text));
        let id = self.embeds.source_of(origin).blocks.get(block).map(|block| block.id.clone());
        self.expand(&mut nodes, origin, &mut vec![(origin, id)]);
        let mut renamed = Renamed::new();
        self.settle(&mut nodes, origin, &mut renamed);
        self.follow(&mut nodes, &renamed);
        nodes
    }

    /// Where a Block of a Source was written; `text` is the Source.
    pub(super) fn written<'w>(&self, origin: Origin, block: usize, text: &'w str) -> BlockText<'w>
    where
        'a: 'w,
    {
        let html = self.bodies.get(origin).and_then(|body| body.get(block)).map_or("", String::as_str);
        match self.embeds.source_of(origin).blocks.get(block) {
            Some(block) => BlockText { text, line: block.line, html, tags: &block.tags },
            None => BlockText { text, line: 1, html, tags: &[] },
        }
    }

    /// Its components and values are those of the Source that it comes from. What is wrong with them is said there.
    fn fill(&mut self, nodes: &mut Vec<Node<'a>>, origin: Origin, number: usize) {
        let node = self.embeds.node(origin);
        let Some(block) = node.source.blocks.get(number) else { return };
        let (text, title) = (source::decode(&node.bytes), node.title());
        let facts = facts(node, &title);
        let values = Values { block: &block.values, source: &node.source.values, facts: &facts };
        let written = self.written(origin, number, &text);
        self.fill_with(nodes, origin, values, written);
    }

    /// The same with these values.
    pub(super) fn fill_with(
        &mut self,
        nodes: &mut Vec<Node<'a>>,
        origin: Origin,
        values: Values<'_>,
        written: BlockText<'_>,
    ) {
        let mut findings = Vec::new();
        let expansion = Expansion {
            lookup: self.embeds,
            links: self.links,
            origin,
            values,
            written,
            used: self.used,
            findings: &mut findings,
        };
        components::expand(nodes, expansion);
        values::fill(nodes, values, written, &mut findings);
    }

    /// Makes marks those of the page, and ids unique in it; those that get another name join `renamed`. What was included further down is
    /// settled already.
    fn settle(&mut self, nodes: &mut [Node<'a>], origin: Origin, renamed: &mut Renamed) {
        for node in nodes {
            let Node::Element(element) = node else { continue };
            if element.attr("data-pathmx-include").is_some() {
                continue;
            }
            if mermaid::is_drawing(element) {
                let free = (1..).map(|n| format!("pmx-drawing-i{n}")).find(|id| !self.ids.contains(id));
                mermaid::rename(element, &free.unwrap_or_default());
            }
            for attribute in &mut element.attributes {
                let Some(value) = &mut attribute.value else { continue };
                if value.contains('\0') {
                    *value = self.links.adopt_all(origin, value).into();
                } else if attribute.name == "id" && !self.ids.insert(html::unescape(value).into_owned()) {
                    let free = (2..).map(|n| format!("{value}-{n}")).find(|id| self.ids.insert(id.clone()));
                    let free = free.unwrap_or_default();
                    renamed.insert(value.to_string(), free.clone());
                    *value = free.into();
                }
            }
            if element.is("style") {
                for node in &mut element.children {
                    if let Node::Text(css) = node
                        && css.contains('\0')
                    {
                        *css = self.links.adopt_all(origin, css).into();
                    }
                }
            }
            self.settle(&mut element.children, origin, renamed);
        }
    }

    /// Has what refers to ids follow them. What was included further down has its own.
    fn follow(&self, nodes: &mut [Node<'_>], renamed: &Renamed) {
        if renamed.is_empty() {
            return;
        }
        for element in nodes.iter_mut().filter_map(Node::element_mut) {
            if element.attr("data-pathmx-include").is_some() {
                continue;
            }
            for attribute in &mut element.attributes {
                let Some(value) = &mut attribute.value else { continue };
                let name = attribute.name.to_ascii_lowercase();
                let here = self.here(value);
                let new = if REFERRING.contains(&&*name) {
                    let words = value.split_ascii_whitespace().map(|id| renamed.get(id).map_or(id, String::as_str));
                    words.collect::<Vec<_>>().join(" ")
                } else if let Some(new) = here.and_then(|id| renamed.get(id)) {
                    format!("#{new}")
                } else if let Some(new) =
                    value.strip_prefix("url(#").and_then(|rest| renamed.get(rest.strip_suffix(')')?))
                {
                    format!("url(#{new})")
                } else {
                    continue;
                };
                *value = new.into();
            }
            self.follow(&mut element.children, renamed);
        }
    }

    /// The id in the same Source that an address leads to, whether it is a mark or not.
    fn here<'v>(&'v self, value: &'v str) -> Option<&'v str> {
        let mark = || value.strip_prefix('\0')?.strip_suffix('\0')?.parse().ok();
        let target = match mark() {
            Some(mark) => {
                let (origin, link) = self.links.origin(mark)?;
                self.embeds.source_of(origin).links.get(link)?.target.as_str()
            }
            None => value,
        };
        target.strip_prefix('#')
    }
}

/// What cannot be included is a link to where it is.
fn left_as_link<'a>(label: &str, mark: usize) -> Node<'a> {
    let mut link = Element::new("a");
    link.set("href", format!("\0{mark}\0"));
    link.children.push(Node::Text(label.to_owned().into()));
    let mut paragraph = Element::new("p");
    paragraph.children.push(Node::Element(link));
    Node::Element(paragraph)
}
