//! What R2 refuses. Numbers from Cloudflare's "R2 limits" page and, where it is silent, from miniflare.

/// Bytes of a key in UTF-8.
pub const MAX_KEY_BYTES: usize = 1024;
/// Bytes of an object that is uploaded in one piece: 5 GiB less 5 MiB.
pub const MAX_UPLOAD_BYTES: u64 = 5 * 1024 * 1024 * 1024 - 5 * 1024 * 1024;
/// Keys in one page of a listing, and how many there are when nobody says.
pub const MAX_LIST_KEYS: u32 = 1000;
