use super::{Message, Object, Sender, answer_close};
use crate::http::{Request, Response};
use std::{future::Future, pin::Pin, rc::Rc};

/// What is still to be done after an answer.
pub type Rest = Pin<Box<dyn Future<Output = ()>>>;

/// An answer, and what is still to be done after it.
pub struct Reply {
    /// The answer.
    pub response: Response,
    /// Runs when the answer is out, also if the client is gone by then.
    pub rest: Option<Rest>,
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self { response, rest: None }
    }
}

impl Reply {
    /// An answer that more is to be done after.
    #[must_use]
    pub fn and_then(response: Response, rest: impl Future<Output = ()> + 'static) -> Self {
        Self { response, rest: Some(Box::pin(rest)) }
    }
}

/// Which object this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectId {
    /// 64 hex digits in lower case.
    pub id: String,
    /// The name that it was reached by, where the platform knows it.
    pub name: Option<String>,
}

/// An alarm that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// How often its handler failed.
    pub retries: u64,
    /// What it was set to, in milliseconds since 1970.
    pub scheduled_ms: u64,
}

/// How a WebSocket ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed<'a> {
    /// The code that the client sent; 1005 for none, 1006 for an end without a word.
    pub code: u16,
    /// The reason.
    pub reason: &'a str,
    /// Whether the client said that it closes.
    pub is_clean: bool,
}

/// An event fails with this, as if the handler had thrown an `Error`. What it wrote before is kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Exception(pub String);

/// How an event that is not answered ended.
pub type Handled = Result<(), Exception>;

/// A class of Durable Objects. The value is what an object keeps in memory; it is lost whenever the platform evicts the object.
///
/// Events of an object run on one thread and may interleave where they wait; each runs to its end. Writes between two waits for
/// I/O are one transaction.
pub trait ObjectClass: 'static {
    /// The name of the class in the host's configuration.
    const NAME: &'static str;

    /// What the object remembers at its first event in this instance. It may read its storage, and writes nothing.
    fn new(id: &ObjectId, object: Object) -> Self;

    /// Answers a request.
    async fn fetch(self: Rc<Self>, object: Object, request: Request) -> Reply;

    /// The alarm is due. The platform gives up an alarm whose handler failed six times more.
    async fn alarm(self: Rc<Self>, _object: Object, _alarm: Alarm) -> Handled {
        Ok(())
    }

    /// A client sent a message. By default it is ignored.
    async fn message(self: Rc<Self>, _object: Object, _from: Sender<'_>, _message: Message<'_>) -> Handled {
        Ok(())
    }

    /// A client closed its socket. The platform leaves the answer to the Worker: by default the code is sent back.
    async fn close(self: Rc<Self>, _object: Object, from: Sender<'_>, closed: Closed<'_>) -> Handled {
        answer_close(from.socket, closed);
        Ok(())
    }

    /// A socket failed.
    async fn error(self: Rc<Self>, _object: Object, from: Sender<'_>, _message: &str) -> Handled {
        let _ = from.socket.close(Some(INTERNAL_ERROR), "");
        Ok(())
    }
}

/// The close code for a failure on our side (RFC 6455, 7.4.1).
const INTERNAL_ERROR: u16 = 1011;
