//! What objects share: those of a namespace its alarms and the key of their ids, those of a Worker its code, bindings and limits.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::runtime::Handle;

use super::alarm_scheduler::AlarmScheduler;
use super::engine::Database;
use super::error::SqlError;
use super::id::IdFactory;
use super::imports::ObjectImports;
use super::instance_limit::InstanceLimit;
use super::namespace_key::NamespaceKey;
use crate::bindings::Bindings;
use crate::profile::Profile;
use crate::runtime::program::Linked;
use crate::state_dir::StateDir;

/// What the objects of a namespace share. It knows none of them.
pub(super) struct NamespaceState {
    pub(super) shared: Arc<ObjectHost>,
    /// The class whose objects these are.
    pub(super) class: String,
    pub(super) key: NamespaceKey,
    pub(super) ids: IdFactory,
    pub(super) alarms: AlarmScheduler,
}

/// What all objects of a Worker share, whatever their class.
pub(crate) struct ObjectHost {
    pub(super) bindings: Arc<Bindings>,
    pub(super) linked: Linked<ObjectImports>,
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

/// What an [`ObjectHost`] is made of.
pub(crate) struct ObjectHostParts {
    pub(crate) bindings: Arc<Bindings>,
    pub(crate) linked: Linked<ObjectImports>,
    pub(crate) state: StateDir,
    pub(crate) profile: Profile,
    pub(crate) evict_after_ms: u64,
    /// How many objects may have an instance at once.
    pub(crate) max_instances: usize,
    pub(crate) runtime: Handle,
}

impl ObjectHost {
    pub(crate) fn new(parts: ObjectHostParts) -> Self {
        Self {
            bindings: parts.bindings,
            linked: parts.linked,
            runtime: parts.runtime,
            profile: parts.profile,
            evict_after_ms: parts.evict_after_ms,
            instances: InstanceLimit::new(parts.max_instances),
            incarnations: AtomicU64::new(0),
            constructed: AtomicU64::new(0),
            resets: AtomicU64::new(0),
            state_dir: parts.state,
        }
    }

    /// How many objects may have an instance at once.
    pub(crate) fn max_instances(&self) -> usize {
        self.instances.limit()
    }

    /// How often an instance was constructed.
    pub(crate) fn constructed(&self) -> u64 {
        self.constructed.load(Ordering::Relaxed)
    }

    /// How often an instance ended before its time.
    pub(crate) fn resets(&self) -> u64 {
        self.resets.load(Ordering::Relaxed)
    }

    /// Opens an object's file as far as the state folder allows.
    pub(super) fn open_database(&self, path: PathBuf) -> Result<Database, SqlError> {
        if self.state_dir.reads_only() {
            Database::open_for_reading(path, self.profile)
        } else {
            Database::open(path, self.profile, self.state_dir.durability())
        }
    }
}
