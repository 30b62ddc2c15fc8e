//! Bodies in messages (`worker/ABI.md`, "Bodies"): the two fields of each, and the ops on handles.

use bytes::Bytes;

use super::error::GuestError;
use super::frame::{FrameReader, FrameWriter};
use crate::bodies::{BodyError, Handles, Payload, PipeRoom, SharedReader};

/// An op on a body. What its handle names has been taken from the table already, or is shared with it.
pub(crate) enum BodyOp {
    Read { body: SharedReader, max: u64 },
    All { body: Payload, max: u64 },
    Write { room: PipeRoom },
}

/// What a message is read with: the handles that it may name are those of its task.
pub(crate) struct MessageScope<'a> {
    pub(crate) handles: &'a mut Handles,
    pub(crate) task: u32,
}

impl BodyOp {
    pub(super) fn parse(
        name: &str,
        fields: &mut FrameReader<'_>,
        scope: &mut MessageScope<'_>,
    ) -> Result<Option<Self>, GuestError> {
        Ok(Some(match name {
            "body.read" => {
                let handle = fields.number("handle")?;
                let max = fields.number("max")?;
                Self::Read { body: scope.handles.reader(scope.task, handle)?, max }
            }
            "body.all" => {
                let handle = fields.number("handle")?;
                let max = fields.number("max")?;
                Self::All { body: scope.handles.take_body(scope.task, handle)?, max }
            }
            "body.write" => {
                let handle = fields.number("handle")?;
                let bytes = fields.bytes("bytes")?;
                Self::Write { room: scope.handles.write(scope.task, handle, bytes)? }
            }
            _ => return Ok(None),
        }))
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Read { .. } => "body.read",
            Self::All { .. } => "body.all",
            Self::Write { .. } => "body.write",
        }
    }
}

impl MessageScope<'_> {
    /// Reads the two fields of a body, and takes it if they name a handle. `None` is no body, which is not the same as an empty one.
    pub(super) fn body(&mut self, fields: &mut FrameReader<'_>) -> Result<Option<Payload>, GuestError> {
        let kind = fields.text("body kind")?;
        let argument = fields.bytes("body argument")?;
        match kind {
            "none" => Ok(None),
            "bytes" => Ok(Some(Payload::Bytes(Bytes::copy_from_slice(argument)))),
            "body" => Ok(Some(self.handles.take_body(self.task, handle(argument)?)?)),
            kind => Err(GuestError::error(format!("there is no body kind `{kind}`"))),
        }
    }
}

/// The number of a handle.
pub(super) fn handle(argument: &[u8]) -> Result<u32, BodyError> {
    std::str::from_utf8(argument).ok().and_then(|text| text.parse().ok()).ok_or(BodyError::Used)
}

/// Writes the two fields of a body. What is longer than `inline`, or of unknown length, becomes a handle of `task`.
pub(crate) fn write_body(
    frame: &mut FrameWriter<'_>,
    body: Option<Payload>,
    inline: Option<u64>,
    insert: impl FnOnce(Payload) -> u32,
) {
    match body {
        None => frame.text("none").text(""),
        Some(Payload::Bytes(bytes)) if inline.is_some_and(|inline| bytes.len() as u64 <= inline) => {
            frame.text("bytes").field(&bytes)
        }
        Some(body) => frame.text("body").number(insert(body)),
    };
}

impl From<BodyError> for GuestError {
    fn from(error: BodyError) -> Self {
        let text = error.to_string();
        match error {
            BodyError::Used | BodyError::Locked | BodyError::TooManyBytes | BodyError::TooFewBytes => {
                Self::type_error(text)
            }
            _ => Self::error(text),
        }
    }
}
