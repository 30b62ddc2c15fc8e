//! How ops end: at once or later, with an answer for the guest and a resource that stays with the host.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;

use crate::abi::ops::Answer;
use crate::r2;
use crate::trace::Span;
use crate::websocket::ClientEnd;

/// A future that owns all that it needs.
pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// An op that has been dispatched.
pub(crate) enum Dispatched {
    /// It was answered from memory.
    Ready(Completion),
    /// It needs the disk, the network, another object or time. Dropping the future cancels the op.
    Pending(BoxFuture<Completion>),
}

/// The answer to an op, and what stays with the host under the op's id.
pub(crate) struct Completion {
    pub(crate) answer: Answer,
    pub(crate) resource: Option<Resource>,
    /// Whether it failed because the client went away in the middle of its request.
    pub(crate) client_gone: bool,
}

/// What a guest may name in its response without ever seeing its bytes.
pub(crate) enum Resource {
    Body(r2::Body),
    Socket(ClientEnd),
}

impl Dispatched {
    /// Has the op's end noted in a trace, whenever it comes; a future that is dropped leaves the op as cancelled there.
    pub(crate) fn traced(self, span: Option<Span>) -> Self {
        let Some(span) = span else { return self };
        match self {
            Self::Ready(completion) => {
                span.end(completion.answer.outcome(), true);
                Self::Ready(completion)
            }
            Self::Pending(work) => Self::Pending(Box::pin(async move {
                let completion = work.await;
                span.end(completion.answer.outcome(), false);
                completion
            })),
        }
    }
}

impl Completion {
    pub(crate) fn error(error: impl std::fmt::Display) -> Self {
        Answer::Err(Cow::Owned(error.to_string())).into()
    }

    /// The client went away before the whole body of its request had come.
    pub(crate) fn client_gone(error: impl std::fmt::Display) -> Self {
        Self { client_gone: true, ..Self::error(error) }
    }

    pub(crate) fn with_resource(answer: Answer, resource: Option<Resource>) -> Self {
        Self { resource, ..answer.into() }
    }
}

impl From<Answer> for Completion {
    fn from(answer: Answer) -> Self {
        Self { answer, resource: None, client_gone: false }
    }
}

impl From<Answer> for Dispatched {
    fn from(answer: Answer) -> Self {
        Self::Ready(answer.into())
    }
}
