//! How ops end: at once or later, with an answer for the guest.

use std::future::Future;
use std::pin::Pin;

use crate::abi::answer::Answer;
use crate::abi::error::GuestError;
use crate::bodies::PayloadError;
use crate::trace::Span;

/// A future that owns all that it needs.
pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// An op that has been dispatched.
pub(crate) enum Dispatched {
    /// It was answered from memory.
    Ready(Completion),
    /// It needs the disk, the network, another object or time. Dropping the future cancels the op.
    Pending(BoxFuture<Completion>),
}

/// The end of an op.
#[derive(Debug)]
pub(crate) struct Completion {
    pub(crate) answer: Answer,
    /// Whether it failed because the client went away in the middle of its request.
    pub(crate) client_gone: bool,
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

impl From<Answer> for Completion {
    fn from(answer: Answer) -> Self {
        Self { answer, client_gone: false }
    }
}

impl From<GuestError> for Completion {
    fn from(error: GuestError) -> Self {
        Answer::Err(error).into()
    }
}

impl From<PayloadError> for Completion {
    fn from(error: PayloadError) -> Self {
        let client_gone = error.of_client;
        Self { client_gone, ..GuestError::from(error).into() }
    }
}

impl<E: Into<GuestError>> From<Result<Answer, E>> for Completion {
    fn from(result: Result<Answer, E>) -> Self {
        match result {
            Ok(answer) => answer.into(),
            Err(error) => error.into().into(),
        }
    }
}

impl From<PayloadError> for GuestError {
    fn from(error: PayloadError) -> Self {
        let text = error.to_string();
        if error.is_type_error { Self::type_error(text) } else { Self::error(text) }
    }
}

impl From<Answer> for Dispatched {
    fn from(answer: Answer) -> Self {
        Self::Ready(answer.into())
    }
}

impl From<GuestError> for Dispatched {
    fn from(error: GuestError) -> Self {
        Self::Ready(error.into())
    }
}
