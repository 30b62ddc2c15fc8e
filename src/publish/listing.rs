//! What a deploy holds, as far as two of them can be compared and their pages named.

use super::change::{Change, PageEntries, PageEntry};
use pmx_model::{ChangeEvent, Hash, Manifest, Roots, Route, Routes};
use pmx_site::{Build, SourcesDocument};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

/// The document with the titles, in every root.
pub(super) const SOURCES: &str = "sources.json";

/// The files, Sources and pages of a deploy, over all its roots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Hashes of the files, by their `/`-led paths below the site's origin.
    files: BTreeMap<String, Hash>,
    /// Hashes of the Sources' texts, by id.
    sources: BTreeMap<String, Hash>,
    pages: PageEntries,
}

impl Listing {
    /// Takes in a root. Pages have the titles that its document of Sources gives them; one that it does not know, or all without it,
    /// are called as their Sources are.
    pub(super) fn add(&mut self, mount: &str, manifest: &Manifest, routes: &Routes, document: Option<SourcesDocument>) {
        self.files.extend(manifest.files.iter().map(|(path, file)| (format!("{mount}/{path}"), file.hash)));
        self.sources.extend(manifest.sources.iter().map(|(id, source)| (id.clone(), source.hash)));
        for (address, route) in &routes.routes {
            let Route::Source { source, path } = route else { continue };
            let page =
                PageEntry { source: source.clone(), title: source.clone(), address: format!("{mount}{address}") };
            self.pages.insert(format!("{mount}/{path}"), page);
        }
        for (id, record) in document.map(|document| document.sources).unwrap_or_default() {
            let path = format!("{mount}/{id}.html");
            if self.files.contains_key(&path) {
                let address = format!("{mount}{}", record.route.unwrap_or_else(|| format!("/{id}.html")));
                self.pages.insert(path, PageEntry { title: record.title, address, source: id });
            }
        }
    }

    /// Of a build that has the bytes of its documents.
    #[must_use]
    pub fn of_build(build: &Build, roots: &Roots) -> Self {
        let mut listing = Self::default();
        for ((mount, root), id) in roots.mounts().zip(roots.roots.keys()) {
            let bytes = |hash: &Hash| build.blobs.read(hash).ok().flatten();
            let sources = build.outputs.get(&format!("{id}/{SOURCES}"));
            let sources = sources.and_then(|file| serde_json::from_slice(&bytes(&file.hash)?).ok());
            let manifest = bytes(&root.manifest).and_then(|bytes| serde_json::from_slice(&bytes).ok());
            let routes = bytes(&root.routes).and_then(|bytes| serde_json::from_slice(&bytes).ok());
            if let (Some(manifest), Some(routes)) = (manifest, routes) {
                listing.add(&mount, &manifest, &routes, sources);
            }
        }
        listing
    }

    /// Whether the Source with this path, below the source root, is part of it.
    #[must_use]
    pub fn has_source(&self, path: &str) -> bool {
        path.strip_suffix(".md").is_some_and(|id| self.sources.contains_key(id))
    }

    /// What leads here from there.
    #[must_use]
    pub fn change_since(&self, before: &Self) -> Change {
        let files = differing(&before.files, &self.files);
        let mut sources = differing(&before.sources, &self.sources);
        // A build that does not list its Sources says with a page that it changed.
        let unlisted = files.iter().filter_map(|path| self.pages.get(path).map(|page| &page.source));
        sources.extend(unlisted.filter(|id| !self.sources.contains_key(*id)).cloned());
        Change::of(sources, files, &before.pages, &self.pages)
    }

    /// What the files with these hashes say of a change, where nothing is known of what was there before. What is gone is not among it.
    #[must_use]
    pub fn change_by(&self, is_new: impl Fn(&Hash) -> bool) -> Change {
        let new = |path: &str| self.files.get(path).map(&is_new);
        // A page is made anew for what it shows of others, too; its plain text, a file of its own, is its Source's alone.
        let is_own = |path: &str| path.strip_suffix(".html").and_then(|path| new(&format!("{path}.md")));
        let own = self.pages.iter().filter(|(path, _)| is_own(path).or_else(|| new(path)) == Some(true));
        let sources = own.map(|(_, page)| page.source.clone()).collect();
        let files = self.files.iter().filter(|(_, hash)| is_new(hash)).map(|(path, _)| path.clone()).collect();
        Change::of(sources, files, &self.pages, &self.pages)
    }

    /// What a server told of the change that led here, from there if that is known.
    #[must_use]
    pub fn change_from_events(&self, before: Option<&Self>, events: &[ChangeEvent]) -> Change {
        let (sources, paths) = names_in(events);
        if let Some(before) = before {
            return Change::of(sources, paths, &before.pages, &self.pages);
        }
        // What it does not have any more has no title here.
        let before = named(&sources, &paths, &self.pages);
        Change::of(sources, paths, &before, &self.pages)
    }

    /// What a server told of a change between any two deploys of the site: pages have the titles that they have here, if they have one.
    #[must_use]
    pub fn change_elsewhere(&self, events: &[ChangeEvent]) -> Change {
        let (sources, paths) = names_in(events);
        let pages = named(&sources, &paths, &self.pages);
        Change::of(sources, paths, &pages, &pages)
    }
}

/// These pages, and those of the paths that are not among them, which are called as their Sources are.
fn named(sources: &[String], paths: &[String], pages: &PageEntries) -> PageEntries {
    let sources: HashSet<&str> = sources.iter().map(String::as_str).collect();
    let mut pages = pages.clone();
    for path in paths.iter().filter(|path| !path.ends_with("/404.html")) {
        let Some(whole) = path.strip_prefix('/').and_then(|path| path.strip_suffix(".html")) else { continue };
        let below = whole.split_once('/').map(|(_, below)| below).filter(|below| sources.contains(below));
        let source = if sources.contains(whole) { whole } else { below.unwrap_or(whole) }.to_owned();
        let page = || PageEntry { title: source.clone(), source, address: String::new() };
        pages.entry(path.clone()).or_insert_with(page);
    }
    pages
}

/// The Sources and the paths that events name.
fn names_in(events: &[ChangeEvent]) -> (Vec<String>, Vec<String>) {
    let (mut sources, mut paths) = (Vec::new(), Vec::new());
    for event in events {
        match event {
            ChangeEvent::SourcesChanged { sources: named } => sources.extend_from_slice(named),
            ChangeEvent::ArtifactsChanged { paths: named } => paths.extend_from_slice(named),
        }
    }
    (sources, paths)
}

/// Names that only one of the two has, or that they have with other hashes.
fn differing(before: &BTreeMap<String, Hash>, after: &BTreeMap<String, Hash>) -> Vec<String> {
    let changed = after.iter().filter(|(name, hash)| before.get(*name) != Some(*hash));
    let gone = before.iter().filter(|(name, _)| !after.contains_key(*name));
    let mut names: Vec<String> = changed.chain(gone).map(|(name, _)| name.clone()).collect();
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Pages by their ids, each with its text and what else it shows, and assets.
    fn listing(pages: &[(&str, &str, &str)], assets: &[(&str, &str)]) -> Listing {
        let file = |text: &str| json!({ "hash": Hash::of(text.as_bytes()), "size": text.len() });
        let (mut files, mut sources, mut records, mut routes) = (json!({}), json!({}), json!({}), json!({}));
        for (id, text, around) in pages {
            files[format!("{id}.html")] = file(&format!("{text}{around}"));
            files[format!("{id}.md")] = file(text);
            sources[*id] = json!({ "hash": Hash::of(text.as_bytes()) });
            records[*id] = json!({ "path": format!("{id}.md"), "title": id.to_uppercase(), "route": format!("/{id}"), "blocks": [] });
            routes[format!("/{id}")] = json!({ "type": "source", "source": id, "path": format!("{id}.html") });
        }
        for (path, text) in assets {
            files[*path] = file(text);
        }
        let manifest = serde_json::from_value(json!({ "files": files, "sources": sources })).unwrap();
        let routes = serde_json::from_value(json!({ "routes": routes })).unwrap();
        let document = serde_json::from_value(json!({ "sources": records })).unwrap();
        let mut listing = Listing::default();
        listing.add("", &manifest, &routes, Some(document));
        listing
    }

    #[test]
    fn what_changed_is_known_from_both_deploys_or_from_what_is_new_on_the_server() {
        let before = listing(&[("a", "1", ""), ("b", "1", ""), ("c", "1", "")], &[("assets/p.svg", "1")]);
        let after = listing(&[("a", "2", ""), ("b", "1", "2"), ("d", "1", "")], &[("assets/p.svg", "2")]);
        let change = after.change_since(&before);
        assert_eq!(change.to_string(), "3 pages: A, C (gone), D (new); 1 more made anew; 1 asset");
        assert!(after.change_since(&after).is_empty());
        let known = |hash: &Hash| before.files.values().any(|known| known == hash);
        assert_eq!(after.change_by(|hash| !known(hash)).to_string(), "1 page: A; 1 more made anew; 1 asset");
    }

    #[test]
    fn what_a_server_told_is_named_with_and_without_the_deploy_before() {
        let before = listing(&[("a", "1", ""), ("b", "1", "")], &[]);
        let after = listing(&[("a", "2", "")], &[]);
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let events = [
            ChangeEvent::SourcesChanged { sources: list(&["a", "b"]) },
            ChangeEvent::ArtifactsChanged { paths: list(&["/a.html", "/a.md", "/b.html", "/b.md"]) },
        ];
        assert_eq!(after.change_from_events(Some(&before), &events).to_string(), "2 pages: A, B (gone)");
        assert_eq!(after.change_from_events(None, &events).to_string(), "2 pages: A, b (gone)");
        assert_eq!(after.change_elsewhere(&events).to_string(), "2 pages: A, b");
        assert_eq!(Listing::default().change_elsewhere(&events).to_string(), "2 pages: a, b");
    }

    #[test]
    fn pages_without_a_document_of_titles_are_called_as_their_sources_are() {
        let mut listing = Listing::default();
        let hash = Hash::of(b"x");
        let manifest = serde_json::from_value(json!({ "files": { "x.html": { "hash": hash, "size": 1 } } })).unwrap();
        let routes = serde_json::from_value(
            json!({ "routes": { "/": { "type": "source", "source": "start", "path": "x.html" } } }),
        );
        listing.add("/guide", &manifest, &routes.unwrap(), None);
        let change = listing.change_since(&Listing::default());
        assert_eq!((change.to_string().as_str(), change.pages[0].address.as_str()), ("1 page: start", "/guide/"));
    }
}
