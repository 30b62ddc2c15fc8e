//! Bindings: the shape of each kind.

use super::{expect::unexpected, section::Section};
use crate::config::{
    findings::Findings,
    keys::OWN,
    tree::{Node, Table},
};

/// Kinds whose value is one table, or a table of lists.
const TABLES: [&str; 11] = [
    "ai",
    "browser",
    "durable_objects",
    "images",
    "media",
    "queues",
    "secrets",
    "stream",
    "unsafe",
    "vars",
    "version_metadata",
];
/// Kinds whose bindings are named by `name`.
const NAMED: [&str; 2] = ["ratelimits", "send_email"];
const BUCKET_FORM: &str = "Bucket names must begin and end with an alphanumeric character, only contain lowercase letters, numbers, and hyphens, and be between 3 and 63 characters long.";

pub(super) fn check(findings: &mut Findings<'_>, section: &Section<'_>) {
    for own in OWN.iter().filter(|own| own.binding.is_some()) {
        let Some(node) = section.get(own.key) else { continue };
        let label = section.label(own.key);
        if !own.emulated {
            findings.note(node.at, &label, format!("\"{label}\" is not emulated: the Worker runs here without it"));
        }
        if own.key == "durable_objects" {
            durable_objects(findings, &label, node);
        } else if TABLES.contains(&own.key) {
            if !matches!(own.key, "vars" | "secrets") && node.table().is_none() {
                let message = format!("The field \"{label}\" should be an object but got {}.", node.json());
                findings.error(node.at, &label, message);
            }
        } else {
            list(findings, own.key, &label, node);
        }
    }
}

fn list(findings: &mut Findings<'_>, key: &str, label: &str, node: &Node) {
    let Some(entries) = node.list() else {
        return findings.error(
            node.at,
            label,
            format!("The field \"{label}\" should be an array but got {}.", node.json()),
        );
    };
    for (index, node) in entries.iter().enumerate() {
        let label = format!("{label}[{index}]");
        let Some(table) = node.table() else {
            // Of one kind wrangler leaves the s out.
            let kind = if key == "worker_loaders" { "worker_loader" } else { key };
            findings.error(node.at, &label, format!("\"{kind}\" bindings should be objects, but got {}", node.json()));
            continue;
        };
        let entry = BindingEntry { label: &label, node, table };
        if !NAMED.contains(&key) {
            let must = if key == "worker_loaders" { "must" } else { "should" };
            entry.text(findings, "binding", must);
        }
        match key {
            "kv_namespaces" => kv_namespace(findings, &entry),
            "r2_buckets" => r2_bucket(findings, &entry),
            "services" => service(findings, &entry),
            "worker_loaders" => unexpected(findings, &label, table, &["binding"]),
            _ => {}
        }
    }
}

/// A binding in a list.
struct BindingEntry<'a> {
    label: &'a str,
    node: &'a Node,
    table: &'a Table,
}

impl BindingEntry<'_> {
    fn key(&self, key: &str) -> String {
        format!("{}.{key}", self.label)
    }

    fn at(&self, key: &str) -> usize {
        self.table.field(key).map_or(self.node.at, |field| field.node.at)
    }

    /// A string that must be there.
    fn text(&self, findings: &mut Findings<'_>, key: &str, must: &str) -> bool {
        let fits = self.table.text(key).is_some();
        if !fits {
            self.refuse(findings, key, &format!("{must} have a string"));
        }
        fits
    }

    /// A string that may be missing; `words` say how wrangler asks for it.
    fn may(&self, findings: &mut Findings<'_>, key: &str, words: &str) -> bool {
        let fits = self.table.get(key).is_none_or(|node| node.text().is_some());
        if !fits {
            self.refuse(findings, key, words);
        }
        fits
    }

    /// A string that may be missing, but not be empty.
    fn filled(&self, findings: &mut Findings<'_>, key: &str) -> bool {
        let fits = self.table.get(key).is_none_or(|node| node.text().is_some_and(|text| !text.is_empty()));
        if !fits {
            self.refuse(findings, key, "should have a string");
        }
        fits
    }

    fn remote(&self, findings: &mut Findings<'_>) {
        if self.table.get("remote").is_some_and(|node| node.bool().is_none()) {
            let message = format!(
                "\"{}\" should, optionally, have a boolean \"remote\" field but got {}.",
                self.label,
                self.node.json()
            );
            findings.error(self.at("remote"), &self.key("remote"), message);
        }
    }

    fn refuse(&self, findings: &mut Findings<'_>, key: &str, words: &str) {
        let message = format!("\"{}\" bindings {words} \"{key}\" field but got {}.", self.label, self.node.json());
        findings.error(self.at(key), &self.key(key), message);
    }
}

const OPTIONALLY: &str = "should, optionally, have a string";

fn kv_namespace(findings: &mut Findings<'_>, entry: &BindingEntry<'_>) {
    entry.filled(findings, "id");
    entry.may(findings, "preview_id", OPTIONALLY);
    entry.remote(findings);
    unexpected(findings, entry.label, entry.table, &["binding", "id", "preview_id", "remote"]);
}

fn r2_bucket(findings: &mut Findings<'_>, entry: &BindingEntry<'_>) {
    if entry.filled(findings, "bucket_name") {
        bucket_name(findings, entry, "bucket_name", "=");
    }
    if entry.may(findings, "preview_bucket_name", OPTIONALLY) {
        bucket_name(findings, entry, "preview_bucket_name", "= ");
    }
    entry.may(findings, "jurisdiction", OPTIONALLY);
    entry.remote(findings);
    let known = ["binding", "bucket_name", "preview_bucket_name", "jurisdiction", "remote"];
    unexpected(findings, entry.label, entry.table, &known);
}

fn bucket_name(findings: &mut Findings<'_>, entry: &BindingEntry<'_>, key: &str, sign: &str) {
    let Some(node) = entry.table.get(key) else { return };
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let fits = node.text().is_some_and(|name| {
        (3..=63).contains(&name.len())
            && name.chars().all(|c| is_part(c) || c == '-')
            && name.starts_with(is_part)
            && name.ends_with(is_part)
    });
    if !fits {
        let message = format!("{}.{key}{sign}{} is invalid. {BUCKET_FORM}", entry.label, node.json());
        findings.error(node.at, &entry.key(key), message);
    }
}

fn service(findings: &mut Findings<'_>, entry: &BindingEntry<'_>) {
    entry.text(findings, "service", "should");
    entry.may(findings, "environment", "should have a string");
    entry.may(findings, "entrypoint", "should have a string");
    entry.remote(findings);
    if let Some(node) = entry.table.get("props").filter(|node| node.table().is_none()) {
        let message = format!(
            "\"{}\" bindings should, optionally, have an object \"props\" field but got {}.",
            entry.label,
            node.json()
        );
        findings.error(node.at, &entry.key("props"), message);
    }
    // wrangler itself says nothing of other keys here; a slip in `entrypoint` would bind another thing.
    let known = ["binding", "service", "environment", "entrypoint", "props", "remote", "cross_account_grant"];
    unexpected(findings, entry.label, entry.table, &known);
}

fn durable_objects(findings: &mut Findings<'_>, label: &str, node: &Node) {
    let Some(table) = node.table() else {
        return findings.error(
            node.at,
            label,
            format!("The field \"{label}\" should be an object but got {}.", node.json()),
        );
    };
    let Some(bindings) = table.get("bindings") else {
        let message = format!("The field \"{label}\" is missing the required \"bindings\" property.");
        return findings.error(node.at, &format!("{label}.bindings"), message);
    };
    unexpected(findings, label, table, &["bindings"]);
    let label = format!("{label}.bindings");
    let Some(list) = bindings.list() else {
        let message = format!("The field \"{label}\" should be an array but got {}.", bindings.json());
        return findings.error(bindings.at, &label, message);
    };
    for (index, node) in list.iter().enumerate() {
        durable_object(findings, &format!("{label}[{index}]"), node);
    }
}

fn durable_object(findings: &mut Findings<'_>, label: &str, node: &Node) {
    let Some(table) = node.table() else {
        return findings.error(node.at, label, format!("Expected \"{label}\" to be an object but got {}", node.json()));
    };
    let entry = BindingEntry { label, node, table };
    for key in ["name", "class_name"] {
        if table.text(key).is_none() {
            findings.error(entry.at(key), &entry.key(key), format!("binding should have a string \"{key}\" field."));
        }
    }
    for key in ["script_name", "environment"] {
        if table.get(key).is_some_and(|node| node.text().is_none()) {
            let message = format!("the field \"{key}\", when present, should be a string.");
            findings.error(entry.at(key), &entry.key(key), message);
        }
    }
    if table.get("environment").is_some() && table.get("script_name").is_none() {
        let message = "binding should have a \"script_name\" field if \"environment\" is present.";
        findings.error(entry.at("environment"), &entry.key("script_name"), message);
    }
    entry.remote(findings);
    unexpected(findings, label, table, &["class_name", "environment", "name", "script_name"]);
}
