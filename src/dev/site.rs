//! One site: look at its files, build, publish, say so; again at the next hint.

use super::{
    Held, LastBuild, Phase, SiteStatus,
    builder::{Builder, Built},
    control::Steering,
    mending::Mending,
    publisher::{Outcome, Publisher},
    stage::Stage,
    state_folder,
    status::{NAMES, Read},
    telling::{self, Known, Outputs},
    waiting::FirstLook,
};
use crate::{
    error::{Error, Result},
    report::counted,
    watch::{Target, Watcher},
};
use pmx_model::{Hash, SiteName};
use pmx_site::{CONFIGS, Diagnostic, Project};
use serde_json::json;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
    time::{Duration, SystemTime},
};
use tokio::{
    sync::{Mutex, Notify},
    time::{Instant, sleep, sleep_until},
};

/// A build that takes longer is announced: nobody needs to know of shorter ones before they are over.
const ANNOUNCED_AFTER: Duration = Duration::from_millis(60);
/// A site that nobody edits for so long keeps nothing in memory but its name, where there are several.
const IDLE: Duration = Duration::from_secs(60);
/// A build from nothing is kept for so long, in case more was lost than was found at first; no other is made meanwhile.
const KEPT: Duration = Duration::from_secs(5);

/// A site and its loop.
pub(super) struct Site {
    stage: Arc<Stage>,
    name: SiteName,
    /// How the project is found anew when its config changes.
    asked: pmx_site::Options,
    project: Project,
    watcher: Watcher,
    /// None while the site rests, and after a build that was lost.
    builder: Option<Builder>,
    /// Whether nothing is looked at until something happens.
    rests: bool,
    publisher: Arc<Mutex<Publisher>>,
    rebuild: Arc<Notify>,
    look: FirstLook,
    /// What of it was found lost.
    mending: Arc<Mending>,
    /// The build that the last of it was put back from, and when that was made.
    mended_from: Option<(Instant, Built)>,
    /// What was said of the last build: warnings are not said again.
    said: HashSet<Diagnostic>,
    /// Texts of which it was said that no link leads to them.
    unlinked: HashSet<String>,
    /// Whether somebody asked for the build that is under way, and waits for a word of it.
    asked_for: bool,
    /// Titles of the pages that were made, by the ids of their Sources.
    titles: HashMap<String, String>,
    /// The files of the build that is published.
    published: Option<Arc<Outputs>>,
}

impl Site {
    /// Begins to watch a site and puts it on the board. Nothing is built yet.
    ///
    /// # Errors
    /// The folder of the Sources cannot be watched, or the state folder cannot be read.
    pub(super) fn open(
        stage: &Arc<Stage>,
        name: SiteName,
        asked: pmx_site::Options,
        mut project: Project,
    ) -> Result<Self> {
        project.exclude.push(stage.state.clone());
        if let Some(warning) = project.own_output_warning() {
            stage.terminal.warn(warning);
        }
        // Watched before the first look, so that no edit falls between the two.
        let watcher = watch(stage, &project)?;
        let publisher = Publisher::new(stage.emulator.clone(), &stage.secret, name.clone(), stage.gate.clone());
        let look = FirstLook::new(publisher.is_published()?);
        stage.room.expect(name.clone(), look.clone());
        let publisher = Arc::new(Mutex::new(publisher));
        let rebuild = Arc::new(Notify::new());
        let mending = Arc::new(Mending::default());
        let steering = Steering {
            publisher: publisher.clone(),
            rebuild: rebuild.clone(),
            mending: mending.clone(),
            asked: asked.clone(),
        };
        stage.control.steer(name.clone(), steering);
        stage.board.put(status(stage, &name, &project));
        Ok(Self {
            stage: stage.clone(),
            name,
            asked,
            builder: None,
            rests: false,
            project,
            watcher,
            publisher,
            rebuild,
            look,
            mending,
            mended_from: None,
            said: HashSet::new(),
            unlinked: HashSet::new(),
            asked_for: false,
            titles: HashMap::new(),
            published: None,
        })
    }

    /// The first look at the site, for those who wait for it.
    pub(super) fn first_look(&self) -> FirstLook {
        self.look.clone()
    }

    /// Builds and publishes what is there now.
    pub(super) async fn begin(&mut self) {
        let turn = tokio::select! {
            turn = self.stage.turns.take(self.look.wanted()) => turn,
            () = self.stage.ended() => return,
        };
        self.turn().await;
        self.look.is_over();
        drop(turn);
        self.save();
    }

    /// The loop, until the server ends; [`Self::begin`] comes before it.
    pub(super) async fn run(mut self) {
        let mut edited = Instant::now();
        let stage = self.stage.clone();
        loop {
            let view = self.watcher.view();
            let rests = self.rests;
            tokio::select! {
                biased;
                () = stage.ended() => return,
                // A site that rests is woken by what happened, not by the look that is due anyway.
                () = view.hinted(), if rests => self.watcher.hint().await,
                () = self.watcher.hint(), if !rests => {}
                () = self.rebuild.notified() => {
                    self.asked_for = true;
                    self.forget();
                }
                () = self.mending.wanted() => {
                    self.mend().await;
                    continue;
                }
                () = sleep(KEPT), if self.mended_from.is_some() => {
                    self.mended_from = None;
                    continue;
                }
                () = sleep_until(edited + IDLE), if !rests && self.stage.many && !self.stage.hub.polls() => {
                    self.forget();
                    self.rests = true;
                    continue;
                }
            }
            self.rests = false;
            self.relocate();
            let turn = self.stage.turns.take_now().await;
            if self.turn().await {
                edited = Instant::now();
            }
            self.asked_for = false;
            drop(turn);
        }
    }

    /// Puts back what was found lost.
    async fn mend(&mut self) {
        let lost = self.mending.begin();
        if !lost.is_empty() {
            let shown = self.stage.shown(&self.name).map_or_else(String::new, |site| format!("{site}: "));
            let what = counted(lost.len(), "published file");
            self.stage
                .terminal
                .warn(format_args!("{shown}the state folder has lost {what}: the site is published again"));
            self.stage.tell("mending", Some(&self.name), json!({ "blobs": lost.len() }));
            if let Err(error) = self.restore(&lost).await {
                self.stage.terminal.failure(self.stage.shown(&self.name), &error);
            }
        }
        self.mending.end();
    }

    /// Builds the site from nothing, at most once in [`KEPT`], and uploads what it gives.
    async fn restore(&mut self, lost: &[Hash]) -> Result<()> {
        if let Some((at, built)) = &self.mended_from
            && at.elapsed() < KEPT
        {
            return self.publisher.lock().await.restore(&built.site, Some(lost)).await;
        }
        let turn = self.stage.turns.take_now().await;
        let built = Builder::from_nothing(self.project.clone(), &self.watcher).build().await;
        drop(turn);
        // Hints that this look has taken are for the loop.
        self.watcher.view().look_again();
        let built = built?;
        self.publisher.lock().await.restore(&built.site, None).await?;
        self.mended_from = Some((Instant::now(), built));
        Ok(())
    }

    /// Leaves what is known for the next process.
    pub(super) fn save(&mut self) {
        if let Some(builder) = &mut self.builder {
            builder.save();
        }
    }

    /// Gives the memory back; the next look starts from what is on disk.
    fn forget(&mut self) {
        self.save();
        self.builder = None;
        self.titles = HashMap::new();
        self.published = None;
    }

    /// Follows a config that says something else now. A broken one is told by the build of what is there.
    fn relocate(&mut self) {
        let Ok(mut project) = pmx_site::locate(&self.asked) else { return };
        project.exclude.push(self.stage.state.clone());
        if project == self.project {
            return;
        }
        if let Ok(watcher) = watch(&self.stage, &project) {
            self.builder = None;
            self.watcher = watcher;
            self.project = project;
            let (root, entry) = (self.project.source_root.clone(), entry(&self.project));
            self.stage.board.update(&self.name, |status| (status.source_root, status.entry) = (root, entry));
        }
    }

    /// Looks at the files; builds and publishes if they changed. Whether they did. Nothing here ends the loop.
    async fn turn(&mut self) -> bool {
        let mut builder = match self.builder.take() {
            Some(builder) => builder,
            // It reads what the last process left.
            None => tokio::task::block_in_place(|| Builder::new(self.project.clone(), &self.watcher)),
        };
        let mut announced = false;
        let worth_telling = builder.worth_telling();
        let built = {
            let building = builder.build_if_changed();
            tokio::pin!(building);
            loop {
                tokio::select! {
                    built = &mut building => break built,
                    () = sleep(ANNOUNCED_AFTER), if !announced => {
                        if !worth_telling.load(Ordering::Relaxed) {
                            continue;
                        }
                        announced = true;
                        self.stage.board.update(&self.name, |status| status.phase = Phase::Building);
                        self.stage.tell("building", Some(&self.name), json!({}));
                    }
                    // What is not published before the end is built by the next process.
                    () = self.stage.ended() => return false,
                }
            }
        };
        match built {
            Ok(Some(built)) => {
                self.publish(&mut builder, built).await;
                self.builder = Some(builder);
                true
            }
            Ok(None) => {
                self.stage.board.update(&self.name, |status| status.phase = status.settled());
                if announced {
                    self.told_in_vain();
                }
                if self.asked_for {
                    let shown = self.stage.shown(&self.name).map_or_else(String::new, |site| format!("{site}: "));
                    self.stage.terminal.say(format_args!("  {shown}nothing has changed since the last build"));
                }
                self.builder = Some(builder);
                false
            }
            Err(error) => {
                self.builder = Some(builder).filter(|builder| !builder.is_lost());
                self.failed(&error);
                true
            }
        }
    }

    async fn publish(&mut self, builder: &mut Builder, built: Built) {
        let errors = if built.is_idle {
            built.site.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count()
        } else {
            self.tell_findings(&built)
        };
        self.tell_unlinked(&built);
        let mut publisher = self.publisher.lock().await;
        let mut outcome = publisher.publish(&built, errors > 0).await;
        let mut built = built;
        while let Ok(Outcome::Lost(lost)) = outcome {
            outcome = match builder.build_anew(lost).await {
                Ok(anew) => {
                    built = anew;
                    publisher.publish(&built, errors > 0).await
                }
                Err(error) => Err(error),
            };
        }
        let held = self.stage.board.site(&self.name).and_then(|status| status.held.clone());
        if held.is_some() && matches!(outcome, Ok(Outcome::Published { .. } | Outcome::Unchanged)) {
            // Before the next rollback may say otherwise.
            self.stage.board.update(&self.name, |status| status.held = None);
        }
        drop(publisher);
        match outcome {
            Ok(outcome) => {
                match outcome {
                    Outcome::KeptLastGood => builder.passed_over(&built.site),
                    _ => builder.taken(),
                }
                self.titles.extend(std::mem::take(&mut built.site.titles));
                self.done(&built, &outcome, held.as_ref());
                if matches!(outcome, Outcome::Published { .. } | Outcome::Unchanged) {
                    self.published = Some(built.site.outputs.clone());
                }
            }
            Err(error) => {
                if built.site.roots.is_some() {
                    // An edit does not wait for the next one.
                    builder.not_taken();
                }
                let error =
                    tokio::task::block_in_place(|| state_folder::fault(self.stage.emulator.state())).unwrap_or(error);
                let diagnostics = built.site.diagnostics.as_slice().into();
                self.stage.board.update(&self.name, |status| status.diagnostics = diagnostics);
                if (built.changed > 0 && !built.is_idle) || !self.has_failed_so(&error) {
                    self.failed(&error);
                }
            }
        }
    }

    /// Says what was found; how many errors there are.
    fn tell_findings(&mut self, built: &Built) -> usize {
        let Stage { terminal, .. } = &*self.stage;
        let findings = &built.site.diagnostics;
        for diagnostic in findings {
            // An error is why nothing happens: it is said each time.
            if diagnostic.is_error() || !self.said.contains(diagnostic) {
                terminal.finding(self.stage.shown(&self.name), diagnostic);
            }
            let kind = if diagnostic.is_error() { "error" } else { "warning" };
            self.stage.tell(kind, Some(&self.name), telling::finding(diagnostic));
        }
        self.said = findings.iter().cloned().collect();
        let errors = findings.iter().filter(|diagnostic| diagnostic.is_error()).count();
        self.stage.tell("built", Some(&self.name), telling::built(built, errors));
        errors
    }

    /// Says of texts that were written and are on no page why that is so: once, and again if they were linked meanwhile.
    fn tell_unlinked(&mut self, built: &Built) {
        self.unlinked.retain(|name| built.unlinked.contains(name) || !built.names.contains(name));
        let shown = self.stage.shown(&self.name).map_or_else(String::new, |site| format!("{site}: "));
        for name in &built.unlinked {
            if self.unlinked.insert(name.clone()) {
                self.stage.terminal.say(format_args!("  {shown}{name} exists; no link leads to it"));
                self.stage.tell("unlinked", Some(&self.name), json!({ "path": name }));
            }
        }
    }

    /// What became of a build, for all who look. `held` was shown when it was published, after a rollback.
    fn done(&self, built: &Built, outcome: &Outcome, held: Option<&Held>) {
        let (event, says) = telling::outcome(outcome);
        if matches!(outcome, Outcome::Published { .. }) {
            self.stage.published.send_modify(|published| *published += 1);
        }
        let deploy_id = match outcome {
            Outcome::Published { deploy_id, .. } => Some(deploy_id.clone()),
            _ => None,
        };
        let last = LastBuild {
            finished: SystemTime::now(),
            since: Instant::now().into_std(),
            took_build: built.took,
            took_publish: telling::took(outcome),
            pages: built.site.pages,
            changed: built.names.iter().take(NAMES).cloned().collect(),
            changed_count: built.changed,
            read: Read::of(&built.site),
            deploy_id,
            outcome: event,
        };
        self.stage.board.update(&self.name, |status| {
            status.builds += 1;
            status.diagnostics = built.site.diagnostics.as_slice().into();
            status.error = None;
            status.last = Some(last);
            status.phase = status.settled();
        });
        if built.is_idle && !self.asked_for && !matches!(outcome, Outcome::Published { .. }) {
            return;
        }
        self.stage.tell(event, Some(&self.name), says);
        if !matches!(outcome, Outcome::Unchanged) || self.asked_for || self.stage.terminal.report().verbose() {
            let shown = self.stage.shown(&self.name);
            let known = Known { titles: &self.titles, published: self.published.as_deref(), held };
            telling::line(shown, built, outcome, &known, |line| self.stage.terminal.build(line));
        }
    }

    /// A build was announced that turned out to have nothing to do: all is as it was before.
    fn told_in_vain(&self) {
        let Some(status) = self.stage.board.site(&self.name) else { return };
        let (event, says) = match &status.error {
            Some(failure) => ("failed", json!(failure)),
            None if status.phase == Phase::Failed => ("kept", json!({})),
            None => ("unchanged", json!({})),
        };
        self.stage.tell(event, Some(&self.name), says);
    }

    /// Whether this is why nothing could be built or published the last time, too.
    fn has_failed_so(&self, error: &Error) -> bool {
        let status = self.stage.board.site(&self.name);
        status.and_then(|status| Some(status.error.as_ref()?.message == error.to_string())).unwrap_or(false)
    }

    /// Nothing could be built or published.
    fn failed(&self, error: &Error) {
        if self.stage.many && !self.project.folder.is_dir() {
            // It is gone as a whole, which is said of it soon.
            return;
        }
        self.stage.board.fail(&self.name, error);
        let says = json!({ "message": error.to_string(), "hints": error.hints() });
        self.stage.tell("failed", Some(&self.name), says);
        self.stage.terminal.failure(self.stage.shown(&self.name), error);
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.save();
    }
}

fn watch(stage: &Stage, project: &Project) -> Result<Watcher> {
    let files = CONFIGS.iter().map(|name| project.folder.join(name)).collect();
    stage.hub.watch(Target { root: project.source_root.clone(), files })
}

fn entry(project: &Project) -> String {
    project.roots.first().map_or_else(String::new, |entry| entry.path.clone())
}

fn status(stage: &Stage, name: &SiteName, project: &Project) -> SiteStatus {
    let (source_root, entry) = (project.source_root.clone(), entry(project));
    SiteStatus { source_root, entry, ..SiteStatus::new(name, &project.folder, stage.addresses.site(name)) }
}
