//! Answers of ops and calls, taken apart.

use super::{
    executor::Op,
    frame::{Reader, Writer},
    host::Host,
};
use std::rc::Rc;

/// A binding call failed: what the platform says of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BindingError {
    /// The platform's own text.
    pub message: String,
    /// The name of the error's class, as a script would see it: `Error`, `TypeError` …
    pub class: String,
    flags: String,
}

impl BindingError {
    /// A failure on this side of the ABI.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), class: "Error".to_owned(), flags: String::new() }
    }

    /// Whether code on the other side threw it.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        self.has("remote")
    }

    /// Whether the same call may be made again.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.has("retryable")
    }

    /// Whether the other side has more to do than it can.
    #[must_use]
    pub fn is_overloaded(&self) -> bool {
        self.has("overloaded")
    }

    /// Whether the Durable Object was reset.
    #[must_use]
    pub fn is_object_reset(&self) -> bool {
        self.has("durableObjectReset")
    }

    fn has(&self, flag: &str) -> bool {
        self.flags.split(' ').any(|one| one == flag)
    }

    fn read(fields: &mut Reader<'_>) -> Self {
        let mut text = || String::from_utf8_lossy(fields.bytes()).into_owned();
        Self { message: text(), class: text(), flags: text() }
    }
}

/// The result of a binding call.
pub type Bound<T> = Result<T, BindingError>;

/// Begins an op at the first poll, waits for its answer, and takes the answer apart; `None` is the platform's "no such thing".
pub(crate) async fn ask<T>(
    host: &'static dyn Host,
    frame: &Writer,
    read: impl FnOnce(&mut Reader<'_>) -> T,
) -> Bound<Option<T>> {
    let answer = Op::begin(host, frame.bytes()).await;
    take(&answer, read)
}

/// As [`ask`], for an answer that is one value: it is handed over where it lies, since it may be a document.
pub(crate) async fn ask_for_bytes(host: &'static dyn Host, frame: &Writer) -> Bound<Option<Vec<u8>>> {
    let mut answer = Op::begin(host, frame.bytes()).await;
    let value = take(&answer, |fields| {
        let len = fields.bytes().len();
        (answer.len() - fields.rest().len(), len)
    })?;
    Ok(value.map(|(end, len)| {
        answer.truncate(end);
        answer.drain(..end - len);
        answer
    }))
}

/// As [`ask`], for an answer whose fields are kept: the whole frame, which begins with `ok`.
pub(crate) async fn ask_for_frame(host: &'static dyn Host, frame: &Writer) -> Bound<Option<Rc<Vec<u8>>>> {
    let answer = Op::begin(host, frame.bytes()).await;
    Ok(take(&answer, |_| ())?.map(|()| Rc::new(answer)))
}

/// Makes a synchronous call and takes its answer apart.
pub(crate) fn call<T>(
    host: &'static dyn Host,
    frame: &Writer,
    read: impl FnOnce(&mut Reader<'_>) -> T,
) -> Bound<Option<T>> {
    take(&host.call(frame.bytes()), read)
}

fn take<T>(answer: &[u8], read: impl FnOnce(&mut Reader<'_>) -> T) -> Bound<Option<T>> {
    let mut fields = Reader::new(answer);
    match fields.bytes() {
        b"ok" => Ok(Some(read(&mut fields))),
        b"none" => Ok(None),
        _ => Err(BindingError::read(&mut fields)),
    }
}

/// For what always has an answer.
pub(crate) fn some<T>(answer: Bound<Option<T>>) -> Bound<T> {
    answer?.ok_or_else(|| BindingError::new("the host answered none where there is always something"))
}
