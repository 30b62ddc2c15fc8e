//! Several sites: finds them below a folder, runs the loop of each, and follows those that come and go.

mod discover;

use super::{context::Context, site::Site};
use crate::{
    error::{Error, Result},
    session::{Event, Failure, Notice, SiteStatus, Warning},
    watch::{View, WatchTarget, Watcher},
};
use discover::{Discovery, discover, names};
use futures_util::FutureExt as _;
use pmx_model::SiteName;
use pmx_site::{Options, Project};
use std::{
    collections::BTreeMap,
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::task::{JoinHandle, spawn_blocking};

/// All sites below a folder.
pub(super) struct Workspace {
    context: Arc<Context>,
    /// Absolute, without links in its path.
    folder: PathBuf,
    watcher: Watcher,
    sites: BTreeMap<PathBuf, Running>,
    /// Why the sites could not be found the last time, so that it is said once.
    failure: Option<String>,
}

/// A folder that is a site.
struct Running {
    name: SiteName,
    /// None if its config cannot be read; why not.
    work: std::result::Result<JoinHandle<()>, String>,
}

impl Workspace {
    /// Finds the sites and begins with each; what was published before can be read at once.
    ///
    /// # Errors
    /// The folder is none, or there is no site in it.
    pub(super) fn open(context: &Arc<Context>, folder: &Path) -> Result<Self> {
        let watcher = Watcher::new(&context.hub, WatchTarget { root: folder.to_owned(), files: Vec::new() })?;
        let mut workspace = Self {
            context: context.clone(),
            folder: folder.to_owned(),
            watcher,
            sites: BTreeMap::new(),
            failure: None,
        };
        let found = discover_watched(&workspace.folder, &workspace.watcher.view())?;
        if found.sites.is_empty() {
            return Err(Error::new(format!("there is no site below {}", folder.display()))
                .hint("a site is a folder with `pathmx.config.md`, `paths/index.path.md` or `paths/index.md`")
                .hint("`pmx init <folder>` writes a small one"));
        }
        workspace.follow(&found, true);
        Ok(workspace)
    }

    /// Follows what comes and goes, until it is dropped.
    pub(super) async fn run(&mut self) {
        loop {
            self.watcher.hint().await;
            let (folder, view) = (self.folder.clone(), self.watcher.view());
            let _ = view.take();
            // Elsewhere: what ends the server is listened for beside this.
            let found = spawn_blocking(move || discover_watched(&folder, &view)).await;
            match found.unwrap_or_else(|error| Err(Error::new(format!("looking for sites failed: {error}")))) {
                Ok(found) => {
                    self.failure = None;
                    self.follow(&found, false);
                }
                Err(error) => {
                    if self.failure.replace(error.to_string()).as_deref() != Some(error.to_string().as_str()) {
                        self.context.terminal.failure(None, &error);
                    }
                }
            }
        }
    }

    /// Ends the loops in good order.
    pub(super) async fn end(self) {
        for running in self.sites.into_values() {
            if let Ok(task) = running.work {
                let _ = task.await;
            }
        }
    }

    /// Begins with the sites that are new and leaves those that are gone.
    fn follow(&mut self, found: &Discovery, first: bool) {
        let gone: Vec<PathBuf> = self.sites.keys().filter(|folder| !found.sites.contains(*folder)).cloned().collect();
        for folder in gone {
            self.leave(&folder, first);
        }
        let mut located: BTreeMap<PathBuf, std::result::Result<Project, Error>> = BTreeMap::new();
        for folder in &found.sites {
            let running = self.sites.get(folder);
            if running.is_none_or(|running| running.work.is_err()) {
                located.insert(folder.clone(), pmx_site::locate(&options(folder)).map_err(Error::from));
            }
        }
        let wanted: Vec<(PathBuf, String)> =
            located.keys().map(|folder| (folder.clone(), pmx_site::site_name(folder))).collect();
        let known = self.sites.iter().map(|(folder, running)| (folder.clone(), running.name.clone())).collect();
        let new = names(&wanted, &known);
        for missing in found.missing.iter().filter(|_| first) {
            self.context.terminal.warn(format_args!("`{missing}` under `workspace` is no folder"));
        }
        for (folder, name, other) in new {
            if let Some(other) = other {
                self.warn_of_clash(&folder, &name, &other);
            }
            if let Some(project) = located.remove(&folder) {
                self.begin(folder, name, project, first);
            }
        }
        // What is left could not be read before; it has its name already.
        for (folder, project) in located {
            let Some(name) = self.sites.get(&folder).map(|running| running.name.clone()) else { continue };
            self.begin(folder, name, project, first);
        }
    }

    fn begin(&mut self, folder: PathBuf, name: SiteName, project: Result<Project>, first: bool) {
        let before = self.sites.get(&folder).and_then(|running| running.work.as_ref().err().cloned());
        let opened = project.and_then(|project| Site::open(&self.context, name.clone(), options(&folder), project));
        let work = match opened {
            Ok(site) => Ok(tokio::spawn(run_alone(self.context.clone(), name.clone(), site))),
            Err(error) => {
                let message = error.to_string();
                if before.as_ref() != Some(&message) {
                    let url = self.context.addresses.site(&name);
                    self.context.session.insert(SiteStatus::broken(&name, &folder, url, &error));
                    self.context.session.emit(Some(&name), Event::Failed(Failure::of(&error)));
                    self.context.terminal.failure(Some(name.as_str()), &error);
                }
                Err(message)
            }
        };
        if !first && before.is_none() {
            let url = self.context.addresses.site(&name);
            self.context.terminal.say(format_args!("  {name} is there now: {url}"));
            self.context.session.emit(Some(&name), Event::SiteAdded { url, folder: folder.clone() });
        }
        self.sites.insert(folder, Running { name, work });
    }

    fn leave(&mut self, folder: &Path, quietly: bool) {
        let Some(Running { name, work }) = self.sites.remove(folder) else { return };
        if let Ok(task) = work {
            task.abort();
        }
        self.context.control.remove_loop(&name);
        self.context.session.remove(&name);
        self.context.loops.remove(&name);
        self.context.session.emit(Some(&name), Event::SiteRemoved { folder: folder.to_owned() });
        if !quietly {
            self.context.terminal.say(format_args!("  {name} is gone; its history stays in the state folder"));
        }
    }

    fn warn_of_clash(&self, folder: &Path, name: &SiteName, other: &Path) {
        let shown = |path: &Path| path.strip_prefix(&self.folder).unwrap_or(path).display().to_string();
        let message = format!("{} and {} have the same name; the second is at {name}", shown(other), shown(folder));
        self.context.terminal.warn(format_args!("{message}.localhost"));
        let notice = Notice { message, hints: None, code: "workspace/name" };
        self.context.session.emit(Some(name), Event::Warning(Warning::Notice(notice)));
    }
}

/// Looks until no folder turns up that was not watched while it was looked at.
fn discover_watched(folder: &Path, view: &View) -> Result<Discovery> {
    loop {
        let found = discover(folder)?;
        if view.folders(&found.watched).is_empty() {
            return Ok(found);
        }
    }
}

/// The loop of a site. What breaks in it breaks nothing else.
pub(super) async fn run_alone(context: Arc<Context>, name: SiteName, mut site: Site) {
    let running = async move {
        site.begin().await;
        site.run().await;
    };
    if AssertUnwindSafe(running).catch_unwind().await.is_err() {
        let error = Error::new("the loop of this site broke down; the others go on").hint("start pmx again to mend it");
        context.fail(&name, &error);
        context.loops.remove(&name);
    }
}

fn options(folder: &Path) -> Options {
    let cwd = std::env::current_dir().unwrap_or_else(|_| folder.to_owned());
    Options { cwd, entries: vec![folder.to_owned()] }
}
