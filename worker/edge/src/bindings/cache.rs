//! Caches of answers.

use super::INLINE;
use crate::{
    Edge,
    abi::{Bound, Reader, Writer, ask, ask_for_frame, some},
    http::{Body, Payload, Request, Response},
};

/// A cache of answers by their requests.
#[derive(Clone, Copy)]
pub struct Cache<'a> {
    edge: Edge,
    name: &'a str,
    ignore_method: bool,
    inline: Option<u64>,
}

impl Edge {
    /// The cache of this name; the empty one is the default cache.
    #[must_use]
    pub const fn cache(self, name: &str) -> Cache<'_> {
        Cache { edge: self, name, ignore_method: false, inline: Some(INLINE) }
    }
}

impl Cache<'_> {
    /// The same, which takes every request for a `GET`.
    #[must_use]
    pub const fn ignore_method(mut self) -> Self {
        self.ignore_method = true;
        self
    }

    /// The same, whose answers come with their bodies if they have at most so many bytes; with `None` bodies are always read later.
    #[must_use]
    pub const fn inline(mut self, bytes: Option<u64>) -> Self {
        self.inline = bytes;
        self
    }

    /// The answer that is kept for a request, whose conditions and ranges count; its body is left.
    ///
    /// # Errors
    /// The platform refuses, or fails.
    pub async fn get(self, request: &Request) -> Bound<Option<Response>> {
        let mut frame = Writer::named("cache.match");
        frame.text(self.name).optional(self.inline).flag(self.ignore_method);
        request.without_body().give(&mut frame);
        let host = self.edge.host();
        Ok(ask_for_frame(host, &frame).await?.map(|answer| {
            let mut fields = Reader::new(&answer);
            let _ok = fields.next();
            Response::read(host, &answer, &mut fields)
        }))
    }

    /// Keeps an answer as long as its `cache-control` says.
    ///
    /// # Errors
    /// The platform refuses, or fails.
    pub async fn put(self, request: &Request, response: Response) -> Bound<()> {
        let body = match response.payload {
            Payload::Body(body) => body,
            _ => Body::NONE,
        };
        let mut frame = Writer::with_capacity(body.room() + 256);
        frame.text("cache.put").text(self.name).text(request.method()).text(request.url());
        frame.number(u64::from(response.status));
        body.give(&mut frame);
        response.headers.write(&mut frame);
        ask(self.edge.host(), &frame, |_| ()).await.map(drop)
    }

    /// Forgets the answer for a request; whether there was one.
    ///
    /// # Errors
    /// The platform refuses, or fails.
    pub async fn delete(self, request: &Request) -> Bound<bool> {
        let mut frame = Writer::named("cache.delete");
        frame.text(self.name).flag(self.ignore_method).text(request.method()).text(request.url());
        some(ask(self.edge.host(), &frame, |fields| fields.flag()).await)
    }
}
