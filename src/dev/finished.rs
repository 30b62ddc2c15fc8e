use super::built::{Built, milliseconds};
use crate::session::{EarlierDeploy, Event, LastBuild, NAMES, ReadSources};
use pmx_model::Hash;
use std::time::{Duration, Instant, SystemTime};

/// What became of a build.
pub(super) enum PublishOutcome {
    Published {
        deploy_id: String,
        sources: Vec<String>,
        paths: Vec<String>,
        took: Duration,
    },
    /// The active deploy is this build already.
    Unchanged,
    /// This build was rolled back from, and stays so: nothing in it is new.
    HeldBack,
    /// The build has errors, and there is a good one to keep.
    KeptLastGood,
    /// Pages were kept from an earlier build, and the Worker has lost them: they must be made again.
    Lost(Vec<Hash>),
}

/// A build and what became of it: for the next build, the status of the site, the events and the terminal.
pub(super) struct Finished {
    pub(super) built: Built,
    pub(super) outcome: PublishOutcome,
    /// What was shown before it, after a rollback.
    pub(super) earlier: Option<EarlierDeploy>,
}

impl Finished {
    /// Whether the site shows this build now.
    pub(super) const fn is_live(&self) -> bool {
        matches!(self.outcome, PublishOutcome::Published { .. } | PublishOutcome::Unchanged)
    }

    /// The deploy that it became.
    pub(super) fn deploy_id(&self) -> Option<&str> {
        match &self.outcome {
            PublishOutcome::Published { deploy_id, .. } => Some(deploy_id),
            _ => None,
        }
    }

    /// How long it took to publish; zero if it was not.
    pub(super) const fn publish_time(&self) -> Duration {
        match self.outcome {
            PublishOutcome::Published { took, .. } => took,
            _ => Duration::ZERO,
        }
    }

    /// What it is in the status of its site.
    pub(super) fn last_build(&self) -> LastBuild {
        let built = &self.built;
        LastBuild {
            finished: SystemTime::now(),
            since: Instant::now(),
            took_build: built.took,
            took_publish: self.publish_time(),
            pages: built.site.pages,
            changed: built.names.iter().take(NAMES).cloned().collect(),
            changed_count: built.changed,
            read: ReadSources::of(&built.site),
            deploy_id: self.deploy_id().map(str::to_owned),
            outcome: match self.outcome {
                PublishOutcome::Published { .. } => "published",
                PublishOutcome::Unchanged => "unchanged",
                PublishOutcome::HeldBack => "held-back",
                PublishOutcome::KeptLastGood | PublishOutcome::Lost(_) => "kept",
            },
        }
    }

    /// The event that tells of it.
    pub(super) fn event(&self) -> Event {
        match &self.outcome {
            PublishOutcome::Published { deploy_id, sources, paths, took } => Event::Published {
                deploy_id: deploy_id.clone(),
                sources: sources.clone(),
                paths: paths.clone(),
                ms: milliseconds(*took),
            },
            PublishOutcome::Unchanged => Event::Unchanged,
            PublishOutcome::HeldBack => Event::HeldBack,
            PublishOutcome::KeptLastGood | PublishOutcome::Lost(_) => Event::Kept,
        }
    }
}
