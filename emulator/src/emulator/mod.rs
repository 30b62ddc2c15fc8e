//! An emulator: a Worker, its isolates and its bindings.

mod assemble;
mod builder;
mod client_socket;
mod configured;
mod fetch;
mod stores;
mod worker_setup;

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::Request;
use axum::response::Response;
use tokio::net::TcpListener;
use tower_service::Service;

pub use builder::{BuildError, Builder};
pub use client_socket::{ClientSocket, SocketMessage};
pub use fetch::{ResponseFuture, ServiceFuture};
pub use worker_setup::{BUNDLED_BINDINGS, BindingTarget, WorkerSetup};

use stores::Stores;

use crate::bindings::Bindings;
use crate::durable_object::namespace::Namespace;
use crate::durable_object::namespace_state::ObjectHost;
use crate::faults::Faults;
use crate::http::serve;
use crate::inspect::Inspector;
use crate::kv::Kv;
use crate::r2::R2;
use crate::snapshot::{self, SnapshotError};
use crate::state_dir::StateDir;
use crate::stateless::pool::Pool;
use crate::trace::Trace;

/// How long a shutdown waits for events that are under way.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);
/// How long a shutdown waits for clients to answer close frames.
const SOCKET_GRACE: Duration = Duration::from_millis(200);

/// Running Workers with their namespaces, buckets and Durable Objects. Clones are the same emulator.
///
/// It is a [`tower` service](Service), so that it can be wrapped.
#[derive(Clone)]
pub struct Emulator {
    /// The Worker that requests go to.
    main: Arc<RunningWorker>,
    inner: Arc<Inner>,
}

/// What an emulator is made of, shared by its clones.
struct Inner {
    workers: Vec<Arc<RunningWorker>>,
    stores: Stores,
    /// Those of the main Worker, in the order of its bindings.
    inspected: Arc<[Arc<Namespace>]>,
    faults: Faults,
    trace: Trace,
}

/// A Worker that has been loaded.
struct RunningWorker {
    name: String,
    worker_sha256: Option<String>,
    pool: Arc<Pool>,
    objects: Arc<ObjectHost>,
    /// The Durable Objects by class.
    namespaces: HashMap<String, Arc<Namespace>>,
    bindings: Arc<Bindings>,
}

impl Inner {
    fn namespaces(&self) -> impl Iterator<Item = &Arc<Namespace>> {
        self.workers.iter().flat_map(|worker| worker.namespaces.values())
    }
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
    pub fn builder(worker: impl Into<WorkerSetup>) -> Builder {
        Builder::new(worker.into())
    }

    /// Answers a request in this process: everything but the network is as if it had come over it. The host is that of the
    /// URL, or of the `host` header. Of a request that became a WebSocket, [`ClientSocket::take`] has the client's end.
    pub fn fetch(&self, request: Request) -> ResponseFuture {
        ResponseFuture::new(Arc::clone(&self.main), request)
    }

    /// The emulator as one of whose Workers requests go to the one with this name, if there is one.
    #[must_use]
    pub fn worker(&self, name: &str) -> Option<Self> {
        let main = self.inner.workers.iter().find(|worker| worker.name == name)?;
        Some(Self { main: Arc::clone(main), inner: Arc::clone(&self.inner) })
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
        self.inner.stores.state()
    }

    /// The KV namespace that lies in the state folder itself ([`kv::DEFAULT_ID`](crate::kv::DEFAULT_ID)).
    #[must_use]
    pub fn kv(&self) -> &Kv {
        &self.inner.stores.default_kv
    }

    /// The KV namespace with an id, if a Worker is bound to it.
    #[must_use]
    pub fn kv_namespace(&self, id: &str) -> Option<&Kv> {
        self.inner.stores.kv.get(id)
    }

    /// The bucket that lies in the state folder itself ([`r2::DEFAULT_NAME`](crate::r2::DEFAULT_NAME)).
    #[must_use]
    pub fn r2(&self) -> &R2 {
        &self.inner.stores.default_r2
    }

    /// The bucket with a name, if a Worker is bound to it.
    #[must_use]
    pub fn r2_bucket(&self, name: &str) -> Option<&R2> {
        self.inner.stores.r2.get(name)
    }

    /// The faults that are injected; they can be changed.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.inner.faults
    }

    /// The last requests and the log of the Worker, if [`Builder::trace`] asked for them.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.inner.trace
    }

    /// Inspects the Durable Objects of the main Worker, and changes them by hand.
    #[must_use]
    pub fn inspect(&self) -> Inspector {
        Inspector::new(Arc::clone(&self.inner.inspected))
    }

    /// Copies the state into an empty folder, as it is at one moment; see [`StateDir`]. Writes to KV and R2 wait meanwhile.
    ///
    /// # Errors
    /// If a file cannot be copied; what the folder holds is then of no use.
    pub async fn snapshot(&self, into: &Path) -> Result<(), SnapshotError> {
        let (inner, into) = (Arc::clone(&self.inner), into.to_owned());
        let copied = self.main.bindings.world.blocking(move || {
            let stores = &inner.stores;
            snapshot::take(stores.state(), &stores.default_kv, &stores.default_r2, &stores.further_writers(), &into)
        });
        copied.await.unwrap_or_else(|error| Err(io::Error::other(error).into()))
    }

    /// Ends the instance of the object with this name as idleness does, once its events have ended. Its hibernated sockets
    /// stay. Completes when that has happened; at once if there is no instance.
    pub async fn evict(&self, name: &str) {
        for namespace in self.inner.namespaces() {
            namespace.evict(&namespace.by_name(name).id).await;
        }
    }

    /// Closes all sockets with 1001, takes no more calls to objects, and waits for what is under way, a few seconds at most.
    /// Everything that was committed is in the state folder before and after; this only lets things end in good order.
    pub async fn shutdown(&self) {
        let inner = &self.inner;
        inner.namespaces().for_each(|namespace| namespace.close());
        let sockets_closed = async {
            while inner.namespaces().any(|namespace| namespace.stats().sockets > 0) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if tokio::time::timeout(SOCKET_GRACE, sockets_closed).await.is_err() {
            inner.namespaces().for_each(|namespace| namespace.drop_sockets());
        }
        let idle = async {
            for worker in &inner.workers {
                worker.pool.wait_until_idle().await;
            }
            for namespace in inner.namespaces() {
                namespace.evict_all().await;
            }
        };
        if tokio::time::timeout(SHUTDOWN_GRACE, idle).await.is_err() {
            tracing::warn!(stats = ?self.stats(), "events were still under way at the end");
        }
    }

    /// What the emulator is doing right now.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        for worker in &self.inner.workers {
            stats.tasks += worker.pool.live_tasks();
            stats.traps += worker.pool.traps() + worker.objects.resets();
            stats.max_objects += worker.objects.max_instances();
            stats.constructed += worker.objects.constructed();
        }
        for counts in self.inner.namespaces().map(|namespace| namespace.stats()) {
            stats.objects += counts.instances;
            stats.idle_objects += counts.idle;
            stats.object_bytes += counts.memory_bytes;
            stats.object_tasks += counts.tasks;
            stats.sockets += counts.sockets;
        }
        stats
    }

    /// SHA-256 of the Worker's wasm in lower-case hex, if it is known.
    #[must_use]
    pub fn worker_sha256(&self) -> Option<&str> {
        self.main.worker_sha256.as_deref()
    }
}

impl std::fmt::Debug for Emulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Emulator").field("worker_sha256", &self.main.worker_sha256).finish_non_exhaustive()
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
