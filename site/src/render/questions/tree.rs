//! Making the elements of a form.

use crate::text::{
    dom::{Element, Node},
    html,
};

/// An element with attributes whose values are written as they are.
pub(super) fn element<'a>(
    name: &'static str,
    attributes: &[(&'static str, &'static str)],
    children: Vec<Node<'a>>,
) -> Element<'a> {
    let mut element = Element { children, ..Element::new(name) };
    for (name, value) in attributes {
        element.set(*name, *value);
    }
    element
}

/// Text as it is to be read.
pub(super) fn text<'a>(text: &str) -> Node<'a> {
    Node::Text(html::escape(text).into_owned().into())
}
