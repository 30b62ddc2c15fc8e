//! What KV refuses. Numbers from Cloudflare's "KV limits" page.

/// Bytes of a key in UTF-8.
pub const MAX_KEY_BYTES: usize = 512;
/// Bytes of a value.
pub const MAX_VALUE_BYTES: usize = 25 * 1024 * 1024;
/// Bytes of a value's metadata as JSON.
pub const MAX_METADATA_BYTES: usize = 1024;
/// Seconds that a value must be allowed to live.
pub const MIN_LIFETIME_S: u64 = 60;
/// Keys in one page of a listing, and how many there are when nobody says.
pub const MAX_LIST_KEYS: u32 = 1000;
/// Keys that are read at once.
pub const MAX_BULK_KEYS: usize = 100;
/// UTF-16 units of all values that are read at once; miniflare's number.
pub const MAX_BULK_UNITS: usize = 25 * 1024 * 1024;
/// Seconds that a place may be asked to keep what it has read, at the least.
pub const MIN_CACHE_TTL_S: i64 = 30;
/// Time between two writes to a key, where the rate is limited.
pub const MIN_WRITE_INTERVAL_MS: u64 = 1000;
