use super::{Checksum, HttpField};
use crate::abi::Reader;

/// What R2 knows of an object. It is kept as it arrived: what nobody asks for is never taken apart.
#[derive(Clone, PartialEq, Eq)]
pub struct R2Object(Vec<u8>);

impl R2Object {
    /// The next field of a frame.
    pub(super) fn read(fields: &mut Reader<'_>) -> Self {
        Self(fields.bytes().to_vec())
    }

    fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(Reader::new(&self.0).value(name)?).ok()
    }

    fn number(&self, name: &str) -> Option<u64> {
        Reader::new(&self.0).value(name).map(Reader::number_of)
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &str {
        self.text("key").unwrap_or_default()
    }

    /// Another one with each put.
    #[must_use]
    pub fn version(&self) -> &str {
        self.text("version").unwrap_or_default()
    }

    /// Size of the whole object in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.number("size").unwrap_or_default()
    }

    /// The entity tag, without quotes.
    #[must_use]
    pub fn etag(&self) -> &str {
        self.text("etag").unwrap_or_default()
    }

    /// When it was stored, in milliseconds since 1970.
    #[must_use]
    pub fn uploaded_ms(&self) -> u64 {
        self.number("uploaded").unwrap_or_default()
    }

    /// The storage class; empty where the platform has none.
    #[must_use]
    pub fn storage_class(&self) -> &str {
        self.text("storageClass").unwrap_or_default()
    }

    /// Offset and length of what was read.
    #[must_use]
    pub fn range(&self) -> Option<(u64, u64)> {
        Some((self.number("range.offset")?, self.number("range.length")?))
    }

    /// What was said of it for HTTP.
    #[must_use]
    pub fn http(&self, field: HttpField) -> Option<&str> {
        self.text(field.name())
    }

    /// When caches are to forget it, in milliseconds since 1970.
    #[must_use]
    pub fn cache_expiry_ms(&self) -> Option<u64> {
        self.number("http.cacheExpiry")
    }

    /// Metadata of one's own, by name.
    pub fn custom(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut fields = Reader::new(&self.0);
        std::iter::from_fn(move || {
            loop {
                let (name, value) = (fields.next()?, fields.text());
                if let Some(name) = std::str::from_utf8(name).ok().and_then(|name| name.strip_prefix("custom.")) {
                    return Some((name, value));
                }
            }
        })
    }

    /// A checksum that is known of it, in hex.
    #[must_use]
    pub fn checksum(&self, algorithm: Checksum) -> Option<&str> {
        self.text(algorithm.stored_name())
    }

    /// All that is known of it: names and values, as `ABI.md` lists them.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut fields = Reader::new(&self.0);
        std::iter::from_fn(move || Some((std::str::from_utf8(fields.next()?).unwrap_or_default(), fields.text())))
    }
}

impl std::fmt::Debug for R2Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.pairs()).finish()
    }
}
