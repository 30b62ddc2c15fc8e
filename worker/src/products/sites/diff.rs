//! The events between two deploys: what changed from one set of manifests and routes to the other.

use super::router::{Documents, Mounted};
use pmx_model::{ChangeEvent, ManifestIndex, RouteRef, RoutesIndex};
use std::{cmp::Ordering, collections::BTreeSet, rc::Rc};

/// The events that lead from `old` to `new`; none if nothing changed. Cost grows with the roots that differ.
#[must_use]
pub(super) fn events(old: &[Mounted], new: &[Mounted]) -> Vec<ChangeEvent> {
    let (mut sources, mut paths) = (BTreeSet::new(), BTreeSet::new());
    let empty = Documents::default();
    let mounts: BTreeSet<_> = old.iter().chain(new).map(|root| root.mount.as_str()).collect();
    for mount in mounts {
        let at =
            |roots: &'_ [Mounted]| roots.iter().find(|root| root.mount == mount).map(|root| root.documents.clone());
        let (before, after) = (at(old), at(new));
        if let (Some(before), Some(after)) = (&before, &after)
            && Rc::ptr_eq(before, after)
        {
            continue;
        }
        let (before, after) = (before.as_deref().unwrap_or(&empty), after.as_deref().unwrap_or(&empty));
        sources
            .extend(ManifestIndex::changed_sources(&before.manifest, &after.manifest).into_iter().map(str::to_owned));
        let changed = ManifestIndex::changed_files(&before.manifest, &after.manifest);
        paths.extend(changed.into_iter().map(|(path, _)| format!("{mount}/{path}")));
        for route in changed_routes(&before.routes, &after.routes) {
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

/// Routes that were added, removed, or lead elsewhere now: one walk over both, and none if they are the same document.
fn changed_routes<'a>(before: &'a Rc<RoutesIndex>, after: &'a Rc<RoutesIndex>) -> Vec<&'a str> {
    let mut changed = Vec::new();
    if Rc::ptr_eq(before, after) {
        return changed;
    }
    let (mut before, mut after) = (before.iter().peekable(), after.iter().peekable());
    loop {
        let order = match (before.peek(), after.peek()) {
            (Some((old, _)), Some((new, _))) => old.cmp(new),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return changed,
        };
        let old = before.next_if(|_| order.is_le());
        let new = after.next_if(|_| order.is_ge());
        if old.map(|(_, route)| route) != new.map(|(_, route)| route) {
            changed.extend(old.or(new).map(|(path, _)| path));
        }
    }
}

/// The file behind a route, through one redirect within the root.
fn target<'a>(documents: &'a Documents, route: &str) -> Option<&'a str> {
    match documents.routes.get(route)? {
        RouteRef::Source { path, .. } => Some(path),
        RouteRef::Redirect { to, .. } => match documents.routes.get(to) {
            Some(RouteRef::Source { path, .. }) => Some(path),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pmx_model::{File, Hash, Manifest, Route, Routes, SourceEntry};

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
        let routes = Rc::new(RoutesIndex::of(&Routes { routes, not_found: None }));
        let documents = Documents { manifest: Rc::new((&manifest).into()), routes };
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
