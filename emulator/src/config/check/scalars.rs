//! Keys with one value: names, dates, switches; and tables of them.

use super::{
    expect::{BOOLEAN, NUMBER, OBJECT, STRING, choice, optional, required, strings, typed, unexpected},
    section::Section,
};
use crate::config::{
    build::View,
    diagnostic::Severity,
    findings::Findings,
    model::Config,
    tree::{Node, Table},
};

/// Strings, in every section.
const STRINGS: [&str; 7] =
    ["account_id", "base_dir", "jsx_factory", "jsx_fragment", "main", "tsconfig", "compatibility_date"];
/// Switches, in every section.
const SWITCHES: [&str; 10] = [
    "find_additional_modules",
    "first_party_worker",
    "keep_names",
    "logpush",
    "minify",
    "no_bundle",
    "preserve_file_names",
    "preview_urls",
    "upload_source_maps",
    "workers_dev",
];
/// Keys of the top level alone, with their types.
const TOP: [(&str, &str); 5] = [
    ("legacy_env", BOOLEAN),
    ("send_metrics", BOOLEAN),
    ("keep_vars", BOOLEAN),
    ("pages_build_output_dir", STRING),
    ("$schema", STRING),
];
/// A key of the third version of wrangler.
pub(super) const NODE_COMPAT: &str = "node_compat";
/// What a module can be taken for.
const RULE_TYPES: [&str; 5] = ["ESModule", "CommonJS", "CompiledWasm", "Text", "Data"];

pub(super) fn top_level(findings: &mut Findings<'_>, top: &Table) {
    for (key, kind) in TOP {
        optional(findings, "", top, key, kind);
    }
    if let Some(node) = top.get("legacy_env").filter(|node| node.bool() == Some(false)) {
        let message =
            "Service environments are deprecated, and will be removed in the future. DO NOT USE IN PRODUCTION.";
        findings.warn(node.at, "legacy_env", message, None);
    }
}

/// Keys that are not there any more, and those that may change.
pub(super) fn unsettled(findings: &mut Findings<'_>, section: &Section<'_>) {
    for key in ["unsafe", "secrets"] {
        if let Some(field) = section.table.field(key) {
            let message = format!("\"{key}\" fields are experimental and may change or break at any time.");
            findings.warn(field.at, &section.label(key), message, None);
        }
    }
    if let Some(field) = section.table.field(NODE_COMPAT) {
        let message = "Removed: \"node_compat\":\nThe \"node_compat\" field is no longer supported as of Wrangler v4. Instead, use the `nodejs_compat` compatibility flag. This includes the functionality from legacy `node_compat` polyfills and natively implemented Node.js APIs. See https://developers.cloudflare.com/workers/runtime-apis/nodejs for more information.";
        findings.error(field.at, NODE_COMPAT, message);
    }
}

pub(super) fn check(findings: &mut Findings<'_>, section: &Section<'_>) {
    for key in STRINGS {
        optional(findings, "", section.table, key, STRING);
    }
    for key in SWITCHES {
        optional(findings, "", section.table, key, BOOLEAN);
    }
    choice(findings, "", section.table, "compliance_region", &["public", "fedramp_high"]);
    name(findings, section.get("name"));
    flags(findings, section.get("compatibility_flags"));
    if let Some(node) = section.get("account_id").filter(|node| node.text() == Some("")) {
        let message = "The \"account_id\" field in your configuration is an empty string and will be ignored.\nPlease remove the \"account_id\" field from your configuration.";
        findings.warn(node.at, "account_id", message, None);
    }
    triggers(findings, section.get("triggers"));
    limits(findings, section.get("limits"));
    rules(findings, section);
    build(findings, section.get("build"));
    observability(findings, section.get("observability"));
    cache(findings, section.get("cache"));
}

fn name(findings: &mut Findings<'_>, node: Option<&Node>) {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let is_name =
        |name: &str| name.is_empty() || name.starts_with(is_part) && name.chars().all(|c| is_part(c) || c == '-');
    let Some(node) = node.filter(|node| !node.text().is_some_and(is_name)) else { return };
    let message = format!(
        "Expected \"name\" to be of type string, alphanumeric and lowercase with dashes only but got {}.",
        node.json()
    );
    let cure: String = node.text().unwrap_or_default().to_ascii_lowercase();
    let cure = cure.split(|c: char| !is_part(c)).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    if cure.is_empty() {
        findings.error(node.at, "name", message);
    } else {
        findings.error_with(node.at, "name", message, format!("\"{cure}\" would do"));
    }
}

fn flags(findings: &mut Findings<'_>, node: Option<&Node>) {
    let is_list = |node: &&Node| node.list().is_some_and(|list| list.iter().all(|entry| entry.text().is_some()));
    if let Some(node) = node.filter(|node| !is_list(node)) {
        let message = format!("Expected \"compatibility_flags\" to be of type string array but got {}.", node.json());
        findings.error(node.at, "compatibility_flags", message);
    }
}

/// The name that the Worker is deployed under.
pub(super) fn named(findings: &mut Findings<'_>, config: &Config, view: &View<'_>) {
    let is_text = |table: &Table| table.get("name").is_none_or(|node| node.text().is_some());
    let is_said = !is_text(view.top) || view.own.is_some_and(|own| !is_text(own));
    if config.name.as_deref().is_none_or(str::is_empty) && !is_said {
        let message = "You need to provide a name when publishing a worker. Either pass it as a cli arg with `--name <name>` or in your config file as `name = \"<name>\"`";
        findings.error(0, "name", message);
    }
}

/// What answers: the Worker's module, or assets alone.
pub(super) fn entry_point(findings: &mut Findings<'_>, config: &Config, view: &View<'_>) {
    if view.get("main").is_some() || view.top.get("site").is_some() {
        return;
    }
    match config.assets.as_ref().filter(|assets| assets.directory.is_some()) {
        None => {
            let message = "Missing entry-point to Worker script or to assets directory";
            findings.error_with(0, "main", message, "add main = \"src/index.ts\", or [assets] with a directory");
        }
        Some(assets) if assets.binding.is_some() => {
            let message = "Cannot use assets with a binding in an assets-only Worker.\nPlease remove the asset binding from your configuration file, or provide a Worker script in your configuration file (`main`).";
            findings.say(Severity::Error, assets.place, "assets.binding", message.to_owned(), None);
        }
        Some(_) => {}
    }
}

/// The date under which the Worker runs.
pub(super) fn dates(findings: &mut Findings<'_>, view: &View<'_>, today: Option<&str>) {
    const KEY: &str = "compatibility_date";
    let Some(node) = view.get(KEY) else {
        let message = "A compatibility_date is required when publishing.";
        return findings.error_with(
            0,
            KEY,
            message,
            format!("add compatibility_date = \"{}\"", today.unwrap_or("2026-04-01")),
        );
    };
    let Some(date) = node.text() else { return };
    if date.contains(['–', '—']) {
        let message = "\"compatibility_date\" field should use ISO-8601 accepted hyphens (-) rather than en-dashes (–) or em-dashes (—).";
        findings.error(node.at, KEY, message);
    }
    let date = date.replace(['–', '—'], "-");
    if !is_date(&date) {
        let message = format!(
            "\"compatibility_date\" field should be a valid ISO-8601 date (YYYY-MM-DD), but got {}.",
            node.json()
        );
        findings.error(node.at, KEY, message);
    } else if today.is_some_and(|today| date.as_str() > today) {
        findings.error(node.at, KEY, format!("Can't set compatibility date in the future: \"{date}\""));
    }
}

/// Whether a text is a day of the calendar, `YYYY-MM-DD`.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    if [year.len(), month.len(), day.len()] != [4, 2, 2] || !text.chars().all(|c| c.is_ascii_digit() || c == '-') {
        return false;
    }
    let (Ok(year), Ok(month), Ok(day)) = (year.parse::<u32>(), month.parse::<u32>(), day.parse::<u32>()) else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

fn triggers(findings: &mut Findings<'_>, node: Option<&Node>) {
    let Some(node) = node.filter(|node| super::is_given(Some(node))) else { return };
    if !typed(findings, "triggers", node, OBJECT) {
        return;
    }
    let Some(table) = node.table() else { return };
    if table.get("crons").is_some_and(|crons| crons.list().is_none()) {
        let message = format!("Expected \"triggers.crons\" to be of type array, but got {}.", node.json());
        findings.error(node.at, "triggers.crons", message);
    }
    unexpected(findings, "triggers", table, &["crons"]);
}

fn limits(findings: &mut Findings<'_>, node: Option<&Node>) {
    if let Some(table) = node.and_then(Node::table) {
        optional(findings, "limits", table, "cpu_ms", NUMBER);
        optional(findings, "limits", table, "subrequests", NUMBER);
    }
}

fn rules(findings: &mut Findings<'_>, section: &Section<'_>) {
    let Some(node) = section.get("rules").filter(|node| super::is_given(Some(node))) else { return };
    let label = section.label("rules");
    let Some(list) = node.list() else {
        let message = format!("The field \"{label}\" should be an array but got {}.", node.json());
        return findings.error(node.at, &label, message);
    };
    for (index, node) in list.iter().enumerate() {
        let label = format!("{label}[{index}]");
        let Some(rule) = node.table() else {
            findings.error(node.at, &label, format!("\"{label}\" should be an object but got {}.", node.json()));
            continue;
        };
        if !rule.text("type").is_some_and(|kind| RULE_TYPES.contains(&kind)) {
            let message = "bindings should have a string \"type\" field, which contains one of \"ESModule\", \"CommonJS\", \"CompiledWasm\", \"Text\", or \"Data\".";
            findings.error(node.at, &format!("{label}.type"), message);
        }
        match rule.get("globs") {
            None => {
                let message = format!("Expected \"{label}.globs\" to be an array of strings but got undefined");
                findings.error(node.at, &format!("{label}.globs"), message);
            }
            globs => strings(findings, &format!("{label}.globs"), globs),
        }
        if let Some(node) = rule.get("fallthrough").filter(|node| node.bool().is_none()) {
            let message = "the field \"fallthrough\", when present, should be a boolean.";
            findings.error(node.at, &format!("{label}.fallthrough"), message);
        }
    }
}

fn build(findings: &mut Findings<'_>, node: Option<&Node>) {
    let Some(table) = node.and_then(Node::table) else { return };
    unexpected(findings, "build", table, &["command", "cwd", "watch_dir"]);
    optional(findings, "build", table, "command", STRING);
    optional(findings, "build", table, "cwd", STRING);
    match table.get("watch_dir") {
        Some(node) if node.list().is_some() => strings(findings, "build.watch_dir", Some(node)),
        _ => drop(optional(findings, "build", table, "watch_dir", STRING)),
    }
}

fn observability(findings: &mut Findings<'_>, node: Option<&Node>) {
    let Some(node) = node else { return };
    let Some(table) = node.table() else {
        return findings.error(
            node.at,
            "observability",
            format!("\"observability\" should be an object but got {}.", node.json()),
        );
    };
    let inner = |key: &str| table.get(key).and_then(Node::table);
    let switches = [
        ("enabled", table.get("enabled")),
        ("logs.enabled", inner("logs").and_then(|table| table.get("enabled"))),
        ("traces.enabled", inner("traces").and_then(|table| table.get("enabled"))),
    ];
    if switches.iter().all(|(_, node)| node.is_none()) {
        let message = "\"observability.enabled\" or \"observability.logs.enabled\" or \"observability.traces.enabled\" is required.";
        findings.error(node.at, "observability.enabled", message);
    }
    for (key, switch) in switches {
        if let Some(switch) = switch {
            typed(findings, &format!("observability.{key}"), switch, BOOLEAN);
        }
    }
    optional(findings, "observability", table, "head_sampling_rate", NUMBER);
    unexpected(findings, "observability", table, &["enabled", "head_sampling_rate", "logs", "traces"]);
    for (part, keys) in [
        ("logs", &["enabled", "head_sampling_rate", "invocation_logs", "destinations", "persist"][..]),
        ("traces", &["enabled", "head_sampling_rate", "destinations", "persist"]),
    ] {
        if !optional(findings, "observability", table, part, OBJECT) {
            continue;
        }
        let Some(table) = inner(part) else { continue };
        let label = format!("observability.{part}");
        optional(findings, &label, table, "head_sampling_rate", NUMBER);
        optional(findings, &label, table, "invocation_logs", BOOLEAN);
        optional(findings, &label, table, "persist", BOOLEAN);
        strings(findings, &format!("{part}.destinations"), table.get("destinations"));
        super::expect::unexpected_of(findings, "observability", &label, table, || keys.iter().copied());
    }
    let rate = table.get("head_sampling_rate");
    if let Some(node) = rate.filter(|node| node.number().is_some_and(|rate| !(0.0..=1.0).contains(&rate))) {
        let message = "\"observability.head_sampling_rate\" must be a value between 0 and 1.";
        findings.error(node.at, "observability.head_sampling_rate", message);
    }
}

fn cache(findings: &mut Findings<'_>, node: Option<&Node>) {
    let Some(node) = node else { return };
    let Some(table) = node.table() else {
        return findings.error(node.at, "cache", format!("\"cache\" should be an object but got {}.", node.json()));
    };
    required(findings, "cache", (table, node.at), "enabled", BOOLEAN);
    unexpected(findings, "cache", table, &["enabled"]);
}

#[cfg(test)]
mod tests {
    use super::is_date;

    #[test]
    fn a_date_is_a_day_of_the_calendar() {
        for date in ["2026-04-01", "2024-02-29", "2000-02-29", "2026-12-31"] {
            assert!(is_date(date), "{date}");
        }
        for text in [
            "2026-4-1",
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-04-31",
            "2026-04-00",
            "26-04-01",
            "2026-04-01 ",
            "+026-04-01",
            "",
        ] {
            assert!(!is_date(text), "{text}");
        }
    }
}
