//! What the pages of a Path share: a function of everything but the texts of Sources.

use super::{Frame, NamedRoot, Site};
use crate::{
    diagnostic::Diagnostic,
    documents::{self, Relations},
    graph::{
        Node,
        routes::{self, Addressing, RouteTable},
    },
    page::Shell,
    source::tokens::Theme,
};
use pmx_model::File;
use std::collections::BTreeSet;

#[derive(Debug)]
pub(super) struct Plan {
    /// Ids of the Sources of the Path.
    pub members: BTreeSet<String>,
    pub table: RouteTable,
    /// The document of the routes.
    pub routes: File,
    pub relations: Relations,
    /// Of the entry.
    pub look: Theme,
    pub shell: Shell,
    /// What is wrong with the routes.
    pub findings: Vec<Diagnostic>,
}

impl Plan {
    pub(super) fn new(site: &Site<'_>, root: &NamedRoot) -> Self {
        let ids = site.graph.reach([root.entry_id.as_str()]);
        let members: Vec<&Node> = ids.iter().filter_map(|id| site.graph.nodes.get(*id)).collect();
        let mut table = routes::routes(&members, &root.entry_id, &root.mount, Addressing::of(site.project));
        if root.mount.is_empty() {
            let mounts: Vec<&str> = site.roots.iter().map(|other| &*other.mount).collect();
            table.findings.extend(routes::shadowed(&members, &table, &mounts));
        }
        let shown = |finding: Diagnostic| {
            let path = site.project.show(&finding.path);
            finding.at(path)
        };
        let findings = table.findings.drain(..).map(shown).collect();
        let relations = Relations::of(&members);
        let (look, shell) = {
            let frame = Frame::new(site, root, &table, &relations, Theme::default());
            // What is wrong with either is said on the page of the entry.
            let entry = site.graph.nodes.get(&root.entry_id);
            let look = entry.map(|entry| frame.own_theme(entry, &mut Vec::new())).unwrap_or_default();
            (look, frame.shell(site.theme))
        };
        let routes = site.blobs.put(documents::bytes(&table.document));
        let members = ids.into_iter().map(str::to_owned).collect();
        Self { members, table, routes, relations, look, shell, findings }
    }
}
