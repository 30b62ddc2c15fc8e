//! The Blocks of a page as readers get them: includes taken in, components expanded, values and icons put in, questions made
//! forms, Beats marked. Addresses are still marks, so that a page survives a change of routes.

pub(crate) mod beats;
pub(crate) mod completion;
pub(crate) mod icons;
pub(crate) mod questions;

mod embeds;
mod include;
mod layout;
mod links;
mod pictures;
mod spaceholders;

pub(super) use embeds::Embeds;
pub(super) use include::{MAX_INCLUDED, MAX_NESTED};
pub(super) use layout::Surround;
pub(super) use pictures::Picture;

use crate::{
    diagnostic::{Diagnostic, Position},
    graph::{self, bodies::Bodies},
    search,
    source::{
        self, Settings,
        components::{self, Expansion},
        values::{self, BlockText, Values},
    },
    text::{
        css,
        dom::{self, Node},
        html,
    },
};
use beats::{Beat, BeatBlock};
use completion::Completion;
use include::Includer;
use links::{LinkTable, Origin};
use questions::QuestionBlock;
use std::collections::BTreeSet;

/// What every icon's name begins with.
const ICON: &str = ":lucide-";

/// The content of a page.
#[derive(Clone, Debug, Default)]
pub(super) struct RenderedSource {
    /// For each Block of the Source its HTML, marked with numbers of the page's links: first those of the Source, then `adopted`.
    pub blocks: Vec<String>,
    /// The links that other Sources bring: which Source, by its number in [`Embeds`], and which of its links.
    pub adopted: Vec<(usize, usize)>,
    /// The Beats of each Block.
    pub beats: Vec<Vec<Beat>>,
    pub record: search::Record,
    /// With the paths of the files that they are about.
    pub findings: Vec<Diagnostic>,
    /// Whether it shows what is to be ticked off.
    pub has_completion: bool,
    /// What stands around it all, the innermost first.
    pub surrounds: Vec<Surround>,
    /// The components that are used: the number of the Source that defines one, and its name.
    pub components: Vec<(usize, String)>,
}

/// What is known of a Source whatever its frontmatter says.
fn facts<'a>(node: &'a graph::Node, title: &'a str) -> [(&'a str, &'a str); 3] {
    [("title", title), ("id", &node.id), ("path", &node.path)]
}

/// Renders the Blocks of the first of these Sources.
/// `leads`: what picture a link of a Source leads to. `completion`: what the elements of the page show that speak of it.
pub(super) fn render(
    embeds: &Embeds<'_>,
    known: &Bodies,
    settings: &Settings,
    leads: &dyn Fn(&graph::Node, usize) -> Picture,
    completion: Option<&Completion>,
) -> RenderedSource {
    let bodies = embeds.bodies(known, settings);
    let node = embeds.node(0);
    let source = &*node.source;
    let text = source::decode(&node.bytes);
    let shown = embeds.shown(0);
    let title = node.title();
    let facts = facts(node, &title);

    let mut links = LinkTable::new(source.links.len());
    let mut ids = source.anchors.clone();
    let mut used = BTreeSet::new();
    let mut reading = search::RecordBuilder::default();
    reading.title(&title);
    for tag in source.tags() {
        reading.title(&tag);
    }
    let mut out = RenderedSource::default();
    let mut findings = Vec::new();
    let Some(own) = bodies.get(0) else { return out };
    for (block, html) in source.blocks.iter().zip(own.iter()) {
        let written = BlockText { text: &text, line: block.line, html, tags: &block.tags };
        let position = Position { line: block.line, column: 1 };
        let values = Values { block: &block.values, source: &source.values, facts: &facts };
        let question = QuestionBlock {
            id: &block.id,
            source_id: &node.id,
            values: &block.values,
            source_values: &source.values,
            position,
            recorded: if block.values.contains_key("response") { written.find("response:") } else { position },
        };
        let mut nodes = dom::parse(html);
        Includer {
            embeds,
            bodies: &bodies,
            links: &mut links,
            used: &mut used,
            findings: &mut out.findings,
            ids: &mut ids,
            included: 0,
            in_question: question.asks(),
        }
        .expand(&mut nodes, 0, &mut vec![(0, Some(block.id.clone()))]);
        let expansion = Expansion {
            lookup: embeds,
            links: &mut links,
            origin: 0,
            values,
            written,
            used: &mut used,
            findings: &mut findings,
        };
        components::expand(&mut nodes, expansion);
        values::fill(&mut nodes, values, written, &mut findings);
        if let Some(completion) = completion {
            out.has_completion |= completion.put(&mut nodes, written, &mut findings);
        }
        put_icons(&mut nodes, written, &mut findings);
        questions::form(&question, &mut nodes, &mut findings);
        pictures::complete(&mut nodes, &|mark| {
            links.origin(mark).map_or(Picture::Elsewhere, |(origin, link)| leads(embeds.node(origin), link))
        });
        let beat_block = BeatBlock { id: &block.id, values: &block.values, source_values: &source.values, position };
        out.beats.push(beats::annotate(&beat_block, &mut nodes, &mut findings));
        reading.block(&nodes);
        let mut written = String::with_capacity(html.len() + html.len() / 4);
        dom::write(&nodes, &mut written);
        if css::may_have_units(&written) {
            make_room(&mut nodes);
            written.clear();
            dom::write(&nodes, &mut written);
        }
        out.blocks.push(written);
    }
    let names = components::Lookup::names(embeds, 0);
    findings.extend(source.no_tags.iter().filter(|found| names.contains(&&*found.name)).map(components::no_tag));
    out.findings.extend(findings.into_iter().map(|finding| finding.at(&*shown)));
    let values = Values { block: &serde_json::Map::new(), source: &source.values, facts: &facts };
    for layout in embeds.layouts() {
        let mut findings = Vec::new();
        let mut includer = Includer {
            embeds,
            bodies: &bodies,
            links: &mut links,
            used: &mut used,
            findings: &mut findings,
            ids: &mut ids,
            included: 0,
            in_question: false,
        };
        let surround = layout::surround(&mut includer, embeds, *layout, (values, completion), leads);
        out.findings.extend(findings.into_iter().filter(|finding| finding.code == layout::SECOND_OUTLET));
        match surround {
            Ok((surround, has_completion)) => {
                out.has_completion |= has_completion;
                out.surrounds.push(surround);
            }
            Err(finding) => out.findings.push(finding),
        }
    }
    out.record = reading.finish();
    out.adopted = links.into_adopted();
    out.components = used.into_iter().map(|(origin, name)| (origin, name.to_owned())).collect();
    out
}

/// Makes lengths in styles that stand in a Block relative to the room that it has; see [`css::in_room`].
fn make_room(nodes: &mut [Node<'_>]) {
    for element in nodes.iter_mut().filter_map(Node::element_mut) {
        if let Some(style) = element.attr("style").filter(|style| css::may_have_units(style)) {
            let style = html::escape(&css::in_room(&html::unescape(style))).into_owned();
            element.set("style", style);
        }
        if element.is("style") {
            for node in &mut element.children {
                if let Node::Text(text) = node {
                    *text = css::in_room(text).into_owned().into();
                }
            }
        } else {
            make_room(&mut element.children);
        }
    }
}

/// Puts icons into the text of a Block; code and what only scripts read keep theirs.
fn put_icons(nodes: &mut [Node<'_>], written: BlockText<'_>, findings: &mut Vec<Diagnostic>) {
    for node in nodes {
        match node {
            Node::Text(text) if text.contains(ICON) => {
                let (mut out, mut unknown) = (String::new(), Vec::new());
                if icons::replace(text, &mut out, &mut unknown) {
                    *text = out.into();
                }
                for name in unknown {
                    let message = format!("Unknown Lucide icon \"{name}\"");
                    let position = written.find(&format!("{ICON}{name}"));
                    let finding = Diagnostic::warning("icons-lucide/unknown-icon", position, message);
                    findings.push(match icons::nearest(&name) {
                        Some(nearest) => finding.hint(format!("did you mean `{nearest}`?")),
                        None => finding,
                    });
                }
            }
            Node::Element(element)
                if !matches!(&*element.name, "code" | "pre" | "script" | "style" | "textarea" | "title") =>
            {
                put_icons(&mut element.children, written, findings);
            }
            _ => {}
        }
    }
}
