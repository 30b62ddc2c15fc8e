use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, watch},
    time::timeout,
};

/// How long a request waits where an earlier process has left something to read. Then it gets that; open pages are told when
/// the build is up.
const WAIT_WITH_DEPLOY: Duration = Duration::from_secs(2);
/// How long a request waits where there is nothing yet.
const WAIT_WITHOUT_DEPLOY: Duration = Duration::from_secs(20);

/// The first build of a site, as those see it who wait for it. Clones are the same.
#[derive(Clone, Debug)]
pub(super) struct FirstBuild(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    finished: watch::Sender<bool>,
    requested: Notify,
    /// Whether an earlier process has published the site.
    has_deploy: bool,
}

impl FirstBuild {
    pub(super) fn new(has_deploy: bool) -> Self {
        Self(Arc::new(Inner { finished: watch::Sender::new(false), requested: Notify::new(), has_deploy }))
    }

    /// The site was built and published, or it could not be.
    pub(super) fn finish(&self) {
        self.0.finished.send_replace(true);
    }

    /// Is told when somebody waits.
    pub(super) fn requested(&self) -> &Notify {
        &self.0.requested
    }

    /// Whether an earlier process has left something to read.
    pub(super) fn has_deploy(&self) -> bool {
        self.0.has_deploy
    }

    /// Waits until it is finished.
    pub(super) async fn finished(&self) {
        let _ = self.0.finished.subscribe().wait_for(|finished| *finished).await;
    }

    /// Whether it is not finished yet.
    pub(super) fn is_pending(&self) -> bool {
        !*self.0.finished.borrow()
    }

    /// Waits until it is finished, but not for ever; whether there is something to read.
    pub(super) async fn wait(&self) -> bool {
        self.0.requested.notify_one();
        let mut finished = self.0.finished.subscribe();
        let longest = if self.0.has_deploy { WAIT_WITH_DEPLOY } else { WAIT_WITHOUT_DEPLOY };
        let in_time = timeout(longest, finished.wait_for(|finished| *finished)).await;
        in_time.is_ok() || self.0.has_deploy
    }
}
