//! Routes and custom domains.

use super::section::Section;
use crate::{
    config::{diagnostic::Severity, findings::Findings, keys, model::Config, tree::Node},
    routes::{Pattern, PatternError},
};

const KEYS: [&str; 6] = ["pattern", "zone_id", "zone_name", "custom_domain", "enabled", "previews_enabled"];
const SHAPE: &str = "{ pattern, custom_domain, zone_id | zone_name, enabled, previews_enabled }";

/// Looks at `route` and `routes`.
pub(super) fn shapes(findings: &mut Findings<'_>, section: &Section<'_>) {
    let (route, routes) = (section.get("route"), section.get("routes"));
    if let Some(node) = route {
        if node.text() == Some("") {
            let message = "The \"route\" field in your configuration is an empty string and will be ignored.\nPlease remove the \"route\" field from your configuration.";
            findings.warn(node.at, "route", message, None);
        } else if let Some(fault) = fault(node) {
            let message = format!(
                "Expected \"route\" to be either a string, or an object with shape {SHAPE}, but got {}.",
                node.json()
            );
            findings.error_with(node.at, "route", message, fault);
        }
    }
    let Some(node) = routes else { return };
    if route.is_some_and(|route| route.text() != Some("")) {
        findings.error(node.at, "routes", "Expected exactly one of the following fields [\"routes\",\"route\"].");
    }
    let Some(list) = node.list() else {
        return findings.error(
            node.at,
            "routes",
            format!("Expected \"routes\" to be an array but got {}.", node.json()),
        );
    };
    for (index, node) in list.iter().enumerate() {
        if let Some(fault) = fault(node) {
            let message = format!(
                "Expected \"routes\" to be an array of either strings or objects with the shape {SHAPE}, but these weren't valid: [{}].",
                node.json()
            );
            findings.error_with(node.at, &format!("routes[{index}]"), message, fault);
        }
    }
}

/// What a value lacks to be a route.
fn fault(node: &Node) -> Option<String> {
    if let Some(text) = node.text() {
        return text.is_empty().then(|| "the pattern is empty".to_owned());
    }
    let Some(table) = node.table() else { return Some("a route is a string or a table".to_owned()) };
    for field in table.fields() {
        let (key, node) = (field.key.as_str(), &field.node);
        let kind = match key {
            "pattern" | "zone_id" | "zone_name" => "string",
            "custom_domain" | "enabled" | "previews_enabled" => "boolean",
            _ => {
                let near = keys::nearest(key, KEYS.into_iter()).map(|near| format!("; did you mean \"{near}\"?"));
                return Some(format!("a route has no key \"{key}\"{}", near.unwrap_or_default()));
            }
        };
        if node.type_of() != kind {
            return Some(format!("\"{key}\" is a {kind}"));
        }
    }
    let has = |key: &str| table.get(key).is_some();
    if !has("pattern") {
        Some("it has no \"pattern\"".to_owned())
    } else if has("zone_id") && has("zone_name") {
        Some("\"zone_id\" and \"zone_name\" exclude each other".to_owned())
    } else if (has("enabled") || has("previews_enabled")) && !has("custom_domain") {
        Some("\"enabled\" and \"previews_enabled\" are for custom domains".to_owned())
    } else if !(has("zone_id") || has("zone_name") || has("custom_domain")) {
        Some("it needs one of \"zone_id\", \"zone_name\" and \"custom_domain\"".to_owned())
    } else {
        None
    }
}

/// Looks at the patterns themselves.
pub(super) fn patterns(findings: &mut Findings<'_>, config: &Config) {
    for (index, route) in config.routes.iter().enumerate() {
        let key = format!("routes[{index}].pattern");
        let mut refuse =
            |message: String, hint: Option<String>| findings.say(Severity::Error, route.place, &key, message, hint);
        let pattern = &route.pattern;
        if route.custom_domain {
            if pattern.contains('*') {
                refuse("Wildcard operators (*) are not allowed in Custom Domains".to_owned(), None);
            }
            if pattern.contains('/') {
                refuse("Paths are not allowed in Custom Domains".to_owned(), None);
            }
            if pattern.contains(['*', '/']) {
                continue;
            }
        }
        if let Err(error) = Pattern::parse(pattern) {
            let is_not_allowed = matches!(error, PatternError::QueryString | PatternError::InfixWildcard);
            let end = if is_not_allowed { ". This is not allowed." } else { "." };
            refuse(format!("Route \"{pattern}\" for \"{}\" {error}{end}", config.worker()), error.hint(pattern));
        }
        if !route.custom_domain {
            only_root(findings, route.place, &key, pattern);
        }
    }
}

/// A pattern without a path is for the root alone, which is seldom meant.
fn only_root(findings: &mut Findings<'_>, place: crate::config::diagnostic::Place, key: &str, pattern: &str) {
    let rest = pattern.split_once("://").map_or(pattern, |(_, rest)| rest);
    if !rest.is_empty() && !rest.contains(['/', '?', '#']) {
        let message = format!("the route \"{pattern}\" has no path: it matches \"/\" alone, without a query");
        findings.say(Severity::Warning, place, key, message, Some(format!("\"{pattern}/*\" matches all paths")));
    }
}
