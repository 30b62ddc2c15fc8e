//! `pmx worker dev`: Workers of one's own in the emulator, with the bindings of their configs, built anew whenever a file of theirs changes.
//!
//! A [`Project`] is the folder of a Worker: it says what its files look like and makes the wasm. [`RunningWorkers`] is what answers: the last Workers
//! that could be built and started, over one state folder.

mod project;
mod running;
mod words;

use crate::{
    cli::WorkerDevArgs,
    data::place,
    error::{Error, Result},
    report::Report,
    server::{Answering, ConnectionBounds, Layers, Listening, Next, interrupted, listen, serve_layers},
    watch::{Hub, WatchOptions, WatchTarget, Watcher},
};
use futures_util::FutureExt as _;
use pmx_emulator::{config::LoadOptions, state_dir::StateDir};
use project::{BuiltWorker, Project};
use running::RunningWorkers;
use std::{path::PathBuf, sync::Arc};
use tokio::sync::mpsc;

/// Where state goes, beside the first config.
const STATE_FOLDER: &str = ".pmx-state";

/// Runs Workers until the user ends it. `configs`: one for each Worker, the first of which answers where no route decides.
///
/// # Errors
/// A port or state folder that is taken or unusable, or a folder that cannot be watched. A Worker that cannot be built is no error: it is
/// waited for.
pub async fn run(args: &WorkerDevArgs, configs: &[PathBuf], options: &LoadOptions, report: &Report) -> Result<()> {
    let projects = configs.iter().map(|config| Project::new(config, options.clone())).collect::<Result<Vec<_>>>()?;
    let Some(first) = projects.first() else { return Err(Error::usage("there is no Worker to run")) };
    let folder = place::choose(args.state.as_deref(), first.folder().join(STATE_FOLDER))?;
    let front = listen(args.host, args.port).await?;
    if let Some(walked) = &front.walked {
        report.say(walked);
    }
    let state = StateDir::open(&folder).map_err(|error| {
        let hint = error.hint();
        Error::new(error).hint(hint)
    })?;
    let mut end = Box::pin(interrupted());
    // Whoever reads that it is ready may end it at once: that is listened for before.
    let _ = (&mut end).now_or_never();
    let running = Arc::new(RunningWorkers::new(state));
    let mut workshop =
        Workshop { built: vec![None; projects.len()], projects, running: Arc::clone(&running), report: report.clone() };
    let mut changes = watch(&workshop.projects)?;
    let all: Vec<usize> = (0..workshop.projects.len()).collect();
    tokio::select! {
        () = workshop.build(&all) => {}
        () = &mut end => return Ok(()),
    }
    let layers = layers(args, &front, &workshop.built, &running);
    words::ready(&front, &workshop.built, &folder, report);
    let rebuilding = tokio::spawn(async move {
        while let Some(mut changed) = changes.recv().await {
            let mut indexes = Vec::new();
            loop {
                indexes.push(changed);
                let Ok(next) = changes.try_recv() else { break };
                changed = next;
            }
            indexes.sort_unstable();
            indexes.dedup();
            workshop.build(&indexes).await;
        }
    });
    let served = serve_layers(front, ConnectionBounds::new(None, None), layers, end).await;
    rebuilding.abort();
    running.shutdown().await;
    served
}

/// Builds, and hands over what could be built.
struct Workshop {
    projects: Vec<Project>,
    /// Of each project what could be built last.
    built: Vec<Option<BuiltWorker>>,
    running: Arc<RunningWorkers>,
    report: Report,
}

impl Workshop {
    /// Builds these projects. If one of them fails, or one was never built, what ran goes on.
    async fn build(&mut self, indexes: &[usize]) {
        let mut next = self.built.clone();
        for &index in indexes {
            let Some(project) = self.projects.get_mut(index) else { continue };
            words::building(project, &self.report);
            let building = project.clone();
            let built = tokio::task::spawn_blocking(move || building.build()).await;
            match built.unwrap_or_else(|error| Err(error.to_string())) {
                Ok((worker, notes)) => {
                    project.has_failed(None);
                    words::notes(&worker, &notes, &self.report);
                    next[index] = Some(worker);
                }
                Err(said) => {
                    let is_news = project.has_failed(Some(&said));
                    return words::failed(project, &said, is_news, self.running.is_up().await, &self.report);
                }
            }
        }
        let Some(workers) = next.iter().cloned().collect::<Option<Vec<_>>>() else { return };
        match self.running.replace(workers).await {
            Ok(()) => {
                self.built = next;
                words::running(indexes, &self.built, &self.report);
            }
            Err(said) => words::refused(&said, self.running.is_up().await, &self.report),
        }
    }
}

/// Tells by their indexes which projects have other files than when they were looked at last.
fn watch(projects: &[Project]) -> Result<mpsc::UnboundedReceiver<usize>> {
    let (tell, changes) = mpsc::unbounded_channel();
    let hub = Hub::new(WatchOptions::default());
    for (index, project) in projects.iter().enumerate() {
        let target = WatchTarget { root: project.folder().to_owned(), files: project.files_elsewhere() };
        let mut watcher = Watcher::new(&hub, target)?;
        let (project, tell) = (project.clone(), tell.clone());
        let mut seen = project.look();
        tokio::spawn(async move {
            loop {
                watcher.hint().await;
                // What matters is what the files are, not what was told of them.
                drop(watcher.view().take());
                let looking = project.clone();
                let Ok(now) = tokio::task::spawn_blocking(move || looking.look()).await else { break };
                if !watcher.view().folders(&now.folders).is_empty() {
                    // What was written in a new folder before it was watched is in no hint.
                    watcher.view().rescan();
                }
                if std::mem::replace(&mut seen, now) != seen && tell.send(index).is_err() {
                    break;
                }
            }
        });
    }
    Ok(changes)
}

/// What a request passes: it must name a host of this machine, or one that a route names.
fn layers(
    args: &WorkerDevArgs,
    front: &Listening,
    built: &[Option<BuiltWorker>],
    running: &Arc<RunningWorkers>,
) -> Next {
    let mut hosts = args.allow_hosts.clone();
    hosts.extend(built.iter().flatten().flat_map(BuiltWorker::hosts));
    let running = Arc::clone(running);
    Layers::new(front, &hosts, &[]).before(Next::end(move |request| {
        let running = Arc::clone(&running);
        Answering::later(async move { running.fetch(request).await })
    }))
}
