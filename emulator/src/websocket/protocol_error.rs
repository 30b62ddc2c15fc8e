//! How a client breaks the protocol.

use super::closing::MAX_REASON_BYTES;

/// A client breaks RFC 6455 or RFC 7692; in workerd's words, where it has any. Its connection is closed with [`Self::code`] and the text, and the object is told
/// ([`Self::event_message`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProtocolError {
    #[error("Message is too large: {bytes} > {max}")]
    TooLarge { bytes: u64, max: u64 },
    #[error("Received frame had RSV bits 2 or 3 set")]
    ReservedBits,
    #[error(
        "Received a WebSocket frame whose compression bit was set, but the compression extension was not negotiated for \
         this connection."
    )]
    NoCompression,
    /// workerd lets it pass.
    #[error("Received a control or continuation frame whose compression bit was set")]
    UnexpectedCompression,
    #[error("Unknown opcode {0}")]
    UnknownOpcode(u8),
    /// workerd lets it pass.
    #[error("A frame of a client is not masked")]
    Unmasked,
    #[error("Received fragmented control frame")]
    FragmentedControl,
    /// workerd ends the connection without a word.
    #[error("A control frame is too large")]
    LongControl,
    #[error("Unexpected continuation frame")]
    Continuation,
    #[error("Missing continuation frame")]
    Interleaved,
    /// workerd lets it pass.
    #[error("A close frame has no code that may be sent")]
    CloseCode,
    #[error("Invalid compressed data")]
    Compression,
}

impl ProtocolError {
    /// The code that the client is closed with (RFC 6455, 7.4.1).
    pub(crate) fn code(self) -> u16 {
        match self {
            Self::TooLarge { .. } => 1009,
            _ => 1002,
        }
    }

    /// What the client is told: as much of the text as a close frame has room for.
    pub(crate) fn reason(self) -> String {
        let mut reason = self.to_string();
        reason.truncate(reason.floor_char_boundary(MAX_REASON_BYTES));
        reason
    }

    /// What the object is told, in workerd's form.
    pub(crate) fn event_message(self) -> String {
        format!(
            "WebSocket protocol error; protocolError.statusCode = {}; protocolError.description = {self}",
            self.code()
        )
    }
}
