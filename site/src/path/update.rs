//! A Path that goes on from the build before: nothing changed but the texts of some Sources, so nothing is made but their pages,
//! the pages that take them in, and the documents that speak of texts.

use super::{Frame, Site, known::Pages, pages::Rendered, roots::NamedRoot};
use crate::{
    diagnostic::Diagnostic,
    documents::{self, ManifestText, Relations},
    graph::{
        Node,
        routes::{self, RouteTable},
    },
    page::Shell,
    render::Embeds,
    search::{self, Shards},
    source::tokens::Theme,
};
use pmx_model::{File, Hash, Manifest, SourceEntry};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a Path leaves for the next build. It holds for as long as the facts of all Sources stay, and the entry.
#[derive(Debug)]
pub(crate) struct PathMemory {
    pub table: RouteTable,
    pub relations: Relations,
    pub shell: Shell,
    pub look: Theme,
    /// The pages that take a Source in.
    pub takers: HashMap<String, Vec<String>>,
    pub manifest: Manifest,
    pub manifest_text: ManifestText,
    /// Of the routes document.
    pub routes: Hash,
    pub shards: Shards<File>,
    /// Those of no page.
    pub findings: Vec<Diagnostic>,
    /// Those of pages that have some.
    pub of_pages: BTreeMap<String, Vec<Diagnostic>>,
}

/// What is other than before.
#[derive(Debug, Default)]
pub(crate) struct Updated {
    /// Below the folder of the Path.
    pub files: Vec<(String, File)>,
    /// Ids of the Sources whose page was made.
    pub made: Vec<String>,
}

impl PathMemory {
    /// Everything that was found.
    pub(crate) fn findings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.findings.iter().chain(self.of_pages.values().flatten())
    }

    /// Whether all of them hold after these changes: what is said of a Path as a whole has its place in the entry.
    pub(crate) fn stay(paths: &BTreeMap<String, Self>, site: &Site<'_>, visited: &BTreeSet<String>) -> bool {
        let is_fixed = |root: &NamedRoot| {
            let is_said = paths.get(&root.id).is_none_or(|kept| !kept.findings.is_empty());
            is_said && visited.contains(&root.entry_id)
        };
        !site.roots.iter().any(is_fixed)
    }

    /// Takes in the Sources with these ids.
    pub(crate) fn update(
        &mut self,
        site: &Site<'_>,
        root: &NamedRoot,
        changed: &BTreeSet<String>,
        pages: &mut Pages,
    ) -> Updated {
        let mut ids: BTreeSet<&str> = BTreeSet::new();
        for id in changed {
            ids.extend(self.manifest.sources.contains_key(id).then_some(id.as_str()));
            ids.extend(self.takers.get(id).into_iter().flatten().map(String::as_str));
        }
        let nodes: Vec<&Node> = ids.iter().filter_map(|id| site.graph.nodes.get(*id)).collect();
        let mut frame = Frame::new(site, root, &self.table, &self.relations, self.look.clone());
        for node in &nodes {
            let layouts = frame.layouts.of(node).layouts;
            for taken in Embeds::of(site.project, site.graph, site.defined, node, &layouts).nodes() {
                let addresses = frame.addresses_of(taken);
                frame.addresses.insert(&taken.id, addresses);
            }
        }
        let shell = &self.shell;
        let rendered: Vec<Rendered<'_>> = nodes.par_iter().map(|node| frame.render(node, shell, pages)).collect();

        let mut updated = Updated::default();
        let mut records = Vec::new();
        let mut index = false;
        for Rendered { node, page, is_new, findings, .. } in rendered {
            let key = format!("{}/{}", root.id, node.id);
            if let Some(before) = pages.get(&key) {
                index |= !before.record.same_headings(&page.record);
                records.push((node.id.clone(), before.record.clone(), page.record.clone()));
            }
            if is_new {
                updated.made.push(node.id.clone());
            }
            updated.files.extend(page.map.map(|map| (documents::source_map_file(&node.id), map)));
            for (file, content) in
                [(routes::page_file(&node.id), page.html), (format!("{}.md", node.id), page.markdown)]
            {
                self.manifest.files.insert(file.clone(), content);
                self.manifest_text.file(&file);
                updated.files.push((file, content));
            }
            self.manifest_text.source(&node.id);
            self.manifest.sources.insert(node.id.clone(), SourceEntry { hash: node.hash });
            if findings.is_empty() {
                self.of_pages.remove(&node.id);
            } else {
                self.of_pages.insert(node.id.clone(), findings);
            }
            pages.insert(key, page);
        }
        let shards = self.shards.with(&records, |bytes| site.blobs.put(bytes));
        let mut files: Vec<(String, File)> = shards.files().map(|(file, content)| (file, *content)).collect();
        if index {
            let members = self.manifest.sources.keys().filter_map(|id| site.graph.nodes.get(id));
            let records =
                members.filter_map(|node| Some((node, &pages.get(&format!("{}/{}", root.id, node.id))?.record)));
            files.push((search::INDEX.to_owned(), site.blobs.put(frame.index(records, shards.count()))));
        }
        // A Source may have taken the place of a file.
        files.retain(|(file, content)| self.manifest.files.get(file).is_some_and(|known| known != content));
        for (file, content) in files {
            self.manifest_text.file(&file);
            self.manifest.files.insert(file.clone(), content);
            updated.files.push((file, content));
        }
        self.shards = shards;
        updated
    }
}
