//! The records of requests, of their binding calls, and of the log.

use serde::Serialize;

/// A request that has ended: one to the Worker, or an event of a Durable Object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestRecord {
    /// Counts the requests of this emulator, in the order in which they began.
    pub id: u64,
    /// When it began, in milliseconds since 1970, by the emulator's clock.
    pub started_ms: u64,
    /// `fetch`, or of an object also `alarm`, `message`, `close`, `error`.
    pub event: &'static str,
    /// The method; of an event that is no request the event's name.
    pub method: String,
    /// The host as the client named it; of an object's event the object's name.
    pub host: String,
    /// Path and query; of a socket's event the socket's tag.
    pub path: String,
    /// The status of the answer. 0 if there was none: the client went away, an object crashed, or the event takes no answer.
    pub status: u16,
    /// From the beginning to the answer, or to the end of an event that takes none, in microseconds. Sending the body is not in it.
    pub took_us: u64,
    /// How much of that it waited for its instance: a free isolate, or its place in an object's inbox.
    pub wait_us: u64,
    /// What it asked of its bindings, in the order of asking; what it went on to do after its answer is in it too.
    pub ops: Vec<OpRecord>,
    /// How many more ops there were than [`limits::MAX_OPS`](super::MAX_OPS), which are not in `ops`.
    pub more_ops: u64,
    /// Whether this is an event of a Durable Object.
    pub object: bool,
}

/// One call of a binding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpRecord {
    /// The op's name in `worker/ABI.md` (`kv.get`), or `sql`.
    pub op: &'static str,
    /// The key, the object's name and path, or the statement; long ones are cut.
    pub key: String,
    /// When it began, in microseconds after the request.
    pub at_us: u64,
    /// How long it took, in microseconds.
    pub took_us: u64,
    /// `ok`, `none` (no such key), `error`, or `cancelled`.
    pub outcome: &'static str,
    /// Whether memory knew the answer.
    pub cached: bool,
}

/// A line of the Worker's log, or what the emulator says of the Worker (that it crashed).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogRecord {
    /// In milliseconds since 1970, by the emulator's clock.
    pub time_ms: u64,
    /// `error`, `warn`, `info` or `debug`.
    pub level: &'static str,
    /// The [`RequestRecord::id`] in whose turn it was said, if it was one's.
    pub request: Option<u64>,
    /// What was said; long texts are cut.
    pub text: String,
}
