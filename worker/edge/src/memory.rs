//! A platform in memory, for tests of handlers: a clock that the test moves, KV, buckets, an alarm; objects and SQL as the test says.
//!
//! ```
//! use pmx_edge::memory::{Memory, run};
//!
//! let memory = Memory::at(0);
//! let kv = memory.edge().kv("VISITS");
//! run(kv.put("/", "7")).unwrap();
//! assert_eq!(run(kv.get("/")).unwrap().as_deref(), Some(&b"7"[..]));
//! ```

mod host;
#[cfg(test)]
mod tests;

use crate::{
    Edge,
    abi::{Bound, resume},
    http::{Request, Response},
    object::{Object, Rows, Value},
};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

/// What one test has of it. It is small and lives as long as the test's process.
#[derive(Default)]
struct MemoryState {
    /// The state itself, once it is kept for good.
    this: Cell<Option<&'static MemoryState>>,
    now: Cell<u64>,
    alarm: Cell<Option<u64>>,
    /// KV and buckets, by the binding's name and the key.
    values: RefCell<BTreeMap<(String, String), Vec<u8>>>,
    variables: RefCell<BTreeMap<String, String>>,
    /// Bodies that were handed out and not read.
    bodies: RefCell<BTreeMap<u32, Vec<u8>>>,
    failures: Cell<u32>,
    are_puts_held: Cell<bool>,
    /// Puts and sleeps that are under way: by their ops, what is answered, and when.
    waiting: RefCell<BTreeMap<u32, Waiting>>,
    puts: Cell<u32>,
    objects: RefCell<Option<Box<AnswerRequest>>>,
    sql: RefCell<Option<Box<RunStatement>>>,
}

/// What answers a request to an object, by its name.
type AnswerRequest = dyn Fn(&str, Request) -> Response;
/// What runs a statement.
type RunStatement = dyn Fn(&str, &[Value]) -> Bound<Rows>;

enum Waiting {
    /// A put, as it arrived.
    Put(Vec<u8>),
    /// The end of a sleep.
    Until(u64),
}

/// The platform of one test.
#[derive(Clone, Copy)]
pub struct Memory(&'static MemoryState);

impl Memory {
    /// A new one, at this time in milliseconds since 1970.
    #[must_use]
    pub fn at(now_ms: u64) -> Self {
        let state: &MemoryState = Box::leak(Box::default());
        state.this.set(Some(state));
        state.now.set(now_ms);
        Self(state)
    }

    /// For handlers of requests.
    #[must_use]
    pub const fn edge(self) -> Edge {
        Edge::new(self.0)
    }

    /// For handlers of objects.
    #[must_use]
    pub const fn object(self) -> Object {
        Object::new(self.edge())
    }

    /// Moves the clock. What slept until then goes on at the next poll.
    pub fn set_now(self, now_ms: u64) {
        self.0.now.set(now_ms);
        let due = |waiting: &mut Waiting| matches!(waiting, Waiting::Until(at) if *at <= now_ms);
        let due: Vec<u32> =
            self.0.waiting.borrow_mut().extract_if(.., |_, waiting| due(waiting)).map(|(op, _)| op).collect();
        for op in due {
            resume(op, host::ok(|_| {}));
        }
    }

    /// When the alarm is due.
    #[must_use]
    pub fn alarm(self) -> Option<u64> {
        self.0.alarm.get()
    }

    /// The alarm, which is delivered with that.
    pub fn take_alarm(self) -> Option<u64> {
        self.0.alarm.take()
    }

    /// The next calls to KV fail.
    pub fn fail_next(self, calls: u32) {
        self.0.failures.set(calls);
    }

    /// Puts into KV do not end while they are held.
    pub fn hold_puts(self, held: bool) {
        self.0.are_puts_held.set(held);
        if held {
            return;
        }
        let puts: Vec<_> = {
            let mut waiting = self.0.waiting.borrow_mut();
            waiting.extract_if(.., |_, waiting| matches!(waiting, Waiting::Put(_))).collect()
        };
        for (op, put) in puts {
            if let Waiting::Put(frame) = put {
                resume(op, self.0.put(&frame));
            }
        }
    }

    /// How many bodies are held that were neither read nor dropped.
    #[must_use]
    pub fn held_bodies(self) -> usize {
        self.0.bodies.borrow().len()
    }

    /// How many puts into KV there were.
    #[must_use]
    pub fn puts(self) -> u32 {
        self.0.puts.get()
    }

    /// What a namespace or a bucket has under a key.
    #[must_use]
    pub fn value(self, binding: &str, key: &str) -> Option<Vec<u8>> {
        self.0.value(binding, key)
    }

    /// Puts a value into a namespace or a bucket; `None` removes it.
    pub fn set_value(self, binding: &str, key: &str, value: Option<Vec<u8>>) {
        let key = (binding.to_owned(), key.to_owned());
        let mut values = self.0.values.borrow_mut();
        match value {
            Some(value) => values.insert(key, value),
            None => values.remove(&key),
        };
    }

    /// Sets a variable.
    pub fn set_var(self, name: &str, value: &str) {
        self.0.variables.borrow_mut().insert(name.to_owned(), value.to_owned());
    }

    /// Says what objects answer, by their names. Those that are reached by id have it for a name.
    pub fn on_object(self, answer: impl Fn(&str, Request) -> Response + 'static) {
        *self.0.objects.borrow_mut() = Some(Box::new(answer));
    }

    /// Says what statements answer.
    pub fn on_sql(self, run: impl Fn(&str, &[Value]) -> Bound<Rows> + 'static) {
        *self.0.sql.borrow_mut() = Some(Box::new(run));
    }
}

/// One poll, by nobody who would be woken.
pub fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// The outcome of what waits for nothing.
///
/// # Panics
/// It waits.
#[track_caller]
#[allow(clippy::panic, reason = "for tests, which stop there")]
pub fn run<T>(future: impl Future<Output = T>) -> T {
    match poll(pin!(future)) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}
