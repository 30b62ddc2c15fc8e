//! What the objects of a namespace share: bindings, compiled code, alarms, limits and counts.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::runtime::Handle;

use super::alarm_scheduler::AlarmScheduler;
use super::engine::Database;
use super::error::SqlError;
use super::imports::ObjectImports;
use super::instance_limit::InstanceLimit;
use crate::bindings::Bindings;
use crate::profile::Profile;
use crate::runtime::program::Linked;
use crate::state_dir::StateDir;

/// What the objects of a namespace share. It knows none of them.
pub(super) struct NamespaceState {
    pub(super) bindings: Arc<Bindings>,
    pub(super) linked: Linked<ObjectImports>,
    pub(super) alarms: AlarmScheduler,
    pub(super) runtime: Handle,
    pub(super) profile: Profile,
    pub(super) evict_after_ms: u64,
    pub(super) instances: InstanceLimit,
    /// Numbers the instances.
    pub(super) incarnations: AtomicU64,
    pub(super) constructed: AtomicU64,
    pub(super) resets: AtomicU64,
    pub(super) state_dir: StateDir,
}

impl NamespaceState {
    /// Opens an object's file as far as the state folder allows.
    pub(super) fn open_database(&self, path: PathBuf) -> Result<Database, SqlError> {
        if self.state_dir.reads_only() {
            Database::open_for_reading(path, self.profile)
        } else {
            Database::open(path, self.profile, self.state_dir.durability())
        }
    }
}
