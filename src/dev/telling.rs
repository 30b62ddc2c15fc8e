//! What is said of a build: the parts of its events, and its line on the terminal.

use super::{Held, builder::Built, publisher::Outcome, terminal::BuildLine};
use crate::{
    publish::{Change, Page, Pages},
    report::counted,
};
use pmx_model::{File, hash_in_name};
use pmx_site::Diagnostic;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

/// The page that is shown for what is not there, without its ending.
const NOT_FOUND: &str = "404";

/// `error` and `warning`.
pub(super) fn finding(diagnostic: &Diagnostic) -> Value {
    json!({
        "path": diagnostic.path, "line": diagnostic.line, "column": diagnostic.column, "code": diagnostic.code,
        "message": diagnostic.message, "hint": diagnostic.hint,
    })
}

/// `built`.
pub(super) fn built(built: &Built, errors: usize) -> Value {
    json!({
        "pages": built.site.pages, "changed": built.changed, "names": built.names, "errors": errors,
        "warnings": built.site.diagnostics.len() - errors, "ms": milliseconds(built.took),
    })
}

/// The event of an outcome, and what it says.
pub(super) fn outcome(outcome: &Outcome) -> (&'static str, Value) {
    match outcome {
        Outcome::Published { deploy_id, sources, paths, took } => {
            let ms = milliseconds(*took);
            ("published", json!({ "deployId": deploy_id, "sources": sources, "paths": paths, "ms": ms }))
        }
        Outcome::Unchanged => ("unchanged", json!({})),
        Outcome::HeldBack => ("held-back", json!({})),
        Outcome::KeptLastGood | Outcome::Lost(_) => ("kept", json!({})),
    }
}

/// How long it took to publish.
pub(super) const fn took(outcome: &Outcome) -> Duration {
    match outcome {
        Outcome::Published { took, .. } => *took,
        _ => Duration::ZERO,
    }
}

/// The files of a build, as the build itself has them.
pub(super) type Outputs = BTreeMap<String, File>;

/// What is known of a site's pages beside the build that is told.
pub(super) struct Known<'a> {
    /// Titles of pages that this process has made, by the ids of their Sources.
    pub(super) titles: &'a HashMap<String, String>,
    /// The files of the build that this process published before.
    pub(super) published: Option<&'a Outputs>,
    /// What was shown before it, after a rollback.
    pub(super) held: Option<&'a Held>,
}

/// The line about a build.
pub(super) fn line(
    site: Option<&str>,
    built: &Built,
    outcome: &Outcome,
    known: &Known<'_>,
    show: impl FnOnce(&BuildLine<'_>),
) {
    let files = match built.names.as_slice() {
        [] => counted(built.changed, "file"),
        [one] if built.changed == 1 => one.clone(),
        [one, ..] => format!("{one} and {} more", built.changed - 1),
    };
    let errors = built.site.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let (mut deploy, mut what) = (None, files);
    let held = known.held;
    let over = |_: &Held| "the rollback is over".to_owned();
    let but;
    match outcome {
        Outcome::Published { deploy_id, .. } if built.first => {
            deploy = Some(deploy_id.as_str());
            what = counted(built.site.pages, "page");
            but = held.map(over);
        }
        Outcome::Published { deploy_id, sources, paths, .. } => {
            deploy = Some(deploy_id.as_str());
            let change = change(built, known, sources, paths);
            what = if change.is_empty() { format!("{what}: {change}") } else { change.to_string() };
            but = held.map(over);
        }
        Outcome::Unchanged => but = Some("the same as what is up".to_owned()),
        Outcome::HeldBack => {
            but = Some(held.map_or_else(|| "nothing new".to_owned(), |held| format!("nothing new: {}", held.stays())));
        }
        Outcome::KeptLastGood | Outcome::Lost(_) => {
            but = Some(held.map_or_else(|| "the last good version stays up".to_owned(), Held::stays));
        }
    }
    show(&BuildLine {
        site,
        what: &what,
        but: but.as_deref(),
        findings: (errors, built.site.diagnostics.len() - errors),
        build: built.took,
        publish: took(outcome),
        deploy,
    });
}

/// What the Worker told of a publish, by the titles of the pages.
fn change(built: &Built, known: &Known<'_>, sources: &[String], paths: &[String]) -> Change {
    let roots: Vec<(String, &String)> = built
        .site
        .roots
        .iter()
        .flat_map(|roots| roots.mounts().map(|(mount, _)| mount).zip(roots.roots.keys()))
        .collect();
    let page = |outputs: &Outputs, path: &String| {
        let (mount, source) = roots.iter().find_map(|(mount, id)| {
            let below = path.strip_prefix(mount.as_str())?.strip_prefix('/')?;
            outputs.get(&format!("{id}/{below}"))?;
            Some((mount, below.strip_suffix(".html")?))
        })?;
        // That for what is not there is no Source's, and what has its hash in its name is an asset.
        if source == NOT_FOUND || hash_in_name(path).is_some() {
            return None;
        }
        // One that no build of this process has made has no title here.
        let title = known.titles.get(source).map_or(source, String::as_str).to_owned();
        Some((path.clone(), Page { source: source.to_owned(), title, address: format!("{mount}/{source}") }))
    };
    let pages = |outputs: &Outputs| -> Pages { paths.iter().filter_map(|path| page(outputs, path)).collect() };
    let after = pages(&built.site.outputs);
    let before = known.published.map(pages).unwrap_or_else(|| after.clone());
    // Without a page before, all would count as met for the first time.
    Change::of(sources.to_vec(), paths.to_vec(), &before, &after)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
