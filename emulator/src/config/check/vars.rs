//! Variables and the names of secrets.

use super::{
    expect::{strings, unexpected},
    section::Section,
};
use crate::config::{
    findings::Findings,
    tree::{Node, NodeValue},
};

pub(super) fn check(findings: &mut Findings<'_>, section: &Section<'_>) {
    vars(findings, section);
    secrets(findings, section);
    define(findings, section);
}

fn vars(findings: &mut Findings<'_>, section: &Section<'_>) {
    let Some(node) = section.get("vars") else { return };
    let label = section.label("vars");
    let Some(table) = node.table() else {
        return findings.error(
            node.at,
            &label,
            format!("The field \"{label}\" should be an object but got {}.", node.json()),
        );
    };
    for field in table.fields().iter().filter(|field| matches!(field.node.value, NodeValue::Date(_))) {
        let name = &field.key;
        let message = format!(
            "The field \"{label}.{name}\" is a TOML date, which is not supported. Please use a string instead, e.g. {name} = \"2025-12-19\"."
        );
        findings.error(field.node.at, &format!("{label}.{name}"), message);
    }
}

fn secrets(findings: &mut Findings<'_>, section: &Section<'_>) {
    let Some(node) = section.get("secrets") else { return };
    let label = section.label("secrets");
    let Some(table) = node.table() else {
        return findings.error(
            node.at,
            &label,
            format!("The field \"{label}\" should be an object but got {}.", node.json()),
        );
    };
    unexpected(findings, &label, table, &["required"]);
    strings(findings, &format!("{label}.required"), table.get("required"));
}

fn define(findings: &mut Findings<'_>, section: &Section<'_>) {
    let Some(node) = section.get("define") else { return };
    let label = section.label("define");
    let Some(table) = node.table() else {
        return findings.error(
            node.at,
            &label,
            format!("The field \"{label}\" should be an object but got {}.", node.json()),
        );
    };
    for field in table.fields().iter().filter(|field| Node::text(&field.node).is_none()) {
        let label = format!("{label}.{}", field.key);
        let message = format!("The field \"{label}\" should be a string but got {}.", field.node.json());
        findings.error(field.node.at, &label, message);
    }
}
