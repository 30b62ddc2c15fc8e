//! What answers requests: an object, another Worker, an entrypoint of this one, the outside.

use super::INLINE;
use crate::{
    Edge,
    abi::{BindingError, Bound, Reader, Writer, ask_for_frame},
    http::{Request, Response},
};

/// What becomes of an answer that is a redirect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redirect {
    /// It is followed.
    #[default]
    Follow,
    /// It is the answer.
    Manual,
}

/// Something that answers requests.
#[derive(Clone, Copy)]
pub struct Fetcher<'a> {
    edge: Edge,
    to: Callee<'a>,
    inline: Option<u64>,
    redirect: Redirect,
}

/// Who is asked.
#[derive(Clone, Copy)]
pub(super) enum Callee<'a> {
    Object { binding: &'a str, by: &'static str, key: &'a str },
    Service(&'a str),
    Export { name: &'a str, props: &'a str },
    Outside,
}

impl Edge {
    /// The Worker that is bound under this name.
    #[must_use]
    pub const fn service(self, binding: &str) -> Fetcher<'_> {
        Fetcher::new(self, Callee::Service(binding))
    }

    /// An entrypoint of this Worker, with props as JSON; empty for none.
    #[must_use]
    pub const fn export<'a>(self, name: &'a str, props: &'a str) -> Fetcher<'a> {
        Fetcher::new(self, Callee::Export { name, props })
    }

    /// The rest of the world.
    #[must_use]
    pub const fn outside(self) -> Fetcher<'static> {
        Fetcher::new(self, Callee::Outside)
    }
}

impl<'a> Fetcher<'a> {
    pub(super) const fn new(edge: Edge, to: Callee<'a>) -> Self {
        Self { edge, to, inline: Some(INLINE), redirect: Redirect::Follow }
    }

    /// The same, whose answer comes with its body if that has a known length of at most so many bytes; with `None` bodies are always
    /// read later.
    #[must_use]
    pub const fn inline(mut self, bytes: Option<u64>) -> Self {
        self.inline = bytes;
        self
    }

    /// The same with another way to treat redirects. Those of objects are never followed.
    #[must_use]
    pub const fn redirect(mut self, redirect: Redirect) -> Self {
        self.redirect = redirect;
        self
    }

    /// Sends a request and waits for the head of its answer.
    ///
    /// # Errors
    /// The platform refuses the request, or the other side threw ([`BindingError::is_remote`]).
    pub async fn fetch(self, request: Request) -> Bound<Response> {
        let mut frame = Writer::with_capacity(request.body.room() + request.url().len() + 256);
        match self.to {
            Callee::Object { binding, by, key } => frame.text("object.fetch").text(binding).text(by).text(key),
            Callee::Service(binding) => frame.text("service.fetch").text(binding),
            Callee::Export { name, props } => frame.text("export.fetch").text(name).text(props),
            Callee::Outside => frame.text("fetch"),
        };
        frame.optional(self.inline);
        if !matches!(self.to, Callee::Object { .. }) {
            frame.text(match self.redirect {
                Redirect::Follow => "follow",
                Redirect::Manual => "manual",
            });
        }
        request.give(&mut frame);
        let host = self.edge.host();
        let answer = ask_for_frame(host, &frame).await?.ok_or_else(|| BindingError::new("there was no answer"))?;
        let mut fields = Reader::new(&answer);
        let _ok = fields.next();
        Ok(Response::read(host, &answer, &mut fields))
    }
}
