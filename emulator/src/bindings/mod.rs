//! The bindings of a Worker (`env` on the platform): what is bound under which name, and what an op asks of it. An op is answered from memory on
//! the calling thread where memory has the answer; all else runs on a thread that may block, or waits.

mod at_once;
mod bodies;
mod cache;
mod call_chain;
mod callees;
mod completion;
mod kv;
mod outbound;
mod r2;
mod requests;
mod table;

pub use at_once::AtOnce;
pub(crate) use call_chain::CallChain;
pub(crate) use callees::{ObjectCall, Objects, WorkerCall, WorkerService};
pub(crate) use completion::{BoxFuture, Completion, Dispatched};
pub(crate) use outbound::DenyOutbound;
pub use outbound::{Outbound, OutboundError, OutboundFuture};
pub(crate) use requests::{not_an_upgrade, null_body};
pub(crate) use table::{Binding, BindingTable, BoundService, Variable};

use std::future::Future;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use at_once::AtOnceDraw;

use crate::abi::answer::Answer;
use crate::abi::error::GuestError;
use crate::abi::op::Op;
use crate::abi::requests::RequestOp;
use crate::cache::Caches;
use crate::faults::{Faults, Service, Strike};
use crate::trace::{Recorder, Trace};
use crate::world::Seams;
use crate::world::clock;

/// What every instance's ops reach.
pub(crate) struct Bindings {
    table: BindingTable,
    pub(crate) world: Seams,
    pub(crate) faults: Faults,
    pub(crate) trace: Trace,
    /// Where requests go that leave the emulator.
    outbound: Arc<dyn Outbound>,
    caches: Arc<Caches>,
    at_once: AtOnceDraw,
    /// The Worker itself, for calls of its own entrypoints. Set once, when it exists; weak, since its instances have these bindings.
    own: OnceLock<Weak<dyn WorkerService>>,
}

/// What bindings are made of, besides the table.
#[derive(Clone)]
pub(crate) struct BindingParts {
    pub(crate) world: Seams,
    pub(crate) faults: Faults,
    pub(crate) trace: Trace,
    pub(crate) outbound: Arc<dyn Outbound>,
    pub(crate) caches: Arc<Caches>,
    pub(crate) at_once: AtOnce,
}

impl Bindings {
    pub(crate) fn new(table: BindingTable, parts: BindingParts) -> Self {
        let BindingParts { world, faults, trace, outbound, caches, at_once } = parts;
        let (at_once, own) = (AtOnceDraw::new(at_once), OnceLock::new());
        Self { table, world, faults, trace, outbound, caches, at_once, own }
    }

    /// Says which Worker's bindings these are. Called once.
    pub(crate) fn belong_to(&self, worker: Weak<dyn WorkerService>) {
        // A second call would be a mistake of this crate, and changes nothing.
        drop(self.own.set(worker));
    }

    /// What is bound under the names.
    pub(crate) fn table(&self) -> &BindingTable {
        &self.table
    }

    /// A variable or secret.
    pub(crate) fn variable(&self, name: &str) -> Option<&Variable> {
        self.table.variable(name)
    }

    /// What kind of binding a name is, as the ABI calls it.
    pub(crate) fn kind(&self, name: &str) -> Option<&'static str> {
        self.table.get(name).map(Binding::kind)
    }

    /// The namespace of Durable Objects that is bound under a name.
    pub(crate) fn objects(&self, name: &str) -> Result<Arc<dyn Objects>, GuestError> {
        let Some(Binding::Objects(namespace)) = self.table.get(name) else {
            return Err(not_bound("object", name));
        };
        namespace.get().and_then(Weak::upgrade).ok_or_else(GuestError::connection_lost)
    }

    /// The answer to an op if memory has it, the op may be answered at once, and no fault is to meet it.
    pub(crate) fn at_once(&self, frame: &[u8], recorder: Option<&Recorder>) -> Option<Answer> {
        if self.faults.meet_ops() || !self.at_once.allows() {
            return None;
        }
        at_once::answer(&self.world, &self.table, frame, recorder)
    }

    /// Begins an op of a task that is part of the chain of calls.
    pub(crate) fn dispatch(self: &Arc<Self>, op: Op, chain: &mut CallChain) -> Dispatched {
        let Some(service) = service(&op) else { return self.perform(op, chain) };
        let (name, key) = op.describe();
        let Some(injection) = self.faults.inject(service, name, &key) else { return self.perform(op, chain) };
        let failure = injection.fails.and_then(|strike| Some((strike, failure(&op)?)));
        match failure {
            None => self.delayed(self.perform(op, chain), injection.late_by),
            Some((Strike::Before, error)) => error.into(),
            Some((Strike::Instead, error)) => self.delayed(error.into(), injection.late_by),
            Some((Strike::After, error)) => self.delayed(self.perform(op, chain).failing(error), injection.late_by),
        }
    }

    /// Holds an answer back.
    fn delayed(&self, dispatched: Dispatched, late_by: Duration) -> Dispatched {
        if late_by.is_zero() {
            return dispatched;
        }
        let clock = self.world.clock.clone();
        let due = clock.elapsed_ms().saturating_add(clock::millis(late_by));
        Dispatched::Pending(Box::pin(async move {
            clock.sleep_until_elapsed(due).await;
            match dispatched {
                Dispatched::Ready(completion) => completion,
                Dispatched::Pending(work) => work.await,
            }
        }))
    }

    fn perform(self: &Arc<Self>, op: Op, chain: &mut CallChain) -> Dispatched {
        match op {
            Op::Kv(name, op) => match self.table.get(&name) {
                Some(Binding::Kv(kv)) => self.kv(kv, op),
                _ => not_bound("kv", &name).into(),
            },
            Op::R2(name, op) => match self.table.get(&name) {
                Some(Binding::R2(r2)) => r2::perform(&self.world, r2, op),
                _ => not_bound("r2", &name).into(),
            },
            Op::Request(op) => self.request(op, chain),
            Op::Body(op) => bodies::perform(op),
            Op::Cache(op) => cache::perform(&self.caches, op),
            Op::Alarm(_) => GuestError::error("Alarms are only available inside a Durable Object.").into(),
            Op::Sleep { millis } => {
                let clock = self.world.clock.clone();
                // What is negative or no number has passed.
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let due = clock.elapsed_ms().saturating_add(millis as u64);
                Dispatched::Pending(Box::pin(async move {
                    clock.sleep_until_elapsed(due).await;
                    Answer::Ok.into()
                }))
            }
        }
    }
}

fn not_bound(kind: &str, name: &str) -> GuestError {
    GuestError::type_error(format!("there is no {kind} bound as `{name}`"))
}

fn service(op: &Op) -> Option<Service> {
    match op {
        Op::Kv(..) => Some(Service::Kv),
        Op::R2(..) => Some(Service::R2),
        Op::Request(RequestOp::Object { .. }) => Some(Service::Object),
        Op::Request(_) | Op::Body(_) | Op::Cache(_) | Op::Alarm(_) | Op::Sleep { .. } => None,
    }
}

/// What the platform says when a service fails.
fn failure(op: &Op) -> Option<GuestError> {
    Some(match op {
        Op::Kv(_, op) => GuestError::error(format!("KV {} failed: 500 Internal Server Error", kv::method(op))),
        Op::R2(_, op) => {
            let text = format!("{}: We encountered an internal error. Please try again. (10001)", r2::method(op));
            GuestError::error(text)
        }
        Op::Request(_) => GuestError::connection_lost(),
        Op::Body(_) | Op::Cache(_) | Op::Alarm(_) | Op::Sleep { .. } => return None,
    })
}

fn blocking(world: &Seams, work: impl FnOnce() -> Completion + Send + 'static) -> Dispatched {
    Dispatched::Pending(Box::pin(on_thread(world, work)))
}

/// Runs what may wait for the disk where waiting harms nobody.
fn on_thread<W: FnOnce() -> Completion + Send + 'static>(
    world: &Seams,
    work: W,
) -> impl Future<Output = Completion> + Send + use<W> {
    let done = world.blocking(work);
    async move {
        done.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a binding failed");
            GuestError::error("internal error").into()
        })
    }
}
