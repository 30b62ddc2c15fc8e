//! The settings of an emulator, and how it is built from them.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, Weak};
use std::thread;
use std::time::Duration;

use tokio::runtime::Handle;

use super::{Emulator, Inner};
use crate::bindings::{Bindings, Objects};
use crate::clock::Clock;
use crate::durable_object::alarm_index::AlarmIndex;
use crate::durable_object::imports::ObjectImports;
use crate::durable_object::instance_limit::MAX_INSTANCES;
use crate::durable_object::namespace::{Namespace, NamespaceParts};
use crate::faults::Faults;
use crate::kv::Kv;
use crate::profile::Profile;
use crate::r2::R2;
use crate::runtime::host::{Environment, NoObjectImports};
use crate::runtime::log_throttle::LogThrottle;
use crate::runtime::program::{Limits, LoadError, Program};
use crate::runtime::worker::Worker;
use crate::state_dir::{StateDir, StateError};
use crate::stateless::pool::Pool;
use crate::trace::Trace;

/// CPU time of a turn (developers.cloudflare.com, "Limits": the default of the paid plan).
const TURN_LIMIT: Duration = Duration::from_secs(30);
/// Memory of an isolate (same page).
const MEMORY_LIMIT: usize = 128 * 1024 * 1024;
/// How long an object may be idle before its instance ends (same site, "Lifecycle of a Durable Object").
const EVICT_AFTER: Duration = Duration::from_secs(10);
/// The variable by which a Worker learns its own hash (`worker/ABI.md`, "Variables").
const HASH_VARIABLE: &str = "WORKER_SHA256";
/// The variable by which a Worker learns whether what it knows of the bucket still holds (same place).
const EPOCH_VARIABLE: &str = "STORAGE_EPOCH";

/// Settings of an emulator; see [`Emulator::builder`].
#[derive(Debug)]
pub struct Builder {
    worker: Worker,
    state: Option<StateDir>,
    variables: HashMap<String, String>,
    profile: Profile,
    clock: Clock,
    faults: Faults,
    isolates: usize,
    limits: Limits,
    evict_after: Duration,
    max_objects: usize,
    trace: usize,
    alarms: bool,
}

/// Why an emulator cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The Worker cannot be run.
    #[error(transparent)]
    Worker(#[from] LoadError),
    /// The state cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// There is no tokio runtime to run on.
    #[error("an emulator is built inside of a tokio runtime: {0}")]
    Runtime(#[from] tokio::runtime::TryCurrentError),
}

impl Builder {
    pub(super) fn new(worker: Worker) -> Self {
        Self {
            worker,
            state: None,
            variables: HashMap::new(),
            profile: Profile::default(),
            clock: Clock::system(),
            faults: Faults::none(),
            isolates: thread::available_parallelism().map_or(1, usize::from),
            limits: Limits { turn: TURN_LIMIT, memory: MEMORY_LIMIT },
            evict_after: EVICT_AFTER,
            max_objects: MAX_INSTANCES,
            trace: 0,
            alarms: true,
        }
    }

    /// Where the state is kept.
    #[must_use]
    pub fn state(mut self, state: StateDir) -> Self {
        self.state = Some(state);
        self
    }

    /// Sets a variable of the Worker (`worker/ABI.md`, "Variables").
    #[must_use]
    pub fn var(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Which platform is emulated where they differ.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// The source of time and randomness.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The faults that are injected.
    #[must_use]
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// How many instances share the stateless requests; at least one.
    #[must_use]
    pub fn isolates(mut self, count: usize) -> Self {
        self.isolates = count;
        self
    }

    /// How long a turn may run before its instance is ended. It is time on the wall, of which a busy machine gives less.
    #[must_use]
    pub fn turn_limit(mut self, limit: Duration) -> Self {
        self.limits.turn = limit;
        self
    }

    /// How many bytes of memory an instance may have.
    #[must_use]
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.limits.memory = bytes;
        self
    }

    /// How long a Durable Object may be idle before its instance ends, by the emulator's clock.
    #[must_use]
    pub fn evict_after(mut self, idle: Duration) -> Self {
        self.evict_after = idle;
        self
    }

    /// How many Durable Objects may have an instance at once, at least one and by default 1,024. Beyond them the one that has been idle
    /// for the longest gives way; if none is idle, an event is answered as the platform does when it is overloaded.
    #[must_use]
    pub fn max_objects(mut self, count: usize) -> Self {
        self.max_objects = count;
        self
    }

    /// Keeps the last so many requests and log lines; 0, the default, is none.
    #[must_use]
    pub fn trace(mut self, capacity: usize) -> Self {
        self.trace = capacity;
        self
    }

    /// Delivers no alarm unless it is fired by hand: for emulators that only inspect state.
    #[must_use]
    pub fn without_alarms(mut self) -> Self {
        self.alarms = false;
        self
    }

    /// Loads the Worker, opens the state, and wakes the objects whose alarms are overdue.
    ///
    /// # Errors
    /// If the Worker cannot be run, the state cannot be used, or there is no tokio runtime.
    pub fn build(mut self) -> Result<Emulator, BuildError> {
        let runtime = Handle::try_current()?;
        let state = self.state.map_or_else(StateDir::temporary, Ok)?;
        let worker_sha256 = self.worker.sha256().map(str::to_owned);
        if let Some(hash) = &worker_sha256 {
            self.variables.entry(HASH_VARIABLE.to_owned()).or_insert_with(|| hash.clone());
        }
        let kv = Kv::open(&state, &self.clock, &self.faults, self.profile)?;
        let r2 = R2::open(&state, &self.clock, self.profile)?;
        self.variables.entry(EPOCH_VARIABLE.to_owned()).or_insert_with(|| r2.epoch().to_owned());
        let trace = Trace::new(self.trace, self.clock.clone());
        let environment = Arc::new(Environment {
            clock: self.clock.clone(),
            variables: self.variables,
            trace: trace.clone(),
            log_throttle: LogThrottle::default(),
        });
        let program = Arc::new(Program::load(&self.worker, self.limits, environment)?);
        let bindings =
            Arc::new(Bindings { kv, r2, clock: self.clock, faults: self.faults, trace, objects: OnceLock::new() });
        let namespace = Arc::new(Namespace::new(NamespaceParts {
            bindings: Arc::clone(&bindings),
            linked: program.link::<ObjectImports>()?,
            alarms: AlarmIndex::open(&state, &bindings.clock)?,
            state,
            profile: self.profile,
            evict_after_ms: u64::try_from(self.evict_after.as_millis()).unwrap_or(u64::MAX),
            max_instances: self.max_objects,
            runtime: runtime.clone(),
        }));
        let objects: Weak<Namespace> = Arc::downgrade(&namespace);
        // Set here and nowhere else, so it is empty.
        drop(bindings.objects.set(objects as Weak<dyn Objects>));
        let linked = program.link::<NoObjectImports>()?;
        let pool = Arc::new(Pool::new(linked, self.isolates, Arc::clone(&bindings), runtime)?);
        if self.alarms {
            namespace.start_alarms();
        }
        Ok(Emulator(Arc::new(Inner { worker_sha256, pool, namespace, bindings })))
    }
}
