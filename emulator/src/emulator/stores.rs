//! The KV namespaces and buckets of an emulator.

use std::collections::HashMap;
use std::sync::Mutex;

use rusqlite::Connection;

use crate::faults::Faults;
use crate::kv::{self, Kv};
use crate::profile::Profile;
use crate::r2::{self, R2};
use crate::state_dir::{StateDir, StateError};
use crate::world::clock::Clock;

/// The namespaces and buckets of a state folder, each opened once.
pub(super) struct Stores {
    state: StateDir,
    clock: Clock,
    faults: Faults,
    profile: Profile,
    pub(super) kv: HashMap<String, Kv>,
    pub(super) r2: HashMap<String, R2>,
    pub(super) default_kv: Kv,
    pub(super) default_r2: R2,
}

impl Stores {
    pub(super) fn open(state: StateDir, clock: Clock, faults: Faults, profile: Profile) -> Result<Self, StateError> {
        let (default_kv, default_r2) =
            (Kv::open(&state, &clock, &faults, profile)?, R2::open(&state, &clock, profile)?);
        let kv = HashMap::from([(kv::DEFAULT_ID.to_owned(), default_kv.clone())]);
        let r2 = HashMap::from([(r2::DEFAULT_NAME.to_owned(), default_r2.clone())]);
        Ok(Self { state, clock, faults, profile, kv, r2, default_kv, default_r2 })
    }

    pub(super) fn state(&self) -> &StateDir {
        &self.state
    }

    /// The writers of those that have folders of their own.
    pub(super) fn further_writers(&self) -> Vec<&Mutex<Connection>> {
        let kv = self.kv.iter().filter(|(id, _)| *id != kv::DEFAULT_ID).map(|(_, kv)| kv.writer());
        let r2 = self.r2.iter().filter(|(name, _)| *name != r2::DEFAULT_NAME).map(|(_, r2)| r2.writer());
        kv.chain(r2).collect()
    }

    pub(super) fn kv(&mut self, id: &str) -> Result<Kv, StateError> {
        if let Some(kv) = self.kv.get(id) {
            return Ok(kv.clone());
        }
        let kv = Kv::open(&self.state.store("kv", id)?, &self.clock, &self.faults, self.profile)?;
        self.kv.insert(id.to_owned(), kv.clone());
        Ok(kv)
    }

    pub(super) fn r2(&mut self, name: &str) -> Result<R2, StateError> {
        if let Some(r2) = self.r2.get(name) {
            return Ok(r2.clone());
        }
        let r2 = R2::open(&self.state.store("r2", name)?, &self.clock, self.profile)?;
        self.r2.insert(name.to_owned(), r2.clone());
        Ok(r2)
    }
}
