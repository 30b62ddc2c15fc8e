use super::{Bucket, R2Object};
use crate::{
    abi::{Bound, Writer, ask, some},
    http::Body,
};

/// An upload in parts, which can be put together in another request than began it.
#[derive(Clone)]
pub struct Upload<'a> {
    pub(super) bucket: Bucket<'a>,
    pub(super) key: &'a str,
    pub(super) id: String,
}

/// A part that was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadedPart {
    /// Its number, from 1 on.
    pub number: u64,
    /// Its entity tag.
    pub etag: String,
}

impl Upload<'_> {
    /// What to go on with it by, in another request.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    fn frame(&self, name: &str) -> Writer {
        let mut frame = self.bucket.frame(name, self.key);
        frame.text(&self.id);
        frame
    }

    /// Stores a part, in the place of an earlier one of this number.
    ///
    /// # Errors
    /// The platform refuses, or fails.
    pub async fn part(&self, number: f64, body: impl Into<Body>) -> Bound<UploadedPart> {
        let mut frame = self.frame("r2.upload_part");
        body.into().give(frame.float(number));
        let part = ask(self.bucket.edge.host(), &frame, |fields| UploadedPart {
            number: fields.number(),
            etag: fields.text().to_owned(),
        });
        some(part.await)
    }

    /// Makes the object of its parts.
    ///
    /// # Errors
    /// The platform refuses, or fails.
    pub async fn complete(self, parts: &[UploadedPart]) -> Bound<R2Object> {
        let mut frame = self.frame("r2.complete");
        for part in parts {
            frame.number(part.number).text(&part.etag);
        }
        some(ask(self.bucket.edge.host(), &frame, R2Object::read).await)
    }

    /// Gives the upload up.
    ///
    /// # Errors
    /// The platform refuses, or fails.
    pub async fn abort(self) -> Bound<()> {
        ask(self.bucket.edge.host(), &self.frame("r2.abort"), |_| ()).await.map(drop)
    }
}
