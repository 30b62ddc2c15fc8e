use super::{
    context::Context,
    first_build::FirstBuild,
    scope::Scope,
    site::Site,
    workspace::{self, Workspace},
};
use crate::error::Result;
use std::{sync::Arc, time::Duration};
use tokio::{task::JoinHandle, time::timeout};

/// How long the start waits for the first build where an earlier process has left something to read; requests wait a while longer.
const START: Duration = Duration::from_millis(250);

/// The site or the sites that are served.
pub(super) enum Sites {
    One { first_build: FirstBuild, task: JoinHandle<()> },
    Many(Box<Workspace>),
}

impl Sites {
    pub(super) fn open(context: &Arc<Context>, scope: Scope) -> Result<Self> {
        match scope {
            Scope::One { name, options, project } => {
                let site = Site::open(context, name.clone(), options, *project)?;
                let first_build = site.first_build();
                Ok(Self::One { first_build, task: tokio::spawn(workspace::run_alone(context.clone(), name, site)) })
            }
            Scope::Many(folder) => Ok(Self::Many(Box::new(Workspace::open(context, &folder)?))),
        }
    }

    /// Waits until there is something to read, and a moment for what is there now.
    pub(super) async fn first_build(&self) {
        match self {
            Self::One { first_build, .. } if first_build.has_deploy() => {
                let _ = timeout(START, first_build.finished()).await;
            }
            Self::One { first_build, .. } => first_build.finished().await,
            // Who comes first waits for the site that they came for.
            Self::Many(_) => {}
        }
    }

    /// Whether the one site is not built yet.
    pub(super) fn is_pending(&self) -> bool {
        matches!(self, Self::One { first_build, .. } if first_build.is_pending())
    }

    /// Goes on until it is dropped.
    pub(super) async fn run(&mut self) {
        match self {
            Self::One { .. } => std::future::pending().await,
            Self::Many(workspace) => workspace.run().await,
        }
    }

    pub(super) async fn end(self) {
        match self {
            Self::One { task, .. } => {
                let _ = task.await;
            }
            Self::Many(workspace) => workspace.end().await,
        }
    }
}
