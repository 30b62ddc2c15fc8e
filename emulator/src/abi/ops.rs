//! Ops: what a guest asks of its bindings, and what it is answered (`worker/ABI.md`, "Ops").

use std::borrow::Cow;

use bytes::Bytes;

use super::frame::{FrameError, FrameReader, FrameWriter};

/// A request to a binding.
#[derive(Clone, Copy)]
pub(crate) enum Op<'a> {
    KvGet { key: &'a str },
    KvPut { key: &'a str, value: &'a [u8] },
    R2Head { key: &'a str },
    R2Get { key: &'a str, range: Option<(u64, u64)> },
    R2Read { key: &'a str, max: u64 },
    R2Put { key: &'a str, sha256: &'a str },
    BodyRead { max: u64 },
    ObjectFetch(ObjectRequest<'a>),
    AlarmSet { at: i64 },
    AlarmGet,
    Sleep { millis: u64 },
}

/// A call to a Durable Object.
#[derive(Clone, Copy)]
pub(crate) struct ObjectRequest<'a> {
    pub(crate) name: &'a str,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) body: &'a [u8],
    /// Pairs of fields.
    pub(crate) headers: FrameReader<'a>,
}

/// An op that cannot be understood.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpError {
    #[error("there is no op `{0}`")]
    Unknown(String),
    #[error("the op is malformed: {0}")]
    Frame(#[from] FrameError),
    #[error("a range needs an offset and a length, or neither")]
    HalfRange,
}

impl<'a> Op<'a> {
    pub(crate) fn parse(frame: &'a [u8]) -> Result<Self, OpError> {
        let mut fields = FrameReader::new(frame);
        Ok(match fields.text("op")? {
            "kv.get" => Self::KvGet { key: fields.text("key")? },
            "kv.put" => Self::KvPut { key: fields.text("key")?, value: fields.bytes("value")? },
            "r2.head" => Self::R2Head { key: fields.text("key")? },
            "r2.get" => {
                let key = fields.text("key")?;
                let range = match (fields.optional_number("offset")?, fields.optional_number("length")?) {
                    (None, None) => None,
                    (Some(offset), Some(length)) => Some((offset, length)),
                    _ => return Err(OpError::HalfRange),
                };
                Self::R2Get { key, range }
            }
            "r2.read" => Self::R2Read { key: fields.text("key")?, max: fields.number("max")? },
            "r2.put" => Self::R2Put { key: fields.text("key")?, sha256: fields.text("sha256")? },
            "body.read" => Self::BodyRead { max: fields.number("max")? },
            "object.fetch" => Self::ObjectFetch(ObjectRequest {
                name: fields.text("object")?,
                method: fields.text("method")?,
                path: fields.text("path")?,
                body: fields.bytes("body")?,
                headers: fields,
            }),
            "alarm.set" => Self::AlarmSet { at: fields.number("at")? },
            "alarm.get" => Self::AlarmGet,
            "sleep" => Self::Sleep { millis: fields.number("milliseconds")? },
            unknown => return Err(OpError::Unknown(unknown.to_owned())),
        })
    }
}

impl Op<'_> {
    /// Its name in the ABI, and what it is about (a key, an object and a path), for traces.
    pub(crate) fn describe(&self) -> (&'static str, Cow<'_, str>) {
        match *self {
            Self::KvGet { key } => ("kv.get", key.into()),
            Self::KvPut { key, .. } => ("kv.put", key.into()),
            Self::R2Head { key } => ("r2.head", key.into()),
            Self::R2Get { key, .. } => ("r2.get", key.into()),
            Self::R2Read { key, .. } => ("r2.read", key.into()),
            Self::R2Put { key, .. } => ("r2.put", key.into()),
            Self::BodyRead { .. } => ("body.read", "".into()),
            Self::ObjectFetch(ObjectRequest { name, method, path, .. }) => {
                ("object.fetch", format!("{name} {method} {path}").into())
            }
            Self::AlarmSet { at } => ("alarm.set", at.to_string().into()),
            Self::AlarmGet => ("alarm.get", "".into()),
            Self::Sleep { millis } => ("sleep", format!("{millis} ms").into()),
        }
    }
}

impl ObjectRequest<'_> {
    /// Whether the headers ask for a WebSocket.
    pub(crate) fn upgrade(&self) -> Result<bool, FrameError> {
        let mut headers = self.headers;
        while let Some(name) = headers.next()? {
            let value = headers.bytes("header value")?;
            if name.eq_ignore_ascii_case(b"upgrade") && value.eq_ignore_ascii_case(b"websocket") {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The answer to an op, as the guest is given it.
pub(crate) enum Answer {
    Ok,
    None,
    Err(Cow<'static, str>),
    /// `ok` and one field.
    Value(Bytes),
    /// `ok` and one field.
    Text(&'static str),
    /// `ok` and one field, in decimal.
    Number(u64),
    /// `ok` and these fields, already in the form of a frame.
    Fields(Vec<u8>),
}

impl Answer {
    pub(crate) fn write(&self, frame: &mut FrameWriter<'_>) {
        match self {
            Self::Ok => frame.text("ok"),
            Self::None => frame.text("none"),
            Self::Err(text) => frame.text("err").text(text),
            Self::Value(value) => frame.text("ok").field(value),
            Self::Text(text) => frame.text("ok").text(text),
            Self::Number(number) => frame.text("ok").number(number),
            Self::Fields(fields) => frame.text("ok").raw(fields),
        };
    }

    /// The word for it in a trace: `ok`, `none` or `error`.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::Err(_) => "error",
            Self::None => "none",
            _ => "ok",
        }
    }
}
