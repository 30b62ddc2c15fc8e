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
        values::{self, Values, Written},
    },
    text::{
        dom::{self, Element, Node},
        html, nearest,
    },
};
use std::collections::{BTreeSet, HashSet};

/// How deep includes nest.
pub(crate) const MAX_NESTED: usize = 16;
/// The most Blocks that a page takes in, so that two Sources which include each other's halves do not fill the disk.
pub(crate) const MAX_INCLUDED: usize = 1000;
/// The element that stands where something is included.
const PLACE: &str = "pmx-include";

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
                    left_as_link(&label, components::LinkTable::adopt(self.links, origin, number))
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
        for at in blocks {
            let mut inner = body.and_then(|body| body.get(at)).map_or_else(Vec::new, |text| dom::parse(text));
            let block = source.blocks.get(at);
            let question = block.map(|block| self.question(target, block)).filter(QuestionBlock::asks);
            let around = self.in_question;
            self.in_question |= question.is_some();
            stack.push((target, fragment.clone()));
            self.expand(&mut inner, target, stack);
            stack.pop();
            self.settle(&mut inner, target);
            if let Some(block) = block {
                self.fill(&mut inner, target, block);
            }
            self.in_question = around;
            // What is wrong with it is said on its own page.
            match question.filter(|_| !around) {
                Some(question) => questions::form(&question, &mut inner, &mut Vec::new()),
                None => questions::fold(&mut inner),
            }
            taken.children.append(&mut inner);
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
        self.settle(&mut nodes, origin);
        nodes
    }

    /// Its components and values are those of the Source that it comes from. What is wrong with them is said there.
    fn fill(&mut self, nodes: &mut Vec<Node<'a>>, origin: Origin, block: &Block) {
        let node = self.embeds.node(origin);
        let (text, title) = (source::decode(&node.bytes), node.title());
        let facts = facts(node, &title);
        let values = Values { block: &block.values, source: &node.source.values, facts: &facts };
        self.fill_with(nodes, origin, values, Written { text: &text, line: block.line });
    }

    /// The same with these values.
    pub(super) fn fill_with(
        &mut self,
        nodes: &mut Vec<Node<'a>>,
        origin: Origin,
        values: Values<'_>,
        written: Written<'_>,
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

    /// Makes marks those of the page, and ids unique in it. What was included further down is settled already.
    fn settle(&mut self, nodes: &mut [Node<'a>], origin: Origin) {
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
                    *value = free.unwrap_or_default().into();
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
            self.settle(&mut element.children, origin);
        }
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
