//! How much of bodies a task may hold (`worker/ABI.md`, "Bodies").

/// Bodies of a task that came from bindings and were neither read nor handed on.
pub(super) const MAX_UNREAD: usize = 6;
/// Bodies and sockets of one task in all: more than the calls that a request may have under way on the platform.
pub(super) const MAX_HANDLES: usize = 1_024;
/// Bytes of a body that are brought into memory as a whole, whatever a Worker asks for: half of what an isolate has.
pub(super) const MAX_WHOLE_BYTES: u64 = 64 * 1024 * 1024;
/// Bytes that wait before a consumer is there, and beyond which a write waits for the consumer.
pub(super) const MAX_UNATTACHED_BYTES: usize = 64 * 1024;
/// Bytes that a Worker may write without waiting for its writes: as much as the largest message that anything else takes.
pub(super) const MAX_WAITING_BYTES: usize = 32 * 1024 * 1024;
