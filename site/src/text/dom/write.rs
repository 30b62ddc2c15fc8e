//! A tree as HTML.

use super::{
    Element, Node,
    names::{ElementKind, kind},
};

/// Writes nodes as they were written, every attribute value between double quotes.
pub(crate) fn write(nodes: &[Node<'_>], out: &mut String) {
    all(nodes, false, out);
}

fn all(nodes: &[Node<'_>], foreign: bool, out: &mut String) {
    for node in nodes {
        match node {
            Node::Text(text) | Node::Other(text) => out.push_str(text),
            Node::Element(element) => one(element, foreign, out),
        }
    }
}

fn one(element: &Element<'_>, foreign: bool, out: &mut String) {
    let name = &*element.name;
    out.push('<');
    out.push_str(name);
    for attribute in &element.attributes {
        out.push(' ');
        out.push_str(&attribute.name);
        if let Some(value) = &attribute.value {
            out.push_str("=\"");
            out.push_str(value);
            out.push('"');
        }
    }
    let kind = if foreign { ElementKind::Foreign } else { kind(name) };
    if kind == ElementKind::Void {
        return out.push_str(if element.self_closing { " />" } else { ">" });
    }
    // Only in SVG and MathML browsers take a start tag for an end tag, too.
    if kind == ElementKind::Foreign && element.self_closing && element.children.is_empty() {
        return out.push_str(" />");
    }
    out.push('>');
    all(&element.children, kind == ElementKind::Foreign && !is_html_inside(name), out);
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// Whether an element of SVG or MathML has HTML in it.
pub(super) fn is_html_inside(name: &str) -> bool {
    ["foreignObject", "annotation-xml", "desc"].iter().any(|known| name.eq_ignore_ascii_case(known))
}
