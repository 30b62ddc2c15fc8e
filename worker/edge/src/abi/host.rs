//! What a host gives a Worker: the imports of `ABI.md`, as a trait. In the wasm they are the host's functions, in tests a platform in memory.

/// How much a log line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Level {
    /// Something is broken.
    Error = 1,
    /// Something is odd.
    Warn = 2,
    /// Something happened.
    Info = 3,
    /// For those who look closely.
    Debug = 4,
}

/// The platform below a Worker, one method for each import. Messages are frames.
pub trait Host {
    /// Begins a binding call. An answer that is known at once is returned; any other comes by [`resume`](super::resume), and never
    /// before this has returned.
    fn op(&self, task: u32, op: u32, frame: &[u8]) -> Option<Vec<u8>>;
    /// The answer to this op is no longer wanted.
    fn cancel(&self, op: u32);
    /// The answer to the task's event.
    fn respond(&self, task: u32, frame: &[u8]);
    /// The task has ended.
    fn done(&self, task: u32);
    /// A synchronous call and its answer. `transaction` runs [`in_transaction`](super::in_transaction) before it returns.
    fn call(&self, frame: &[u8]) -> Vec<u8>;
    /// A variable: a frame of its kind and value, or of nothing.
    fn env(&self, name: &str) -> Vec<u8>;
    /// What is bound under a name: a frame of its kind, or of nothing.
    fn binding(&self, name: &str) -> Vec<u8>;
    /// Milliseconds since 1970-01-01 UTC.
    fn now(&self) -> f64;
    /// Fills with random bytes.
    fn random(&self, bytes: &mut [u8]);
    /// Writes one line to the log.
    fn log(&self, level: Level, line: &str);
}
