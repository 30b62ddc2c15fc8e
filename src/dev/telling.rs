//! What is said of a build: the parts of its events, and its line on the terminal.

use super::{
    Held,
    builder::Built,
    publisher::Outcome,
    terminal::{BuildLine, count},
};
use crate::site::Diagnostic;
use serde_json::{Value, json};
use std::time::Duration;

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

/// The line about a build. `held` was shown before it, after a rollback.
pub(super) fn line(
    site: Option<&str>,
    built: &Built,
    outcome: &Outcome,
    held: Option<&Held>,
    show: impl FnOnce(&BuildLine<'_>),
) {
    let what = match built.names.as_slice() {
        [] => count(built.changed, "file"),
        [one] if built.changed == 1 => one.clone(),
        [one, ..] => format!("{one} and {} more", built.changed - 1),
    };
    let errors = built.site.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let (mut deploy, mut pages) = (None, 0);
    let but;
    match outcome {
        Outcome::Published { deploy_id, paths, .. } => {
            deploy = Some(deploy_id.as_str());
            let changed = || paths.iter().filter(|path| path.ends_with(".html")).count();
            pages = if built.first { built.site.pages } else { changed() };
            but = held.map(|_| "the rollback is over".to_owned());
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
        pages,
        findings: (errors, built.site.diagnostics.len() - errors),
        build: built.took,
        publish: took(outcome),
        deploy,
    });
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
