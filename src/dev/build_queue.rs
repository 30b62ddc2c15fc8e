//! How many sites are built at a time, and who is next: a site that somebody looks at does not wait behind those that nobody does.

use std::sync::Arc;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// How many sites that somebody asked for are built at a time. A build uses all cores by itself; a second one fills its gaps.
const ASKED_FOR: usize = 2;
/// How many others are built at a time.
const OTHERS: usize = 1;

/// The queue of those who want to build. Clones are the same queue.
#[derive(Clone, Debug)]
pub(super) struct BuildQueue {
    asked_for: Arc<Semaphore>,
    others: Arc<Semaphore>,
}

impl BuildQueue {
    pub(super) fn new() -> Self {
        Self { asked_for: Arc::new(Semaphore::new(ASKED_FOR)), others: Arc::new(Semaphore::new(OTHERS)) }
    }

    /// Waits for a turn among those that somebody waits for.
    pub(super) async fn acquire_now(&self) -> Option<OwnedSemaphorePermit> {
        self.asked_for.clone().acquire_owned().await.ok()
    }

    /// Waits for a turn, which lasts until what is returned is dropped; `wanted` says that somebody waits for the site.
    pub(super) async fn acquire(&self, wanted: &Notify) -> Option<OwnedSemaphorePermit> {
        let permit = tokio::select! {
            biased;
            () = wanted.notified() => self.asked_for.clone().acquire_owned().await,
            permit = self.others.clone().acquire_owned() => permit,
        };
        // They are never closed.
        permit.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    #[tokio::test]
    async fn a_site_that_is_asked_for_does_not_wait_behind_the_others() {
        let queue = BuildQueue::new();
        let (nobody, reader) = (Notify::new(), Notify::new());
        let first = queue.acquire(&nobody).await;
        let mut waiting = Box::pin(queue.acquire(&reader));
        assert!(waiting.as_mut().now_or_never().is_none(), "one other is built already");
        reader.notify_one();
        assert!(waiting.await.is_some());
        drop(first);
    }
}
