//! What goes wrong on request: lag, latency and failures. All off until a test, or the user, asks.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The faults in force. Clones share them; they can be changed while everything runs.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    kv_lag: Duration,
    kv_put_failures: VecDeque<String>,
    kv_put_latency: Duration,
    kv_write_rate: bool,
    object_error: bool,
}

impl Faults {
    /// No faults.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// From now on a KV write is seen by readers only when this much time has passed since it was made; until then they
    /// see the value, or the miss, of before. Zero: at once, writes already made included.
    pub fn set_kv_lag(&self, lag: Duration) {
        self.state().kv_lag = lag;
    }

    /// See [`Self::set_kv_lag`].
    #[must_use]
    pub fn kv_lag(&self) -> Duration {
        self.state().kv_lag
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
        self.state().kv_write_rate = on;
    }

    /// See [`Self::limit_kv_write_rate`].
    #[must_use]
    pub fn kv_write_rate_limited(&self) -> bool {
        self.state().kv_write_rate
    }

    /// Whether calls to Durable Objects fail.
    pub fn set_object_error(&self, on: bool) {
        self.state().object_error = on;
    }

    /// See [`Self::set_object_error`].
    #[must_use]
    pub fn object_error(&self) -> bool {
        self.state().object_error
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
