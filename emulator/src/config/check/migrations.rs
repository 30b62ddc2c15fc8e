//! `migrations`: the shape of each step.

use super::{
    expect::{STRING, required, strings, unexpected_of},
    section::Section,
};
use crate::config::{
    findings::Findings,
    tree::{Node, Table},
};

const KEYS: [&str; 6] =
    ["tag", "new_classes", "new_sqlite_classes", "renamed_classes", "deleted_classes", "transferred_classes"];

pub(super) fn shapes(findings: &mut Findings<'_>, section: &Section<'_>) {
    let Some(node) = section.get("migrations").filter(|node| super::is_given(Some(node))) else { return };
    let Some(list) = node.list() else {
        let message = format!("The optional \"migrations\" field should be an array, but got {}", node.json());
        return findings.error(node.at, "migrations", message);
    };
    for (index, node) in list.iter().enumerate() {
        let label = format!("migrations[{index}]");
        match node.table() {
            Some(table) => step(findings, &label, table, node.at),
            None => {
                findings.error(node.at, &label, format!("\"{label}\" should be an object but got {}.", node.json()))
            }
        }
    }
}

fn step(findings: &mut Findings<'_>, label: &str, table: &Table, at: usize) {
    unexpected_of(findings, "migrations", label, table, || KEYS.iter().copied());
    required(findings, label, (table, at), "tag", STRING);
    for key in ["new_classes", "new_sqlite_classes", "deleted_classes"] {
        strings(findings, &format!("{label}.{key}"), table.get(key));
    }
    moves(findings, &format!("{label}.renamed_classes"), table.get("renamed_classes"), &["from", "to"]);
    moves(
        findings,
        &format!("{label}.transferred_classes"),
        table.get("transferred_classes"),
        &["from", "from_script", "to"],
    );
}

fn moves(findings: &mut Findings<'_>, label: &str, node: Option<&Node>, keys: &[&str]) {
    let is_move = |node: &Node| node.table().is_some_and(|table| keys.iter().all(|key| table.text(key).is_some()));
    let fits = |node: &Node| node.list().is_some_and(|list| list.iter().all(is_move));
    if let Some(node) = node.filter(|node| !fits(node)) {
        let form: Vec<String> = keys.iter().map(|key| format!("{key}: string")).collect();
        let message = format!(
            "Expected \"{label}\" to be an array of \"{{{}}}\" objects but got {}.",
            form.join(", "),
            node.json()
        );
        findings.error(node.at, label, message);
    }
}
