//! What is said of bodies that cannot be used so.

use super::limits::{MAX_HANDLES, MAX_UNATTACHED_BYTES, MAX_UNREAD, MAX_WAITING_BYTES};

/// Why a body cannot be used. Where the platform has a text for it, it is that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    /// It was consumed, or is none of this task's.
    #[error("Body has already been used. It can only be used once. Use tee() first if you need to read it twice.")]
    Used,
    /// A read of it is under way.
    #[error("This ReadableStream is currently locked to a reader.")]
    Locked,
    /// Not one that the Worker writes, or it has ended.
    #[error("This WritableStream has been closed.")]
    NotWritable,
    /// More bytes than were announced.
    #[error("Attempt to write too many bytes through a FixedLengthStream.")]
    TooManyBytes,
    /// Fewer bytes than were announced.
    #[error("FixedLengthStream did not see all expected bytes before close().")]
    TooFewBytes,
    /// What a body without a consumer holds is bounded.
    #[error("a body holds at most {MAX_UNATTACHED_BYTES} bytes before it is used")]
    NoConsumer,
    /// The Worker writes without waiting.
    #[error("more than {MAX_WAITING_BYTES} bytes of a body wait for its consumer")]
    TooMuchWaits,
    /// Whoever consumed it has gone.
    #[error("Network connection lost.")]
    ConsumerGone,
    /// The platform would stall.
    #[error("{MAX_UNREAD} bodies of this task were neither read nor handed on; the platform has no room for another")]
    TooManyUnread,
    /// More handles than one task may have.
    #[error("a task has at most {MAX_HANDLES} bodies and sockets")]
    TooManyHandles,
}
