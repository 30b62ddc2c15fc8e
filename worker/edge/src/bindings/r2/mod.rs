//! Buckets of R2.

mod object;
mod options;
mod upload;

pub use object::R2Object;
pub use options::{Checksum, Conditions, HttpField, Metadata, R2GetOptions, R2ListOptions, R2PutOptions};
pub use upload::{Upload, UploadedPart};

use super::INLINE;
use crate::{
    Edge,
    abi::{Bound, Reader, Writer, ask, some},
    http::Body,
};

/// A bucket of R2.
#[derive(Clone, Copy)]
pub struct Bucket<'a> {
    edge: Edge,
    binding: &'a str,
    inline: Option<u64>,
}

/// What a read of an object answered.
#[derive(Debug)]
pub struct Fetched {
    /// What is known of it.
    pub object: R2Object,
    /// Its bytes, or those of the range; `None` if the condition does not hold.
    pub body: Option<Body>,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct R2Page {
    /// The objects, in the order of the bytes of their keys.
    pub objects: Vec<R2Object>,
    /// What stands for keys that go on behind the delimiter.
    pub delimited_prefixes: Vec<String>,
    /// Where the next page begins; `None` if this is the last.
    pub cursor: Option<String>,
}

impl Edge {
    /// The bucket that is bound under this name.
    #[must_use]
    pub const fn bucket(self, binding: &str) -> Bucket<'_> {
        Bucket { edge: self, binding, inline: Some(INLINE) }
    }
}

impl<'a> Bucket<'a> {
    /// The same, whose objects come with their bytes if they have at most so many; with `None` bytes are always read later.
    #[must_use]
    pub const fn inline(mut self, bytes: Option<u64>) -> Self {
        self.inline = bytes;
        self
    }

    fn frame(self, name: &str, key: &str) -> Writer {
        let mut frame = Writer::named(name);
        frame.text(self.binding).text(key);
        frame
    }

    /// What is known of an object.
    ///
    /// # Errors
    /// The platform refuses, or fails.
    pub async fn head(self, key: &str) -> Bound<Option<R2Object>> {
        ask(self.edge.host(), &self.frame("r2.head", key), R2Object::read).await
    }

    /// An object.
    ///
    /// # Errors
    /// The platform refuses, or fails.
    pub async fn get(self, key: &str) -> Bound<Option<Fetched>> {
        self.get_with(key, &R2GetOptions::default()).await
    }

    /// An object or a part of it, on a condition perhaps.
    ///
    /// # Errors
    /// The platform refuses, or fails.
    pub async fn get_with(self, key: &str, options: &R2GetOptions) -> Bound<Option<Fetched>> {
        let mut frame = self.frame("r2.get", key);
        frame.optional(self.inline).field(options.pairs());
        let host = self.edge.host();
        ask(host, &frame, |fields| {
            let object = R2Object::read(fields);
            Fetched { object, body: Some(Body::take(host, fields)).filter(|body| !body.is_none()) }
        })
        .await
    }

    /// Stores an object.
    ///
    /// # Errors
    /// The platform refuses (a body whose length is not known, for one), or fails.
    pub async fn put(self, key: &str, body: impl Into<Body>) -> Bound<R2Object> {
        some(self.put_with(key, body, &R2PutOptions::default()).await)
    }

    /// Stores an object with what is to be known of it; `None` if the condition does not hold.
    ///
    /// # Errors
    /// The platform refuses (a checksum that does not match, for one), or fails.
    pub async fn put_with(self, key: &str, body: impl Into<Body>, options: &R2PutOptions) -> Bound<Option<R2Object>> {
        let body = body.into();
        let mut frame = Writer::with_capacity(body.room() + 512);
        frame.text("r2.put").text(self.binding).text(key);
        body.give(&mut frame);
        ask(self.edge.host(), frame.field(options.pairs()), R2Object::read).await
    }

    /// Removes objects, those that are there.
    ///
    /// # Errors
    /// The platform refuses, or fails.
    pub async fn delete(self, keys: &[&str]) -> Bound<()> {
        let mut frame = Writer::named("r2.delete");
        frame.text(self.binding);
        for key in keys {
            frame.text(key);
        }
        ask(self.edge.host(), &frame, |_| ()).await.map(drop)
    }

    /// A page of objects.
    ///
    /// # Errors
    /// The platform refuses, or fails.
    pub async fn list(self, options: &R2ListOptions) -> Bound<R2Page> {
        let mut frame = Writer::named("r2.list");
        frame.text(self.binding).field(options.pairs());
        some(ask(self.edge.host(), &frame, page).await)
    }

    /// Begins an upload in parts.
    ///
    /// # Errors
    /// The platform refuses, or fails.
    pub async fn create_upload(self, key: &'a str, metadata: &Metadata) -> Bound<Upload<'a>> {
        let mut frame = self.frame("r2.create", key);
        frame.field(metadata.pairs());
        let id = some(ask(self.edge.host(), &frame, |fields| fields.text().to_owned()).await)?;
        Ok(self.upload(key, id))
    }

    /// An upload in parts that was begun before. Whether it is known is what its calls say.
    #[must_use]
    pub fn upload(self, key: &'a str, id: impl Into<String>) -> Upload<'a> {
        Upload { bucket: self, key, id: id.into() }
    }
}

fn page(fields: &mut Reader<'_>) -> R2Page {
    let (is_truncated, cursor) = (fields.flag(), fields.text());
    let prefixes = fields.list().map(|prefix| String::from_utf8_lossy(prefix).into_owned()).collect();
    let mut objects = Vec::new();
    while !fields.rest().is_empty() {
        objects.push(R2Object::read(fields));
    }
    R2Page { objects, delimited_prefixes: prefixes, cursor: is_truncated.then(|| cursor.to_owned()) }
}
