use std::sync::Arc;
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

/// Keeps publishes and the sweep apart. Clones are the same lock.
#[derive(Clone, Debug, Default)]
pub(super) struct SweepLock(Arc<RwLock<()>>);

/// Nothing is deleted while one of these is held.
pub(super) struct PublishGuard(#[expect(dead_code, reason = "held for its drop")] OwnedRwLockReadGuard<()>);

impl SweepLock {
    /// Waits for a slice of the sweep that is under way, and holds off the next.
    pub(super) async fn publishing(&self) -> PublishGuard {
        PublishGuard(Arc::clone(&self.0).read_owned().await)
    }

    /// Waits for the publishes that are under way, and holds off the next.
    pub(super) async fn sweeping(&self) -> OwnedRwLockWriteGuard<()> {
        Arc::clone(&self.0).write_owned().await
    }
}
