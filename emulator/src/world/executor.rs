//! Who runs what the emulator has begun: the machine's threads, or one thread that takes turns.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A future that an executor runs.
pub(crate) type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs futures, and work that may block.
pub(crate) trait Executor: Debug + Send + Sync {
    /// Begins a future.
    fn spawn(self: Arc<Self>, work: Work) -> Spawned;
    /// Has work done where it holds nobody up. It is never dropped before its end.
    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>);
}

/// A future that was begun. It goes on when this is dropped.
pub(crate) struct Spawned(Box<dyn Fn() + Send + Sync>);

impl Spawned {
    pub(super) fn new(abort: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Box::new(abort))
    }

    /// Ends it where it waits.
    pub(crate) fn abort(&self) {
        (self.0)();
    }
}

impl Debug for Spawned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spawned").finish_non_exhaustive()
    }
}
