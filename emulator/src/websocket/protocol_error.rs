//! How a client breaks the protocol.

/// A client breaks RFC 6455 or RFC 7692. Its connection is closed with [`Self::code`] and the text, and the object is told
/// ([`Self::event_message`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProtocolError {
    /// workerd's words.
    #[error("Message is too large")]
    TooLarge,
    #[error("A frame has reserved bits set")]
    ReservedBits,
    #[error("A frame is compressed that must not be")]
    UnexpectedCompression,
    #[error("Unknown opcode: {0}")]
    UnknownOpcode(u8),
    #[error("A frame of a client is not masked")]
    Unmasked,
    #[error("A control frame is too large or in parts")]
    ControlFrame,
    #[error("A continuation continues nothing")]
    Continuation,
    #[error("A message begins before the last one has ended")]
    Interleaved,
    #[error("A close frame has no code that may be sent")]
    CloseCode,
    #[error("A message cannot be decompressed")]
    Compression,
}

impl ProtocolError {
    /// The code that the client is closed with (RFC 6455, 7.4.1).
    pub(crate) fn code(self) -> u16 {
        match self {
            Self::TooLarge => 1009,
            _ => 1002,
        }
    }

    /// What the object is told, in workerd's form.
    pub(crate) fn event_message(self) -> String {
        format!(
            "WebSocket protocol error; protocolError.statusCode = {}; protocolError.description = {self}",
            self.code()
        )
    }
}
