//! What R2 refuses. Numbers from Cloudflare's "R2 limits" page and, where it is silent, from miniflare.

/// Bytes of a key in UTF-8.
pub const MAX_KEY_BYTES: usize = 1024;
/// Bytes of an object, or of a part, that is uploaded in one piece: 5 GiB less 5 MiB.
pub const MAX_UPLOAD_BYTES: u64 = 5 * 1024 * 1024 * 1024 - 5 * 1024 * 1024;
/// Bytes of an object's custom metadata.
pub const MAX_METADATA_BYTES: usize = 8192;
/// UTF-16 units of an object's custom metadata in miniflare; those of a text with one beyond Latin-1 count double.
pub const MAX_METADATA_BYTES_LOCAL: usize = 2048;
/// Keys in one page of a listing, and how many there are when nobody says.
pub const MAX_LIST_KEYS: u32 = 1000;
/// Keys in one page of a listing with metadata; miniflare's number, where Cloudflare says that there may be fewer than asked for.
pub const MAX_LIST_KEYS_WITH_METADATA: u32 = 100;
/// Keys that are deleted at once.
pub const MAX_DELETE_KEYS: usize = 1000;
/// Parts of an upload, and the largest number of one.
pub const MAX_PARTS: u32 = 10_000;
/// Bytes of all parts but the last.
pub const MIN_PART_BYTES: u64 = 5 * 1024 * 1024;
/// Time after which an upload in parts is aborted.
pub const MAX_UPLOAD_AGE_MS: u64 = 7 * 24 * 3600 * 1000;
