//! Which route belongs to a Source, and which Source to a route, in a build on disk.

use super::read;
use crate::{
    documents::SourcesDocument,
    error::SiteError,
    project::out_dir::OutDir,
    text::{address, nearest},
};
use pmx_model::Roots;
use std::{cmp::Reverse, collections::BTreeMap};

/// The Sources of a build, by root id.
#[derive(Clone, Debug)]
pub struct Built {
    roots: Roots,
    sources: BTreeMap<String, SourcesDocument>,
}

/// A Source and its route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Id of the root.
    pub path_id: String,
    /// Id of the Source.
    pub source_id: String,
    /// Its path below the source root.
    pub path: String,
    /// Its title.
    pub title: String,
    /// Its address on the site, encoded, with the mount of its root.
    pub route: String,
}

impl Built {
    /// Reads the documents of a build.
    ///
    /// # Errors
    /// There is no build, or a document is not one.
    pub fn read(out: &OutDir) -> Result<Self, SiteError> {
        let (roots, sources) = read::read_sources(out)?;
        Ok(Self { roots, sources })
    }

    /// The Source that is meant by its id, its path (also with folders before the source root), its route or its default route.
    /// The default root comes first.
    #[must_use]
    pub fn find(&self, query: &str) -> Option<Found> {
        let query = address::decode(query);
        let query = query.strip_prefix("./").unwrap_or(&query);
        let all: Vec<Found> = self.all().collect();
        let by = |test: &dyn Fn(&Found) -> bool| all.iter().find(|found| test(found)).cloned();
        let route = query.trim_end_matches('/');
        if query.starts_with('/')
            && let Some(found) =
                by(&|found| address::decode(&found.route) == if route.is_empty() { "/" } else { route })
        {
            return Some(found);
        }
        if route.is_empty() {
            let entry = &self.roots.roots.get(&self.roots.default)?.entry;
            return by(&|found| found.path == *entry);
        }
        let name = query.trim_matches('/');
        by(&|found| found.source_id == name).or_else(|| by(&|found| found.path == name)).or_else(|| {
            let ending = |found: &&Found| name.ends_with(&format!("/{}", found.path));
            all.iter().filter(ending).min_by_key(|found| Reverse(found.path.len())).cloned()
        })
    }

    /// A Source whose path is like the query.
    #[must_use]
    pub fn nearest(&self, query: &str) -> Option<String> {
        let all: Vec<Found> = self.all().collect();
        let names = all.iter().flat_map(|found| [&found.path, &found.source_id, &found.route]);
        nearest::likest(query, names.map(|name| (name.as_str(), name.as_str()))).map(str::to_owned)
    }

    fn all(&self) -> impl Iterator<Item = Found> {
        let mut roots: Vec<(String, &str)> =
            self.roots.mounts().map(|(mount, _)| mount).zip(self.roots.roots.keys().map(String::as_str)).collect();
        roots.sort();
        roots.into_iter().flat_map(|(mount, path_id)| {
            let sources = self.sources.get(path_id).map(|document| &document.sources).into_iter().flatten();
            sources.filter_map(move |(id, record)| {
                let route = record.route.as_ref()?;
                Some(Found {
                    path_id: path_id.to_owned(),
                    source_id: id.clone(),
                    path: record.path.clone(),
                    title: record.title.clone(),
                    route: format!("{mount}{}", address::encode_path(route)),
                })
            })
        })
    }
}
