//! The HTML of a Block as a tree: enough of it to expand components, to mark Beats, and to write it back.
//!
//! Text and attribute values stay as they were written: entities are not decoded, and the NUL marks of addresses
//! (`\0<n>\0`, see [`crate::source`]) pass through. A tree is at most [`MAX_DEPTH`] levels deep, so walking it by
//! recursion is safe.

mod names;
mod parse;
mod write;

pub(crate) use names::{closes_paragraph, is_foreign, is_former, is_known, is_raw_text, is_void};
pub(crate) use parse::{comment_end, parse, raw_text_end};
pub(crate) use write::write;

use super::html;
use std::borrow::Cow;

/// How deep elements nest at most; what is deeper stands beside the deepest. Browsers do the same, at 512.
pub(crate) const MAX_DEPTH: usize = 200;

/// A node of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node<'a> {
    Element(Element<'a>),
    /// Text as it was written, entities and all. A `<` is always `&lt;`, but in elements whose content is raw text.
    Text(Cow<'a, str>),
    /// A comment or a doctype, as it was written.
    Other(Cow<'a, str>),
}

/// What stands in a comment, without space around it; nothing if it is none.
pub(crate) fn comment(text: &str) -> Option<&str> {
    Some(text.strip_prefix("<!--")?.strip_suffix("-->")?.trim())
}

/// An element with its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    /// Lower case for HTML; as written inside of SVG and MathML.
    pub name: Cow<'a, str>,
    pub attributes: Vec<Attribute<'a>>,
    pub children: Vec<Node<'a>>,
    /// Whether it was written as `<x />`. It is empty then, whatever browsers make of it.
    pub self_closing: bool,
    /// Whether its end tag was written.
    pub is_closed: bool,
    /// Byte of the parsed text at which its start tag was written.
    pub at: Option<u32>,
}

/// An attribute. The value is escaped as it is written between double quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attribute<'a> {
    /// As written; names are the same whatever their case.
    pub name: Cow<'a, str>,
    pub value: Option<Cow<'a, str>>,
}

impl<'a> Node<'a> {
    /// The element that this node is.
    pub(crate) const fn element(&self) -> Option<&Element<'a>> {
        match self {
            Self::Element(element) => Some(element),
            Self::Text(_) | Self::Other(_) => None,
        }
    }

    /// The element that this node is.
    pub(crate) const fn element_mut(&mut self) -> Option<&mut Element<'a>> {
        match self {
            Self::Element(element) => Some(element),
            Self::Text(_) | Self::Other(_) => None,
        }
    }

    /// Whether a reader sees nothing of it: white space, or a comment.
    pub(crate) fn is_blank(&self) -> bool {
        match self {
            Self::Element(_) => false,
            Self::Text(text) => text.trim_ascii().is_empty(),
            Self::Other(_) => true,
        }
    }
}

impl<'a> Element<'a> {
    /// An element without attributes and content.
    pub(crate) fn new(name: impl Into<Cow<'a, str>>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Whether it is this element, in lower case.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name == name
    }

    /// The value of an attribute, escaped as it was written; empty if it has none. The first counts.
    pub(crate) fn attr(&self, name: &str) -> Option<&str> {
        let attribute = self.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))?;
        Some(attribute.value.as_deref().unwrap_or(""))
    }

    /// Gives an attribute this value, which is escaped already; a new attribute comes last.
    pub(crate) fn set(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        let (name, value) = (name.into(), Some(value.into()));
        match self.attributes.iter_mut().find(|attribute| attribute.name.eq_ignore_ascii_case(&name)) {
            Some(attribute) => attribute.value = value,
            None => self.attributes.push(Attribute { name, value }),
        }
    }

    /// Takes an attribute away.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Attribute<'a>> {
        let at = self.attributes.iter().position(|attribute| attribute.name.eq_ignore_ascii_case(name))?;
        Some(self.attributes.remove(at))
    }

    /// Whether `class` names this class.
    pub(crate) fn has_class(&self, class: &str) -> bool {
        self.attr("class").is_some_and(|classes| classes.split_ascii_whitespace().any(|known| known == class))
    }

    /// Adds a class, unless it is there.
    pub(crate) fn add_class(&mut self, class: &str) {
        if self.has_class(class) {
            return;
        }
        let classes = match self.attr("class").map(str::trim_ascii) {
            None | Some("") => class.to_owned(),
            Some(classes) => format!("{classes} {class}"),
        };
        self.set("class", classes);
    }
}

/// The text of some nodes, references resolved; scripts and style sheets have none.
pub(crate) fn text(nodes: &[Node<'_>]) -> String {
    let mut out = String::new();
    collect(nodes, &mut out);
    out
}

fn collect(nodes: &[Node<'_>], out: &mut String) {
    for node in nodes {
        match node {
            Node::Text(text) => out.push_str(&html::unescape(text)),
            Node::Element(element) if !matches!(&*element.name, "script" | "style") => collect(&element.children, out),
            Node::Element(_) | Node::Other(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
