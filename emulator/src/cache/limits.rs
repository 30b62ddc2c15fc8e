//! How much the caches hold.

/// Bytes of all entries: enough for the pages of a large site, little beside what the system caches.
pub(crate) const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// Bytes of one body, beyond which an answer is not kept: an entry may take half of a sixteenth of all.
pub(crate) const MAX_BODY_BYTES: u64 = MAX_BYTES / 32 - 128 * 1024;
/// What an entry takes besides its body and headers.
pub(super) const ENTRY_OVERHEAD: usize = 256;
/// What a header takes besides its bytes.
pub(super) const HEADER_OVERHEAD: usize = 64;
