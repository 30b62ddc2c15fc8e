//! A platform in memory, for this crate's tests: a clock that the test moves, KV, an alarm. There is no SQL and no bucket.

use crate::bindings::{BindingError, Blob, Bound, Bucket, Clock, Kv, Level, Rows, Sockets, Storage, Value};
use pmx_model::Hash;
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

/// What one test has of it. It is small and lives as long as the test's process.
#[derive(Default)]
struct MemoryState {
    now: Cell<u64>,
    alarm: Cell<Option<u64>>,
    values: RefCell<BTreeMap<String, Vec<u8>>>,
    failures: Cell<u32>,
    are_puts_held: Cell<bool>,
    puts: Cell<u32>,
}

/// The bindings of one object.
#[derive(Clone, Copy)]
pub(crate) struct Memory(&'static MemoryState);

impl Memory {
    pub(crate) fn at(now_ms: u64) -> Self {
        let state: &MemoryState = Box::leak(Box::default());
        state.now.set(now_ms);
        Self(state)
    }

    pub(crate) fn set_now(self, now_ms: u64) {
        self.0.now.set(now_ms);
    }

    pub(crate) fn alarm(self) -> Option<u64> {
        self.0.alarm.get()
    }

    /// The alarm, which is delivered with that.
    pub(crate) fn take_alarm(self) -> Option<u64> {
        self.0.alarm.take()
    }

    /// The next calls to KV fail.
    pub(crate) fn fail_next(self, calls: u32) {
        self.0.failures.set(calls);
    }

    /// Puts do not end while they are held.
    pub(crate) fn hold_puts(self, held: bool) {
        self.0.are_puts_held.set(held);
    }

    pub(crate) fn puts(self) -> u32 {
        self.0.puts.get()
    }

    pub(crate) fn value(self, key: &str) -> Option<Vec<u8>> {
        self.0.values.borrow().get(key).cloned()
    }

    pub(crate) fn lose(self, key: &str) {
        self.0.values.borrow_mut().remove(key);
    }

    fn kv(self) -> Bound<()> {
        match self.0.failures.get() {
            0 => Ok(()),
            left => {
                self.0.failures.set(left - 1);
                Err(BindingError("500 Internal Server Error".to_owned()))
            }
        }
    }
}

/// One poll, by nobody who would be woken.
pub(crate) fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// The outcome of what waits for nothing.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    match poll(pin!(future)) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

impl Clock for Memory {
    fn now_ms(self) -> u64 {
        self.0.now.get()
    }
    fn random(self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
    fn log(self, _: Level, _: &str) {}
    fn var(self, _: &str) -> Option<String> {
        None
    }
    async fn sleep(self, _: u64) {}
}

impl Kv for Memory {
    async fn kv_get(self, key: &str) -> Bound<Option<Vec<u8>>> {
        self.kv()?;
        Ok(self.value(key))
    }
    async fn kv_put(self, key: &str, value: &[u8]) -> Bound<()> {
        poll_fn(|_| if self.0.are_puts_held.get() { Poll::Pending } else { Poll::Ready(()) }).await;
        self.0.puts.set(self.0.puts.get() + 1);
        self.kv()?;
        self.0.values.borrow_mut().insert(key.to_owned(), value.to_vec());
        Ok(())
    }
}

impl Bucket for Memory {
    async fn blob_head(self, _: &Hash) -> Bound<Option<u64>> {
        Ok(None)
    }
    async fn blob_get(self, _: &Hash, _: Option<(u64, u64)>) -> Bound<Option<Blob>> {
        Ok(None)
    }
    async fn blob_read(self, _: &Hash, _: u64) -> Bound<Option<Vec<u8>>> {
        Ok(None)
    }
}

impl Storage for Memory {
    fn sql(self, query: &str, _: &[Value]) -> Bound<Rows> {
        Err(BindingError(format!("no SQL here: {query}")))
    }
    async fn alarm_set(self, at_ms: u64) -> Bound<()> {
        self.0.alarm.set(Some(at_ms));
        Ok(())
    }
    async fn alarm_get(self) -> Bound<Option<u64>> {
        Ok(self.alarm())
    }
}

impl Sockets for Memory {
    fn send(self, _: Option<&str>, _: &[String]) -> u32 {
        0
    }
    fn open_sockets(self) -> u32 {
        0
    }
    fn close(self, _: &str, _: Option<u16>, _: &str) {}
}
