//! What was drawn becomes part of a page: named for those who do not see it, with ids of its own, in the theme's colours, and with nothing
//! in it but what draws.

use super::{
    cascade::LabelSheet,
    colours,
    css::{self, Used},
    inline::LabelCharacters,
    labels, spans,
};
use crate::text::{
    dom::{self, Element, Node},
    html,
};
use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
    mem,
};

/// More would be heard by nobody.
const MAX_SPOKEN: usize = 300;
/// Elements that draw, and those that hold or name them.
const ELEMENTS: [&str; 22] = [
    "a",
    "circle",
    "clipPath",
    "defs",
    "ellipse",
    "feDropShadow",
    "filter",
    "g",
    "line",
    "linearGradient",
    "marker",
    "mask",
    "path",
    "polygon",
    "polyline",
    "rect",
    "stop",
    "svg",
    "symbol",
    "text",
    "tspan",
    "use",
];
/// Attributes whose values are colours or declarations.
const PAINTED: [&str; 6] = ["fill", "stroke", "color", "stop-color", "flood-color", "style"];
/// Definitions that are left out where nothing refers to them.
const DEFINITIONS: [&str; 6] = ["clipPath", "filter", "linearGradient", "marker", "mask", "symbol"];

/// What the renderer writes where it reckoned a number that is none.
const NO_NUMBERS: [&str; 3] = ["NaN", "Infinity", "undefined"];

/// What a drawing is of.
pub(super) struct Settled<'a> {
    /// What its ids begin with; its own.
    pub id: &'a str,
    /// What such a diagram is called.
    pub kind: &'a str,
    /// What is put back into it.
    pub inline: &'a LabelCharacters,
}

/// The drawing as it stands in a page; none, if it is none. `address` says what a link leads to.
pub(super) fn settle(svg: &str, of: &Settled<'_>, address: &mut dyn FnMut(&str) -> Option<String>) -> Option<String> {
    let mut nodes = dom::parse(svg);
    let mut root = nodes.iter_mut().filter_map(Node::element_mut).find(|element| element.is("svg")).map(mem::take)?;
    if !is_whole(&root) {
        return None;
    }
    let view = root.attr("viewBox")?.to_owned();
    let sizes: Vec<f64> = view.split_ascii_whitespace().filter_map(|part| part.parse().ok()).collect();
    let [_, _, width, height] = sizes[..] else { return None };
    if !(width.is_finite() && height.is_finite() && width > 0.0 && height > 0.0) {
        return None;
    }
    let own = root.attr("id").unwrap_or_default().to_owned();
    let (title, description) = (words(&root, "title"), words(&root, "desc"));
    let sheet: String =
        root.children.iter().filter_map(Node::element).filter(|child| child.is("style")).map(raw).collect();

    let sheet = html::unescape(&sheet);
    labels::place(&mut root, &LabelSheet::read(&sheet, &own), of.kind == "Requirement diagram");
    let mut cleaner = Cleaner { address, inline: of.inline, is_linked: false };
    cleaner.all(&mut root.children, None);
    let is_linked = cleaner.is_linked;

    let mut used = Used::default();
    survey(&root.children, &mut used);
    let rules = css::rules(&sheet, &used, (&own, of.id));
    ids(&mut root.children, of.id);

    let mut said = Vec::new();
    spoken(&root.children, &mut said);
    spans::restore(&mut root.children, of.inline, &rules);
    // What is not the author's own repeats what the drawing shows.
    let (own_title, own_description) = (title.is_some(), description.is_some());
    let title = of.inline.words(&title.unwrap_or_else(|| of.kind.to_owned()));
    let description = description.or_else(|| joined(&said)).map(|description| of.inline.words(&description));
    let read = |is_own: bool| if is_own { "" } else { " data-pathmx-search=\"ignore\"" };
    let id = of.id;
    let mut out = format!("<svg class=\"pmx-mermaid-svg\" id=\"{id}\" xmlns=\"http://www.w3.org/2000/svg\"");
    // What is linked in a picture would not be reached.
    out.push_str(if is_linked { " role=\"group\"" } else { " role=\"img\"" });
    let _ = write!(out, " aria-labelledby=\"{id}-title\"");
    if description.is_some() {
        let _ = write!(out, " aria-describedby=\"{id}-desc\"");
    }
    let (width, height) = (width.ceil(), height.ceil());
    let _ = write!(out, " width=\"{width}\" height=\"{height}\" viewBox=\"{}\">", html::escape(&view));
    let _ = write!(out, "<title id=\"{id}-title\"{}>{}</title>", read(own_title), html::escape(&title));
    if let Some(description) = description {
        let _ = write!(out, "<desc id=\"{id}-desc\"{}>{}</desc>", read(own_description), html::escape(&description));
    }
    if !rules.is_empty() {
        let _ = write!(out, "<style>{rules}</style>");
    }
    dom::write(&root.children, &mut out);
    out.push_str("</svg>");
    Some(out)
}

/// Whether whatever begins in a drawing ends there: else words could have been taken for markup.
fn is_whole(element: &Element<'_>) -> bool {
    (element.is_closed || element.self_closing) && element.children.iter().filter_map(Node::element).all(is_whole)
}

/// The text of a child of this name.
fn words(root: &Element<'_>, name: &str) -> Option<String> {
    let child = root.children.iter().filter_map(Node::element).find(|child| child.is(name))?;
    let text = html::unescape(&raw(child)).split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// The text in an element as it is written.
fn raw(element: &Element<'_>) -> String {
    element.children.iter().map(|child| if let Node::Text(text) = child { &**text } else { "" }).collect()
}

/// Takes out whatever does not draw, and puts tokens and addresses in.
struct Cleaner<'c> {
    address: &'c mut dyn FnMut(&str) -> Option<String>,
    inline: &'c LabelCharacters,
    is_linked: bool,
}

impl Cleaner<'_> {
    /// `ground`: the colour that an author gave to what text stands on.
    fn all(&mut self, nodes: &mut Vec<Node<'_>>, ground: Option<&str>) {
        nodes.retain(|node| match node {
            Node::Element(element) => ELEMENTS.contains(&&*element.name) && !is_nowhere(element),
            Node::Text(_) => true,
            Node::Other(_) => false,
        });
        let mut at = 0;
        while let Some(node) = nodes.get_mut(at) {
            at += 1;
            let Node::Element(element) = node else { continue };
            let own = if element.is("g") || element.is("a") { own_ground(element) } else { None };
            let ground = own.as_deref().or(ground);
            if element.is("a") {
                self.link(element);
            }
            attributes(element, ground);
            self.all(&mut element.children, ground);
        }
        nodes.retain(|node| node.element().is_none_or(|element| !is_hollow(element)));
    }

    /// A link that leads nowhere becomes a group.
    fn link(&mut self, element: &mut Element<'_>) {
        let written = element
            .attr("href")
            .or_else(|| element.attr("xlink:href"))
            .map(|href| self.inline.words(&html::unescape(href)));
        element.attributes.retain(|attribute| !attribute.name.ends_with("href"));
        match written.and_then(|href| (self.address)(&href)) {
            Some(address) => {
                self.is_linked = true;
                element.set("href", address);
            }
            None => element.name = "g".into(),
        }
    }
}

/// The fill that an author gave to the shape of a node.
fn own_ground(group: &Element<'_>) -> Option<String> {
    let shapes = group.children.iter().filter_map(Node::element);
    let shapes =
        shapes.filter(|shape| matches!(&*shape.name, "rect" | "circle" | "ellipse" | "polygon" | "path" | "g"));
    let mut fills = shapes.filter_map(|shape| colours::declared(shape.attr("style")?, "fill").map(str::to_owned));
    fills.rfind(|fill| fill != "none" && colours::tokens(fill) == *fill)
}

/// Whether a shape stands where no number says.
fn is_nowhere(element: &Element<'_>) -> bool {
    matches!(&*element.name, "circle" | "ellipse" | "line" | "path" | "polygon" | "polyline" | "rect" | "use")
        && element.attributes.iter().any(|attribute| {
            !is_words(&attribute.name)
                && !PAINTED.contains(&&*attribute.name)
                && attribute.value.as_deref().is_some_and(is_no_number)
        })
}

pub(super) fn is_no_number(value: &str) -> bool {
    NO_NUMBERS.iter().any(|number| value.contains(number))
}

/// Whether the values of an attribute are names.
fn is_words(name: &str) -> bool {
    matches!(name, "id" | "class") || name.ends_with("href") || name.starts_with("data-") || name.starts_with("aria-")
}

/// Whether an element shows nothing: an empty group, a path without a way, a rectangle without a size.
fn is_hollow(element: &Element<'_>) -> bool {
    match &*element.name {
        "g" | "defs" | "a" => element.children.iter().all(Node::is_blank),
        "path" => element.attr("d").is_none_or(|way| way.trim().is_empty()),
        "rect" => ["width", "height"].iter().any(|side| element.attr(side).is_none_or(str::is_empty)),
        _ => false,
    }
}

fn attributes(element: &mut Element<'_>, ground: Option<&str>) {
    let is_text = matches!(&*element.name, "text" | "tspan");
    // Boxes and marked stretches of sequences.
    let is_marked = element.is("rect") && element.attr("class") == Some("rect");
    element.attributes.retain_mut(|attribute| {
        let name = attribute.name.to_ascii_lowercase();
        let Some(value) = attribute.value.as_deref() else { return false };
        let is_dropped = name.starts_with("on")
            || name.starts_with("data-")
            || name.starts_with("aria-")
            || name.starts_with("xml")
            || matches!(&*name, "role" | "tabindex" | "font-family" | "target" | "rel" | "name")
            || (name.ends_with("href") && element.name != "a" && !value.starts_with('#'))
            || (value.contains("url(") && !value.contains("url(#"))
            || (name != "style" && !is_words(&name) && is_no_number(value));
        if is_dropped {
            return false;
        }
        if name == "style" {
            let declarations = css::declarations(&html::unescape(value));
            attribute.value = Some(declarations.into());
        } else if PAINTED.contains(&&*name) {
            let colour = if is_marked && name == "fill" && value != "transparent" {
                colours::faint(value).into()
            } else {
                colours::attribute(value)
            };
            attribute.value = Some(colour.into_owned().into());
        }
        attribute.value.as_deref().is_some_and(|value| !value.is_empty())
    });
    // Text that follows the scheme could vanish on a ground that does not.
    let text = ground.filter(|_| is_text).and_then(colours::readable_on);
    if let Some(text) = text {
        let style = element.attr("style").unwrap_or_default();
        let fill = colours::declared(style, "fill").or_else(|| element.attr("fill"));
        if fill.is_none_or(|fill| colours::stands_for(fill, "--pmx-color-fg")) {
            let style = if style.is_empty() { format!("fill:{text}") } else { format!("{style};fill:{text}") };
            element.set("style", style);
        }
    }
}

fn survey<'n>(nodes: &'n [Node<'_>], used: &mut Used<'n>) {
    for element in nodes.iter().filter_map(Node::element) {
        used.elements.insert(&element.name);
        used.classes.extend(element.attr("class").unwrap_or_default().split_ascii_whitespace());
        survey(&element.children, used);
    }
}

/// Ids that something refers to are named after the drawing; others, and definitions that nothing refers to, are left out.
fn ids(nodes: &mut Vec<Node<'_>>, prefix: &str) {
    let mut wanted = HashSet::new();
    referred(nodes, &mut wanted);
    let mut known = HashMap::new();
    name(nodes, &wanted, prefix, &mut known);
    refer(nodes, &known);
}

fn reference(value: &str) -> Option<&str> {
    let at = value.find("url(#").map(|at| at + 5)?;
    Some(&value[at..at + value[at..].find(')')?])
}

fn referred(nodes: &[Node<'_>], wanted: &mut HashSet<String>) {
    for element in nodes.iter().filter_map(Node::element) {
        for attribute in &element.attributes {
            let value = attribute.value.as_deref().unwrap_or_default();
            let is_use = element.is("use") && attribute.name.ends_with("href");
            let found = if is_use { value.strip_prefix('#') } else { reference(value) };
            wanted.extend(found.map(str::to_owned));
        }
        referred(&element.children, wanted);
    }
}

fn name(nodes: &mut Vec<Node<'_>>, wanted: &HashSet<String>, prefix: &str, known: &mut HashMap<String, String>) {
    nodes.retain_mut(|node| {
        let Node::Element(element) = node else { return true };
        let id =
            element.remove("id").and_then(|id| id.value).map(|id| id.into_owned()).filter(|id| wanted.contains(id));
        match id {
            Some(id) => {
                let next = format!("{prefix}-{}", known.len() + 1);
                let own = known.entry(id).or_insert(next).clone();
                element.set("id", own);
            }
            None if DEFINITIONS.contains(&&*element.name) => return false,
            None => {}
        }
        name(&mut element.children, wanted, prefix, known);
        !is_hollow(element)
    });
}

fn refer(nodes: &mut [Node<'_>], known: &HashMap<String, String>) {
    for element in nodes.iter_mut().filter_map(Node::element_mut) {
        let is_use = element.is("use");
        element.attributes.retain_mut(|attribute| {
            let value = attribute.value.as_deref().unwrap_or_default();
            if is_use && attribute.name.ends_with("href") {
                let Some(id) = value.strip_prefix('#').and_then(|id| known.get(id)) else { return false };
                attribute.value = Some(format!("#{id}").into());
            } else if let Some(old) = reference(value) {
                let Some(id) = known.get(old) else { return false };
                attribute.value = Some(value.replace(&format!("url(#{old})"), &format!("url(#{id})")).into());
            }
            true
        });
        refer(&mut element.children, known);
    }
}

/// The texts in a drawing, in its order.
fn spoken(nodes: &[Node<'_>], out: &mut Vec<String>) {
    for element in nodes.iter().filter_map(Node::element) {
        if element.is("text") {
            let text = dom::text(&element.children).split_whitespace().collect::<Vec<_>>().join(" ");
            if !text.is_empty() && out.last() != Some(&text) {
                out.push(text);
            }
        } else {
            spoken(&element.children, out);
        }
    }
}

fn joined(said: &[String]) -> Option<String> {
    let mut out = String::new();
    for text in said {
        if out.len() + text.len() > MAX_SPOKEN {
            out.push_str(", …");
            break;
        }
        out.push_str(if out.is_empty() { "" } else { ", " });
        out.push_str(text);
    }
    (!out.is_empty()).then_some(out)
}

/// Gives a drawing another id, and all ids in it.
pub(super) fn rename(root: &mut Element<'_>, to: &str) {
    let Some(from) = root.attr("id").map(str::to_owned).filter(|from| !from.is_empty()) else { return };
    rename_in(root, &from, to);
}

fn rename_in(element: &mut Element<'_>, from: &str, to: &str) {
    for attribute in &mut element.attributes {
        let names = attribute.name == "id" || attribute.name.starts_with("aria-");
        let Some(value) = &mut attribute.value else { continue };
        if names || value.contains("url(#") || (value.starts_with('#') && attribute.name.ends_with("href")) {
            *value = value.replace(from, to).into();
        }
    }
    let is_sheet = element.is("style");
    for node in &mut element.children {
        match node {
            Node::Element(child) => rename_in(child, from, to),
            Node::Text(text) if is_sheet => *text = text.replace(&format!("#{from}"), &format!("#{to}")).into(),
            Node::Text(_) | Node::Other(_) => {}
        }
    }
}
