//! Ops of the Cache API (`worker/ABI.md`, "Cache").

use http::HeaderMap;

use super::bodies::MessageScope;
use super::error::GuestError;
use super::frame::FrameReader;
use super::requests::{FetchRequest, read_headers};
use crate::bodies::Payload;

/// An op on a cache: the default one, or one with a name.
pub(crate) enum CacheOp {
    Match { cache: String, inline: Option<u64>, ignore_method: bool, request: FetchRequest },
    Put { cache: String, method: String, url: String, status: u16, body: Option<Payload>, headers: HeaderMap },
    Delete { cache: String, ignore_method: bool, method: String, url: String },
}

impl CacheOp {
    pub(super) fn parse(
        name: &str,
        fields: &mut FrameReader<'_>,
        scope: &mut MessageScope<'_>,
    ) -> Result<Option<Self>, GuestError> {
        Ok(Some(match name {
            "cache.match" => Self::Match {
                cache: fields.string("cache")?,
                inline: fields.optional_number("inline")?,
                ignore_method: fields.flag("ignore method")?,
                request: FetchRequest::parse(fields, scope)?,
            },
            "cache.put" => Self::Put {
                cache: fields.string("cache")?,
                method: fields.string("method")?,
                url: fields.string("url")?,
                status: fields.number("status")?,
                body: scope.body(fields)?,
                headers: read_headers(fields)?,
            },
            "cache.delete" => Self::Delete {
                cache: fields.string("cache")?,
                ignore_method: fields.flag("ignore method")?,
                method: fields.string("method")?,
                url: fields.string("url")?,
            },
            _ => return Ok(None),
        }))
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Match { .. } => "cache.match",
            Self::Put { .. } => "cache.put",
            Self::Delete { .. } => "cache.delete",
        }
    }

    pub(super) fn subject(&self) -> &str {
        match self {
            Self::Match { request, .. } => request.url.as_str(),
            Self::Put { url, .. } | Self::Delete { url, .. } => url,
        }
    }
}
