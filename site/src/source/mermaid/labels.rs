//! Labels that Mermaid writes as HTML: the renderer puts the text of each into a definition, and refers to it where it stood. Here it comes back
//! to its place, as text with nothing but what it looks like.

use super::colours;
use crate::text::dom::{self, Element, Node};
use std::{collections::HashMap, mem};

/// What the renderer's ids of such definitions have in them.
const DEFINITION: &str = "-foreignobject-label-";
/// The class of what stands in the place of a label.
const PLACE: &str = "merman-foreignobject-fallback";
/// What of a text's style is more than how every text looks, and how that is.
const USUAL: [(&str, &str); 4] = [
    ("font-weight", "normal"),
    ("font-style", "normal"),
    ("text-decoration", "none"),
    ("text-decoration-line", "none"),
];

/// What facts of requirements begin with.
const FACTS: [&str; 6] = ["ID: ", "Text: ", "Risk: ", "Verification: ", "Type: ", "Doc Ref: "];

/// The definitions of labels, by their ids.
pub(super) struct Labels<'a>(HashMap<String, Vec<Node<'a>>>);

impl<'a> Labels<'a> {
    /// Takes them out of a drawing; `has_facts`: of requirements.
    pub(super) fn take(nodes: &mut Vec<Node<'a>>, has_facts: bool) -> Self {
        let mut found = HashMap::new();
        collect(nodes, has_facts, &mut found);
        Self(found)
    }

    /// Puts labels where they stood.
    pub(super) fn place(&mut self, nodes: &mut Vec<Node<'a>>) {
        for node in nodes {
            let Node::Element(element) = node else { continue };
            if !element.has_class(PLACE) {
                continue;
            }
            let reference = element.children.iter().filter_map(Node::element).find(|child| child.is("use"));
            let id = reference.and_then(|found| Some(found.attr("href")?.trim_start_matches('#').to_owned()));
            let Some(texts) = id.and_then(|id| self.0.remove(&id)) else { continue };
            let (x, y) = reference.map_or((0.0, 0.0), |found| (number(found, "x"), number(found, "y")));
            let mut group = Element::new("g");
            if x != 0.0 || y != 0.0 {
                group.set("transform", format!("translate({x},{y})"));
            }
            group.set("class", if texts.iter().any(is_ground) { "pmx-label-on-line" } else { "pmx-label" });
            group.children = texts;
            *element = group;
        }
    }
}

fn number(element: &Element<'_>, name: &str) -> f64 {
    element.attr(name).and_then(|value| value.parse().ok()).unwrap_or(0.0)
}

fn collect<'a>(nodes: &mut Vec<Node<'a>>, has_facts: bool, found: &mut HashMap<String, Vec<Node<'a>>>) {
    nodes.retain_mut(|node| {
        let Node::Element(element) = node else { return true };
        match element.attr("id").filter(|id| id.contains(DEFINITION)).map(str::to_owned) {
            Some(id) => {
                let mut texts = Vec::new();
                flatten(mem::take(&mut element.children), has_facts, &mut texts);
                found.insert(id, texts);
                false
            }
            None => {
                collect(&mut element.children, has_facts, found);
                true
            }
        }
    });
}

/// Whether this is what hides a line behind words.
fn is_ground(node: &Node<'_>) -> bool {
    node.element().is_some_and(|element| element.is("rect"))
}

/// The texts of a definition, whatever they are nested in; before those that stand on a line, the rectangle that hides it.
fn flatten<'a>(nodes: Vec<Node<'a>>, has_facts: bool, out: &mut Vec<Node<'a>>) {
    let mut ground = None;
    for node in nodes {
        let Node::Element(mut element) = node else { continue };
        if element.is("text") {
            let is_on_line =
                element.attr("data-merman-source-classes").is_some_and(|classes| classes.contains("edgeLabel"));
            out.extend(ground.take().filter(|_| is_on_line).map(Node::Element));
            plain(&mut element, has_facts);
            out.push(Node::Element(element));
        } else if element.is("rect") {
            element.attributes.retain(|attribute| matches!(&*attribute.name, "x" | "y" | "width" | "height"));
            // A rule of the drawing makes it half transparent, so that the line would run through the words.
            element.set("style", "fill:var(--pmx-color-bg);stroke:none;opacity:0.92");
            ground = Some(element);
        } else {
            flatten(mem::take(&mut element.children), has_facts, out);
        }
    }
}

/// Keeps of a text where it stands and what is special about it.
fn plain(text: &mut Element<'_>, has_facts: bool) {
    let style = text.attr("style").unwrap_or_default().to_owned();
    let declared = |name: &str| colours::declared(&style, name).map(str::to_owned);
    let fill = declared("fill").or_else(|| text.attr("fill").map(str::to_owned));
    let anchor = declared("text-anchor").or_else(|| text.attr("text-anchor").map(str::to_owned));
    text.attributes.retain(|attribute| matches!(&*attribute.name, "x" | "y" | "dx" | "dy" | "transform"));
    let words = dom::text(&text.children);
    // Facts of requirements stand below each other; where their middle is was reckoned from how wide they are.
    let is_fact = has_facts && FACTS.iter().any(|fact| words.trim_start().starts_with(fact));
    if is_fact {
        text.set("x", "0");
    } else if let Some(anchor) = anchor.filter(|anchor| anchor != "start") {
        text.set("text-anchor", anchor);
    }
    text.set("dominant-baseline", "central");
    let mut special: Vec<String> = Vec::new();
    for (name, usual) in USUAL {
        special.extend(
            declared(name).filter(|value| value != usual && value != "400").map(|value| format!("{name}:{value}")),
        );
    }
    special.extend(declared("font-size").filter(|size| size != "16px").map(|size| format!("font-size:{size}")));
    // `style` is stronger than a rule, which may be about the shape around it.
    special.extend(fill.map(|fill| format!("fill:{fill}")));
    text.set("style", special.join(";"));
    for child in text.children.iter_mut().filter_map(Node::element_mut) {
        child.attributes.retain(|attribute| matches!(&*attribute.name, "x" | "y" | "dx" | "dy"));
    }
}
