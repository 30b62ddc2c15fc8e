//! What a message carries, shared by all sockets that it is sent to.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::deflate::deflate;

/// A message for clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    Text(MessageBytes),
    Binary(MessageBytes),
}

/// Bytes, and their compressed form once somebody has asked for it. Clones share both.
#[derive(Clone)]
pub(crate) struct MessageBytes(Arc<Inner>);

struct Inner {
    bytes: Bytes,
    compressed: OnceLock<Option<Bytes>>,
}

impl Message {
    pub(crate) fn text(text: impl Into<Bytes>) -> Self {
        Self::Text(MessageBytes::new(text.into()))
    }

    pub(crate) fn binary(bytes: impl Into<Bytes>) -> Self {
        Self::Binary(MessageBytes::new(bytes.into()))
    }

    pub(crate) fn shared(&self) -> &MessageBytes {
        match self {
            Self::Text(payload) | Self::Binary(payload) => payload,
        }
    }
}

impl MessageBytes {
    fn new(bytes: Bytes) -> Self {
        Self(Arc::new(Inner { bytes, compressed: OnceLock::new() }))
    }

    pub(crate) fn bytes(&self) -> &Bytes {
        &self.0.bytes
    }

    /// The compressed form; none if it is not worth it.
    pub(crate) fn compressed(&self) -> Option<&Bytes> {
        self.0.compressed.get_or_init(|| deflate(&self.0.bytes).map(Bytes::from)).as_ref()
    }
}

impl PartialEq for MessageBytes {
    fn eq(&self, other: &Self) -> bool {
        self.0.bytes == other.0.bytes
    }
}

impl Eq for MessageBytes {}

impl std::fmt::Debug for MessageBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("MessageBytes").field(&self.0.bytes).finish()
    }
}
