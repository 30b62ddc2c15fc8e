//! The whole: a Worker, its isolates and its bindings.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock, Weak};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use axum::extract::Request;
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tower_service::Service;

use crate::bindings::{Bindings, Objects};
use crate::clock::Clock;
use crate::durable_object::alarm_index::AlarmIndex;
use crate::durable_object::imports::ObjectSide;
use crate::durable_object::instance_limit::MAX_AWAKE;
use crate::durable_object::namespace::{Namespace, Parts};
use crate::faults::Faults;
use crate::http::{ResponseFuture, ServiceFuture, serve};
use crate::inspect::Inspector;
use crate::kv::Kv;
use crate::profile::Profile;
use crate::r2::R2;
use crate::runtime::host::{Environment, NoObject};
use crate::runtime::log_throttle::Said;
use crate::runtime::program::{Limits, LoadError, Program};
use crate::runtime::worker::Worker;
use crate::snapshot::{self, SnapshotError};
use crate::state_dir::{StateDir, StateError};
use crate::stateless::pool::Pool;
use crate::trace::Trace;

/// CPU time of a turn (developers.cloudflare.com, "Limits": the default of the paid plan).
const TURN_LIMIT: Duration = Duration::from_secs(30);
/// Memory of an isolate (same page).
const MEMORY_LIMIT: usize = 128 * 1024 * 1024;
/// How long an object may be idle before its instance ends (same site, "Lifecycle of a Durable Object").
const EVICT_AFTER: Duration = Duration::from_secs(10);
/// How long a shutdown waits for events that are under way.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);
/// How long a shutdown waits for clients to answer close frames.
const SOCKET_GRACE: Duration = Duration::from_millis(200);
/// The variable by which a Worker learns its own hash (`worker/ABI.md`, "Variables").
const HASH_VARIABLE: &str = "WORKER_SHA256";
/// The variable by which a Worker learns whether what it knows of the bucket still holds (same place).
const EPOCH_VARIABLE: &str = "STORAGE_EPOCH";

/// A running Worker with its KV namespace, its bucket and its Durable Objects. Clones are the same emulator.
///
/// It is a [`tower` service](Service), so that it can be wrapped.
#[derive(Clone)]
pub struct Emulator(Arc<Inner>);

struct Inner {
    worker_sha256: Option<String>,
    pool: Arc<Pool>,
    namespace: Arc<Namespace>,
    bindings: Arc<Bindings>,
}

/// What an emulator is to be; see [`Emulator::builder`].
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
    awake_objects: usize,
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

/// What an emulator is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Requests that a stateless instance works on, what they do after their answers included.
    pub tasks: usize,
    /// Durable Objects that have an instance.
    pub objects: usize,
    /// Those of them in which nothing is alive.
    pub idle_objects: usize,
    /// How many may have one.
    pub max_objects: usize,
    /// Bytes of the linear memories of those instances.
    pub object_bytes: usize,
    /// Events that Durable Objects work on.
    pub object_tasks: usize,
    /// Accepted WebSockets.
    pub sockets: usize,
    /// How often an instance crashed, of either kind.
    pub traps: u64,
    /// How often the instance of a Durable Object was constructed.
    pub constructed: u64,
}

impl Emulator {
    /// An emulator for a Worker, with state in a temporary folder, the production profile, the machine's clock, no faults
    /// and as many isolates as there are cores, unless the builder is told otherwise.
    #[must_use]
    pub fn builder(worker: Worker) -> Builder {
        Builder {
            worker,
            state: None,
            variables: HashMap::new(),
            profile: Profile::default(),
            clock: Clock::system(),
            faults: Faults::none(),
            isolates: thread::available_parallelism().map_or(1, usize::from),
            limits: Limits { turn: TURN_LIMIT, memory: MEMORY_LIMIT },
            evict_after: EVICT_AFTER,
            awake_objects: MAX_AWAKE,
            trace: 0,
            alarms: true,
        }
    }

    /// Answers a request in this process: everything but the network is as if it had come over it. The host is that of the
    /// URL, or of the `host` header. A request cannot become a WebSocket this way.
    pub fn fetch(&self, request: Request) -> ResponseFuture {
        ResponseFuture::new(self.clone(), request)
    }

    /// Serves HTTP on a listener; see [`serve`].
    ///
    /// # Errors
    /// If the listener cannot be used.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        serve(listener, self.clone(), shutdown).await
    }

    /// The folder that the state is in.
    #[must_use]
    pub fn state(&self) -> &StateDir {
        self.0.namespace.state()
    }

    /// The KV namespace (`SPACE_KV`).
    #[must_use]
    pub fn kv(&self) -> &Kv {
        &self.0.bindings.kv
    }

    /// The bucket (`BUCKET`).
    #[must_use]
    pub fn r2(&self) -> &R2 {
        &self.0.bindings.r2
    }

    /// What is asked to go wrong; it can be changed.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.0.bindings.faults
    }

    /// What the Worker did lately, if that was asked for with [`Builder::trace`].
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.0.bindings.trace
    }

    /// A look into the Durable Objects.
    #[must_use]
    pub fn inspect(&self) -> Inspector {
        Inspector::new(Arc::clone(&self.0.namespace))
    }

    /// Copies the state into an empty folder, as it is at one moment; see [`StateDir`]. Writes to KV and R2 wait meanwhile.
    ///
    /// # Errors
    /// If a file cannot be copied; what the folder holds is then of no use.
    pub async fn snapshot(&self, into: &Path) -> Result<(), SnapshotError> {
        let (inner, into) = (Arc::clone(&self.0), into.to_owned());
        let copied = tokio::task::spawn_blocking(move || {
            snapshot::take(inner.namespace.state(), &inner.bindings.kv, &inner.bindings.r2, &into)
        });
        copied.await.unwrap_or_else(|error| Err(io::Error::other(error).into()))
    }

    /// Ends the instance of the object with this name as idleness does, once its events have ended. Its hibernated sockets
    /// stay. Completes when that has happened; at once if there is no instance.
    pub async fn evict(&self, name: &str) {
        self.0.namespace.evict(name).await;
    }

    /// Closes all sockets with 1001, takes no more calls to objects, and waits for what is under way, a few seconds at most.
    /// Everything that was committed is in the state folder before and after; this only lets things end in good order.
    pub async fn shutdown(&self) {
        let inner = &self.0;
        inner.namespace.close();
        let sockets_closed = async {
            while inner.namespace.counts().sockets > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if tokio::time::timeout(SOCKET_GRACE, sockets_closed).await.is_err() {
            inner.namespace.drop_sockets();
        }
        let quiet = async {
            inner.pool.quiet().await;
            inner.namespace.quiet().await;
        };
        if tokio::time::timeout(SHUTDOWN_GRACE, quiet).await.is_err() {
            tracing::warn!(stats = ?self.stats(), "events were still under way at the end");
        }
    }

    /// What is going on.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let counts = self.0.namespace.counts();
        Stats {
            tasks: self.0.pool.live_tasks(),
            objects: counts.awake,
            idle_objects: counts.idle,
            max_objects: counts.max_awake,
            object_bytes: counts.memory_bytes,
            object_tasks: counts.tasks,
            sockets: counts.sockets,
            traps: self.0.pool.traps() + counts.resets,
            constructed: counts.constructed,
        }
    }

    /// SHA-256 of the Worker's wasm in lower-case hex, if it is known.
    #[must_use]
    pub fn worker_sha256(&self) -> Option<&str> {
        self.0.worker_sha256.as_deref()
    }

    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.0.pool
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.bindings.clock
    }
}

impl std::fmt::Debug for Emulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Emulator").field("worker_sha256", &self.0.worker_sha256).finish_non_exhaustive()
    }
}

impl Service<Request> for Emulator {
    type Response = Response;
    type Error = Infallible;
    type Future = ServiceFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> ServiceFuture {
        ServiceFuture::new(self.fetch(request))
    }
}

impl Builder {
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

    /// Which platform is imitated where they differ.
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

    /// What goes wrong.
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
    pub fn awake_objects(mut self, count: usize) -> Self {
        self.awake_objects = count;
        self
    }

    /// Remembers this many of the requests and log lines that were last; 0, the default, is none.
    #[must_use]
    pub fn trace(mut self, capacity: usize) -> Self {
        self.trace = capacity;
        self
    }

    /// Wakes no object for its alarm, unless it is fired by hand: for those who only look.
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
        let kv = Kv::open(&state, &self.clock, &self.faults)?;
        let r2 = R2::open(&state, &self.clock)?;
        self.variables.entry(EPOCH_VARIABLE.to_owned()).or_insert_with(|| r2.epoch().to_owned());
        let trace = Trace::new(self.trace, self.clock.clone());
        let environment = Arc::new(Environment {
            clock: self.clock.clone(),
            variables: self.variables,
            trace: trace.clone(),
            said: Said::default(),
        });
        let program = Arc::new(Program::load(&self.worker, self.limits, environment)?);
        let bindings =
            Arc::new(Bindings { kv, r2, clock: self.clock, faults: self.faults, trace, objects: OnceLock::new() });
        let namespace = Arc::new(Namespace::new(Parts {
            bindings: Arc::clone(&bindings),
            linked: program.link::<ObjectSide>()?,
            alarms: AlarmIndex::open(&state, &bindings.clock)?,
            state,
            profile: self.profile,
            evict_after_ms: u64::try_from(self.evict_after.as_millis()).unwrap_or(u64::MAX),
            max_awake: self.awake_objects,
            runtime: runtime.clone(),
        }));
        let objects: Weak<Namespace> = Arc::downgrade(&namespace);
        // Set here and nowhere else, so it is empty.
        drop(bindings.objects.set(objects as Weak<dyn Objects>));
        let linked = program.link::<NoObject>()?;
        let pool = Arc::new(Pool::new(linked, self.isolates, Arc::clone(&bindings), runtime)?);
        if self.alarms {
            namespace.start_alarms();
        }
        Ok(Emulator(Arc::new(Inner { worker_sha256, pool, namespace, bindings })))
    }
}
