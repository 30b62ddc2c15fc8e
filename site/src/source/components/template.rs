//! A template for one usage: addresses of the defining Source, values, the usage's attributes on the root.

use super::Definition;
use crate::{
    source::values::{self, Expression, Values},
    text::{
        dom::{self, Attribute, Element, Node},
        html,
    },
};
use std::borrow::Cow;

/// What a template's expressions can name.
pub(super) struct Props<'p, 'a> {
    /// Of the usage, values as written.
    pub attributes: &'p [Attribute<'a>],
    pub definition: &'p Definition,
    pub page: Values<'p>,
}

/// Whether a template only arranges what it is given: it has places for content, or other components, and nothing that a
/// reader would see or touch of its own. What it is given is read as if it stood there by itself.
pub(super) fn arranges(nodes: &[Node<'_>]) -> bool {
    fn is_bare(node: &Node<'_>, holds: &mut bool) -> bool {
        match node {
            Node::Text(text) => text.trim().is_empty(),
            Node::Other(_) => true,
            Node::Element(element) => {
                if matches!(&*element.name, "yield" | "slot") || !dom::is_known(&element.name) {
                    *holds = true;
                    return true;
                }
                !SEEN.contains(&&*element.name)
                    && element.attr("states").is_none()
                    && element.children.iter().all(|child| is_bare(child, holds))
            }
        }
    }
    let mut holds = false;
    nodes.iter().all(|node| is_bare(node, &mut holds)) && holds
}

/// Elements that are something to see or to touch without any text in them.
const SEEN: [&str; 20] = [
    "img", "picture", "svg", "math", "video", "audio", "canvas", "iframe", "object", "embed", "input", "button",
    "select", "textarea", "meter", "progress", "hr", "details", "dialog", "form",
];

/// Puts values into a template. `adopt` gives the page's number for a link of the defining Source; `unresolved` hears
/// of names without a value; the result is how many bytes were put in.
pub(super) fn fill<'a>(
    nodes: &mut [Node<'a>],
    props: &Props<'_, 'a>,
    adopt: &mut dyn FnMut(usize) -> usize,
    unresolved: &mut dyn FnMut(&str),
) -> usize {
    let mut added = 0;
    for node in nodes {
        match node {
            Node::Text(text) => {
                if let Some(new) = values::interpolate(text, &mut |found| {
                    let value = props.get(found).map(|value| value.replace('<', "&lt;").replace('>', "&gt;"));
                    Some(value.unwrap_or_else(|| missing(found, unresolved)))
                }) {
                    added += new.len();
                    *text = Cow::Owned(new);
                }
            }
            Node::Element(element) => {
                added += fill_attributes(element, props, adopt, unresolved);
                if element.is("style") {
                    for css in &mut element.children {
                        if let Node::Text(css) = css
                            && css.contains('\0')
                        {
                            *css = Cow::Owned(adopted(css, adopt));
                        }
                    }
                } else if !element.is("script") {
                    added += fill(&mut element.children, props, adopt, unresolved);
                }
            }
            Node::Other(_) => {}
        }
    }
    added
}

fn fill_attributes<'a>(
    element: &mut Element<'a>,
    props: &Props<'_, 'a>,
    adopt: &mut dyn FnMut(usize) -> usize,
    unresolved: &mut dyn FnMut(&str),
) -> usize {
    let mut added = 0;
    element.attributes.retain_mut(|attribute| {
        let Some(value) = &mut attribute.value else { return true };
        if value.contains('\0') {
            *value = Cow::Owned(adopted(value, adopt));
        }
        let mut keep = true;
        let text = value.trim();
        if let Some(new) = values::interpolate(value, &mut |found| {
            let value = props.get(found);
            // An attribute that is nothing but a value is gone without it.
            keep = keep && (value.is_some() || found.text.len() != text.len());
            Some(value.unwrap_or_else(|| missing(found, unresolved)))
        }) {
            added += new.len();
            *value = Cow::Owned(new);
        }
        keep
    });
    added
}

fn missing(found: &Expression<'_>, unresolved: &mut dyn FnMut(&str)) -> String {
    unresolved(found.name);
    String::new()
}

/// Marks with the page's numbers.
fn adopted(value: &str, adopt: &mut dyn FnMut(usize) -> usize) -> String {
    let mut out = String::with_capacity(value.len() + 4);
    for (index, part) in value.split('\0').enumerate() {
        match part.parse() {
            Ok(link) if index % 2 == 1 => out.extend(["\0", &adopt(link).to_string(), "\0"]),
            _ => out.push_str(part),
        }
    }
    out
}

impl Props<'_, '_> {
    /// The value, as it can stand in an attribute: what the usage says, the template's fallback, the definition's
    /// default, the page's Block, the page's Source.
    fn get(&self, found: &Expression<'_>) -> Option<String> {
        let escaped = |value: String| html::escape(&value).into_owned();
        if found.name.starts_with("block.") || found.name.starts_with("source.") {
            let value = self.page.get(found.name).map(escaped);
            return value.or_else(|| found.fallback.map(str::to_owned));
        }
        let given = self.attributes.iter().find(|attribute| same(&attribute.name, found.name));
        if let Some(attribute) = given {
            return Some(attribute.value.as_deref().unwrap_or("").to_owned());
        }
        found.fallback.map(str::to_owned).or_else(|| {
            let default = self.definition.values.iter().find(|(key, _)| same(key, found.name));
            let value = default.and_then(|(_, value)| values::as_text(value));
            value.or_else(|| self.page.get(found.name)).map(escaped)
        })
    }
}

/// `initialState`, `initial-state` and `initialstate` are one name: HTML knows no case, authors like both.
fn same(a: &str, b: &str) -> bool {
    let letters = |name: &str| name.bytes().filter(|b| *b != b'-').map(|b| b.to_ascii_lowercase()).collect::<Vec<_>>();
    a == b || letters(a) == letters(b)
}

/// Copies the attributes of a usage onto the root: classes and styles join, others replace.
pub(super) fn copy<'a>(attributes: Vec<Attribute<'a>>, root: &mut Element<'a>, in_template: bool) {
    for attribute in attributes {
        let value = attribute.value.as_deref().unwrap_or("");
        match attribute.name.to_ascii_lowercase().as_str() {
            "slot" => {}
            // Ours; a template's root may hand them on to the component that it uses.
            "data-pathmx-component" | "data-pathmx-component-source" | "data-pathmx-states" if !in_template => {}
            "class" => {
                for class in value.split_ascii_whitespace() {
                    root.add_class(class);
                }
            }
            "style" => {
                let style = match root.attr("style").map(|style| style.trim_end().trim_end_matches(';')) {
                    None | Some("") => value.to_owned(),
                    Some(style) => format!("{style}; {value}"),
                };
                root.set("style", style);
            }
            name => match root.attributes.iter_mut().find(|known| known.name.eq_ignore_ascii_case(name)) {
                Some(known) => known.value = attribute.value,
                None => root.attributes.push(attribute),
            },
        }
    }
}
