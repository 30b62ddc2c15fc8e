//! What can be said with a call to R2. Each set of options is written down as it is made.

use crate::{abi::Writer, http::Headers};

/// What is said of an object for HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpField {
    /// `content-type`.
    ContentType,
    /// `content-language`.
    ContentLanguage,
    /// `content-disposition`.
    ContentDisposition,
    /// `content-encoding`.
    ContentEncoding,
    /// `cache-control`.
    CacheControl,
}

impl HttpField {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ContentType => "http.contentType",
            Self::ContentLanguage => "http.contentLanguage",
            Self::ContentDisposition => "http.contentDisposition",
            Self::ContentEncoding => "http.contentEncoding",
            Self::CacheControl => "http.cacheControl",
        }
    }
}

/// How a checksum is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// MD5.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Checksum {
    pub(super) const fn stored_name(self) -> &'static str {
        match self {
            Self::Md5 => "checksum.md5",
            Self::Sha1 => "checksum.sha1",
            Self::Sha256 => "checksum.sha256",
            Self::Sha384 => "checksum.sha384",
            Self::Sha512 => "checksum.sha512",
        }
    }

    const fn option(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }
}

/// Conditions of a read or a put.
#[derive(Clone, Debug, Default)]
pub struct Conditions(Writer);

/// What an object is to be known by: for HTTP, and by names of one's own.
#[derive(Clone, Debug, Default)]
pub struct Metadata(Writer);

/// How an object is read.
#[derive(Clone, Debug, Default)]
pub struct R2GetOptions(Writer);

/// How an object is put.
#[derive(Clone, Debug, Default)]
pub struct R2PutOptions(Writer);

/// What is listed.
#[derive(Clone, Debug, Default)]
pub struct R2ListOptions(Writer);

/// What all of them begin with, and how they are read.
macro_rules! options {
    ($($options:ident),+) => {
        $(
            impl $options {
                /// Nothing said yet.
                #[must_use]
                pub fn new() -> Self {
                    Self::default()
                }

                pub(super) fn pairs(&self) -> &[u8] {
                    self.0.bytes()
                }

                fn and(mut self, name: &str, value: &str) -> Self {
                    self.0.text(name).text(value);
                    self
                }
            }
        )+
    };
}
options!(Conditions, Metadata, R2GetOptions, R2PutOptions, R2ListOptions);

impl Conditions {
    /// The object has this entity tag; `*` for any.
    #[must_use]
    pub fn etag_matches(self, etag: &str) -> Self {
        self.and("if.etagMatches", etag)
    }

    /// The object has not this entity tag; `*` for any.
    #[must_use]
    pub fn etag_does_not_match(self, etag: &str) -> Self {
        self.and("if.etagDoesNotMatch", etag)
    }

    /// The object was stored before this time, in milliseconds since 1970.
    #[must_use]
    pub fn uploaded_before(mut self, ms: f64) -> Self {
        self.0.text("if.uploadedBefore").float(ms);
        self
    }

    /// The object was stored after this time, in milliseconds since 1970.
    #[must_use]
    pub fn uploaded_after(mut self, ms: f64) -> Self {
        self.0.text("if.uploadedAfter").float(ms);
        self
    }

    /// Times are compared by their seconds.
    #[must_use]
    pub fn seconds_granularity(self) -> Self {
        self.and("if.secondsGranularity", "1")
    }

    /// What the conditional headers of a request say.
    #[must_use]
    pub fn headers(mut self, headers: &Headers) -> Self {
        self.0.text("if.headers").field(&headers.list());
        self
    }
}

impl Metadata {
    /// A header that the object is to be served with.
    #[must_use]
    pub fn http(self, field: HttpField, value: &str) -> Self {
        self.and(field.name(), value)
    }

    /// When caches are to forget it, in milliseconds since 1970.
    #[must_use]
    pub fn cache_expiry(mut self, ms: f64) -> Self {
        self.0.text("http.cacheExpiry").float(ms);
        self
    }

    /// What the headers of a request or an answer say.
    #[must_use]
    pub fn http_headers(mut self, headers: &Headers) -> Self {
        self.0.text("http.headers").field(&headers.list());
        self
    }

    /// A value under a name of one's own.
    #[must_use]
    pub fn custom(self, name: &str, value: &str) -> Self {
        self.and(&format!("custom.{name}"), value)
    }

    /// The storage class.
    #[must_use]
    pub fn storage_class(self, class: &str) -> Self {
        self.and("storageClass", class)
    }
}

impl R2GetOptions {
    /// From this byte on.
    #[must_use]
    pub fn offset(mut self, bytes: f64) -> Self {
        self.0.text("range.offset").float(bytes);
        self
    }

    /// So many bytes.
    #[must_use]
    pub fn length(mut self, bytes: f64) -> Self {
        self.0.text("range.length").float(bytes);
        self
    }

    /// The last bytes, so many.
    #[must_use]
    pub fn suffix(mut self, bytes: f64) -> Self {
        self.0.text("range.suffix").float(bytes);
        self
    }

    /// What the value of a `range` header says.
    #[must_use]
    pub fn range_header(self, value: &str) -> Self {
        self.and("range.headers", value)
    }

    /// Only if these conditions hold.
    #[must_use]
    pub fn only_if(mut self, conditions: &Conditions) -> Self {
        self.0.append(conditions.pairs());
        self
    }
}

impl R2PutOptions {
    /// What it is to be known by.
    #[must_use]
    pub fn metadata(mut self, metadata: &Metadata) -> Self {
        self.0.append(metadata.pairs());
        self
    }

    /// Only if these conditions hold.
    #[must_use]
    pub fn only_if(mut self, conditions: &Conditions) -> Self {
        self.0.append(conditions.pairs());
        self
    }

    /// Only if the bytes have this checksum, in hex.
    #[must_use]
    pub fn checksum(self, algorithm: Checksum, hex: &str) -> Self {
        self.and(algorithm.option(), hex)
    }
}

impl R2ListOptions {
    /// At most so many; the platform has a limit of its own.
    #[must_use]
    pub fn limit(mut self, objects: f64) -> Self {
        self.0.text("limit").float(objects);
        self
    }

    /// Keys that begin with this.
    #[must_use]
    pub fn prefix(self, prefix: &str) -> Self {
        self.and("prefix", prefix)
    }

    /// Where the page before ended.
    #[must_use]
    pub fn cursor(self, cursor: &str) -> Self {
        self.and("cursor", cursor)
    }

    /// Keys are cut off behind this.
    #[must_use]
    pub fn delimiter(self, delimiter: &str) -> Self {
        self.and("delimiter", delimiter)
    }

    /// Keys behind this one.
    #[must_use]
    pub fn start_after(self, key: &str) -> Self {
        self.and("startAfter", key)
    }

    /// With what is said of the objects for HTTP.
    #[must_use]
    pub fn include_http(self) -> Self {
        self.and("include", "httpMetadata")
    }

    /// With metadata of one's own.
    #[must_use]
    pub fn include_custom(self) -> Self {
        self.and("include", "customMetadata")
    }
}
