//! Durable Objects: one instance for each, which keeps a value in memory between events, and the platform's storage for good.
#![allow(async_fn_in_trait, reason = "one thread, no Send bounds wanted")]

use crate::{bindings::Object, http::Response, migrations::Migration};
use std::{future::Future, pin::Pin, rc::Rc};

/// What is still to be done after an answer.
pub type Rest = Pin<Box<dyn Future<Output = ()>>>;

/// An answer, and what is still to be done after it.
pub struct Reply {
    /// The answer.
    pub response: Response,
    /// Runs when the answer is out.
    pub rest: Option<Rest>,
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self { response, rest: None }
    }
}

/// A call of the Worker to an object, as it arrives.
#[derive(Clone, Copy, Debug)]
pub struct ObjectCall<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// `https://object/…`.
    pub url: &'a str,
    /// The body, whole.
    pub body: &'a [u8],
    /// Whether a WebSocket is asked for; answered with [`Payload::Accept`](crate::http::Payload::Accept).
    pub upgrade: bool,
}

/// What a client sent through a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// A text.
    Text(&'a str),
    /// Bytes.
    Binary(&'a [u8]),
}

/// A class of Durable Objects. The value is what an object keeps in memory; it is lost whenever the platform evicts the object.
///
/// Events of an object run on one thread and may interleave where they wait; each runs to its end. Writes between two waits for
/// I/O are one transaction.
pub trait ObjectClass: Default + 'static {
    /// The name of the class in the host's configuration.
    const NAME: &'static str;
    /// The schema of its SQL, brought up to date by [`migrations::run`](crate::migrations::run).
    const MIGRATIONS: &'static [Migration];

    /// Answers a call. `name` is the object's, or empty where the host does not know it.
    async fn fetch<O: Object>(self: Rc<Self>, object: O, name: &str, call: ObjectCall<'_>) -> Reply;

    /// The alarm is due. The platform gives up an alarm whose handler fails six times, so this answers nothing and must not trap.
    async fn alarm<O: Object>(self: Rc<Self>, _object: O) {}

    /// A client sent a message through the socket of this tag. By default it is ignored.
    async fn message<O: Object>(self: Rc<Self>, _object: O, _tag: &str, _message: Message<'_>) {}

    /// A client closed the socket of this tag. The platform leaves the answer to the Worker: by default the code is sent back.
    async fn close<O: Object>(self: Rc<Self>, object: O, tag: &str, code: u16, reason: &str) {
        answer_close(object, tag, code, reason);
    }

    /// The socket of this tag failed.
    async fn error<O: Object>(self: Rc<Self>, object: O, tag: &str) {
        object.close(tag, Some(INTERNAL_ERROR), "");
    }
}

/// The close code for a failure on our side (RFC 6455, 7.4.1).
const INTERNAL_ERROR: u16 = 1011;

/// Answers a close with its own code and reason. Codes that only an end of the connection has are not sent (RFC 6455, 7.4).
pub fn answer_close<O: Object>(object: O, tag: &str, code: u16, reason: &str) {
    let sendable = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
    let (code, reason) = if sendable { (Some(code), reason) } else { (None, "") };
    object.close(tag, code, reason);
}
