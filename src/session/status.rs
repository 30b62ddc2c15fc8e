use super::EarlierDeploy;
use crate::error::Error;
use pmx_model::{File, SiteName};
use pmx_site::{Build, Diagnostic};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

/// How many names of changed files a status carries.
pub const NAMES: usize = 20;

/// A site as it is now.
#[derive(Clone, Debug)]
pub struct SiteStatus {
    /// Its name, the label before `.localhost`.
    pub name: SiteName,
    /// The folder of the project, absolute.
    pub folder: PathBuf,
    /// The folder of its Sources, absolute.
    pub source_root: PathBuf,
    /// The entry Source, below the source root.
    pub entry: String,
    /// Where it is served, without a path: `http://<name>.localhost:<port>`.
    pub url: String,
    /// What its loop does.
    pub phase: Phase,
    /// Builds that this process has finished.
    pub builds: u64,
    /// What the last build found.
    pub diagnostics: Arc<[Diagnostic]>,
    /// Why nothing could be built or published, if that is so.
    pub error: Option<Failure>,
    /// The last build that was finished.
    pub last: Option<LastBuild>,
    /// The earlier deploy that is shown, after a rollback and until the next edit.
    pub earlier: Option<EarlierDeploy>,
}

/// What the loop of a site does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// A build is under way, or waits for its turn.
    Building,
    /// The last build is up.
    Ready,
    /// The last build has errors; the last good one is up, if there was one.
    Failed,
}

/// Why nothing could be built or published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// One sentence.
    pub message: String,
    /// What could be done.
    pub hints: Vec<String>,
}

/// The Sources that a build read.
#[derive(Clone, Debug)]
pub struct ReadSources {
    roots: Vec<String>,
    outputs: Arc<BTreeMap<String, File>>,
}

impl ReadSources {
    /// Those of a build.
    #[must_use]
    pub fn of(build: &Build) -> Self {
        let roots = build.roots.iter().flat_map(|roots| roots.roots.keys().cloned()).collect();
        Self { roots, outputs: build.outputs.clone() }
    }

    /// Whether a file below the source root is one of them. It is written as it is below each root that has it.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        name.ends_with(".md") && self.roots.iter().any(|root| self.outputs.contains_key(&format!("{root}/{name}")))
    }
}

/// A build that was finished.
#[derive(Clone, Debug)]
pub struct LastBuild {
    /// When.
    pub finished: SystemTime,
    /// The same on a clock that nobody sets: for which of two was later.
    pub since: Instant,
    /// How long it took to look at the files and to build.
    pub took_build: Duration,
    /// How long it took to publish; zero if it was not.
    pub took_publish: Duration,
    /// Pages of the site.
    pub pages: usize,
    /// Names of the files that differ from the build before, at most 20 of them.
    pub changed: Vec<String>,
    /// How many files differ from the build before.
    pub changed_count: usize,
    /// What it read.
    pub read: ReadSources,
    /// The deploy that it became, if it became one.
    pub deploy_id: Option<String>,
    /// `published`, `unchanged` (what is up is this build already), `held-back` (what was rolled back to stays up, since nothing in it is
    /// new) or `kept` (it has errors; the last good one stays up).
    pub outcome: &'static str,
}

impl Failure {
    /// Of an error.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        Self { message: error.to_string(), hints: error.hints().to_vec() }
    }
}

impl SiteStatus {
    /// A site whose first build is under way.
    #[must_use]
    pub fn new(name: &SiteName, folder: &Path, url: String) -> Self {
        Self {
            name: name.clone(),
            folder: folder.to_owned(),
            source_root: folder.to_owned(),
            entry: String::new(),
            url,
            phase: Phase::Building,
            builds: 0,
            diagnostics: Arc::from([]),
            error: None,
            last: None,
            earlier: None,
        }
    }

    /// A folder that would be a site if it could be read.
    #[must_use]
    pub fn broken(name: &SiteName, folder: &Path, url: String, error: &Error) -> Self {
        Self { phase: Phase::Failed, error: Some(Failure::of(error)), ..Self::new(name, folder, url) }
    }

    /// The phase when the build is over.
    #[must_use]
    pub fn settled(&self) -> Phase {
        if self.error.is_some() || self.errors() > 0 { Phase::Failed } else { Phase::Ready }
    }

    /// How many of the findings are errors.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count()
    }
}
