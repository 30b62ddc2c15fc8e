//! `assets`

use super::{
    expect::{STRING, choice, optional, strings, unexpected},
    section::Section,
};
use crate::config::findings::Findings;

const HTML: [&str; 4] = ["auto-trailing-slash", "force-trailing-slash", "drop-trailing-slash", "none"];
const NOT_FOUND: [&str; 3] = ["single-page-application", "404-page", "none"];

pub(super) fn check(findings: &mut Findings<'_>, section: &Section<'_>) {
    let Some(node) = section.get("assets") else { return };
    let Some(table) = node.table() else {
        let message = format!("\"assets\" should be an object, but got value \"assets\" of type {}", node.type_of());
        return findings.error(node.at, "assets", message);
    };
    optional(findings, "assets", table, "directory", STRING);
    optional(findings, "assets", table, "binding", STRING);
    choice(findings, "assets", table, "html_handling", &HTML);
    choice(findings, "assets", table, "not_found_handling", &NOT_FOUND);
    match table.get("run_worker_first") {
        Some(node) if node.list().is_some() => strings(findings, "assets.run_worker_first", Some(node)),
        Some(node) if node.bool().is_none() => {
            let message = format!(
                "The field \"assets.run_worker_first\" should be an array of strings or a boolean, but got {}.",
                node.json()
            );
            findings.error(node.at, "assets.run_worker_first", message);
        }
        _ => {}
    }
    let known = ["directory", "binding", "html_handling", "not_found_handling", "run_worker_first"];
    unexpected(findings, "assets", table, &known);
}
