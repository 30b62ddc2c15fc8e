//! Templates in place of usages.
//!
//! A usage's children belong to whom wrote them: they are expanded with that Source's components, then handed to the
//! template as they are. So a component in itself by way of its children is fine, and one in its own template is an
//! error. What can multiply is bounded: templates in templates, depth, and the bytes that a Block grows by.

use super::{
    Definition,
    letters::{Brings, Shown, has_unknown},
    role,
    slots::{self, SlotContent},
    states,
    template::{self, Props},
    word,
};
use crate::{
    diagnostic::{Diagnostic, Position},
    source::values::{self, BlockText, Values},
    text::{
        dom::{self, Attribute, Element, Node},
        html,
    },
};
use std::{
    borrow::Cow,
    cell::OnceCell,
    collections::{BTreeSet, HashSet},
    mem,
};

/// How many templates stand in one another at most.
const MAX_NESTING: usize = 50;
/// How deep a usage may stand among elements: what is below of it nests at most as deep as a tree may.
const MAX_LEVEL: usize = dom::MAX_DEPTH + 50;
/// How deep the result of one usage may be.
const MAX_HEIGHT: usize = 2 * dom::MAX_DEPTH;
/// How many bytes one Block may grow by. The largest page of public Sources has a fiftieth.
const MAX_GROWTH: usize = 2 << 20;

/// The code of what is said of a component that is not shown.
pub(super) const UNRESOLVED: &str = "literate/unresolved-component";

/// Which components there are. `origin` is a Source by a number of the caller's choice.
pub(crate) trait Lookup<'d> {
    /// What a Source may use by this name (lower case): its own definitions first, then its imports in order; with the
    /// origin that defines it.
    fn definition(&self, origin: usize, name: &str) -> Option<(usize, &'d Definition)>;
    /// All names that a Source may use.
    fn names(&self, origin: usize) -> Vec<&'d str>;
    /// The id of a Source.
    fn source(&self, origin: usize) -> &'d str;
    /// A path, as the page's author would write it, to a Source that defines this name though the page does not import it.
    fn elsewhere(&self, _name: &str) -> Option<String> {
        None
    }
    /// Whether what the page takes in, or stands in, brings scripts, which may define elements of their own.
    fn has_scripts(&self) -> bool {
        false
    }
}

/// The links of a page, to which templates bring links of other Sources.
pub(crate) trait PageLinks {
    /// The page's number for this link of another Source.
    fn adopt(&mut self, origin: usize, link: usize) -> usize;
}

/// What expanding needs to know of the page, and what the page learns.
pub(crate) struct Expansion<'x, 'd> {
    pub lookup: &'x dyn Lookup<'d>,
    pub links: &'x mut dyn PageLinks,
    /// The Source that the nodes come from.
    pub origin: usize,
    pub values: Values<'x>,
    pub written: BlockText<'x>,
    /// The components that were used: origin and name.
    pub used: &'x mut BTreeSet<(usize, &'d str)>,
    pub findings: &'x mut Vec<Diagnostic>,
}

/// Puts templates in place of the usages among the nodes of one Block.
pub(crate) fn expand<'d>(nodes: &mut Vec<Node<'d>>, page: Expansion<'_, 'd>) {
    let names = page.lookup.names(page.origin);
    if !names.is_empty() || has_unknown(nodes) {
        let mut expander = Expander {
            names,
            active: Vec::new(),
            growth: 0,
            place: page.written.block(),
            told: HashSet::new(),
            changed: 0,
            brings: OnceCell::new(),
            page,
        };
        let frame = ExpansionFrame { origin: expander.page.origin, content: None };
        expander.walk(nodes, &frame, 0, false);
    }
}

/// Whose nodes are being walked.
pub(super) struct ExpansionFrame<'d> {
    origin: usize,
    /// In a template: what the usage gave.
    content: Option<SlotContent<'d>>,
}

impl ExpansionFrame<'_> {
    pub(super) const fn is_template(&self) -> bool {
        self.content.is_some()
    }
}

pub(super) struct Expander<'x, 'd> {
    pub(super) page: Expansion<'x, 'd>,
    pub(super) names: Vec<&'d str>,
    /// The templates that the walk is in.
    pub(super) active: Vec<(usize, &'d str)>,
    growth: usize,
    /// Of the page's usage that the walk is in.
    pub(super) place: Position,
    /// What was said already, and where if it is said for each place.
    told: HashSet<(Option<(usize, usize)>, String)>,
    /// How many elements were replaced so far.
    pub(super) changed: usize,
    /// Worked out at the first tag that nothing defines: a text may have any number of them.
    pub(super) brings: OnceCell<Brings>,
}

impl<'d> Expander<'_, 'd> {
    pub(super) fn walk(&mut self, nodes: &mut Vec<Node<'d>>, frame: &ExpansionFrame<'d>, level: usize, foreign: bool) {
        let mut out = Vec::with_capacity(nodes.len());
        for node in mem::take(nodes) {
            match node {
                Node::Element(element) => self.element(element, frame, level, foreign, &mut out),
                other => out.push(other),
            }
        }
        *nodes = out;
    }

    fn element(
        &mut self,
        mut element: Element<'d>,
        frame: &ExpansionFrame<'d>,
        level: usize,
        foreign: bool,
        out: &mut Vec<Node<'d>>,
    ) {
        if frame.content.is_some() && matches!(&*element.name, "yield" | "slot") {
            return self.outlet(element, frame, level, foreign, out);
        }
        // What is included has its own Source's components already.
        if element.attr("data-pathmx-include").is_some() {
            return out.push(Node::Element(element));
        }
        if !foreign {
            if let Some(definition) = self.definition(frame.origin, &element.name) {
                return self.usage(element, definition, frame, level, out);
            }
            match self.unknown(element, frame, level, out) {
                Shown::Element(known) => element = known,
                Shown::Letters => return,
            }
        } else if !dom::is_foreign(&element.name) && self.definition(frame.origin, &element.name).is_some() {
            let message = format!("the component `{}` is not shown: it stands in SVG or MathML", element.name);
            let place = if frame.is_template() { self.place } else { self.position_of(&element) };
            self.tell_at(place, UNRESOLVED, message, None);
        }
        let foreign = match &*element.name {
            "svg" | "math" => true,
            "foreignObject" | "annotation-xml" => false,
            _ => foreign,
        };
        let before = self.changed;
        self.walk(&mut element.children, frame, level + 1, foreign);
        if element.is("p") && self.changed > before {
            split_paragraph(element, out);
        } else {
            out.push(Node::Element(element));
        }
    }

    fn definition(&self, origin: usize, name: &str) -> Option<(usize, &'d Definition)> {
        let lookup = self.page.lookup;
        let found = lookup.definition(origin, name).or_else(|| lookup.definition(self.page.origin, name))?;
        // In the template of a component that is called like an element of HTML, the name means the element.
        let own = dom::is_known(name) && self.active.contains(&(found.0, &*found.1.name));
        (!own).then_some(found)
    }

    fn outlet(
        &mut self,
        outlet: Element<'d>,
        frame: &ExpansionFrame<'d>,
        level: usize,
        foreign: bool,
        out: &mut Vec<Node<'d>>,
    ) {
        let name = if outlet.is("slot") { outlet.attr("name").unwrap_or("").trim() } else { "" };
        let given = frame.content.as_ref().and_then(|content| match name {
            "" => Some(&content.default),
            name => content.named.iter().find(|(known, _)| known == name).map(|(_, nodes)| nodes),
        });
        let given = given.filter(|nodes| !nodes.iter().all(Node::is_blank)).cloned();
        match given {
            Some(nodes) => {
                if self.grow(size(&nodes)) {
                    self.changed += 1;
                    out.extend(nodes);
                }
            }
            None => {
                let mut fallback = outlet.children;
                self.walk(&mut fallback, frame, level + 1, foreign);
                out.extend(fallback);
            }
        }
    }

    fn usage(
        &mut self,
        usage: Element<'d>,
        (origin, definition): (usize, &'d Definition),
        frame: &ExpansionFrame<'d>,
        level: usize,
        out: &mut Vec<Node<'d>>,
    ) {
        let in_template = frame.content.is_some();
        let name = definition.name.as_str();
        let outer = self.place;
        if !in_template {
            self.place = self.position_of(&usage);
        }
        let place = self.place;
        if self.active.contains(&(origin, name)) {
            let mut path: Vec<&str> = self.active.iter().map(|(_, name)| *name).collect();
            path.push(name);
            let message = format!("the component `{name}` contains itself: {}", path.join(" → "));
            return self.tell("literate/component-cycle", message);
        }
        if self.active.len() >= MAX_NESTING || level >= MAX_LEVEL {
            let message = format!("components are nested too deep at `{name}`, {MAX_NESTING} templates at most");
            return self.tell("literate/component-cycle", message);
        }
        if !self.grow(definition.template.len()) {
            return;
        }
        self.page.used.insert((origin, name));
        self.changed += 1;

        let mut attributes = usage.attributes;
        once(&mut attributes);
        if !in_template {
            self.fill_attributes(&mut attributes);
        }
        // White space around it would come to stand between words.
        let mut nodes = dom::parse(definition.template.trim());
        let arranges = definition.script.is_empty() && template::arranges(&nodes);
        let outlets = slots::outlets(&nodes);
        // Without an end and without a place for content, it holds nothing: what follows is not its own.
        let holds = usage.is_closed || outlets.is_any();
        let (given, mut following) = if holds { (usage.children, Vec::new()) } else { (Vec::new(), usage.children) };
        let mut content = slots::divide(given, &outlets.named, in_template);
        self.walk(&mut content.default, frame, level + 1, false);
        for (_, nodes) in &mut content.named {
            self.walk(nodes, frame, level + 1, false);
        }
        self.place = place;
        if !outlets.has_default && !content.default.iter().all(Node::is_blank) {
            let message = format!("what stands in `{name}` is not shown: its template has no place for it");
            let hint = format!("`<yield />` in the template of `{name}` is one");
            self.tell_at(place, "literate/lost-content", message, Some(hint));
        } else if !in_template && !usage.is_closed && !usage.self_closing && outlets.is_any() {
            let message = format!("`<{name}>` is never closed and takes in what follows");
            self.tell_at(place, "literate/unclosed-component", message, Some(format!("end it with `</{name}>`")));
        }
        for region in mem::take(&mut content.unknown) {
            self.tell("literate/unknown-slot", format!("`{name}` has no slot `{region}`"));
        }
        self.fill_template(&mut nodes, origin, definition, &attributes);
        let gives_role = attributes.iter().any(|attribute| attribute.name.eq_ignore_ascii_case("role"));

        if let Some(root) = with_root(&mut nodes) {
            template::copy(attributes, root, in_template);
            append(root, "data-pathmx-component", name);
            append(root, "data-pathmx-component-source", &html::escape(&word(self.page.lookup.source(origin))));
            if arranges {
                root.set("data-pathmx-component-layout", "");
            } else {
                root.remove("data-pathmx-component-layout");
            }
        }
        self.active.push((origin, name));
        self.walk(&mut nodes, &ExpansionFrame { origin, content: Some(content) }, level + 1, false);
        self.active.pop();
        if let Some(root) = nodes.iter_mut().find_map(Node::element_mut) {
            // Only now: the root may have been a component that wants the prop.
            if gives_role {
                role::check(root);
            }
            states::apply(root, name, place, self.page.findings);
        }
        if height(&nodes) > MAX_HEIGHT {
            self.tell("literate/component-depth", format!("`{name}` makes elements too deep to show"));
        } else {
            out.extend(nodes);
        }
        self.place = outer;
        self.walk(&mut following, frame, level, false);
        out.extend(following);
    }

    fn fill_attributes(&mut self, attributes: &mut [Attribute<'d>]) {
        for value in attributes.iter_mut().filter_map(|attribute| attribute.value.as_mut()) {
            if let Some(new) = values::filled(value, self.page.values, self.page.written, self.page.findings) {
                *value = Cow::Owned(new);
            }
        }
    }

    fn fill_template(
        &mut self,
        nodes: &mut [Node<'d>],
        origin: usize,
        definition: &'d Definition,
        attributes: &[Attribute<'d>],
    ) {
        let mut unresolved = Vec::new();
        let props = Props { attributes, definition, page: self.page.values };
        let links = &mut *self.page.links;
        let added = template::fill(nodes, &props, &mut |link| links.adopt(origin, link), &mut |name| {
            unresolved.push(name.to_owned());
        });
        if !self.grow(added) {
            // It is said, and nothing more comes of it.
            nodes.iter_mut().for_each(|node| *node = Node::Text(Cow::Borrowed("")));
        }
        for missing in unresolved {
            let name = &definition.name;
            let message = format!("`{name}` has no value for `{{{{ {missing} }}}}`");
            let hint =
                format!("write `<{name} {missing}=\"…\">`, or `{{{{ {missing}: a fallback }}}}` in its template");
            self.tell_with("literate/unresolved-value", message, Some(hint));
        }
    }

    /// Whether the Block may grow by so many bytes more.
    fn grow(&mut self, bytes: usize) -> bool {
        self.growth = self.growth.saturating_add(bytes);
        if self.growth > MAX_GROWTH {
            let message = format!("the components of this Block make more than {} MiB of HTML", MAX_GROWTH >> 20);
            self.tell("literate/component-size", message);
        }
        self.growth <= MAX_GROWTH
    }

    fn tell(&mut self, code: &'static str, message: String) {
        self.tell_with(code, message, None);
    }

    /// Says each thing once.
    fn tell_with(&mut self, code: &'static str, message: String, hint: Option<String>) {
        if self.told.insert((None, message.clone())) {
            self.push(self.place, code, message, hint);
        }
    }

    /// Says each thing once for each place.
    pub(super) fn tell_at(&mut self, place: Position, code: &'static str, message: String, hint: Option<String>) {
        if self.told.insert((Some((place.line, place.column)), message.clone())) {
            self.push(place, code, message, hint);
        }
    }

    fn push(&mut self, place: Position, code: &'static str, message: String, hint: Option<String>) {
        let finding = Diagnostic::warning(code, place, message);
        self.page.findings.push(match hint {
            Some(hint) => finding.hint(hint),
            None => finding,
        });
    }

    /// Where an element of the page was written.
    pub(super) fn position_of(&self, element: &Element<'_>) -> Position {
        self.page.written.tag(element.at).unwrap_or_else(|| self.page.written.block())
    }
}

/// Of attributes that are written twice the first counts.
fn once(attributes: &mut Vec<Attribute<'_>>) {
    if attributes.len() < 2 {
        return;
    }
    let mut seen = HashSet::new();
    attributes.retain(|attribute| seen.insert(attribute.name.to_ascii_lowercase()));
}

/// The root of a template: its first element. One is made for a template that has none of its own.
fn with_root<'n, 'd>(nodes: &'n mut Vec<Node<'d>>) -> Option<&'n mut Element<'d>> {
    let own = nodes.iter().find_map(Node::element).is_some_and(|root| !matches!(&*root.name, "yield" | "slot"));
    if !own {
        let mut root = Element::new("div");
        root.children = mem::take(nodes);
        nodes.push(Node::Element(root));
    }
    nodes.iter_mut().find_map(Node::element_mut)
}

/// Adds a word to a list.
fn append(root: &mut Element<'_>, name: &'static str, word: &str) {
    let list = match root.attr(name) {
        None | Some("") => word.to_owned(),
        Some(list) => format!("{list} {word}"),
    };
    root.set(name, list);
}

/// A paragraph cannot hold what cannot stand in one: text before and after becomes paragraphs of their own.
fn split_paragraph<'d>(paragraph: Element<'d>, out: &mut Vec<Node<'d>>) {
    if !paragraph.children.iter().any(has_block) {
        return out.push(Node::Element(paragraph));
    }
    let mut run = Vec::new();
    let attributes = paragraph.attributes;
    let flush = |run: &mut Vec<Node<'d>>, out: &mut Vec<Node<'d>>| {
        if run.iter().all(Node::is_blank) {
            return out.append(run);
        }
        let mut part = Element::new("p");
        part.attributes.clone_from(&attributes);
        part.children = mem::take(run);
        out.push(Node::Element(part));
    };
    for child in paragraph.children {
        if has_block(&child) {
            flush(&mut run, out);
            out.push(child);
        } else {
            run.push(child);
        }
    }
    flush(&mut run, out);
}

pub(super) fn has_block(node: &Node<'_>) -> bool {
    node.element().is_some_and(|element| {
        dom::closes_paragraph(&element.name)
            || (!matches!(&*element.name, "svg" | "math" | "button" | "object")
                && element.children.iter().any(has_block))
    })
}

/// About how many bytes nodes take.
fn size(nodes: &[Node<'_>]) -> usize {
    nodes
        .iter()
        .map(|node| match node {
            Node::Text(text) | Node::Other(text) => text.len(),
            Node::Element(element) => {
                let attributes =
                    element.attributes.iter().map(|a| a.name.len() + a.value.as_deref().map_or(0, str::len) + 4);
                2 * element.name.len() + 5 + attributes.sum::<usize>() + size(&element.children)
            }
        })
        .sum()
}

fn height(nodes: &[Node<'_>]) -> usize {
    nodes.iter().filter_map(Node::element).map(|element| 1 + height(&element.children)).max().unwrap_or(0)
}
