//! What the bindings store their data with: SQLite databases, files for large values, and read caches in memory.

pub(crate) mod blobs;
pub(crate) mod cache;
pub(crate) mod checkpoint;
pub(crate) mod cursor;
pub(crate) mod sqlite;

/// Why a store's files or its database cannot be read or written.
pub(crate) type StoreError = Box<dyn std::error::Error + Send + Sync>;
