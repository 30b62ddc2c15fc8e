//! Fault injection: lag, latency and failures of the bindings. All off until a test, or the user, asks for them.
//!
//! ```
//! use pmx_emulator::faults::Faults;
//!
//! let faults = Faults::from(Faults::parse(&["kv-lag=60s,kv-error=1%", "seed=7"])?);
//! assert_eq!(faults.to_string(), "kv-lag=1m,kv-error=1%,seed=7");
//! # Ok::<(), pmx_emulator::faults::FaultError>(())
//! ```
//!
//! Errors and latencies meet what a Worker asks of its bindings; who calls [`Kv`](crate::kv::Kv) or [`R2`](crate::r2::R2) by
//! hand meets lag and the write rate only.

mod parse;
mod plan;
mod rng;

pub use parse::{FaultError, MAX_TIME};
pub use plan::{LatencyRange, Plan, Rate};

use crate::sync::lock;
use rng::{Draw, FaultRng};
use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;

/// The faults in force. Clones share them; they can be changed while everything runs.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Whether ops fail or are late: the one question of an op when all is well.
    ops: AtomicBool,
    /// Whether messages to sockets get lost.
    sockets: AtomicBool,
    state: Mutex<FaultState>,
    changes: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct FaultState {
    plan: Plan,
    rng: FaultRng,
    kv_put_failures: VecDeque<String>,
    kv_put_latency: Duration,
}

/// The service that an op asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Kv,
    R2,
    Object,
}

/// What happens to an op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Injection {
    pub(crate) late_by: Duration,
    pub(crate) fails: bool,
}

impl Faults {
    /// No faults.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads words like `kv-lag=60s`, each for itself or several with commas between them.
    ///
    /// # Errors
    /// [`FaultError`] names the word that is no fault.
    pub fn parse<S: AsRef<str>>(words: &[S]) -> Result<Plan, FaultError> {
        parse::parse(words)
    }

    /// The faults in force.
    #[must_use]
    pub fn plan(&self) -> Plan {
        self.state().plan.clone()
    }

    /// From now on these faults are in force and no others; chance begins with the plan's seed.
    pub fn apply(&self, plan: Plan) {
        let mut state = self.state();
        state.rng = FaultRng::new(plan.seed);
        state.plan = plan;
        self.changed(&state);
    }

    /// From now on a KV write is seen by readers at other places than the writer's ([`Kv::at`](crate::kv::Kv::at)) only when this much time
    /// has passed since it was made; until then they see the value, or the miss, of before. Zero: at once, writes already made included.
    pub fn set_kv_lag(&self, lag: Duration) {
        self.change(|plan| plan.kv_lag = lag);
    }

    /// See [`Self::set_kv_lag`].
    #[must_use]
    pub fn kv_lag(&self) -> Duration {
        self.state().plan.kv_lag
    }

    /// The next `count` KV puts store nothing and fail with `text`, which is the whole text of the error.
    pub fn fail_next_kv_puts(&self, count: usize, text: &str) {
        self.state().kv_put_failures.extend(std::iter::repeat_n(text.to_owned(), count));
    }

    /// Takes the failure that the next put has to report, if there is one.
    pub(crate) fn take_kv_put_failure(&self) -> Option<String> {
        self.state().kv_put_failures.pop_front()
    }

    /// How long a KV put takes before it is made. Whoever calls [`Kv::put`](crate::kv::Kv::put) for a guest waits, by
    /// the clock; the engine itself never sleeps.
    pub fn set_kv_put_latency(&self, latency: Duration) {
        self.state().kv_put_latency = latency;
    }

    /// See [`Self::set_kv_put_latency`].
    #[must_use]
    pub fn kv_put_latency(&self) -> Duration {
        self.state().kv_put_latency
    }

    /// Whether a second put to a key within a second is refused with 429, as production does.
    pub fn limit_kv_write_rate(&self, on: bool) {
        self.change(|plan| plan.kv_write_rate = on);
    }

    /// See [`Self::limit_kv_write_rate`].
    #[must_use]
    pub fn kv_write_rate_limited(&self) -> bool {
        self.state().plan.kv_write_rate
    }

    /// Whether all calls to Durable Objects fail.
    pub fn set_object_error(&self, on: bool) {
        self.change(|plan| plan.do_error = if on { Rate::ALL } else { Rate::NONE });
    }

    /// See [`Self::set_object_error`].
    #[must_use]
    pub fn object_error(&self) -> bool {
        self.state().plan.do_error == Rate::ALL
    }

    /// Whether any op may meet a fault.
    pub(crate) fn meet_ops(&self) -> bool {
        self.0.ops.load(Ordering::Relaxed)
    }

    /// What happens to the next op of a service; `None` if all is well.
    pub(crate) fn inject(&self, service: Service) -> Option<Injection> {
        if !self.0.ops.load(Ordering::Relaxed) {
            return None;
        }
        let FaultState { plan, rng, .. } = &mut *self.state();
        let (fails, late_by) = match service {
            Service::Kv => (rng.hits(Draw::KvError, plan.kv_error), rng.time(Draw::KvLatency, plan.kv_latency)),
            Service::R2 => (rng.hits(Draw::R2Error, plan.r2_error), rng.time(Draw::R2Latency, plan.r2_latency)),
            Service::Object => (rng.hits(Draw::DoError, plan.do_error), rng.time(Draw::DoLatency, plan.do_latency)),
        };
        (fails || !late_by.is_zero()).then_some(Injection { late_by, fails })
    }

    /// Whether the next message to a socket is lost with its connection.
    pub(crate) fn drops_message(&self) -> bool {
        if !self.0.sockets.load(Ordering::Relaxed) {
            return false;
        }
        let FaultState { plan, rng, .. } = &mut *self.state();
        rng.hits(Draw::SocketDrop, plan.socket_drop)
    }

    /// After how many idle milliseconds an object loses its instance, if not after the platform's.
    pub(crate) fn evict_after_ms(&self) -> Option<u64> {
        self.state().plan.do_evict.map(millis)
    }

    /// By how many milliseconds alarms are late.
    pub(crate) fn alarm_late_ms(&self) -> u64 {
        millis(self.state().plan.alarm_late)
    }

    /// Tells when other faults are in force.
    pub(crate) fn watch(&self) -> watch::Receiver<()> {
        self.0.changes.subscribe()
    }

    fn change(&self, change: impl FnOnce(&mut Plan)) {
        let mut state = self.state();
        change(&mut state.plan);
        self.changed(&state);
    }

    fn changed(&self, state: &FaultState) {
        let plan = &state.plan;
        let errors = [plan.kv_error, plan.r2_error, plan.do_error].iter().any(|share| *share != Rate::NONE);
        let latencies = [plan.kv_latency, plan.r2_latency, plan.do_latency].iter().any(|spread| !spread.is_zero());
        self.0.ops.store(errors || latencies, Ordering::Relaxed);
        self.0.sockets.store(plan.socket_drop != Rate::NONE, Ordering::Relaxed);
        self.0.changes.send_replace(());
    }

    fn state(&self) -> MutexGuard<'_, FaultState> {
        lock(&self.0.state)
    }
}

impl From<Plan> for Faults {
    fn from(plan: Plan) -> Self {
        let faults = Self::none();
        faults.apply(plan);
        faults
    }
}

/// The faults in force, as [`Faults::parse`] reads them; empty if there are none.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.plan().fmt(f)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
