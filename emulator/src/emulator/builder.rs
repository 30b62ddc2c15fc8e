//! The settings of an emulator, and how it is built from them.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::worker_setup::{BindingTarget, WorkerSetup};
use crate::bindings::{AtOnce, DenyOutbound, Outbound};
use crate::durable_object::classes::ClassError;
use crate::durable_object::instance_limit::MAX_INSTANCES;
use crate::faults::Faults;
use crate::profile::Profile;
use crate::runtime::load_error::LoadError;
use crate::runtime::program::Limits;
use crate::state_dir::{StateDir, StateError};
use crate::world::clock::Clock;
use crate::world::{Seams, machine, sim};

/// CPU time of a turn (developers.cloudflare.com, "Limits": the default of the paid plan).
const TURN_LIMIT: Duration = Duration::from_secs(30);
/// Memory of an isolate (same page).
const MEMORY_LIMIT: usize = 128 * 1024 * 1024;
/// How long an object may be idle before its instance ends (same site, "Lifecycle of a Durable Object").
const EVICT_AFTER: Duration = Duration::from_secs(10);

/// Settings of an emulator; see [`Emulator::builder`](super::Emulator::builder).
#[derive(Debug)]
pub struct Builder {
    /// The one that requests go to.
    pub(super) main: WorkerSetup,
    pub(super) others: Vec<WorkerSetup>,
    pub(super) state: Option<StateDir>,
    pub(super) profile: Profile,
    pub(super) world: Option<Seams>,
    /// The machine's, where there is no other world.
    pub(super) clock: Clock,
    pub(super) faults: Faults,
    pub(super) outbound: Arc<dyn Outbound>,
    pub(super) at_once: AtOnce,
    pub(super) isolates: usize,
    pub(super) limits: Limits,
    pub(super) evict_after: Duration,
    pub(super) max_objects: usize,
    pub(super) trace: usize,
    pub(super) alarms: bool,
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
    /// The classes of Durable Objects cannot be as a Worker's migrations have them.
    #[error(transparent)]
    Classes(#[from] ClassError),
    /// Two Workers have one name.
    #[error("two Workers are called `{name}`")]
    WorkerTwice {
        /// The name.
        name: String,
    },
    /// A name is bound to what no Worker here has; workerd's text for a service.
    #[error(
        "Worker \"{worker}\"'s binding \"{binding}\" refers to a service \"{service}\", but no such service is defined."
    )]
    NoService {
        /// Whose binding.
        worker: String,
        /// Its name.
        binding: String,
        /// The Worker that is not there.
        service: String,
    },
}

impl Builder {
    pub(super) fn new(main: WorkerSetup) -> Self {
        Self {
            main,
            others: Vec::new(),
            state: None,
            profile: Profile::default(),
            world: None,
            clock: Clock::system(),
            faults: Faults::none(),
            outbound: Arc::new(DenyOutbound),
            at_once: AtOnce::default(),
            isolates: machine::cores(),
            limits: Limits { turn: TURN_LIMIT, memory: MEMORY_LIMIT },
            evict_after: EVICT_AFTER,
            max_objects: MAX_INSTANCES,
            trace: 0,
            alarms: true,
        }
    }

    /// Puts the emulator into a simulated world. Its clock is the world's, and so are its randomness and the order of all that happens; its
    /// state lies in real files. One isolate takes all requests, and memory answers nothing at once, so that the seed decides as much as
    /// there is to decide. Two threads run beside, of which nothing shows: one bounds the time of turns, the other copies SQLite's logs back.
    ///
    /// ```
    /// use axum::body::Body;
    /// use pmx_emulator::{Emulator, Worker, world::sim::World};
    ///
    /// let world = World::new(7);
    /// let emulator = Emulator::builder(Worker::bundled()).var("BASE_DOMAINS", "localhost").simulated(&world).build()?;
    /// let request = http::Request::get("http://localhost/api/health").body(Body::empty())?;
    /// let status = world.run(async move { emulator.fetch(request).await.status() });
    /// assert_eq!(status, Some(http::StatusCode::OK));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn simulated(mut self, world: &sim::World) -> Self {
        self.world = Some(world.seams());
        self.isolates = 1;
        self.at_once = AtOnce::Never;
        self
    }

    /// Where the state is kept.
    #[must_use]
    pub fn state(mut self, state: StateDir) -> Self {
        self.state = Some(state);
        self
    }

    /// Changes the Worker that requests go to: its name, bindings and variables.
    #[must_use]
    pub fn main(mut self, change: impl FnOnce(WorkerSetup) -> WorkerSetup) -> Self {
        self.main = change(self.main);
        self
    }

    /// Adds a Worker, which others reach by service bindings.
    #[must_use]
    pub fn worker(mut self, worker: WorkerSetup) -> Self {
        self.others.push(worker);
        self
    }

    /// Binds a name of the main Worker; see [`WorkerSetup::bind`].
    #[must_use]
    pub fn bind(self, name: impl Into<String>, target: BindingTarget) -> Self {
        self.main(|worker| worker.bind(name, target))
    }

    /// Binds a KV namespace for the main Worker; see [`WorkerSetup::kv_namespace`].
    #[must_use]
    pub fn kv_namespace(self, binding: impl Into<String>, id: impl Into<Cow<'static, str>>) -> Self {
        self.main(|worker| worker.kv_namespace(binding, id))
    }

    /// Binds a bucket for the main Worker; see [`WorkerSetup::r2_bucket`].
    #[must_use]
    pub fn r2_bucket(self, binding: impl Into<String>, name: impl Into<Cow<'static, str>>) -> Self {
        self.main(|worker| worker.r2_bucket(binding, name))
    }

    /// Binds a class of Durable Objects of the main Worker; see [`WorkerSetup::durable_object`].
    #[must_use]
    pub fn durable_object(self, binding: impl Into<String>, class: impl Into<Cow<'static, str>>) -> Self {
        self.main(|worker| worker.durable_object(binding, class))
    }

    /// Binds an entrypoint of a Worker for the main one; see [`WorkerSetup::service`].
    #[must_use]
    pub fn service(
        self,
        binding: impl Into<String>,
        worker: impl Into<Cow<'static, str>>,
        entrypoint: Option<&str>,
        props: Option<&str>,
    ) -> Self {
        self.main(|main| main.service(binding, worker, entrypoint, props))
    }

    /// Sets a variable or secret of the main Worker (`worker/ABI.md`, "Variables").
    #[must_use]
    pub fn var(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.main(|worker| worker.var(name, value))
    }

    /// Sets a variable of the main Worker that is not a text, as JSON.
    #[must_use]
    pub fn json_var(self, name: impl Into<String>, json: impl Into<String>) -> Self {
        self.main(|worker| worker.json_var(name, json))
    }

    /// Where outgoing requests of the Workers go; by default they are refused.
    #[must_use]
    pub fn outbound(mut self, outbound: impl Outbound) -> Self {
        self.outbound = Arc::new(outbound);
        self
    }

    /// When ops are answered at once; by default whenever they may be.
    #[must_use]
    pub fn at_once(mut self, at_once: AtOnce) -> Self {
        self.at_once = at_once;
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

    /// How many Durable Objects of each Worker may have an instance at once, at least one and by default 1,024. Beyond them the one that has been idle
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
}
