//! The Sources that go into one page: its own, and all whose components or Blocks it takes in, directly or through others.

use super::links::Origin;
use crate::{
    diagnostic::Diagnostic,
    graph::{Graph, Node, Target, bodies::Bodies, relative_link},
    project::Project,
    source::{
        Body, Place, Settings, Source,
        components::{self, Definition, Lookup},
    },
    text::address::{self, Address},
};
use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// What a script in a layout begins with.
const SCRIPT: &[u8] = b"<script";

/// The Sources of a page, the page's own first.
pub(crate) struct Embeds<'a> {
    project: &'a Project,
    sources: Vec<Embedded<'a>>,
    numbers: HashMap<&'a str, Origin>,
    /// The layouts that the page stands in, the innermost first.
    layouts: Vec<Origin>,
    /// Which Source defines a component, of those that the page does not take in: for what an author forgot to import.
    elsewhere: &'a BTreeMap<&'a str, &'a Node>,
}

struct Embedded<'a> {
    node: &'a Node,
    /// The Sources that it imports components from, in order.
    imports: Vec<Origin>,
}

impl<'a> Embeds<'a> {
    /// All that `node` takes in, found along imports and includes, its `layouts` among them.
    pub(crate) fn of(
        project: &'a Project,
        graph: &'a Graph,
        elsewhere: &'a BTreeMap<&'a str, &'a Node>,
        node: &'a Node,
        layouts: &[&'a Node],
    ) -> Self {
        let mut embeds = Self { project, sources: Vec::new(), numbers: HashMap::new(), layouts: Vec::new(), elsewhere };
        embeds.add(node);
        embeds.layouts = layouts.iter().map(|layout| embeds.add(layout)).collect();
        let mut next = 0;
        while let Some(embedded) = embeds.sources.get(next) {
            let node = embedded.node;
            let mut imports = Vec::new();
            for (link, target) in node.source.links.iter().zip(&node.targets) {
                let Target::Page { id, .. } = target else { continue };
                let Some(target) = graph.nodes.get(id) else { continue };
                match &link.place {
                    Place::Definition { label } if label.starts_with('@') && !target.source.definitions.is_empty() => {
                        imports.push(embeds.add(target));
                    }
                    Place::Include => {
                        embeds.add(target);
                    }
                    _ => {}
                }
            }
            embeds.sources[next].imports = imports;
            next += 1;
        }
        embeds
    }

    fn add(&mut self, node: &'a Node) -> Origin {
        *self.numbers.entry(&node.id).or_insert_with(|| {
            self.sources.push(Embedded { node, imports: Vec::new() });
            self.sources.len() - 1
        })
    }

    /// Names of components that the page gets from two Sources.
    pub(crate) fn clashes(&self) -> Vec<Diagnostic> {
        let Some(page) = self.sources.first() else { return Vec::new() };
        let imports = page.node.source.links.iter().zip(&page.node.targets).filter_map(|(link, target)| {
            let (Place::Definition { .. }, Target::Page { id, .. }) = (&link.place, target) else { return None };
            let origin = self.numbers.get(id.as_str()).filter(|origin| page.imports.contains(origin))?;
            Some((*origin, link))
        });
        let mut seen = BTreeSet::new();
        let each = imports.filter(|(origin, _)| seen.insert(*origin));
        components::clashes(
            &page.node.source.definitions,
            each.map(|(origin, link)| (link.position, link.target.as_str(), &*self.source_of(origin).definitions)),
        )
    }

    /// The layouts of the page, the innermost first.
    pub(crate) fn layouts(&self) -> &[Origin] {
        &self.layouts
    }

    /// All of them, in order.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &'a Node> {
        self.sources.iter().map(|embedded| embedded.node)
    }

    /// A Source by its number.
    pub(crate) fn node(&self, origin: Origin) -> &'a Node {
        // Numbers come from this list; the page's own is always there.
        self.sources.get(origin).map_or(self.sources[0].node, |embedded| embedded.node)
    }

    pub(super) fn source_of(&self, origin: Origin) -> &'a Source {
        &self.node(origin).source
    }

    /// The Source as a person names it.
    pub(super) fn shown(&self, origin: Origin) -> String {
        self.project.show(&self.node(origin).path)
    }

    /// The Source and the fragment that an include leads to.
    pub(super) fn target(&self, origin: Origin, link: usize) -> Option<(Origin, Option<String>)> {
        let node = self.node(origin);
        let Some(Target::Page { id, .. }) = node.targets.get(link) else { return None };
        let fragment = match address::classify(&node.source.links.get(link)?.target) {
            Address::File(file) => file.fragment().map(|fragment| fragment.into_owned()),
            _ => None,
        };
        Some((*self.numbers.get(id.as_str())?, fragment.filter(|fragment| !fragment.is_empty())))
    }

    /// The HTML of all of them.
    pub(super) fn bodies<'b>(&'b self, known: &'b Bodies, settings: &'b Settings) -> EmbeddedBodies<'b> {
        let each = self.sources.iter().map(|embedded| (embedded.node, OnceCell::new())).collect();
        EmbeddedBodies { known, settings, each }
    }
}

/// The HTML of a page's Sources, each looked up or made when it is first asked for: most are taken in for their components alone.
pub(super) struct EmbeddedBodies<'b> {
    known: &'b Bodies,
    settings: &'b Settings,
    each: Vec<(&'b Node, OnceCell<Arc<Body>>)>,
}

impl EmbeddedBodies<'_> {
    pub(super) fn get(&self, origin: Origin) -> Option<&Body> {
        let (node, body) = self.each.get(origin)?;
        Some(body.get_or_init(|| self.known.of(node, self.settings)))
    }
}

impl<'a> Lookup<'a> for Embeds<'a> {
    fn definition(&self, origin: usize, name: &str) -> Option<(usize, &'a Definition)> {
        let embedded = self.sources.get(origin)?;
        std::iter::once(&origin).chain(&embedded.imports).find_map(|from| {
            let found = self.source_of(*from).definitions.iter().find(|definition| definition.name == name)?;
            Some((*from, found))
        })
    }

    fn names(&self, origin: usize) -> Vec<&'a str> {
        let Some(embedded) = self.sources.get(origin) else { return Vec::new() };
        let all = std::iter::once(&origin).chain(&embedded.imports);
        all.flat_map(|from| &self.source_of(*from).definitions).map(|definition| definition.name.as_str()).collect()
    }

    fn source(&self, origin: usize) -> &'a str {
        &self.node(origin).id
    }

    fn elsewhere(&self, name: &str) -> Option<String> {
        self.elsewhere.get(name).map(|node| relative_link(&self.node(0).path, &node.path))
    }

    fn has_scripts(&self) -> bool {
        let of_layouts = self.layouts.iter().any(|origin| {
            let text = &*self.node(*origin).bytes;
            text.windows(SCRIPT.len()).any(|word| word == SCRIPT)
        });
        let has_script = |definition: &Definition| !definition.script.is_empty();
        of_layouts || self.sources.iter().any(|embedded| embedded.node.source.definitions.iter().any(has_script))
    }
}
