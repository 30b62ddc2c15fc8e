//! A layout around the content of a page: the text of another Source, taken apart where the content comes.

use super::{
    Embeds, Origin,
    completion::Completion,
    include::Includer,
    pictures::{self, Picture},
    put_icons,
};
use crate::{
    diagnostic::{Diagnostic, Position},
    graph,
    source::{
        self,
        standard::{EMPTY, OUTLET, REFERENCES},
        values::{BlockText, Values},
    },
    text::dom::{self, Node},
};

/// Where the content comes, in the marked HTML of a layout. No text has a NUL.
const CONTENT_MARK: &str = "\0:content\0";
/// Where the lists of related pages come.
const REFERENCES_MARK: &str = "\0:references\0";

/// The code of what is said of a second place for the content.
pub(super) const SECOND_OUTLET: &str = "layout/second-outlet";

/// What stands around the content of a page, as marked HTML.
#[derive(Clone, Debug)]
pub(crate) struct Surround {
    before: String,
    after: String,
    /// Whether it has an element `main`.
    pub has_main: bool,
    /// Id of the layout.
    pub id: String,
}

impl Surround {
    /// What comes before the content, in pieces between which the lists of related pages come.
    pub(crate) fn before(&self) -> impl Iterator<Item = &str> {
        self.before.split(REFERENCES_MARK)
    }

    /// The same of what comes after it.
    pub(crate) fn after(&self) -> impl Iterator<Item = &str> {
        self.after.split(REFERENCES_MARK)
    }
}

/// Renders a layout for the page whose values these are, and says whether it shows what is to be ticked off: `source.…` is the page's there,
/// `block.…` the layout's own. What is wrong in a layout is said on its own page, but for a content that has no place: such a layout is not
/// used.
pub(super) fn surround<'a>(
    includer: &mut Includer<'_, 'a>,
    embeds: &Embeds<'a>,
    origin: Origin,
    (page, completion): (Values<'_>, Option<&Completion>),
    leads: &dyn Fn(&graph::Node, usize) -> Picture,
) -> Result<(Surround, bool), Diagnostic> {
    let node = embeds.node(origin);
    let text = source::decode(&node.bytes);
    let (mut all, mut has_completion, mut place) = (Vec::new(), false, LayoutOutlets::default());
    for (number, block) in node.source.blocks.iter().enumerate() {
        let mut nodes = includer.content(origin, number);
        let values = Values { block: &block.values, ..page };
        let written = includer.written(origin, number, &text);
        includer.fill_with(&mut nodes, origin, values, written);
        if let Some(completion) = completion {
            has_completion |= completion.put(&mut nodes, written, &mut Vec::new());
        }
        put_icons(&mut nodes, written, &mut Vec::new());
        pictures::complete(&mut nodes, &|mark| {
            let from = includer.links.origin(mark);
            from.map_or(Picture::Elsewhere, |(origin, link)| leads(embeds.node(origin), link))
        });
        place.walk(&mut nodes, written);
        all.append(&mut nodes);
    }
    let mut html = String::new();
    dom::write(&all, &mut html);
    let shown = embeds.shown(origin);
    includer.findings.extend(place.others.iter().map(|at| {
        let message = format!("a second `<{OUTLET} />` is left out: the content of a page comes once");
        Diagnostic::warning(SECOND_OUTLET, *at, message).at(&*shown)
    }));
    match html.split_once(CONTENT_MARK) {
        Some((before, after)) => {
            let (before, after, id) = (before.to_owned(), after.to_owned(), node.id.clone());
            Ok((Surround { before, after, has_main: place.has_main, id }, has_completion))
        }
        None => {
            let message = format!("this layout is not used: `<{OUTLET} />` stands where no element can be");
            Err(Diagnostic::warning("layout/no-outlet", Position::START, message).at(shown))
        }
    }
}

#[derive(Default)]
struct LayoutOutlets {
    has_outlet: bool,
    has_main: bool,
    /// Where the content would come again.
    others: Vec<Position>,
}

impl LayoutOutlets {
    /// Puts marks in place of the outlets, and says whether there are some; the content comes but once.
    fn walk(&mut self, nodes: &mut [Node<'_>], written: BlockText<'_>) -> bool {
        let mut has_marks = false;
        for node in nodes {
            let Node::Element(element) = node else { continue };
            let text = match &*element.name {
                OUTLET if !self.has_outlet => {
                    self.has_outlet = true;
                    CONTENT_MARK
                }
                REFERENCES => REFERENCES_MARK,
                name if name == OUTLET || EMPTY.contains(&name) => {
                    if name == OUTLET {
                        self.others.push(written.tag(element.at).unwrap_or_else(|| written.block()));
                    }
                    ""
                }
                _ => {
                    self.has_main |= element.is("main");
                    let inside = self.walk(&mut element.children, written);
                    // A page is no part of a paragraph.
                    if inside && element.is("p") {
                        element.name = "div".into();
                    }
                    has_marks |= inside;
                    continue;
                }
            };
            has_marks |= !text.is_empty();
            *node = Node::Text(text.into());
        }
        has_marks
    }
}
