//! What a usage puts into a template: its children, and those for a region of their own.

use crate::text::dom::{Element, Node};

/// The children of a usage.
#[derive(Debug, Default)]
pub(super) struct SlotContent<'a> {
    /// For `<yield/>` and the `<slot>` without a name.
    pub default: Vec<Node<'a>>,
    /// By the name of the region.
    pub named: Vec<(String, Vec<Node<'a>>)>,
    /// Regions that were given and that the template does not have.
    pub unknown: Vec<String>,
}

/// Divides the children of a usage by the regions that the template has. `in_template`: a `<slot>` that is none of
/// these, and one without content, stands for what the outer template was given.
pub(super) fn divide<'a>(children: Vec<Node<'a>>, regions: &[String], in_template: bool) -> SlotContent<'a> {
    let mut content = SlotContent::default();
    for child in lifted(children) {
        match child {
            Node::Element(slot) if slot.is("slot") => content.slot(slot, regions, in_template),
            other => content.default.push(other),
        }
    }
    content
}

impl<'a> SlotContent<'a> {
    fn slot(&mut self, mut slot: Element<'a>, regions: &[String], in_template: bool) {
        let name = slot.attr("name").unwrap_or("").trim().to_owned();
        if !name.is_empty() && regions.contains(&name) {
            let given = if in_template && slot.children.iter().all(Node::is_blank) {
                slot.children.clear();
                vec![Node::Element(slot)]
            } else {
                slot.children
            };
            match self.named.iter_mut().find(|(known, _)| *known == name) {
                Some((_, nodes)) => nodes.extend(given),
                None => self.named.push((name, given)),
            }
        } else if in_template {
            self.default.push(Node::Element(slot));
        } else if name.is_empty() {
            self.default.extend(slot.children);
        } else {
            self.unknown.push(name);
        }
    }
}

/// Markdown puts a line with a `<slot>` into a paragraph.
fn lifted(children: Vec<Node<'_>>) -> Vec<Node<'_>> {
    let mut out = Vec::with_capacity(children.len());
    for child in children {
        match child {
            Node::Element(paragraph) if paragraph.is("p") && is_slots(&paragraph.children) => {
                out.extend(paragraph.children);
            }
            other => out.push(other),
        }
    }
    out
}

fn is_slots(nodes: &[Node<'_>]) -> bool {
    let mut elements = nodes.iter().filter(|node| !node.is_blank()).peekable();
    elements.peek().is_some() && elements.all(|node| node.element().is_some_and(|element| element.is("slot")))
}

/// Where a template has places for what it is given.
#[derive(Debug, Default)]
pub(super) struct Outlets {
    /// Whether there is a `<yield/>`, or a `<slot>` without a name.
    pub has_default: bool,
    /// The names of its regions.
    pub named: Vec<String>,
}

impl Outlets {
    /// Whether it has any place at all.
    pub(super) const fn is_any(&self) -> bool {
        self.has_default || !self.named.is_empty()
    }

    fn collect(&mut self, nodes: &[Node<'_>]) {
        for element in nodes.iter().filter_map(Node::element) {
            match element.attr("name").map(str::trim).filter(|_| element.is("slot")) {
                Some(name) if !name.is_empty() => self.named.push(name.to_owned()),
                _ => self.has_default |= matches!(&*element.name, "yield" | "slot"),
            }
            self.collect(&element.children);
        }
    }
}

/// The places of a template.
pub(super) fn outlets(nodes: &[Node<'_>]) -> Outlets {
    let mut outlets = Outlets::default();
    outlets.collect(nodes);
    outlets
}
