//! Ops of R2 (`worker/ABI.md`, "R2"). Numbers are any that JavaScript has; the bucket judges them.

use super::bodies::MessageScope;
use super::error::GuestError;
use super::frame::FrameReader;
use crate::bodies::Payload;

/// An op on a bucket.
pub(crate) enum R2Op {
    Head { key: String },
    Get { key: String, inline: Option<u64>, options: R2Options },
    Put { key: String, body: Option<Payload>, options: R2Options },
    Delete { keys: Vec<String> },
    List { options: R2Options },
    Create { key: String, options: R2Options },
    UploadPart { key: String, upload_id: String, part: f64, body: Option<Payload> },
    Complete { key: String, upload_id: String, parts: Vec<(f64, String)> },
    Abort { key: String, upload_id: String },
}

/// The options of an op, as pairs. Which there are, and what they may be, is said where they are used.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct R2Options(Vec<(String, Vec<u8>)>);

impl R2Op {
    /// Reads the fields after the binding.
    pub(super) fn parse(
        name: &str,
        fields: &mut FrameReader<'_>,
        scope: &mut MessageScope<'_>,
    ) -> Result<Option<Self>, GuestError> {
        Ok(Some(match name {
            "r2.head" => Self::Head { key: fields.string("key")? },
            "r2.get" => Self::Get {
                key: fields.string("key")?,
                inline: fields.optional_number("inline")?,
                options: R2Options::parse(fields)?,
            },
            "r2.put" => {
                let key = fields.string("key")?;
                let body = scope.body(fields)?;
                Self::Put { key, body, options: R2Options::parse(fields)? }
            }
            "r2.delete" => Self::Delete { keys: fields.texts("key")? },
            "r2.list" => Self::List { options: R2Options::parse(fields)? },
            "r2.create" => Self::Create { key: fields.string("key")?, options: R2Options::parse(fields)? },
            "r2.upload_part" => Self::UploadPart {
                key: fields.string("key")?,
                upload_id: fields.string("upload id")?,
                part: fields.number("part number")?,
                body: scope.body(fields)?,
            },
            "r2.complete" => {
                let (key, upload_id) = (fields.string("key")?, fields.string("upload id")?);
                let mut parts = Vec::new();
                while !fields.rest().is_empty() {
                    parts.push((fields.number("part number")?, fields.string("etag")?));
                }
                Self::Complete { key, upload_id, parts }
            }
            "r2.abort" => Self::Abort { key: fields.string("key")?, upload_id: fields.string("upload id")? },
            _ => return Ok(None),
        }))
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Head { .. } => "r2.head",
            Self::Get { .. } => "r2.get",
            Self::Put { .. } => "r2.put",
            Self::Delete { .. } => "r2.delete",
            Self::List { .. } => "r2.list",
            Self::Create { .. } => "r2.create",
            Self::UploadPart { .. } => "r2.upload_part",
            Self::Complete { .. } => "r2.complete",
            Self::Abort { .. } => "r2.abort",
        }
    }

    /// The key, or what else it is about.
    pub(super) fn subject(&self) -> &str {
        match self {
            Self::Head { key }
            | Self::Get { key, .. }
            | Self::Put { key, .. }
            | Self::Create { key, .. }
            | Self::UploadPart { key, .. }
            | Self::Complete { key, .. }
            | Self::Abort { key, .. } => key,
            Self::Delete { keys } => keys.first().map_or("", String::as_str),
            Self::List { options } => options.text("prefix").unwrap_or(""),
        }
    }
}

impl R2Options {
    pub(super) fn parse(fields: &mut FrameReader<'_>) -> Result<Self, GuestError> {
        let mut pairs = fields.list("options")?;
        let mut options = Vec::new();
        while let Some((name, value)) = pairs.pair()? {
            options.push((name.to_owned(), value.to_vec()));
        }
        Ok(Self(options))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The options in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    /// The bytes of an option.
    pub(crate) fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// The text of an option, if it is UTF-8.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.bytes(name).and_then(|value| std::str::from_utf8(value).ok())
    }
}
