//! Ops on a Durable Object's alarm (`worker/ABI.md`, "A Durable Object's alarm, and time").

use super::frame::{FrameError, FrameReader};

/// An op on the alarm of the object whose instance issues it. It is part of the turn's transaction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum AlarmOp {
    /// In milliseconds since 1970; any JavaScript number.
    Set {
        at: f64,
    },
    Get,
    Delete,
}

impl AlarmOp {
    pub(super) fn parse(name: &str, fields: &mut FrameReader<'_>) -> Result<Option<Self>, FrameError> {
        Ok(Some(match name {
            "alarm.set" => Self::Set { at: fields.number("at")? },
            "alarm.get" => Self::Get,
            "alarm.delete" => Self::Delete,
            _ => return Ok(None),
        }))
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Set { .. } => "alarm.set",
            Self::Get => "alarm.get",
            Self::Delete => "alarm.delete",
        }
    }
}
