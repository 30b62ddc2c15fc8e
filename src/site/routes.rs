//! Which address each Source of a Path has.

use super::{
    address,
    diagnostic::{Diagnostic, Position},
    graph::Node,
};
use pmx_worker::model::{Route, Routes};
use std::collections::{BTreeMap, btree_map::Entry};

/// The status of every redirect of a build: permanent, and the method stays.
const PERMANENT: u16 = 308;
/// Addresses that the Worker answers itself, before it looks at the site.
const RESERVED: [&str; 2] = ["/_events", "/api"];
/// The file that is shown when nothing is found.
pub(super) const NOT_FOUND: &str = "404.html";

/// The addresses of a Path, decoded and relative to its mount.
#[derive(Debug, Default)]
pub(super) struct RouteTable {
    /// By Source id.
    pub of: BTreeMap<String, String>,
    pub document: Routes,
    /// With the path of each finding below the source root.
    pub findings: Vec<Diagnostic>,
}

/// The file of a Source's page.
pub(super) fn page_file(id: &str) -> String {
    format!("{id}.html")
}

/// Gives every Source its address: `route` of its frontmatter, else its id; then the redirects.
pub(super) fn routes(members: &[&Node], entry: &str, mount: &str) -> RouteTable {
    let mut table = RouteTable::default();
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    for node in members {
        let default = format!("/{}", node.id);
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
    // Who lost a conflict keeps the default address if it is free.
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

/// Routes of the default Path that lie where another Path is mounted.
pub(super) fn shadowed(members: &[&Node], table: &RouteTable, mounts: &[&str]) -> Vec<Diagnostic> {
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
pub(super) fn reserved(mount: &str, route: &str) -> Option<&'static str> {
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
    fn reserved_addresses_are_reserved_below_too() {
        assert_eq!(reserved("", "/_events"), Some("/_events"));
        assert_eq!(reserved("", "/api/x"), Some("/api"));
        assert_eq!(reserved("/api", "/x"), Some("/api"));
        for free in ["/apis", "/x/api", "/_event", "/api.guide"] {
            assert_eq!(reserved("", free), None, "{free}");
        }
    }
}
