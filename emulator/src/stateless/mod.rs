//! Stateless requests: a [`Pool`](pool::Pool) of isolates, each of which runs many requests interleaved, as on the platform.

pub(crate) mod isolate;
pub(crate) mod pool;
pub(crate) mod tasks;
