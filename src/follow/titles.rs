//! What the pages of a site are called, by the paths of their files.

use super::web::Web;
use crate::publish::{PageEntries, PageEntry};
use std::collections::BTreeSet;

/// The most Paths of a site (`worker/API.md`).
const MAX_MOUNTS: usize = 16;

/// The titles of the Paths that are known.
#[derive(Debug, Default)]
pub(super) struct Titles {
    pages: PageEntries,
    /// Mounts that were asked for, those without an answer too.
    mounts: BTreeSet<String>,
}

impl Titles {
    /// Learns what is needed to name these files; the pages as they were before.
    pub(super) async fn learn(&mut self, web: &Web, paths: &[String]) -> PageEntries {
        let before = self.pages.clone();
        let first = (!self.mounts.contains("")).then(String::new);
        let stale = self.mounts.iter().filter(|mount| paths.contains(&format!("{mount}/sources.json"))).cloned();
        let mut wanted: BTreeSet<String> = stale.chain(first).collect();
        // The first segment of a page that nobody knows may be the mount of another Path.
        let unknown = paths.iter().filter(|path| path.ends_with(".html") && !self.pages.contains_key(*path));
        let mounts = unknown.filter_map(|path| Some(path[..=path.get(1..)?.find('/')?].to_owned()));
        wanted.extend(mounts.filter(|mount| paths.contains(&format!("{mount}/sources.json"))));
        for mount in wanted {
            if self.mounts.len() >= MAX_MOUNTS && !self.mounts.contains(&mount) {
                continue;
            }
            if let Some(document) = web.sources(&mount).await {
                self.pages.retain(|path, _| !belongs(path, &mount, &self.mounts));
                for (id, record) in document.sources {
                    let address = format!("{mount}{}", record.route.unwrap_or_else(|| format!("/{id}.html")));
                    let page = PageEntry { title: record.title, address, source: id };
                    self.pages.insert(format!("{mount}/{}.html", page.source), page);
                }
            }
            self.mounts.insert(mount);
        }
        before
    }

    pub(super) fn pages(&self) -> &PageEntries {
        &self.pages
    }
}

/// Whether a file is of the Path that is mounted here, and of no other that is known.
fn belongs(path: &str, mount: &str, mounts: &BTreeSet<String>) -> bool {
    let below = |mount: &str| path.strip_prefix(mount).is_some_and(|rest| rest.starts_with('/'));
    below(mount) && !mounts.iter().any(|other| other.len() > mount.len() && below(other))
}
