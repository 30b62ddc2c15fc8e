//! Width and height on pictures, so that nothing moves when they arrive.

use super::spaceholders;
use crate::{
    graph::pictures::Size,
    text::dom::{Attribute, Element, Node},
};

/// What an author's `style` may say about the size.
const SIZED: [&str; 5] = ["width", "height", "inline-size", "block-size", "aspect-ratio"];

/// What the address of a picture leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Picture {
    /// A file, with its size if it has one.
    File(Option<Size>),
    /// No file, though the address is that of one.
    Missing,
    /// Something that is not of the site.
    Elsewhere,
}

/// Completes the pictures among these nodes; `leads` says what a mark stands for.
pub(super) fn complete<'a>(nodes: &mut Vec<Node<'a>>, leads: &dyn Fn(usize) -> Picture) {
    spaceholders::put(nodes, leads);
    for node in nodes {
        match node {
            Node::Element(element) if element.name == "img" => sized(element, leads),
            Node::Element(element) => complete(&mut element.children, leads),
            Node::Text(_) | Node::Other(_) => {}
        }
    }
}

fn sized(image: &mut Element<'_>, leads: &dyn Fn(usize) -> Picture) {
    let value = |name: &str| {
        let found = image.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name));
        found.map(|attribute| attribute.value.as_deref().unwrap_or_default())
    };
    let (width, height) = (value("width"), value("height"));
    let styled = value("style").is_some_and(|style| SIZED.iter().any(|property| style.contains(property)));
    // What is chosen by its width among several files has the width that `sizes` says.
    let by_width = |candidate: &str| candidate.trim().rsplit_once(' ').is_some_and(|(_, width)| width.ends_with('w'));
    let chosen = value("sizes").is_some() || value("srcset").is_some_and(|set| set.split(',').any(by_width));
    if styled || chosen || (width.is_some() && height.is_some()) {
        return;
    }
    let Some(Picture::File(Some(found))) = value("src").and_then(mark).map(leads) else { return };
    let scaled = |given: &str, from: u32, to: u32| {
        let given: u32 = given.trim().parse().ok().filter(|given| *given > 0)?;
        let (given, from, to) = (u64::from(given), u64::from(from), u64::from(to));
        Some(((given * to + from / 2) / from).max(1))
    };
    let Size { width: own_width, height: own_height } = found;
    let (new_width, new_height) = match (width, height) {
        (None, None) => (Some(u64::from(own_width)), Some(u64::from(own_height))),
        (Some(width), None) => (None, scaled(width, own_width, own_height)),
        (None, Some(height)) => (scaled(height, own_height, own_width), None),
        (Some(_), Some(_)) => (None, None),
    };
    for (name, value) in [("width", new_width), ("height", new_height)] {
        if let Some(value) = value {
            image.attributes.push(Attribute { name: name.into(), value: Some(value.to_string().into()) });
        }
    }
}

/// The number of a mark that is all of a value.
pub(super) fn mark(value: &str) -> Option<usize> {
    value.strip_prefix('\0')?.strip_suffix('\0')?.parse().ok()
}
