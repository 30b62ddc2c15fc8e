//! What is asked of a value whatever key it is of, in wrangler's words.

use crate::config::{
    findings::Findings,
    keys,
    tree::{Node, Table},
};

/// The types that a message can ask for.
pub(super) const STRING: &str = "string";
pub(super) const BOOLEAN: &str = "boolean";
pub(super) const NUMBER: &str = "number";
pub(super) const OBJECT: &str = "object";

/// A value of a type.
pub(super) fn typed(findings: &mut Findings<'_>, label: &str, node: &Node, kind: &str) -> bool {
    let fits = node.type_of() == kind;
    if !fits {
        findings.error(node.at, label, format!("Expected \"{label}\" to be of type {kind} but got {}.", node.json()));
    }
    fits
}

/// A value that may be missing.
pub(super) fn optional(findings: &mut Findings<'_>, container: &str, table: &Table, key: &str, kind: &str) -> bool {
    table.get(key).is_none_or(|node| typed(findings, &below(container, key), node, kind))
}

/// A string that is one of several, if it is there.
pub(super) fn choice(findings: &mut Findings<'_>, container: &str, table: &Table, key: &str, choices: &[&str]) {
    let Some(node) = table.get(key) else { return };
    let label = below(container, key);
    if typed(findings, &label, node, STRING) && node.text().is_some_and(|text| !choices.contains(&text)) {
        let known = serde_json::json!(choices);
        let message = format!("Expected \"{label}\" field to be one of {known} but got {}.", node.json());
        match keys::nearest(node.text().unwrap_or_default(), choices.iter().copied()) {
            Some(nearest) => findings.error_with(node.at, &label, message, format!("did you mean \"{nearest}\"?")),
            None => findings.error(node.at, &label, message),
        }
    }
}

/// A value that must be there; `at` is the place that lacks it.
pub(super) fn required(
    findings: &mut Findings<'_>,
    container: &str,
    (table, at): (&Table, usize),
    key: &str,
    kind: &str,
) {
    let label = below(container, key);
    match table.get(key) {
        Some(node) => drop(typed(findings, &label, node, kind)),
        None => findings.error(at, &label, format!("\"{label}\" is a required field.")),
    }
}

/// A list of strings, if it is there.
pub(super) fn strings(findings: &mut Findings<'_>, label: &str, node: Option<&Node>) {
    let Some(node) = node else { return };
    let Some(list) = node.list() else {
        let message = format!("Expected \"{label}\" to be an array of strings but got {}", node.json());
        return findings.error(node.at, label, message);
    };
    for (at, entry) in list.iter().enumerate() {
        typed(findings, &format!("{label}.[{at}]"), entry, STRING);
    }
}

/// Says of each key of a table that is not known.
pub(super) fn unexpected(findings: &mut Findings<'_>, label: &str, table: &Table, known: &[&str]) {
    unexpected_of(findings, label, label, table, || known.iter().copied());
}

/// As [`unexpected`], for a table that messages call something else than its keys are named after.
pub(super) fn unexpected_of<'k, K: Iterator<Item = &'k str>>(
    findings: &mut Findings<'_>,
    label: &str,
    container: &str,
    table: &Table,
    known: impl Fn() -> K,
) {
    for field in table.fields() {
        if known().any(|key| key == field.key) {
            continue;
        }
        let hint = keys::nearest(&field.key, known()).map(|nearest| format!("did you mean \"{nearest}\"?"));
        let message = format!("Unexpected fields found in {label} field: \"{}\"", field.key);
        findings.warn(field.at, &below(container, &field.key), message, hint);
    }
}

/// The name of a key below another.
pub(super) fn below(container: &str, key: &str) -> String {
    if container.is_empty() { key.to_owned() } else { format!("{container}.{key}") }
}
