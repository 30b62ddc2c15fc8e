//! The HTML of a Block as a tree: enough of it to expand components, to mark Beats, and to write it back.
//!
//! Text and attribute values stay as they were written: entities are not decoded, and the NUL marks of addresses
//! (`\0<n>\0`, see [`super::source`]) pass through.

use std::borrow::Cow;

/// A node of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::site) enum Node<'a> {
    Element(Element<'a>),
    /// Text as it was written, entities and all.
    Text(Cow<'a, str>),
    /// A comment or a doctype, as it was written.
    Other(Cow<'a, str>),
}

/// An element with its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::site) struct Element<'a> {
    /// Lower case for HTML; as written inside of SVG and MathML.
    pub name: Cow<'a, str>,
    pub attributes: Vec<Attribute<'a>>,
    pub children: Vec<Node<'a>>,
    /// Whether it was written as `<x />`.
    pub self_closing: bool,
}

/// An attribute. The value is escaped as it is written between double quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::site) struct Attribute<'a> {
    pub name: Cow<'a, str>,
    pub value: Option<Cow<'a, str>>,
}
