//! Options of R2's ops, from pairs to what the bucket takes.

use crate::abi::error::GuestError;
use crate::abi::frame::{FrameError, FrameReader};
use crate::abi::r2::R2Options;
use crate::js::to_int;
use crate::r2::{
    Algorithm, ArgumentError, Checksum, Conditional, GivenChecksum, HttpMetadata, Include, ListOptions, Metadata,
    PutOptions, Range, RangeOptions,
};

/// Checksums that may be given, by the names of their options.
const CHECKSUMS: [(&str, Algorithm); 5] = [
    ("md5", Algorithm::Md5),
    ("sha1", Algorithm::Sha1),
    ("sha256", Algorithm::Sha256),
    ("sha384", Algorithm::Sha384),
    ("sha512", Algorithm::Sha512),
];

/// `range.…` of `r2.get`.
pub(super) fn range(options: &R2Options) -> Result<Option<Range>, GuestError> {
    if let Some(header) = text(options, "range.headers")? {
        return Ok(Range::from_headers(&[("range", header)]));
    }
    let given = RangeOptions {
        offset: number(options, "range.offset")?,
        length: number(options, "range.length")?,
        suffix: number(options, "range.suffix")?,
    };
    if given == RangeOptions::default() { Ok(None) } else { Ok(Some(Range::from_options(given)?)) }
}

/// `if.…` of `r2.get` and `r2.put`.
pub(super) fn condition(options: &R2Options) -> Result<Option<Conditional>, GuestError> {
    if let Some(headers) = options.bytes("if.headers") {
        return Ok(Some(Conditional::from_headers(&pairs(headers)?)?));
    }
    let etag = |name| Ok::<_, GuestError>(text(options, name)?.map(Conditional::etag).transpose()?);
    let found = Conditional {
        etag_matches: etag("if.etagMatches")?,
        etag_does_not_match: etag("if.etagDoesNotMatch")?,
        uploaded_before_ms: number(options, "if.uploadedBefore")?.map(milliseconds),
        uploaded_after_ms: number(options, "if.uploadedAfter")?.map(milliseconds),
        seconds_granularity: options.bytes("if.secondsGranularity") == Some(b"1"),
    };
    Ok((found != Conditional::default()).then_some(found))
}

/// All that may be said of an object that is put.
pub(super) fn put(options: &R2Options) -> Result<PutOptions, GuestError> {
    let mut given = Vec::new();
    for (name, algorithm) in CHECKSUMS {
        if let Some(hex) = text(options, name)? {
            given.push((algorithm, GivenChecksum::Hex(hex)));
        }
    }
    Ok(PutOptions {
        only_if: condition(options)?,
        checksum: Checksum::from_options(given)?,
        metadata: metadata(options)?,
    })
}

/// `http.…`, `custom.…` and `storageClass`.
pub(super) fn metadata(options: &R2Options) -> Result<Metadata, GuestError> {
    let http = match options.bytes("http.headers") {
        Some(headers) => HttpMetadata::from_headers(&pairs(headers)?),
        None => {
            let field = |name| Ok::<_, GuestError>(text(options, name)?.map(str::to_owned));
            HttpMetadata {
                content_type: field("http.contentType")?,
                content_language: field("http.contentLanguage")?,
                content_disposition: field("http.contentDisposition")?,
                content_encoding: field("http.contentEncoding")?,
                cache_control: field("http.cacheControl")?,
                cache_expiry_ms: number(options, "http.cacheExpiry")?.map(milliseconds),
            }
        }
    };
    let mut custom = Vec::new();
    for (name, value) in options.iter() {
        if let Some(name) = name.strip_prefix("custom.") {
            custom.push((name.to_owned(), utf8(value)?.to_owned()));
        }
    }
    Ok(Metadata { http, custom, storage_class: text(options, "storageClass")?.map(str::to_owned) })
}

/// The options of `r2.list`.
pub(super) fn list(options: &R2Options) -> Result<ListOptions<'_>, GuestError> {
    let included = options.iter().filter(|(name, _)| *name == "include");
    let names = included.map(|(_, value)| utf8(value)).collect::<Result<Vec<_>, _>>()?;
    let limit = number(options, "limit")?.map(|limit| to_int(limit).map_err(ArgumentError::from)).transpose()?;
    Ok(ListOptions {
        prefix: text(options, "prefix")?.unwrap_or(""),
        delimiter: text(options, "delimiter")?,
        start_after: text(options, "startAfter")?,
        limit: limit.map(i64::from),
        cursor: text(options, "cursor")?,
        include: Include::from_names(names)?,
    })
}

fn text<'a>(options: &'a R2Options, name: &str) -> Result<Option<&'a str>, GuestError> {
    options.bytes(name).map(utf8).transpose()
}

fn utf8(value: &[u8]) -> Result<&str, GuestError> {
    std::str::from_utf8(value).map_err(|_| FrameError::NotText("option").into())
}

fn number(options: &R2Options, name: &str) -> Result<Option<f64>, GuestError> {
    let parsed = text(options, name)?.map(|text| text.parse().map_err(|_| FrameError::NotNumber("option")));
    Ok(parsed.transpose()?)
}

/// A time, as a conversion from a JavaScript number makes it.
#[allow(clippy::cast_possible_truncation)]
fn milliseconds(number: f64) -> i64 {
    number as i64
}

/// The headers in a field, of which those count whose values are text.
fn pairs(headers: &[u8]) -> Result<Vec<(&str, &str)>, GuestError> {
    let mut reader = FrameReader::new(headers);
    let mut pairs = Vec::new();
    while let Some((name, value)) = reader.pair()? {
        if let Ok(value) = std::str::from_utf8(value) {
            pairs.push((name, value));
        }
    }
    Ok(pairs)
}
