//! The stateless isolates, spread over the cores.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{self, Poll};

use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};
use tokio::task::AbortHandle;
use tracing::Instrument as _;

use super::isolate::{Isolate, IsolateContext, Started, TaskStart};
use super::tasks::{Failure, Outcome};
use crate::abi::error::GuestError;
use crate::abi::frame::FrameWriter;
use crate::abi::op::Op;
use crate::abi::requests::FetchResponse;
use crate::bindings::{Bindings, BoxFuture, CallChain, Completion, Dispatched, WorkerCall, WorkerService};
use crate::bodies::Handles;
use crate::request_log;
use crate::runtime::host::NoObjectImports;
use crate::runtime::instance::Instance;
use crate::runtime::program::{Linked, LoadError};
use crate::sync::lock;
use crate::trace::Subject;

/// The stateless isolates of an emulator.
pub(crate) struct Pool {
    isolates: Box<[Mutex<Isolate>]>,
    linked: Linked<NoObjectImports>,
    bindings: Arc<Bindings>,
    runtime: Handle,
    traps: AtomicU64,
    closing: AtomicBool,
    idle: Notify,
}

/// An answer that is not there yet. Dropping it tells the Worker that the client has gone.
pub(crate) struct PendingResponse {
    pool: Arc<Pool>,
    isolate: usize,
    incarnation: u64,
    task: u32,
    receiver: oneshot::Receiver<Outcome>,
    answered: bool,
}

/// The answer to a request, now or later.
pub(crate) enum Fetch {
    Answered(Outcome),
    Pending(PendingResponse),
}

impl Pool {
    pub(crate) fn new(
        linked: Linked<NoObjectImports>,
        count: usize,
        bindings: Arc<Bindings>,
        runtime: Handle,
    ) -> Result<Self, LoadError> {
        let isolates = (0..count.max(1))
            .map(|_| Ok(Mutex::new(Isolate::new(linked.check(NoObjectImports)?))))
            .collect::<Result<_, LoadError>>()?;
        let (traps, closing, idle) = (AtomicU64::new(0), AtomicBool::new(false), Notify::new());
        Ok(Self { isolates, linked, bindings, runtime, traps, closing, idle })
    }

    /// Begins a request on the calling thread, and answers it there if nothing but memory is needed. `event` composes the event, and gives
    /// handles of the task that it is told to the bodies in it.
    pub(crate) fn fetch(
        self: &Arc<Self>,
        start: TaskStart<'_>,
        event: impl FnOnce(&mut FrameWriter<'_>, u32, &mut Handles),
    ) -> Fetch {
        let (isolate, mut guard) = self.pick();
        match guard.start(&PoolContext { pool: self, isolate }, start, event) {
            Started::Answered(outcome) => Fetch::Answered(outcome),
            Started::Waiting { incarnation, task, receiver } => {
                let pool = Arc::clone(self);
                Fetch::Pending(PendingResponse { pool, isolate, incarnation, task, receiver, answered: false })
            }
        }
    }

    pub(crate) fn live_tasks(&self) -> usize {
        (0..self.isolates.len()).map(|isolate| self.lock(isolate).live_tasks()).sum()
    }

    pub(crate) fn traps(&self) -> u64 {
        self.traps.load(Ordering::Relaxed)
    }

    /// Completes when no task is alive.
    pub(crate) async fn wait_until_idle(&self) {
        self.closing.store(true, Ordering::SeqCst);
        loop {
            let notified = self.idle.notified();
            if self.live_tasks() == 0 {
                return;
            }
            notified.await;
        }
    }

    /// The isolate that this thread used last if it is free, another free one if not. When all are busy, as many threads as
    /// there are isolates are at work already, and waiting is right.
    fn pick(&self) -> (usize, MutexGuard<'_, Isolate>) {
        let count = self.isolates.len();
        let preferred = preferred() % count;
        for isolate in (preferred..count).chain(0..preferred) {
            match self.isolates[isolate].try_lock() {
                Ok(guard) => return (isolate, guard),
                Err(std::sync::TryLockError::Poisoned(poisoned)) => return (isolate, poisoned.into_inner()),
                Err(std::sync::TryLockError::WouldBlock) => {}
            }
        }
        (preferred, self.lock(preferred))
    }

    fn lock(&self, isolate: usize) -> MutexGuard<'_, Isolate> {
        lock(&self.isolates[isolate])
    }
}

/// A number for each thread, so that threads spread over the isolates and stay where they are.
fn preferred() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static MINE: Cell<usize> = Cell::new(NEXT.fetch_add(1, Ordering::Relaxed));
    }
    MINE.get()
}

/// One isolate's view of its pool.
struct PoolContext<'a> {
    pool: &'a Arc<Pool>,
    isolate: usize,
}

impl IsolateContext for PoolContext<'_> {
    fn instantiate(&self) -> Option<Instance<NoObjectImports>> {
        match self.pool.linked.instantiate(NoObjectImports) {
            Ok(instance) => Some(instance),
            Err(error) => {
                tracing::error!("the Worker cannot be started: {error:#}");
                None
            }
        }
    }

    fn dispatch(&self, op: Op, chain: &mut CallChain) -> Dispatched {
        self.pool.bindings.dispatch(op, chain)
    }

    fn spawn(&self, incarnation: u64, op: u32, work: BoxFuture<Completion>) -> AbortHandle {
        let (pool, isolate) = (Arc::downgrade(self.pool), self.isolate);
        let task = async move {
            let completion = work.await;
            if let Some(pool) = pool.upgrade() {
                let context = PoolContext { pool: &pool, isolate };
                pool.lock(isolate).complete(&context, incarnation, op, completion);
            }
        };
        // What the Worker does with the answer is of the same request.
        self.pool.runtime.spawn(task.instrument(request_log::span())).abort_handle()
    }

    fn crashed(&self, error: &wasmtime::Error) {
        self.pool.traps.fetch_add(1, Ordering::Relaxed);
        tracing::error!("a stateless instance of the Worker crashed: {error:?}");
        self.pool.bindings.trace.log(
            "error",
            None,
            format_args!("a stateless instance of the Worker crashed: {error:?}"),
        );
    }

    fn ended(&self) {
        if self.pool.closing.load(Ordering::Relaxed) {
            self.pool.idle.notify_waiters();
        }
    }
}

impl WorkerService for Pool {
    fn call(self: Arc<Self>, call: WorkerCall) -> BoxFuture<Result<FetchResponse, GuestError>> {
        let WorkerCall { entrypoint, props, request, chain } = call;
        let recorder = self.bindings.trace.begin(|| Subject {
            event: "fetch",
            method: request.method.to_string(),
            host: request.url.host_str().unwrap_or_default().to_owned(),
            path: request.path().to_owned(),
            object: false,
        });
        let start = TaskStart { wants_socket: request.wants_socket(), chain, recorder: recorder.as_ref() };
        let fetch = self.fetch(start, |frame, task, handles| {
            match entrypoint {
                Some(entrypoint) => {
                    // As on the platform, where props without members cannot be told from none.
                    let props = props.as_deref().filter(|props| *props != "{}").unwrap_or("");
                    frame.text("entrypoint.fetch").text(&entrypoint).text(props);
                }
                None => {
                    frame.text("fetch");
                }
            }
            request.write(frame, None, |body| handles.insert(task, body));
        });
        Box::pin(async move {
            let outcome = match fetch {
                Fetch::Answered(outcome) => outcome,
                Fetch::Pending(pending) => pending.await,
            };
            if let (Some(recorder), Ok(response)) = (recorder, &outcome) {
                recorder.answered(response.status);
            }
            outcome.map_err(Failure::for_a_caller)
        })
    }
}

impl Future for PendingResponse {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Outcome> {
        let outcome = task::ready!(Pin::new(&mut self.receiver).poll(context));
        self.answered = true;
        Poll::Ready(outcome.unwrap_or(Err(Failure::Crashed)))
    }
}

impl Drop for PendingResponse {
    fn drop(&mut self) {
        if !self.answered {
            let context = PoolContext { pool: &self.pool, isolate: self.isolate };
            self.pool.lock(self.isolate).abort(&context, self.incarnation, self.task);
        }
    }
}
