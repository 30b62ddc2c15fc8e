//! The data of a local Worker, read and changed by hand: KV, R2 and the Durable Objects.
//!
//! One [`DataOp`] is one question or change. The command line and the console ask with the same ops and get the same answers:
//! as JSON, `POST /api/data` on the console's host takes an op and answers with its answer.
//!
//! | op | fields | answer |
//! | --- | --- | --- |
//! | `kv.get` | `key` | `{value, expiration?, metadata?}`, or `null` |
//! | `kv.put` | `key`, `value`, `expiration?`, `expirationTtl?` (seconds), `metadata?` (any JSON) | `{}` |
//! | `kv.list` | `prefix?`, `limit?` (1 to 1000), `cursor?` | `{keys: [{name, expiration?, metadata?}], cursor?}` |
//! | `kv.delete` | `key` | `{}` |
//! | `r2.head` | `key` | an object, or `null` |
//! | `r2.get` | `key` | an object with `value`, or `null` |
//! | `r2.put` | `key`, `value` | an object |
//! | `r2.list` | `prefix?`, `limit?` (1 to 1000), `cursor?` | `{objects: […], cursor?}` |
//! | `r2.delete` | `key` | `{}` |
//! | `do.list` | – | `{objects: [{name, id, awake, sockets, alarmMs, bytes}]}` |
//! | `do.tables` | `object` | `{tables: [{name, rows, columns: [{name, type, notNull, primaryKey}], schema}]}` |
//! | `do.sql` | `object`, `query`, `params?` | `{columns, rows, rowsRead, rowsWritten}` |
//! | `do.sockets` | `object` | `{sockets: [{tag, sinceMs, sent, queued}]}` |
//! | `do.alarm` | `object`, `fire?` | `{dueMs}` (null: none), after it was fired if that was asked |
//! | `do.evict` | `object` | `{}` |
//! | `do.delete` | `object` | `{}` |
//! | `site.reset` | `site` | `{}`: what KV and its Durable Object hold of a site is gone; blobs are shared, and stay |
//! | `state.export` | `file` | `{file, bytes}`; the file is written by the owner of the state, on this machine |
//!
//! An R2 object is `{key, size, etag, version, sha256?, uploaded}` with the time as RFC 3339. A `value` is `{"text": "…"}` if
//! its bytes are UTF-8, else `{"base64": "…"}`. An `object` is named by name or id. Values of SQL are JSON's own, bytes
//! `{"hex": "…"}`. An error is `{"error": {"code", "message"}}` with the status of [`DataError::status`].

pub mod archive;
mod error;
mod op;
pub mod owner;
pub mod place;
pub mod receipts;
mod run;
pub mod sites;
mod value;

pub use error::DataError;
pub use op::{DataOp, ListPage};
pub use owner::{Owner, Owning, Served};
pub use run::run;
pub use value::Data;
