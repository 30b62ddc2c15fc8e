//! `exports`: classes of Durable Objects as they are to be, in place of a list of migrations.

use super::{
    expect::{STRING, choice, required, unexpected},
    section::Section,
};
use crate::config::{
    findings::Findings,
    tree::{Node, Table},
};

/// What became of a class, and the key that says where it went.
const STATES: [(&str, Option<&str>); 4] = [
    ("deleted", None),
    ("renamed", Some("renamed_to")),
    ("transferred", Some("transferred_to")),
    ("expecting-transfer", Some("transfer_from")),
];

pub(super) fn check(findings: &mut Findings<'_>, section: &Section<'_>) {
    let Some(node) = section.get("exports") else { return };
    if super::is_given(section.get("migrations")) {
        findings.error(
            node.at,
            "exports",
            "Expected exactly one of the following fields [\"exports\",\"migrations\"].",
        );
    }
    let Some(table) = node.table() else {
        let message = format!("Expected \"exports\" to be of type object but got {}.", node.json());
        return findings.error(node.at, "exports", message);
    };
    for field in table.fields() {
        let label = format!("exports.{}", field.key);
        match field.node.table() {
            Some(class) => export(findings, &label, class, &field.node, table),
            None => {
                let message = format!("Expected \"{label}\" to be of type object but got {}.", field.node.json());
                findings.error(field.node.at, &label, message);
            }
        }
    }
}

fn export(findings: &mut Findings<'_>, label: &str, class: &Table, node: &Node, all: &Table) {
    required(findings, label, (class, node.at), "type", STRING);
    choice(findings, label, class, "type", &["durable-object", "worker", "workflow"]);
    choice(findings, label, class, "storage", &["sqlite", "legacy-kv"]);
    choice(findings, label, class, "state", &STATES.map(|(state, _)| state));
    let state = class.text("state");
    if state.is_none() && class.text("type") == Some("durable-object") && class.get("storage").is_none() {
        findings.error(node.at, &format!("{label}.storage"), format!("\"{label}.storage\" is a required field."));
    }
    for (of, key) in STATES {
        let Some(key) = key else { continue };
        if state == Some(of) {
            required(findings, label, (class, node.at), key, STRING);
        } else if let Some(field) = class.field(key) {
            let message = format!("\"{label}.{key}\" is only for the state \"{of}\"");
            findings.error(field.at, &format!("{label}.{key}"), message);
        }
    }
    if state == Some("renamed")
        && let Some(to) = class.text("renamed_to")
        && all.get(to).is_none()
    {
        let at = class.field("renamed_to").map_or(node.at, |field| field.node.at);
        let message = format!("\"{label}\" is renamed to \"{to}\", which \"exports\" does not declare");
        findings.error(at, &format!("{label}.renamed_to"), message);
    }
    let known = ["type", "storage", "state", "renamed_to", "transferred_to", "transfer_from"];
    unexpected(findings, label, class, &known);
}
