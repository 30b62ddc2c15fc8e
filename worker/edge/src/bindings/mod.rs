//! The bindings of a Worker, each by its name: `edge.kv("SPACE_KV")`. That nothing is bound under a name, or something else, is what the
//! first call says.
//!
//! All futures are polled on one thread. A future of a stateless request belongs to that request alone: values may be
//! cached between requests, futures never.

mod cache;
mod fetcher;
mod kv;
mod objects;
mod r2;

pub use crate::abi::{BindingError, Bound, Level};
pub use cache::Cache;
pub use fetcher::{Fetcher, Redirect};
pub use kv::{Kv, KvEntry, KvKey, KvListOptions, KvPage, KvPutOptions, ManyValues};
pub use objects::Objects;
pub use r2::{
    Bucket, Checksum, Conditions, Fetched, HttpField, Metadata, R2GetOptions, R2ListOptions, R2Object, R2Page,
    R2PutOptions, Upload, UploadedPart,
};

/// A body of a known length of at most this many bytes comes with the answer that it belongs to, unless a call says otherwise.
const INLINE: u64 = 64 * 1024;
