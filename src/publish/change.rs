//! What changed, as a person would say it.

use super::printable;
use crate::report::counted;
use pmx_model::hash_in_name;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// How many pages are named in a line.
const NAMED: usize = 8;
/// Characters of a title in a line: what a page says as its headline, without what is a sentence.
const MAX_TITLE: usize = 60;
/// Documents that describe a site to programs: they change with its pages, and no reader sees them.
const DOCUMENTS: [&str; 7] = [
    "sources.json",
    "graph-index.json",
    "serve-routes.json",
    "artifacts.json",
    "llms.txt",
    "sitemap.xml",
    "robots.txt",
];

/// A page as a site's own documents have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PageEntry {
    pub(crate) source: String,
    pub(crate) title: String,
    /// Its address below the origin.
    pub(crate) address: String,
}

/// Pages by the `/`-led paths of their files.
pub(crate) type PageEntries = BTreeMap<String, PageEntry>;

/// What a deploy changed, or several at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The deploy that is active now, as far as is known.
    pub deploy_id: String,
    /// How many activations the site has seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// Pages whose own text changed, came or went.
    pub pages: Vec<PageChange>,
    /// Pages that were only made anew: they show something of others.
    pub others: usize,
    /// Images, style sheets and other files.
    pub files: usize,
    /// Ids of the Sources, as the server told them.
    pub sources: Vec<String>,
    /// All paths, as the server told them.
    pub paths: Vec<String>,
}

/// A page that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PageChange {
    /// Its title, or its Source's id.
    pub title: String,
    /// Its address below the site's origin.
    pub address: String,
    /// `changed`, `new` or `gone`.
    pub change: &'static str,
}

impl Change {
    /// Of these events. `before` and `after`: the site's pages as they were and are.
    pub(crate) fn of(sources: Vec<String>, paths: Vec<String>, before: &PageEntries, after: &PageEntries) -> Self {
        let (mut pages, mut others) = (Vec::new(), 0);
        let mut files = BTreeSet::new();
        let told: BTreeSet<&str> = sources.iter().map(String::as_str).collect();
        let mut named: BTreeSet<&str> = BTreeSet::new();
        for path in &paths {
            let (was, is) = (before.get(path), after.get(path));
            let Some(page) = is.or(was) else {
                if is_file(path, before, after) {
                    files.insert(nameless(path));
                }
                continue;
            };
            named.insert(&page.source);
            let change = match (was, is) {
                // Nothing was known before: the site was just met.
                (None, Some(_)) if before.is_empty() => "changed",
                (None, _) => "new",
                (_, None) => "gone",
                _ if told.contains(page.source.as_str()) => "changed",
                _ => {
                    others += 1;
                    continue;
                }
            };
            pages.push(Self::page(page, change));
        }
        // A server may tell of Sources that no document names.
        let unnamed = told.iter().filter(|id| !named.contains(*id));
        pages.extend(unnamed.map(|id| PageChange { title: printable(id), address: String::new(), change: "changed" }));
        Self { deploy_id: String::new(), seq: None, pages, others, files: files.len(), sources, paths }
    }

    /// Whether readers see nothing of it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.pages.is_empty() && self.others == 0 && self.files == 0
    }

    /// As it is displayed, with at most so many pages named.
    #[must_use]
    pub fn naming(&self, most: usize) -> String {
        let mut parts = Vec::new();
        if !self.pages.is_empty() {
            let titles = self.pages.iter().take(most).map(PageChange::named).collect::<Vec<_>>().join(", ");
            let pages = counted(self.pages.len(), "page");
            parts.push(match self.pages.len().saturating_sub(most) {
                _ if most == 0 => pages,
                0 => format!("{pages}: {titles}"),
                more => format!("{pages}: {titles} and {more} more"),
            });
        }
        match (self.others, self.pages.is_empty()) {
            (0, _) => {}
            (others, true) => parts.push(format!("{} made anew", counted(others, "page"))),
            (others, false) => parts.push(format!("{others} more made anew")),
        }
        if self.files > 0 {
            parts.push(counted(self.files, "asset"));
        }
        if parts.is_empty() { "nothing that readers see".to_owned() } else { parts.join("; ") }
    }

    fn page(page: &PageEntry, change: &'static str) -> PageChange {
        let title = if page.title.trim().is_empty() { &page.source } else { &page.title };
        PageChange { title: printable(title), address: printable(&page.address), change }
    }
}

/// Whether a path is a file that readers see and that is no page.
fn is_file(path: &str, before: &PageEntries, after: &PageEntries) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let of_page = path.strip_suffix(".md").map(|id| format!("{id}.html"));
    let of_page = of_page.is_some_and(|page| before.contains_key(&page) || after.contains_key(&page));
    !of_page && !DOCUMENTS.contains(&name) && !path.contains("/search/") && !path.ends_with("/404.html")
}

/// A path without the hash of its content: the old and the new version of a file are one change.
fn nameless(path: &str) -> String {
    hash_in_name(path).map_or_else(|| path.to_owned(), |hash| path.replace(hash, ""))
}

impl PageChange {
    fn named(&self) -> String {
        let mut title: String = self.title.chars().take(MAX_TITLE).collect();
        if self.title.chars().nth(MAX_TITLE).is_some() {
            title.push('…');
        }
        if self.change == "changed" { title } else { format!("{title} ({})", self.change) }
    }
}

impl fmt::Display for Change {
    /// `2 pages: Notes, Start (new); 1 asset`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.naming(NAMED))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(ids: &[&str]) -> PageEntries {
        let page = |id: &&str| {
            let page = PageEntry { source: (*id).to_owned(), title: id.to_uppercase(), address: format!("/{id}") };
            (format!("/{id}.html"), page)
        };
        ids.iter().map(page).collect()
    }

    fn said(sources: &[&str], paths: &[&str], before: &[&str], after: &[&str]) -> String {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Change::of(list(sources), list(paths), &pages(before), &pages(after)).to_string()
    }

    #[test]
    fn a_change_is_told_by_the_titles_of_its_pages() {
        let all = ["a", "b", "c"];
        assert_eq!(
            said(&["a"], &["/a.html", "/a.md", "/b.html", "/sources.json"], &all, &all),
            "1 page: A; 1 more made anew"
        );
        assert_eq!(said(&["b"], &["/b.html", "/c.html"], &["a", "b"], &["a", "c"]), "2 pages: B (gone), C (new)");
        assert_eq!(said(&[], &["/b.html"], &all, &all), "1 page made anew");
        assert_eq!(said(&[], &["/search/index.json", "/404.html"], &all, &all), "nothing that readers see");
        assert_eq!(said(&["x\u{1b}[2J"], &[], &all, &all), "1 page: x [2J");
        assert_eq!(said(&["a"], &["/a.html"], &[], &all), "1 page: A");
    }

    #[test]
    fn two_versions_of_a_file_are_one_change() {
        let paths =
            ["/assets/p.0123456789abcdef.svg", "/assets/p.fedcba9876543210.svg", "/assets/q.fedcba9876543210.svg"];
        assert_eq!(said(&[], &paths, &[], &[]), "2 assets");
    }

    #[test]
    fn a_line_names_some_and_counts_the_rest() {
        let ids: Vec<String> = (0..20).map(|n| format!("p{n:02}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let paths: Vec<String> = ids.iter().map(|id| format!("/{id}.html")).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let said = said(&ids, &paths, &ids, &ids);
        assert!(said.starts_with("20 pages: P00, P01, ") && said.ends_with(", P07 and 12 more"), "{said}");
        let long = "x".repeat(MAX_TITLE + 1);
        let said = self::said(&[&long], &[&format!("/{long}.html")], &[&long], &[&long]);
        assert_eq!(said, format!("1 page: {}…", "X".repeat(MAX_TITLE)));
    }
}
