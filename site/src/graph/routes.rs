//! Which address each Source of a Path has.

use super::Node;
use crate::{
    diagnostic::{Diagnostic, Position},
    project::{Project, SOURCE_FOLDER},
    text::address,
};
use pmx_model::{Route, Routes};
use std::collections::{BTreeMap, btree_map::Entry};

/// The status of every redirect of a build: permanent, and the method stays.
const PERMANENT: u16 = 308;
/// Addresses that the Worker answers itself, before it looks at the site.
const RESERVED: [&str; 2] = ["/_events", "/api"];
/// The file that is shown when nothing is found.
pub(crate) const NOT_FOUND: &str = "404.html";

/// The entry that is the home page.
const HOME: &str = "index.md";
/// The name of a Source that stands for its folder.
const INDEX: &str = "index";
/// How the address of a Source without a type ends where [`Addressing::Pages`] counts.
const PAGE: &str = ".page";

/// How Sources are addressed that say nothing of it: two generations of PathMX differ here, and the default entry tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Addressing {
    /// By their ids: `about.md` is at `/about`, `index.path.md` at `/index.path`, and `/` leads to the entry.
    Ids,
    /// As pages, where the entry is `paths/index.md`: it is at `/`, any other `index.md` at its folder, and `about.md` at `/about.page`. A
    /// Source with a type has the address of its id here, too.
    Pages,
}

impl Addressing {
    /// What counts in a site.
    pub(crate) fn of(project: &Project) -> Self {
        let is_home = project.roots.first().is_some_and(|entry| entry.path == HOME);
        if is_home && project.source_root.ends_with(SOURCE_FOLDER) { Self::Pages } else { Self::Ids }
    }

    /// The address of the Source with this id.
    fn route(self, id: &str) -> String {
        let (folder, name) = (address::folder(id), address::name(id));
        match self {
            Self::Pages if name == INDEX => format!("/{folder}"),
            Self::Pages if address::kind(id).is_none() => format!("/{id}{PAGE}"),
            Self::Pages | Self::Ids => format!("/{id}"),
        }
    }

    /// The ids of the Sources that may have this address, without its leading slash; besides the Source that is called so.
    pub(crate) fn sources(self, address: &str) -> impl Iterator<Item = String> {
        let is_pages = self == Self::Pages;
        let page = address.strip_suffix(PAGE).map(str::to_owned);
        let index = match address {
            "" => INDEX.to_owned(),
            folder => format!("{folder}/{INDEX}"),
        };
        page.into_iter().chain([index]).filter(move |_| is_pages)
    }
}

/// The addresses of a Path, decoded and relative to its mount.
#[derive(Debug, Default)]
pub(crate) struct RouteTable {
    /// By Source id.
    pub of: BTreeMap<String, String>,
    pub document: Routes,
    /// With the path of each finding below the source root.
    pub findings: Vec<Diagnostic>,
}

/// The file of a Source's page.
pub(crate) fn page_file(id: &str) -> String {
    format!("{id}.html")
}

/// Gives every Source its address: `route` of its frontmatter, else what `addressing` says; then the redirects.
pub(crate) fn routes(members: &[&Node], entry: &str, mount: &str, addressing: Addressing) -> RouteTable {
    let mut table = RouteTable::default();
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    for node in members {
        let default = addressing.route(&node.id);
        let (wanted, position) = match node.source.route.as_ref().map(|(route, position)| (check(route), *position)) {
            Some((Ok(route), position)) => (route, position),
            Some((Err(message), position)) => {
                let finding = Diagnostic::error("route/invalid", position, message);
                table.findings.push(finding.at(&*node.path));
                (default.clone(), position)
            }
            None => (default.clone(), Position::START),
        };
        if let Some(reserved) = reserved(mount, &wanted) {
            let message = format!("`{mount}{wanted}` is never reached: the Worker answers {reserved} itself");
            let finding = Diagnostic::error("route/reserved", position, message);
            table.findings.push(finding.hint("give the Source another `route`").at(&*node.path));
        }
        match owners.entry(wanted.clone()) {
            Entry::Vacant(free) => {
                free.insert(&node.path);
                table.of.insert(node.id.clone(), wanted);
            }
            Entry::Occupied(taken) => {
                let message = format!("the route `{wanted}` belongs to `{}` already", taken.get());
                let finding = Diagnostic::error("route/conflict", position, message);
                table.findings.push(finding.at(&*node.path));
            }
        }
    }
    // Who lost a conflict keeps the address of its id if that is free.
    for node in members {
        let default = format!("/{}", node.id);
        if !table.of.contains_key(&node.id) && !owners.contains_key(&default) {
            owners.insert(default.clone(), &node.path);
            table.of.insert(node.id.clone(), default);
        }
    }
    table.document = document(&table.of, entry);
    table
}

/// The address that a Source has if no other has it.
pub(crate) fn wanted(node: &Node, addressing: Addressing) -> String {
    let written = node.source.route.as_ref().and_then(|(route, _)| check(route).ok());
    written.unwrap_or_else(|| addressing.route(&node.id))
}

/// Routes of the default Path that lie where another Path is mounted.
pub(crate) fn shadowed(members: &[&Node], table: &RouteTable, mounts: &[&str]) -> Vec<Diagnostic> {
    let below = |route: &str, mount: &str| {
        !mount.is_empty() && route.strip_prefix(mount).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let mut findings = Vec::new();
    for node in members {
        let Some(route) = table.of.get(&node.id) else { continue };
        if let Some(mount) = mounts.iter().find(|mount| below(route, mount)) {
            let position = node.source.route.as_ref().map_or(Position::START, |(_, position)| *position);
            let message = format!("`{route}` is never reached: another Path is mounted at `{mount}`");
            let finding = Diagnostic::error("route/shadowed", position, message);
            findings.push(finding.hint("give the Source another `route`").at(&*node.path));
        }
    }
    findings
}

fn document(of: &BTreeMap<String, String>, entry: &str) -> Routes {
    let mut routes = BTreeMap::new();
    for (id, route) in of {
        routes.insert(route.clone(), Route::Source { source: id.clone(), path: page_file(id) });
    }
    let mut redirect = |from: String, to: &str| {
        let to = address::encode_path(to).into_owned();
        routes.entry(from).or_insert(Route::Redirect { to, status: PERMANENT });
    };
    if let Some(home) = of.get(entry) {
        redirect("/".to_owned(), home);
    }
    for (id, route) in of {
        redirect(format!("/{id}"), route);
        if route != "/" {
            redirect(format!("{route}/"), route);
        }
    }
    Routes { routes, not_found: Some(NOT_FOUND.to_owned()) }
}

/// A route as it was written -> decoded and without a slash at its end, or why it is none.
fn check(written: &str) -> Result<String, String> {
    let route = address::decode(written);
    let refuse = |why: &str| Err(format!("`{written}` is no route: {why}"));
    if !route.starts_with('/') {
        return refuse("it must start with `/`");
    }
    if route.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#' | '\\')) {
        return refuse("it may not contain spaces, `?`, `#` or `\\`");
    }
    let trimmed = route.trim_end_matches('/');
    if trimmed.is_empty() {
        return Ok("/".to_owned());
    }
    if trimmed[1..].split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return refuse("it may not contain empty, `.` or `..` segments");
    }
    Ok(trimmed.to_owned())
}

/// The reserved address that a route would hide behind.
pub(crate) fn reserved(mount: &str, route: &str) -> Option<&'static str> {
    let full = format!("{mount}{route}");
    RESERVED
        .into_iter()
        .find(|reserved| full.strip_prefix(reserved).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_an_absolute_path_and_nothing_else() {
        assert_eq!(check("/labs/chess").unwrap(), "/labs/chess");
        assert_eq!(check("/labs/").unwrap(), "/labs");
        assert_eq!(check("/caf%C3%A9").unwrap(), "/café");
        assert_eq!(check("/").unwrap(), "/");
        for bad in ["labs", "/a b", "/a?b", "/a#b", "/a//b", "/../a", "//host", "", "/a\\b", "/a%20b", "/%2e%2e/x"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sources_have_the_addresses_of_their_generation() {
        for (id, by_id, as_page) in [
            ("index", "/index", "/"),
            ("docs/agents/index", "/docs/agents/index", "/docs/agents"),
            ("about", "/about", "/about.page"),
            ("deep/er/about", "/deep/er/about", "/deep/er/about.page"),
            (".hidden", "/.hidden", "/.hidden.page"),
            ("index.path", "/index.path", "/index.path"),
            ("world/house.page", "/world/house.page", "/world/house.page"),
            ("v1.2/fractions.lesson", "/v1.2/fractions.lesson", "/v1.2/fractions.lesson"),
            ("v1.2/notes", "/v1.2/notes", "/v1.2/notes.page"),
        ] {
            assert_eq!(
                (Addressing::Ids.route(id), Addressing::Pages.route(id)),
                (by_id.into(), as_page.into()),
                "{id}"
            );
            assert_eq!(Addressing::Ids.sources(&as_page[1..]).count(), 0);
            let found = Addressing::Pages.sources(&as_page[1..]).any(|source| source == id);
            assert!(found || as_page[1..] == *id, "{id}");
        }
    }

    #[test]
    fn reserved_addresses_are_reserved_below_too() {
        assert_eq!(reserved("", "/_events"), Some("/_events"));
        assert_eq!(reserved("", "/api/x"), Some("/api"));
        assert_eq!(reserved("/api", "/x"), Some("/api"));
        for free in ["/apis", "/x/api", "/_event", "/api.guide"] {
            assert_eq!(reserved("", free), None, "{free}");
        }
    }
}
