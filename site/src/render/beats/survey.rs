//! What there is in a part of the tree, looked at before it is marked.

use crate::text::{
    dom::{Element, Node},
    html,
};
use std::collections::HashSet;

/// What matters about a whole Block.
#[derive(Debug, Default)]
pub(super) struct BlockSurvey {
    /// Ids of Beats that the author wrote.
    pub authored: HashSet<String>,
    /// Of each table in sight: its body rows, each with its number of cells.
    pub tables: Vec<Vec<usize>>,
}

impl BlockSurvey {
    pub(super) fn of(nodes: &[Node<'_>]) -> Self {
        let mut present = Self::default();
        present.visit(nodes);
        present
    }

    fn visit(&mut self, nodes: &[Node<'_>]) {
        for element in nodes.iter().filter_map(Node::element).filter(|element| !is_hidden(element)) {
            if let Some(id) = element.attr("data-pathmx-beat").map(html::unescape).filter(|id| !id.trim().is_empty()) {
                self.authored.insert(id.trim().to_owned());
            }
            if element.is("table") {
                self.tables.push(body_rows(element).map(|row| cells(row).count()).collect());
            }
            self.visit(&element.children);
        }
    }
}

/// The rows of a table's body: not those of head and foot, and not one that is all headings.
pub(super) fn body_rows<'n, 'a>(table: &'n Element<'a>) -> impl Iterator<Item = &'n Element<'a>> {
    table.children.iter().filter_map(Node::element).flat_map(|part| {
        let rows: Box<dyn Iterator<Item = &'n Element<'a>>> = if part.is("tbody") {
            Box::new(part.children.iter().filter_map(Node::element))
        } else {
            Box::new(std::iter::once(part))
        };
        rows.filter(|row| is_body_row(row))
    })
}

/// Whether an element in a table is a row of its body.
pub(super) fn is_body_row(row: &Element<'_>) -> bool {
    row.is("tr") && !is_hidden(row) && row.children.iter().filter_map(Node::element).any(|cell| cell.is("td"))
}

fn cells<'n, 'a>(row: &'n Element<'a>) -> impl Iterator<Item = &'n Element<'a>> {
    row.children.iter().filter_map(Node::element).filter(|cell| is_cell(cell))
}

pub(super) fn is_cell(element: &Element<'_>) -> bool {
    element.is("td") || element.is("th")
}

/// Whether a reader does not get to see it, or not as a part of the text.
pub(super) fn is_hidden(element: &Element<'_>) -> bool {
    matches!(&*element.name, "template" | "script" | "style" | "noscript" | "head" | "title" | "datalist" | "defs")
        || (element.is("dialog") && !has(element, "open"))
        // Most elements have none.
        || (!element.attributes.is_empty() && is_made_hidden(element))
}

/// Whether its attributes hide an element.
fn is_made_hidden(element: &Element<'_>) -> bool {
    has(element, "hidden")
        || has(element, "inert")
        || element.attr("aria-hidden").is_some_and(|value| value.eq_ignore_ascii_case("true"))
        || (element.is("input") && element.attr("type").is_some_and(|kind| kind.eq_ignore_ascii_case("hidden")))
        || element.has_class("footnotes")
        || element.has_class("pmx-annotations")
        // What a question says once it was answered.
        || (element.is("p") && has(element, "data-pathmx-question-status-text"))
        || (element.is("details") && has(element, "data-pathmx-question-solution"))
}

/// Whether an attribute is there, with or without a value.
pub(super) fn has(element: &Element<'_>, name: &str) -> bool {
    element.attr(name).is_some()
}

/// What an element holds, components not looked into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ElementContent {
    pub text: bool,
    pub media: bool,
    /// Components or display formulas: Beats of their own wherever they stand.
    pub own: bool,
}

impl ElementContent {
    pub(super) fn of(nodes: &[Node<'_>]) -> Self {
        let mut content = Self::default();
        content.visit(nodes);
        content
    }

    fn visit(&mut self, nodes: &[Node<'_>]) {
        for node in nodes {
            match node {
                Node::Text(text) => self.text |= !is_blank(text),
                Node::Element(element) if is_hidden(element) => {}
                Node::Element(element) if is_component(element) || is_display_math(element) => self.own = true,
                Node::Element(element) if is_medium(element) => self.media = true,
                Node::Element(element) if element.has_class("pmx-response-field") => self.text = true,
                Node::Element(element) => self.visit(&element.children),
                Node::Other(_) => {}
            }
        }
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty() || (text.contains('&') && html::unescape(text).trim().is_empty())
}

pub(super) fn is_component(element: &Element<'_>) -> bool {
    has(element, "data-pathmx-component")
}

pub(super) fn is_display_math(element: &Element<'_>) -> bool {
    element.attr("data-pathmx-math") == Some("display")
        || (element.is("math") && element.attr("display") == Some("block"))
}

pub(super) fn is_medium(element: &Element<'_>) -> bool {
    matches!(
        &*element.name,
        "img" | "picture" | "video" | "audio" | "iframe" | "canvas" | "svg" | "embed" | "object" | "figure"
    )
}

pub(super) fn is_code(element: &Element<'_>) -> bool {
    element.has_class("pmx-code-block") || element.is("pre")
}

/// Whether a component only arranges others: nothing of its own is to be seen. `data-pathmx-component-layout` says so of a
/// component whose template has nothing but places for content.
pub(super) fn is_layout(component: &Element<'_>) -> bool {
    if has(component, "data-pathmx-component-layout") {
        return true;
    }
    let ElementContent { text, media, own } = ElementContent::of(&component.children);
    own && !text && !media && !has_control(&component.children)
}

fn has_control(nodes: &[Node<'_>]) -> bool {
    nodes.iter().filter_map(Node::element).filter(|element| !is_component(element)).any(|element| {
        matches!(&*element.name, "input" | "button" | "select" | "textarea") || has_control(&element.children)
    })
}

/// Whether an element that could hold anything holds one run of prose: text, and nothing that stands in lines of its own.
pub(super) fn is_prose(element: &Element<'_>) -> bool {
    ElementContent::of(&element.children).text && element.children.iter().filter_map(Node::element).all(is_phrase)
}

fn is_phrase(element: &Element<'_>) -> bool {
    const PHRASES: [&str; 41] = [
        "a", "abbr", "b", "bdi", "bdo", "br", "button", "cite", "code", "data", "del", "dfn", "em", "i", "img",
        "input", "ins", "kbd", "label", "mark", "math", "meter", "progress", "q", "ruby", "s", "samp", "script",
        "select", "small", "span", "strong", "sub", "sup", "svg", "textarea", "time", "u", "var", "wbr", "font",
    ];
    PHRASES.contains(&&*element.name)
        && !is_component(element)
        && !is_display_math(element)
        && (matches!(&*element.name, "svg" | "math")
            || element.children.iter().filter_map(Node::element).all(is_phrase))
}
