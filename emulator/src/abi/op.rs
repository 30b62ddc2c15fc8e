//! Ops: what a guest asks of its bindings (`worker/ABI.md`, "Ops").

use std::borrow::Cow;

use super::alarm::AlarmOp;
use super::bodies::{BodyOp, MessageScope};
use super::cache::CacheOp;
use super::error::GuestError;
use super::frame::FrameReader;
use super::kv::KvOp;
use super::r2::R2Op;
use super::requests::RequestOp;

/// A request to a binding.
pub(crate) enum Op {
    /// The binding's name, and what is asked of it.
    Kv(String, KvOp),
    R2(String, R2Op),
    Request(RequestOp),
    Body(BodyOp),
    Cache(CacheOp),
    Alarm(AlarmOp),
    /// Any JavaScript number; what is not positive has passed already.
    Sleep {
        millis: f64,
    },
}

impl Op {
    /// Reads an op, and takes what its handles name.
    pub(crate) fn parse(frame: &[u8], scope: &mut MessageScope<'_>) -> Result<Self, GuestError> {
        let mut fields = FrameReader::new(frame);
        let name = fields.text("op")?;
        let family = name.split_once('.').map_or(name, |(family, _)| family);
        let op = match family {
            "kv" => {
                let binding = fields.text("binding")?.to_owned();
                KvOp::parse(name, &mut fields, scope)?.map(|op| Self::Kv(binding, op))
            }
            "r2" => {
                let binding = fields.text("binding")?.to_owned();
                R2Op::parse(name, &mut fields, scope)?.map(|op| Self::R2(binding, op))
            }
            "object" | "service" | "export" | "fetch" => RequestOp::parse(name, &mut fields, scope)?.map(Self::Request),
            "body" => BodyOp::parse(name, &mut fields, scope)?.map(Self::Body),
            "cache" => CacheOp::parse(name, &mut fields, scope)?.map(Self::Cache),
            "alarm" => AlarmOp::parse(name, &mut fields)?.map(Self::Alarm),
            "sleep" => Some(Self::Sleep { millis: fields.number("milliseconds")? }),
            _ => None,
        };
        op.ok_or_else(|| GuestError::error(format!("there is no op `{name}`")))
    }

    /// Its name in the ABI, and what it is about (a key, an object and a path), for traces.
    pub(crate) fn describe(&self) -> (&'static str, Cow<'_, str>) {
        match self {
            Self::Kv(_, op) => (op.name(), op.subject().into()),
            Self::R2(_, op) => (op.name(), op.subject().into()),
            Self::Request(op) => (op.name(), op.subject().into()),
            Self::Body(op) => (op.name(), "".into()),
            Self::Cache(op) => (op.name(), op.subject().into()),
            Self::Alarm(op) => {
                (op.name(), if let AlarmOp::Set { at } = op { at.to_string().into() } else { "".into() })
            }
            Self::Sleep { millis } => ("sleep", format!("{millis} ms").into()),
        }
    }
}
