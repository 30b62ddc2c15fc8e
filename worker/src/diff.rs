//! The events between two deploys: what changed from one set of manifests and routes to the other.

use crate::{
    model::{ChangeEvent, Route},
    router::{Documents, Mounted},
};
use std::collections::{BTreeMap, BTreeSet};

/// The events that lead from `old` to `new`; none if nothing changed. Cost grows with the roots that differ.
#[must_use]
pub fn events(old: &[Mounted], new: &[Mounted]) -> Vec<ChangeEvent> {
    let (mut sources, mut paths) = (BTreeSet::new(), BTreeSet::new());
    let empty = Documents { manifest: Default::default(), routes: Default::default() };
    let mounts: BTreeSet<_> = old.iter().chain(new).map(|root| root.mount.as_str()).collect();
    for mount in mounts {
        let at =
            |roots: &'_ [Mounted]| roots.iter().find(|root| root.mount == mount).map(|root| root.documents.clone());
        let (before, after) = (at(old), at(new));
        if let (Some(before), Some(after)) = (&before, &after)
            && std::rc::Rc::ptr_eq(before, after)
        {
            continue;
        }
        let (before, after) = (before.as_deref().unwrap_or(&empty), after.as_deref().unwrap_or(&empty));
        sources.extend(changed(&before.manifest.sources, &after.manifest.sources).cloned());
        paths.extend(changed(&before.manifest.files, &after.manifest.files).map(|path| format!("{mount}/{path}")));
        for route in changed(&before.routes.routes, &after.routes.routes) {
            let target = target(after, route).or_else(|| target(before, route));
            paths.extend(target.map(|path| format!("{mount}/{path}")));
        }
    }
    let mut events = Vec::new();
    if !sources.is_empty() {
        events.push(ChangeEvent::SourcesChanged { sources: sources.into_iter().collect() });
    }
    if !paths.is_empty() {
        events.push(ChangeEvent::ArtifactsChanged { paths: paths.into_iter().collect() });
    }
    events
}

/// Keys that were added, removed, or have another value now.
fn changed<'a, V: PartialEq>(
    before: &'a BTreeMap<String, V>,
    after: &'a BTreeMap<String, V>,
) -> impl Iterator<Item = &'a String> {
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    let new = after.iter().filter(|(key, value)| before.get(*key) != Some(*value)).map(|(key, _)| key);
    gone.chain(new)
}

/// The file behind a route, through one redirect within the root.
fn target<'a>(documents: &'a Documents, route: &str) -> Option<&'a str> {
    let source = |route: &str| match documents.routes.routes.get(route) {
        Some(Route::Source { path, .. }) => Some(path.as_str()),
        _ => None,
    };
    match documents.routes.routes.get(route)? {
        Route::Source { path, .. } => Some(path),
        Route::Redirect { to, .. } => source(to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{File, Hash, Manifest, Routes, SourceEntry};
    use std::rc::Rc;

    fn root(mount: &str, files: &[(&str, &str)], routes: &[(&str, &str)]) -> Mounted {
        let hash = |text: &str| Hash::of(text.as_bytes());
        let mut manifest = Manifest::default();
        for (path, text) in files {
            manifest.files.insert((*path).to_owned(), File { hash: hash(text), size: 1 });
            manifest.sources.insert(path.trim_end_matches(".html").to_owned(), SourceEntry { hash: hash(text) });
        }
        let route = |to: &str| match to.strip_prefix("->") {
            Some(to) => Route::Redirect { to: to.to_owned(), status: 308 },
            None => Route::Source { source: "s".to_owned(), path: to.to_owned() },
        };
        let routes = routes.iter().map(|(path, to)| ((*path).to_owned(), route(to))).collect();
        let documents = Documents { manifest, routes: Routes { routes, not_found: None } };
        Mounted { mount: mount.to_owned(), documents: Rc::new(documents) }
    }

    fn paths(old: &[Mounted], new: &[Mounted]) -> Vec<String> {
        events(old, new)
            .into_iter()
            .find_map(|event| match event {
                ChangeEvent::ArtifactsChanged { paths } => Some(paths),
                ChangeEvent::SourcesChanged { .. } => None,
            })
            .unwrap_or_default()
    }

    #[test]
    fn files_that_were_added_changed_or_removed_are_named() {
        let old = [root("", &[("a.html", "1"), ("b.html", "1"), ("c.html", "1")], &[])];
        let new = [root("", &[("a.html", "1"), ("b.html", "2"), ("d.html", "1")], &[])];
        assert_eq!(paths(&old, &new), ["/b.html", "/c.html", "/d.html"]);
        assert_eq!(
            events(&old, &new)[0],
            ChangeEvent::SourcesChanged { sources: vec!["b".into(), "c".into(), "d".into()] }
        );
        assert_eq!(events(&old, &old), []);
    }

    #[test]
    fn a_route_that_changed_alone_names_the_file_behind_it() {
        let files = [("a.html", "1"), ("b.html", "1")];
        let old = [root("", &files, &[("/x", "a.html"), ("/gone", "a.html")])];
        let new = [root("", &files, &[("/x", "b.html"), ("/y", "->/x")])];
        assert_eq!(paths(&old, &new), ["/a.html", "/b.html"]);
    }

    #[test]
    fn another_root_is_named_below_its_mount() {
        let main = root("", &[("a.html", "1")], &[]);
        let old = [main.clone()];
        let new = [main, root("/guide", &[("a.html", "1")], &[])];
        assert_eq!(paths(&old, &new), ["/guide/a.html"]);
    }
}
