//! What is told of an object besides its bytes.

use super::{Method, R2Error, headers, limits};
use crate::{js::parse_date, profile::Profile};
use serde::{Deserialize, Serialize};
use std::time::{Duration, UNIX_EPOCH};

/// The storage class of an object for which none was asked for, on Cloudflare's network.
const STANDARD: &str = "Standard";

/// What a caller says of an object that it puts. What is not said of it is not kept from an object that it replaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Headers that it is to be served with.
    pub http: HttpMetadata,
    /// The caller's own names and values. Of a name that is there twice the last value counts.
    pub custom: Vec<(String, String)>,
    /// `Standard` or `InfrequentAccess`; nothing depends on it here, and other words are kept as they are.
    pub storage_class: Option<String>,
}

/// The headers that an object is to be served with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpMetadata {
    /// `content-type`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// `content-language`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_language: Option<String>,
    /// `content-disposition`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_disposition: Option<String>,
    /// `content-encoding`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    /// `cache-control`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<String>,
    /// `expires`, in milliseconds since 1970.
    #[serde(rename = "cacheExpiry", skip_serializing_if = "Option::is_none")]
    pub cache_expiry_ms: Option<i64>,
}

impl HttpMetadata {
    /// From the headers of a request or a response. An `expires` that is no date is 1970.
    #[must_use]
    pub fn from_headers(given: &[(&str, &str)]) -> Self {
        let value = |name| headers::value(given, name);
        Self {
            content_type: value("content-type"),
            content_language: value("content-language"),
            content_disposition: value("content-disposition"),
            content_encoding: value("content-encoding"),
            cache_control: value("cache-control"),
            cache_expiry_ms: value("expires").map(|date| parse_date(&date).unwrap_or(0)),
        }
    }

    /// As headers: what `writeHttpMetadata` sets.
    #[must_use]
    pub fn to_headers(&self) -> Vec<(&'static str, String)> {
        let expires = self.cache_expiry_ms.and_then(|ms| {
            let since_1970 = Duration::from_millis(u64::try_from(ms).ok()?);
            Some(httpdate::fmt_http_date(UNIX_EPOCH.checked_add(since_1970)?))
        });
        let fields = [
            ("content-type", self.content_type.clone()),
            ("content-language", self.content_language.clone()),
            ("content-disposition", self.content_disposition.clone()),
            ("content-encoding", self.content_encoding.clone()),
            ("cache-control", self.cache_control.clone()),
            ("expires", expires),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    fn bytes(&self) -> usize {
        let texts = [
            &self.content_type,
            &self.content_language,
            &self.content_disposition,
            &self.content_encoding,
            &self.cache_control,
        ];
        texts.into_iter().flatten().map(String::len).sum()
    }
}

impl Metadata {
    /// Bytes in memory.
    pub(super) fn bytes(&self) -> usize {
        let custom: usize = self.custom.iter().map(|(name, value)| name.len() + value.len()).sum();
        self.http.bytes() + custom + self.storage_class.as_ref().map_or(0, String::len)
    }

    /// As it will be told of the object.
    pub(super) fn normalised(self, profile: Profile) -> Self {
        Self {
            http: self.http,
            custom: in_order_of_an_object(self.custom),
            storage_class: storage_class(profile, self.storage_class),
        }
    }
}

/// The storage class that is told: workerd alone knows of none.
pub(super) fn storage_class(profile: Profile, asked: Option<String>) -> Option<String> {
    match profile {
        Profile::Production => Some(asked.unwrap_or_else(|| STANDARD.to_owned())),
        Profile::WorkerdLocal => None,
    }
}

/// Names and values as JavaScript's objects keep them: each name once, those that are indexes first and by their number.
fn in_order_of_an_object(entries: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut kept: Vec<(String, String)> = Vec::with_capacity(entries.len());
    for (name, value) in entries {
        match kept.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => kept.push((name, value)),
        }
    }
    kept.sort_by_key(|(name, _)| crate::js::array_index(name).unwrap_or(u32::MAX));
    kept
}

/// Refuses custom metadata that is too large.
pub(super) fn check_custom(op: Method, custom: &[(String, String)], profile: Profile) -> Result<(), R2Error> {
    let (length, max): (fn(&str) -> usize, _) = match profile {
        Profile::Production => (str::len, limits::MAX_METADATA_BYTES),
        Profile::WorkerdLocal => (units, limits::MAX_METADATA_BYTES_LOCAL),
    };
    let total: usize = custom.iter().map(|(name, value)| length(name) + length(value)).sum();
    if total > max { Err(R2Error::MetadataTooLarge { op }) } else { Ok(()) }
}

/// Refuses custom metadata of an upload in parts that is too large; miniflare takes any.
pub(super) fn check_custom_of_parts(custom: &[(String, String)], profile: Profile) -> Result<(), R2Error> {
    match profile {
        Profile::Production => check_custom(Method::CreateMultipartUpload, custom, profile),
        Profile::WorkerdLocal => Ok(()),
    }
}

/// What a text counts in miniflare: its UTF-16 units, all of them double if one is beyond Latin-1.
fn units(text: &str) -> usize {
    let count = text.encode_utf16().count();
    if text.chars().all(|character| u32::from(character) < 256) { count } else { 2 * count }
}
