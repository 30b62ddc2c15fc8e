//! What `pmx worker dev` says.

use super::project::{BuiltWorker, Project};
use crate::{
    report::{Report, Style},
    server::Listening,
};
use pmx_emulator::config::{Config, Diagnostic};
use serde_json::{Value, json};
use std::path::Path;

/// A name, and what it is bound to.
struct Bound<'a> {
    name: &'a str,
    kind: &'static str,
    target: String,
}

/// A build begins.
pub(super) fn building(project: &Project, report: &Report) {
    let config = project.config().display();
    report.event(&json!({ "event": "building", "config": project.config() }));
    report.say(format_args!("{}", report.paint(Style::Dim, &format!("building {config}"))));
}

/// What is to be said of a config that can be used, and what of it the emulator has no part for.
pub(super) fn notes(worker: &BuiltWorker, notes: &[Diagnostic], report: &Report) {
    for found in notes {
        report.findings(found.to_string().lines());
    }
    let config = &worker.config;
    let left_out = [
        ("assets", config.assets.is_some()),
        ("worker_loaders", !config.worker_loaders.is_empty()),
        ("triggers.crons", !config.crons.is_empty()),
    ];
    for (key, _) in left_out.into_iter().filter(|(_, is_there)| *is_there) {
        report.warn(format_args!("{}: `{key}` has no effect here", config.path.display()));
    }
}

/// A build failed. Its words are printed once.
pub(super) fn failed(project: &Project, said: &str, is_news: bool, is_up: bool, report: &Report) {
    report.event(&json!({ "event": "build-failed", "config": project.config(), "said": said, "running": is_up }));
    if report.json() {
        return;
    }
    if is_news {
        report.findings(said.lines());
    }
    let again = if is_news { "was not built" } else { "was not built, as above" };
    let what = format!("{} {again}; {}", project.config().display(), goes_on(is_up));
    report.finding(report.paint(Style::Bad, &what));
}

/// What was built cannot be started.
pub(super) fn refused(said: &str, is_up: bool, report: &Report) {
    report.event(&json!({ "event": "start-failed", "said": said, "running": is_up }));
    if !report.json() {
        report.findings(said.lines());
        report.finding(report.paint(Style::Bad, &format!("not started; {}", goes_on(is_up))));
    }
}

fn goes_on(is_up: bool) -> &'static str {
    if is_up { "the Worker before goes on" } else { "waiting for a change of its files" }
}

/// What was built answers now.
pub(super) fn running(indexes: &[usize], built: &[Option<BuiltWorker>], report: &Report) {
    let names: Vec<&str> =
        indexes.iter().filter_map(|index| Some(built.get(*index)?.as_ref()?.config.worker())).collect();
    report.event(&json!({ "event": "running", "workers": names }));
    report.say(format_args!("{} {}", report.paint(Style::Good, "running"), names.join(", ")));
}

/// Says where it answers, and what is bound to what.
pub(super) fn ready(front: &Listening, built: &[Option<BuiltWorker>], state: &Path, report: &Report) {
    let url = format!("http://localhost:{}", front.address.port());
    let configs: Vec<&Config> = built.iter().flatten().map(|worker| &worker.config).collect();
    let as_json = |config: &&Config| json!({ "name": config.worker(), "bindings": bindings(config).iter().map(Bound::to_json).collect::<Vec<_>>() });
    let workers: Vec<Value> = configs.iter().map(as_json).collect();
    report.event(&json!({ "event": "ready", "url": url, "workers": workers, "state": state }));
    if report.quiet() && !report.json() {
        report.data(&url);
    }
    report.say("");
    report.say(format_args!("  {}  {}", report.paint(Style::Bold, &url), report.paint(Style::Dim, "Ctrl-C ends")));
    for config in configs {
        report.say(format_args!("  {}", report.paint(Style::Bold, config.worker())));
        let bound = bindings(config);
        let width = bound.iter().map(|bound| bound.name.len()).max().unwrap_or_default();
        for Bound { name, kind, target } in bound {
            report.say(format_args!("    {name:width$}  {kind:15}  {target}"));
        }
        for route in &config.routes {
            report.say(format_args!("    {}", report.paint(Style::Dim, &format!("answers {}", route.pattern))));
        }
    }
    report.say(format_args!("  {}  {}", report.paint(Style::Dim, "state"), state.display()));
    report.say("");
}

impl Bound<'_> {
    fn to_json(&self) -> Value {
        json!({ "name": self.name, "kind": self.kind, "target": self.target })
    }
}

/// Values of secrets are nobody's to see.
fn bindings(config: &Config) -> Vec<Bound<'_>> {
    let bound = |name, kind, target: Option<&str>| Bound { name, kind, target: target.unwrap_or_default().to_owned() };
    let mut all = Vec::new();
    all.extend(config.kv_namespaces.iter().map(|kv| bound(&kv.binding, "KV namespace", kv.id.as_deref())));
    all.extend(config.r2_buckets.iter().map(|r2| bound(&r2.binding, "R2 bucket", r2.bucket_name.as_deref())));
    let objects = config.durable_objects.iter();
    all.extend(objects.map(|objects| bound(&objects.name, "Durable Objects", Some(&objects.class_name))));
    all.extend(config.services.iter().map(|service| bound(&service.binding, "Worker", Some(&service.service))));
    let variables = config.vars.iter().filter(|(name, _)| !config.secrets.contains_key(*name));
    all.extend(variables.map(|(name, value)| bound(name, "variable", Some(&value.to_string()))));
    all.extend(config.secrets.keys().map(|name| bound(name, "secret", None)));
    all
}
