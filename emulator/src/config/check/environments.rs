//! Environments: which there are, and what they do not inherit.

use super::section::Section;
use crate::config::{
    findings::Findings,
    keys::{self, OWN},
    tree::{Node, Table},
};

/// The values of an environment, and the byte where it begins. If the config does not have it, that is said, and the top level is what
/// would be deployed under the environment's name.
pub(super) fn find<'a>(findings: &mut Findings<'_>, top: &'a Table, name: &str) -> Option<(&'a Table, usize)> {
    let all = top.get("env").and_then(Node::table);
    if let Some(node) = top.get("env").filter(|node| node.table().is_none()) {
        findings.error(node.at, "env", format!("Expected \"env\" to be of type object but got {}.", node.json()));
    }
    if let Some(field) = all.and_then(|all| all.field(name)) {
        let (key, node) = (format!("env.{name}"), &field.node);
        if node.table().is_none() {
            findings.error(node.at, &key, format!("Expected \"{key}\" to be of type object but got {}.", node.json()));
        }
        return Some((node.table()?, field.at));
    }
    let mut message = format!(
        "No environment found in configuration with name \"{name}\".\nBefore using `--env={name}` there should be an equivalent environment section in the configuration."
    );
    let Some(all) = all else {
        findings.warn(0, "env", message, Some(format!("add [env.{name}]")));
        return None;
    };
    let known = || all.fields().iter().map(|field| field.key.as_str());
    message.push_str(&format!(
        "\nThe available configured environment names are: {}",
        serde_json::json!(known().collect::<Vec<_>>())
    ));
    let at = top.field("env").map_or(0, |field| field.at);
    let hint =
        keys::nearest(name, known()).map_or(format!("add [env.{name}]"), |near| format!("did you mean \"{near}\"?"));
    findings.error_with(at, "env", message, hint);
    None
}

/// Says of what stands at the top level and is not inherited.
pub(super) fn not_inherited(findings: &mut Findings<'_>, section: &Section<'_>) {
    let Some((environment, top)) = section.within else { return };
    for own in &OWN {
        let key = own.key;
        let label = section.label(key);
        match (section.get(key), top.field(key)) {
            (None, Some(_)) => {
                let message = format!(
                    "\"{key}\" exists at the top level, but not on \"env.{environment}\".\nThis is not what you probably want, since \"{key}\" is not inherited by environments.\nPlease add \"{key}\" to \"env.{environment}\"."
                );
                findings.warn(section.at, &label, message, None);
            }
            (Some(here), Some(there)) => missing_entries(findings, (key, &label, environment), here, &there.node),
            (_, None) => {}
        }
    }
    inherited_domains(findings, section, top);
}

/// Says of entries that the top level has and the environment has not.
fn missing_entries(
    findings: &mut Findings<'_>,
    (key, label, environment): (&str, &str, &str),
    here: &Node,
    there: &Node,
) {
    if matches!(key, "vars" | "define") {
        let (Some(here), Some(fields)) = (here.table(), there.table().map(Table::fields)) else { return };
        for field in fields.iter().filter(|field| here.get(&field.key).is_none()) {
            let name = &field.key;
            let message = format!(
                "\"{key}.{name}\" exists at the top level, but not on \"{label}\".\nThis is not what you probably want, since \"{key}\" configuration is not inherited by environments.\nPlease add \"{key}.{name}\" to \"env.{environment}\"."
            );
            findings.warn(first_place(here, field.at), &format!("{label}.{name}"), message, None);
        }
        return;
    }
    let names = |node: &Node, list: Option<&str>, name: &str| -> Option<Vec<String>> {
        let list = list.map_or(Some(node), |list| node.table()?.get(list))?.list()?;
        Some(list.iter().filter_map(|entry| Some(entry.table()?.text(name)?.to_owned())).collect())
    };
    if key == "durable_objects" {
        let (Some(have), Some(all)) = (names(here, Some("bindings"), "name"), names(there, Some("bindings"), "name"))
        else {
            return;
        };
        let missing: Vec<String> =
            all.into_iter().filter(|name| !have.contains(name)).map(|name| format!("- {name}")).collect();
        if !missing.is_empty() {
            let message = format!(
                "The following bindings are at the top level, but not on \"env.{environment}\".\nThis is not what you probably want, since \"{key}\" configuration is not inherited by environments.\nPlease add a binding for each to \"{label}.bindings\":\n{}",
                missing.join("\n")
            );
            findings.warn(here.at, &format!("{label}.bindings"), message, None);
        }
        return;
    }
    let (Some(have), Some(all)) = (names(here, None, "binding"), names(there, None, "binding")) else { return };
    for name in all.iter().filter(|name| !have.contains(name)) {
        let message = format!(
            "There is a {key} binding with name \"{name}\" at the top level, but not on \"env.{environment}\".\nThis is not what you probably want, since \"{key}\" configuration is not inherited by environments.\nPlease add a binding for \"{name}\" to \"env.{environment}.{key}.bindings\"."
        );
        findings.warn(here.at, label, message, None);
    }
}

/// Where a table's first value is, or else another place.
fn first_place(table: &Table, other: usize) -> usize {
    table.fields().first().map_or(other, |field| field.at)
}

/// A custom domain belongs to one Worker; the one of an environment is another than that of the top level.
fn inherited_domains(findings: &mut Findings<'_>, section: &Section<'_>, top: &Table) {
    if super::is_given(section.get("routes")) || super::is_given(section.get("route")) {
        return;
    }
    let is_domain = |node: &&Node| node.table().and_then(|table| table.get("custom_domain")?.bool()) == Some(true);
    let inherited = top.get("routes").and_then(Node::list).unwrap_or_default().iter().chain(top.get("route"));
    for node in inherited.filter(is_domain) {
        let domain = node.table().and_then(|table| table.text("pattern")).unwrap_or_default();
        let label = section.label("routes");
        let message = format!(
            "the custom domain \"{domain}\" is inherited from the top level: whichever of both Workers is deployed last takes it from the other"
        );
        findings.warn(
            node.at,
            &label,
            message,
            Some(format!("give env.{} routes of its own", section.within.map_or("", |(name, _)| name))),
        );
    }
}
