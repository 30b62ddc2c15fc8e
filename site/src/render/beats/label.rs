//! What a Beat is called in lists of Beats: the beginning of its text.

use super::survey::is_hidden;
use crate::text::{
    dom::{Element, Node},
    html,
    shorten::shorten,
};

/// The longest label, in characters.
pub(super) const MAX_LABEL: usize = 80;
/// How much text is looked at, in bytes: white space and markup do not count for the label, so a little more.
const ENOUGH: usize = 8 * MAX_LABEL;

/// The label of an element: its text without nested lists; the name of a picture or a component that has no text.
pub(super) fn label(element: &Element<'_>) -> String {
    let mut text = String::with_capacity(2 * MAX_LABEL);
    collect(&element.children, &mut text);
    let label = shorten(&text, MAX_LABEL);
    if label.is_empty() { shorten(&name(element).unwrap_or_default(), MAX_LABEL) } else { label }
}

fn collect(nodes: &[Node<'_>], out: &mut String) {
    for node in nodes {
        if out.len() > ENOUGH {
            return;
        }
        match node {
            Node::Text(text) => {
                let end = text.len().min(2 * ENOUGH);
                let end = (0..=end).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
                out.push_str(&html::unescape(&text[..end]));
            }
            Node::Element(element) => match &*element.name {
                "ul" | "ol" | "menu" | "script" | "style" | "annotation" => {}
                _ if is_hidden(element) => {}
                "br" => out.push(' '),
                "p" | "div" | "li" | "td" | "th" | "tr" | "summary" | "figcaption" => {
                    out.push(' ');
                    collect(&element.children, out);
                    out.push(' ');
                }
                _ => collect(&element.children, out),
            },
            Node::Other(_) => {}
        }
    }
}

/// The first name that something in the element bears.
fn name(element: &Element<'_>) -> Option<String> {
    let named = ["alt", "aria-label", "title", "data-pathmx-component"].iter().find_map(|key| element.attr(key));
    let named = named.map(|name| html::unescape(name).into_owned()).filter(|name| !name.trim().is_empty());
    named.or_else(|| element.children.iter().filter_map(Node::element).find_map(name))
}
