//! What the Worker asks of its platform, as traits: `abi` implements them over a host, tests over memory.
//!
//! All futures are polled on one thread. A future of a stateless request belongs to that request alone: values may be
//! cached between requests, futures never.
#![allow(async_fn_in_trait, reason = "one thread, no Send bounds wanted")]

use pmx_model::Hash;

/// A binding call failed; the platform's own text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BindingError(pub String);

impl BindingError {
    /// The size of a blob that was not read because it is larger than was asked for.
    #[must_use]
    pub fn too_large(&self) -> Option<u64> {
        self.0.strip_prefix("too large: ")?.strip_suffix(" bytes")?.parse().ok()
    }
}

/// The result of a binding call.
pub type Bound<T> = Result<T, BindingError>;

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

/// Time, randomness, variables, the log.
pub trait Clock: Copy + 'static {
    /// Milliseconds since 1970-01-01 UTC.
    fn now_ms(self) -> u64;
    /// Fills with random bytes.
    fn random(self, bytes: &mut [u8]);
    /// Writes one line.
    fn log(self, level: Level, line: &str);
    /// A variable or secret of the Worker; `None` if it is not set.
    fn var(self, name: &str) -> Option<String>;
    /// Ends after so many milliseconds.
    async fn sleep(self, ms: u64);
}

/// `SPACE_KV`.
pub trait Kv: Clock {
    /// The value under a key.
    async fn kv_get(self, key: &str) -> Bound<Option<Vec<u8>>>;
    /// Replaces the value under a key.
    async fn kv_put(self, key: &str, value: &[u8]) -> Bound<()>;
}

/// A blob that the host holds ready to stream.
#[derive(Debug)]
pub struct Blob {
    /// What `respond` calls it by.
    pub handle: u32,
    /// Size of the whole blob in bytes.
    pub size: u64,
}

/// How an upload ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// The blob is new.
    Stored,
    /// It was there already.
    Exists,
}

/// `BUCKET`: immutable blobs under their SHA-256.
pub trait Bucket: Clock {
    /// Size of a blob.
    async fn blob_head(self, hash: &Hash) -> Bound<Option<u64>>;
    /// A blob, or `length` bytes of it from `offset`, to be streamed by the host.
    async fn blob_get(self, hash: &Hash, range: Option<(u64, u64)>) -> Bound<Option<Blob>>;
    /// A whole blob of at most `max` bytes.
    async fn blob_read(self, hash: &Hash, max: u64) -> Bound<Option<Vec<u8>>>;
}

/// The body of the request that is being answered.
pub trait Body: Clock {
    /// Reads it whole, if it has at most `max` bytes; `None` above.
    async fn body_read(self, max: u64) -> Bound<Option<Vec<u8>>>;
    /// Hands it to R2, create-only, with its checksum verified there.
    async fn body_put(self, hash: &Hash) -> Bound<Put>;
}

/// A call to a Durable Object.
#[derive(Clone, Debug, Default)]
pub struct ObjectRequest {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// `/…`, with a query perhaps.
    pub path: String,
    /// The body.
    pub body: Vec<u8>,
    /// Asks for a WebSocket.
    pub upgrade: bool,
}

/// What a Durable Object answered.
#[derive(Clone, Debug, Default)]
pub struct ObjectResponse {
    /// HTTP status.
    pub status: u16,
    /// What `respond` calls the socket by, if the answer is an upgrade.
    pub socket: Option<u32>,
    /// The body.
    pub body: Vec<u8>,
}

/// `SPACE_DO`.
pub trait Objects: Clock {
    /// Calls the object of this name.
    async fn object_fetch(self, name: &str, request: ObjectRequest) -> Bound<ObjectResponse>;
}

/// All that a stateless request may use.
pub trait Edge: Kv + Bucket + Body + Objects {}
impl<T: Kv + Bucket + Body + Objects> Edge for T {}

/// A value in SQL.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// INTEGER, exact up to 2^53 as on the platform.
    Integer(i64),
    /// REAL.
    Real(f64),
    /// TEXT.
    Text(String),
    /// BLOB.
    Blob(Vec<u8>),
}

impl Value {
    /// The text; of any other value none.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            _ => "",
        }
    }

    /// The integer; of any other value, and of a negative one, 0.
    #[must_use]
    pub fn number(&self) -> u64 {
        match self {
            Self::Integer(number) => u64::try_from(*number).unwrap_or(0),
            _ => 0,
        }
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// Rows of a query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows(pub Vec<Vec<Value>>);

/// SQL and the alarm of a Durable Object. Writes of one turn (no I/O in between) are one transaction.
pub trait Storage: Clock {
    /// Runs one statement.
    fn sql(self, query: &str, bindings: &[Value]) -> Bound<Rows>;
    /// Sets the alarm, in the turn's transaction.
    async fn alarm_set(self, at_ms: u64) -> Bound<()>;
    /// When the alarm is due.
    async fn alarm_get(self) -> Bound<Option<u64>>;
}

/// The accepted sockets of a Durable Object.
pub trait Sockets: Clock {
    /// Sends text frames to the sockets with this tag, or to all; answers how many took them. One that fails harms no other.
    fn send(self, tag: Option<&str>, frames: &[String]) -> u32;
    /// How many accepted sockets are open.
    fn open_sockets(self) -> u32;
    /// Closes the sockets with this tag, with a code of 1000 to 4999 or with none.
    fn close(self, tag: &str, code: Option<u16>, reason: &str);
}

/// All that a Durable Object may use.
pub trait Object: Kv + Bucket + Storage + Sockets {}
impl<T: Kv + Bucket + Storage + Sockets> Object for T {}
