//! Namespaces of KV.

use super::INLINE;
use crate::{
    Edge,
    abi::{Bound, Reader, Writer, ask, ask_for_bytes, some},
    http::Body,
};

/// A namespace of KV.
#[derive(Clone, Copy)]
pub struct Kv<'a> {
    edge: Edge,
    binding: &'a str,
    cache_ttl: Option<f64>,
    inline: Option<u64>,
}

/// A value with what is known of it.
#[derive(Debug)]
pub struct KvEntry {
    /// The value.
    pub value: Body,
    /// Metadata as JSON, if it has any.
    pub metadata: Option<String>,
    /// Whether a cache answered, where the platform says so.
    pub cache_status: Option<String>,
}

/// What the values of several keys are read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManyValues {
    /// Texts.
    Text,
    /// JSON; a value that is none fails the call.
    Json,
}

/// How a value is put.
#[derive(Clone, Debug, Default)]
pub struct KvPutOptions(Writer);

/// What is listed.
#[derive(Clone, Copy, Debug, Default)]
pub struct KvListOptions<'a> {
    /// Keys that begin with this.
    pub prefix: &'a str,
    /// At most so many; the platform has a limit of its own.
    pub limit: Option<f64>,
    /// Where the page before ended.
    pub cursor: &'a str,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KvPage {
    /// The keys, in the order of their bytes.
    pub keys: Vec<KvKey>,
    /// Where the next page begins; `None` if this is the last.
    pub cursor: Option<String>,
    /// Whether a cache answered, where the platform says so.
    pub cache_status: Option<String>,
}

/// A key of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KvKey {
    /// The key.
    pub name: String,
    /// When it ends, in seconds since 1970.
    pub expiration: Option<u64>,
    /// Metadata as JSON, if it has any.
    pub metadata: Option<String>,
}

impl Edge {
    /// The namespace of KV that is bound under this name.
    #[must_use]
    pub const fn kv(self, binding: &str) -> Kv<'_> {
        Kv { edge: self, binding, cache_ttl: None, inline: Some(INLINE) }
    }
}

impl KvPutOptions {
    /// Nothing out of the ordinary.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// When the value ends, in seconds since 1970.
    #[must_use]
    pub fn expiration(mut self, seconds: f64) -> Self {
        self.0.text("expiration").float(seconds);
        self
    }

    /// In how many seconds the value ends.
    #[must_use]
    pub fn expiration_ttl(mut self, seconds: f64) -> Self {
        self.0.text("expirationTtl").float(seconds);
        self
    }

    /// Metadata, as JSON.
    #[must_use]
    pub fn metadata(mut self, json: &str) -> Self {
        self.0.text("metadata").text(json);
        self
    }
}

impl<'a> Kv<'a> {
    /// The same, whose reads may be answered by a cache that is so many seconds behind.
    #[must_use]
    pub const fn cache_ttl(mut self, seconds: f64) -> Self {
        self.cache_ttl = Some(seconds);
        self
    }

    /// The same, whose values with metadata come at once if they have at most so many bytes; with `None` they are always read later.
    #[must_use]
    pub const fn inline(mut self, bytes: Option<u64>) -> Self {
        self.inline = bytes;
        self
    }

    fn frame(self, name: &str) -> Writer {
        let mut frame = Writer::named(name);
        frame.text(self.binding);
        frame
    }

    /// The value of a key.
    ///
    /// # Errors
    /// The platform refuses, or fails.
    pub async fn get(self, key: &str) -> Bound<Option<Vec<u8>>> {
        ask_for_bytes(self.edge.host(), self.frame("kv.get").text(key).optional_float(self.cache_ttl)).await
    }

    /// The value of a key, with its metadata.
    ///
    /// # Errors
    /// The platform refuses, or fails.
    pub async fn get_with_metadata(self, key: &str) -> Bound<Option<KvEntry>> {
        let mut frame = self.frame("kv.get_with_metadata");
        frame.text(key).optional_float(self.cache_ttl).optional(self.inline);
        let host = self.edge.host();
        ask(host, &frame, |fields| KvEntry {
            value: Body::take(host, fields),
            metadata: owned(fields.optional()),
            cache_status: owned(fields.optional()),
        })
        .await
    }

    /// The values of several keys, each once, in their order.
    ///
    /// # Errors
    /// The platform refuses, or fails.
    pub async fn get_many(self, values: ManyValues, keys: &[&str]) -> Bound<Vec<(String, Option<KvEntry>)>> {
        self.many(values, false, keys).await
    }

    /// The values of several keys, each once, in their order, with their metadata.
    ///
    /// # Errors
    /// The platform refuses, or fails.
    pub async fn get_many_with_metadata(
        self,
        values: ManyValues,
        keys: &[&str],
    ) -> Bound<Vec<(String, Option<KvEntry>)>> {
        self.many(values, true, keys).await
    }

    async fn many(
        self,
        values: ManyValues,
        with_metadata: bool,
        keys: &[&str],
    ) -> Bound<Vec<(String, Option<KvEntry>)>> {
        let mut frame = self.frame("kv.get_many");
        frame.text(match values {
            ManyValues::Text => "text",
            ManyValues::Json => "json",
        });
        frame.flag(with_metadata).optional_float(self.cache_ttl);
        for key in keys {
            frame.text(key);
        }
        some(
            ask(self.edge.host(), &frame, |fields| {
                let mut entries = Vec::with_capacity(keys.len());
                while let Some(key) = fields.next() {
                    let (found, value, metadata) = (fields.flag(), fields.bytes(), owned(fields.optional()));
                    let entry = found.then(|| KvEntry { value: value.into(), metadata, cache_status: None });
                    entries.push((String::from_utf8_lossy(key).into_owned(), entry));
                }
                entries
            })
            .await,
        )
    }

    /// Replaces the value of a key, its metadata, and the time of its end.
    ///
    /// # Errors
    /// The platform refuses, or fails.
    pub async fn put(self, key: &str, value: impl Into<Body>) -> Bound<()> {
        self.put_with(key, value, &KvPutOptions::default()).await
    }

    /// As [`Self::put`], with options.
    ///
    /// # Errors
    /// The platform refuses, or fails.
    pub async fn put_with(self, key: &str, value: impl Into<Body>, options: &KvPutOptions) -> Bound<()> {
        let value = value.into();
        let mut frame = Writer::with_capacity(value.room() + 128);
        frame.text("kv.put").text(self.binding).text(key);
        value.give(&mut frame);
        ask(self.edge.host(), frame.field(options.0.bytes()), |_| ()).await.map(drop)
    }

    /// Removes a key, if it is there.
    ///
    /// # Errors
    /// The platform refuses, or fails.
    pub async fn delete(self, key: &str) -> Bound<()> {
        ask(self.edge.host(), self.frame("kv.delete").text(key), |_| ()).await.map(drop)
    }

    /// A page of keys.
    ///
    /// # Errors
    /// The platform refuses, or fails.
    pub async fn list(self, options: KvListOptions<'_>) -> Bound<KvPage> {
        let mut frame = self.frame("kv.list");
        frame.text(options.prefix).optional_float(options.limit).text(options.cursor);
        some(ask(self.edge.host(), &frame, page).await)
    }
}

fn page(fields: &mut Reader<'_>) -> KvPage {
    let (is_complete, cursor) = (fields.flag(), fields.text());
    let cursor = (!is_complete).then(|| cursor.to_owned());
    let cache_status = owned(fields.optional());
    let mut keys = Vec::new();
    while let Some(name) = fields.next() {
        let name = String::from_utf8_lossy(name).into_owned();
        let expiration = fields.optional().map(|seconds| Reader::number_of(seconds.as_bytes()));
        keys.push(KvKey { name, expiration, metadata: owned(fields.optional()) });
    }
    KvPage { keys, cursor, cache_status }
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}
