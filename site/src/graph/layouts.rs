//! Layouts: Sources whose text surrounds the content of others.
//!
//! `[@layout]: ./x.layout.md` chooses one for a Source; in the entry of a Path, `[@layout.lesson]` chooses one for all Sources of that type
//! and `[@layout.default]` one for all that have none. A layout with a `[@layout]` of its own stands in that one. The same labels import
//! components where they lead to a Source that defines some.

use super::{Graph, Node, Target, relative_link};
use crate::{
    diagnostic::Diagnostic,
    project::Project,
    source::{Link, Place, is_definition, standard::OUTLET},
    text::address::{self, Address},
};

/// How many layouts stand in one another at most: a site has a handful.
const MAX_NESTING: usize = 16;
/// The type of a Source whose name says none.
const PAGE: &str = "page";
/// The type of a layout. The entry's choices are for what is shown in layouts.
const LAYOUT: &str = "layout";

/// Whose layout a label chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose<'l> {
    Own,
    OfType(&'l str),
    Default,
}

fn whose(label: &str) -> Option<Whose<'_>> {
    match label.strip_prefix("@layout")? {
        "" => Some(Whose::Own),
        ".default" => Some(Whose::Default),
        rest => rest.strip_prefix('.').filter(|kind| !kind.is_empty()).map(Whose::OfType),
    }
}

/// What such a definition leads to.
enum Leads<'g> {
    ToLayout(&'g Node),
    /// Its label is free: it is an import, or what it leads to is not there, which is said of every link.
    Elsewhere,
    Wrong(String),
}

/// The layouts of a page, the innermost first.
#[derive(Default)]
pub(crate) struct Chosen<'g> {
    pub layouts: Vec<&'g Node>,
    pub findings: Vec<Diagnostic>,
}

/// Chooses the layouts of the pages of one Path.
pub(crate) struct Layouts<'g> {
    project: &'g Project,
    graph: &'g Graph,
    entry: Option<&'g Node>,
    /// What the entry says, read once for all pages: it may have thousands of links.
    of_entry: Vec<Label<'g>>,
}

/// A definition with such a label.
type Label<'g> = (Whose<'g>, &'g Link, &'g Target);

impl<'g> Layouts<'g> {
    /// Those of the Path whose entry has this id.
    pub(crate) fn new(project: &'g Project, graph: &'g Graph, entry: &str) -> Self {
        let entry = graph.nodes.get(entry);
        Self { project, graph, entry, of_entry: entry.into_iter().flat_map(labels).collect() }
    }

    /// The layouts in which a Source of the Path is shown.
    pub(crate) fn of(&self, node: &'g Node) -> Chosen<'g> {
        let mut chosen = Chosen::default();
        self.check(node, &mut chosen.findings);
        let mut next = self.own(node).or_else(|| self.of_path(node));
        let mut user = node;
        while let Some((link, layout)) = next {
            let is_twice = layout.id == node.id || chosen.layouts.iter().any(|known| known.id == layout.id);
            if is_twice || chosen.layouts.len() >= MAX_NESTING {
                let message = match is_twice {
                    true => format!("the layout `{}` stands in itself through this", layout.path),
                    false => format!("layouts stand in more than {MAX_NESTING} others"),
                };
                let finding = Diagnostic::warning("layout/cycle", link.position, message);
                chosen.findings.push(finding.at(self.project.show(&user.path)));
                break;
            }
            chosen.layouts.push(layout);
            (user, next) = (layout, self.own(layout));
        }
        chosen
    }

    /// The layout that a Source chooses for itself.
    fn own(&self, node: &'g Node) -> Option<(&'g Link, &'g Node)> {
        self.named(labels(node), Whose::Own)
    }

    /// The one that the entry chooses for it.
    fn of_path(&self, node: &'g Node) -> Option<(&'g Link, &'g Node)> {
        let of_entry = || self.of_entry.iter().copied();
        match kind(&node.id) {
            LAYOUT => None,
            kind => self.named(of_entry(), Whose::OfType(kind)).or_else(|| self.named(of_entry(), Whose::Default)),
        }
    }

    /// The first definition counts, as everywhere in Markdown.
    fn named(&self, mut labels: impl Iterator<Item = Label<'g>>, wanted: Whose<'_>) -> Option<(&'g Link, &'g Node)> {
        labels.find_map(|(whose, link, target)| match self.lead(link, target) {
            Leads::ToLayout(layout) if whose == wanted => Some((link, layout)),
            _ => None,
        })
    }

    fn lead(&self, link: &Link, target: &Target) -> Leads<'g> {
        let id = match target {
            Target::Page { id, .. } => id,
            Target::AsWritten if matches!(address::classify(&link.target), Address::File(_)) => {
                return Leads::Elsewhere;
            }
            _ => return Leads::Wrong(format!("`{}` is no layout: it must be a Source of this site", link.target)),
        };
        match self.graph.nodes.get(id) {
            Some(node) if !node.source.definitions.is_empty() || is_components(id) => Leads::Elsewhere,
            Some(node) if node.source.standard.outlet => Leads::ToLayout(node),
            Some(node) => {
                Leads::Wrong(format!("`{}` is no layout: it has no `<{OUTLET} />` where the content comes", node.path))
            }
            None => Leads::Elsewhere,
        }
    }

    /// What is wrong with the definitions of a Source.
    fn check(&self, node: &'g Node, findings: &mut Vec<Diagnostic>) {
        let is_entry = self.entry.is_some_and(|entry| entry.id == node.id);
        let mut seen: Vec<Whose<'_>> = Vec::new();
        for (whose, link, target) in labels(node) {
            let mut tell = |code, message: String, hint: Option<&str>| {
                let finding = Diagnostic::warning(code, link.position, message).at(self.project.show(&node.path));
                findings.push(match hint {
                    Some(hint) => finding.hint(hint),
                    None => finding,
                });
            };
            match self.lead(link, target) {
                Leads::Elsewhere => continue,
                Leads::Wrong(message) => tell("layout/target", message, None),
                Leads::ToLayout(_) if whose != Whose::Own && !is_entry => {
                    let message = "the layouts of a Path are chosen in its entry, and this is ignored here".to_owned();
                    tell("layout/not-root", message, Some("write `[@layout]: …` to choose one for this Source alone"));
                }
                Leads::ToLayout(layout) if seen.contains(&whose) => {
                    let other = relative_link(&node.path, &layout.path);
                    tell("layout/twice", format!("`{other}` is not used: an earlier definition has this label"), None);
                }
                Leads::ToLayout(_) => seen.push(whose),
            }
        }
    }
}

fn labels(node: &Node) -> impl Iterator<Item = Label<'_>> {
    node.source.links.iter().zip(&node.targets).filter_map(|(link, target)| {
        let Place::Definition { label } = &link.place else { return None };
        Some((whose(label)?, link, target))
    })
}

/// The type of a Source, as a definition chooses a layout for it.
fn kind(id: &str) -> &str {
    address::kind(id).unwrap_or(PAGE)
}

/// Whether a Source is a layout by its name.
pub(crate) fn is_layout(id: &str) -> bool {
    kind(id) == LAYOUT
}

fn is_components(id: &str) -> bool {
    is_definition(id) && !is_layout(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_say_whose_layout_they_choose() {
        for (label, expected) in [
            ("@layout", Some(Whose::Own)),
            ("@layout.default", Some(Whose::Default)),
            ("@layout.lesson", Some(Whose::OfType("lesson"))),
            ("@layout.", None),
            ("@layouts", None),
            ("@layout-components", None),
            ("layout", None),
        ] {
            assert_eq!(whose(label), expected, "{label}");
        }
    }

    #[test]
    fn a_name_says_the_type() {
        for (id, expected) in [("a", "page"), ("x.y/a", "page"), ("a.lesson", "lesson"), ("a.b.c", "c"), (".a", "page")]
        {
            assert_eq!(kind(id), expected, "{id}");
        }
    }
}
