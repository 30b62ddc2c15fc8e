//! The loop: watch -> build -> publish into the local Worker. Who serves the pages knows nothing of it.

mod builder;
#[cfg_attr(not(test), allow(dead_code, reason = "its caller is the loop, which begins to call it with the workspaces"))]
mod collect;
mod control;
mod entry;
mod in_process;
mod publisher;
mod responses;
mod status;

pub use control::Control;
pub use status::{Board, Failure, LastBuild, Phase, SiteStatus};

use crate::{
    cli,
    error::{Error, Result},
    report::{Report, Style},
    server::{self, LocalOptions, interrupted, listen},
    site::{self, Project},
    watch::{Hub, Target, WatchOptions},
};
use builder::{Builder, Built};
use collect::Gate;
use pmx_emulator::faults::Faults;
use pmx_worker::model::SiteName;
use publisher::{Outcome, Publisher};
use serde_json::json;
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// Where state goes, beside the site.
const STATE_FOLDER: &str = ".pathmx-state";

/// What the loop is run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Writing: the address is the site's.
    Dev,
    /// Presenting: the address is that of the entry, in Play.
    Play {
        /// Whether it is printed on stdout, alone.
        print_url: bool,
    },
}

/// Serves a site while it is written, until the user ends it.
///
/// # Errors
/// What keeps it from starting: no site, a port or a state folder that is taken. What fails later is reported, and the last
/// good site stays up.
pub async fn run(command: &cli::Dev, mode: Mode, report: &Report) -> Result<()> {
    let started = Instant::now();
    let mut project = locate(command)?;
    let name = site_name(command, &project)?;
    if command.write_responses && !command.host.is_loopback() {
        return Err(Error::usage("--write-responses is for this machine's browsers only")
            .hint("leave out --host, or give a loopback address"));
    }
    let front = listen(command.host, command.port).await?;
    let state = command.state.clone().unwrap_or_else(|| project.folder.join(STATE_FOLDER));
    project.exclude.push(std::path::absolute(&state).unwrap_or_else(|_| state.clone()));
    // Watched before the first look, so that no edit falls between the two.
    let hub = Hub::new(WatchOptions { poll: command.poll.map(Duration::from_millis) });
    let mut watcher = hub.watch(Target { root: project.source_root.clone(), files: Vec::new() })?;
    let (source_root, settings) = (project.source_root.clone(), project.settings.clone());
    let mut builder = Builder::new(project, &watcher);
    let first = tokio::spawn(async move {
        let built = builder.build().await;
        (builder, built)
    });
    let secret = publisher::random_secret()?;
    let options = LocalOptions {
        state: &state,
        durable: false,
        base_domains: "localhost".to_owned(),
        default_site: Some(name.to_string()),
        secret: secret.clone(),
        faults: Faults::none(),
    };
    let mut local = server::start(options, &front, &command.allow_hosts)?;
    // What looks at a request before the Worker does, in this order: the console, answers to questions, the index of several
    // sites, what is put into pages.
    if command.write_responses {
        local = local.clone().with(responses::layer(local.emulator().clone(), source_root, settings, front.address));
    }
    let mut publisher = Publisher::new(local.emulator().clone(), &secret, name.clone(), Gate::default());

    let (mut builder, built) = first.await.map_err(|error| Error::new(format!("the build was lost: {error}")))?;
    turn(&mut publisher, &mut builder, built, report).await;

    let url = format!("http://localhost:{}", front.address.port());
    let opened = match mode {
        Mode::Dev => url.clone(),
        Mode::Play { .. } => format!("{url}{}?play", entry::route(local.emulator()).await),
    };
    builder.save();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(local.serve(front, async {
        let _ = stopped.await;
    }));
    banner(report, &Banner { url: &url, opened: &opened, name: &name, state: &state, started });
    if mode == (Mode::Play { print_url: true }) {
        report.data(&opened);
    }
    if command.open && open::that_detached(&opened).is_err() {
        report.warn(format_args!("no browser could be opened; the site is at {opened}"));
    }
    let watching = async {
        loop {
            watcher.hint().await;
            if let Some(built) = builder.build_if_changed().await.transpose() {
                turn(&mut publisher, &mut builder, built, report).await;
            }
        }
    };
    tokio::select! {
        () = watching => {}
        () = interrupted() => {}
    }
    builder.save();
    let _ = stop.send(());
    serving.await.map_err(|error| Error::new(format!("the server ended badly: {error}")))?
}

fn locate(command: &cli::Dev) -> Result<Project> {
    let cwd = std::env::current_dir()
        .map_err(|error| Error::new(format!("the working directory cannot be read: {error}")))?;
    let entries: Vec<PathBuf> = command.entry.iter().cloned().collect();
    Ok(site::locate(&site::Options { cwd, entries })?)
}

fn site_name(command: &cli::Dev, project: &Project) -> Result<SiteName> {
    match &command.site {
        Some(name) => name.parse().map_err(Error::usage),
        // A folder may be called what no site can be called.
        None => project.name.parse().or_else(|_| "site".parse()).map_err(Error::new),
    }
}

/// One look at a build: publish it, or say why not. Nothing here ends the loop.
async fn turn(publisher: &mut Publisher, builder: &mut Builder, built: Result<Built>, report: &Report) {
    let built = match built {
        Ok(built) => built,
        Err(error) => return report.error(&error),
    };
    let errors = tell(&built, report);
    let milliseconds = built.took.as_secs_f64() * 1e3;
    let mut outcome = publisher.publish(&built, errors > 0).await;
    while let Ok(Outcome::Lost(lost)) = outcome {
        outcome = match builder.build_anew(lost).await {
            Ok(built) => publisher.publish(&built, errors > 0).await,
            Err(error) => Err(error),
        };
    }
    match outcome {
        Ok(Outcome::Published { deploy_id, sources, paths, took }) => {
            builder.taken();
            report.event(&json!({ "event": "published", "deployId": deploy_id, "sources": sources, "paths": paths }));
            let total = milliseconds + took.as_secs_f64() * 1e3;
            let what = match sources.as_slice() {
                [] => format!("{} files", paths.len()),
                [one] => one.clone(),
                [one, rest @ ..] => format!("{one} and {} more", rest.len()),
            };
            report.say(format_args!(
                "{} {what} {}",
                report.paint(Style::Good, "published"),
                report.paint(Style::Dim, &format!("{total:.0} ms"))
            ));
        }
        Ok(Outcome::Unchanged) => builder.taken(),
        Ok(Outcome::KeptLastGood) => {
            report.say(format_args!("{} the last good version stays up", report.paint(Style::Bad, "not published:")));
        }
        // Not after the loop above.
        Ok(Outcome::Lost(_)) => {}
        Err(error) => report.error(&error),
    }
}

/// Says what was built and found; how many errors there are.
fn tell(built: &Built, report: &Report) -> usize {
    for diagnostic in &built.site.diagnostics {
        report.finding(diagnostic);
        let kind = if diagnostic.is_error() { "error" } else { "warning" };
        report.event(&json!({
            "event": kind, "path": diagnostic.path, "line": diagnostic.line, "column": diagnostic.column,
            "code": diagnostic.code, "message": diagnostic.message,
        }));
    }
    let errors = built.site.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    report.event(&json!({
        "event": "built", "pages": built.site.pages, "changed": built.changed, "errors": errors,
        "warnings": built.site.diagnostics.len() - errors, "ms": built.took.as_secs_f64() * 1e3,
    }));
    errors
}

/// What is said when all is ready.
struct Banner<'a> {
    url: &'a str,
    /// What a browser opens: the site, or its entry in Play.
    opened: &'a str,
    name: &'a SiteName,
    state: &'a Path,
    started: Instant,
}

fn banner(report: &Report, banner: &Banner<'_>) {
    let Banner { url, opened, name, state, started } = banner;
    let port = url.rsplit(':').next().unwrap_or_default();
    let site_url = format!("http://{name}.localhost:{port}");
    let mut ready = json!({ "event": "ready", "url": url, "sites": [{ "name": name.to_string(), "url": site_url }] });
    if opened != url {
        ready["play"] = json!(opened);
    }
    report.event(&ready);
    let dim = |text: &str| report.paint(Style::Dim, text);
    report.say("");
    report.say(format_args!(
        "  {}  {}",
        report.paint(Style::Bold, opened),
        dim(&format!("ready in {:.0} ms", started.elapsed().as_secs_f64() * 1e3))
    ));
    report.say(format_args!("  {}  {site_url}", dim("also ")));
    report.say(format_args!("  {}  {}", dim("state"), state.display()));
    report.say(format_args!("  {}  edits are live; Ctrl-C ends", dim("watch")));
    report.say("");
}
