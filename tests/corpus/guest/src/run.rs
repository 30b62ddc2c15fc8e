//! One op after another. What one fails with is its outcome, and the next one runs.

use crate::{
    abi::{self, Failure, Fields, Frame},
    http, kv, objects, r2, sockets,
    values::Body,
};
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    pin::Pin,
    rc::Rc,
    task::Poll,
};

pub(crate) type Running<T> = Pin<Box<dyn Future<Output = T>>>;
/// What an op comes to.
pub(crate) type Outcome = Result<Value, Stop>;

/// Why an op has no value.
pub(crate) enum Stop {
    /// It failed, which is its outcome.
    Failed(Failure),
    /// The whole event fails with this message.
    Throw(String),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// The request of an event.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    body: RefCell<Option<Body>>,
}

impl Request {
    pub(crate) fn read(fields: &mut Fields) -> Self {
        let (method, url, body) = (fields.text(), fields.text(), Body::read(fields));
        Self { method, url, headers: fields.clone().pairs(), body: RefCell::new(Some(body)) }
    }
}

/// What the ops of an event are run with.
#[derive(Default)]
pub(crate) struct Context {
    pub(crate) request: Option<Request>,
    /// Name and props of the entrypoint, if it is not the default one.
    pub(crate) entrypoint: Option<(String, Value)>,
    /// Id and name of the object.
    pub(crate) object: Option<(String, Option<String>)>,
    /// The socket of the event.
    pub(crate) socket: Option<String>,
    /// `text` or `binary`, and the data.
    pub(crate) message: (String, Vec<u8>),
    /// The answer that an op wants.
    pub(crate) response: RefCell<Option<Frame>>,
    has_responded: Cell<bool>,
    /// What goes on when the answer is out.
    pub(crate) afterwards: RefCell<Vec<Vec<Value>>>,
    /// Bodies that are being written in pieces.
    pub(crate) writers: RefCell<Vec<Running<()>>>,
}

impl Context {
    pub(crate) fn take_body(&self) -> Body {
        self.request.as_ref().and_then(|request| request.body.borrow_mut().take()).unwrap_or(Body::None)
    }

    /// Whether the answer has a head only. Its length is left out then, as the platform's door does.
    pub(crate) fn is_head(&self) -> bool {
        self.request.as_ref().is_some_and(|request| request.method == "HEAD")
    }

    /// The length that the request gives its body.
    pub(crate) fn length(&self) -> Option<u64> {
        let headers = self.request.iter().flat_map(|request| &request.headers);
        headers.filter(|(name, _)| name == "content-length").find_map(|(_, length)| length.parse().ok())
    }

    /// Answers the event; of several answers the first one counts.
    pub(crate) fn respond(&self, answer: &Frame) {
        if !self.has_responded.replace(true) {
            abi::respond(answer);
        }
    }

    /// Goes on with bodies that are written in pieces.
    fn poll_writers(&self, context: &mut std::task::Context<'_>) -> bool {
        let mut writers = self.writers.take();
        writers.retain_mut(|writer| writer.as_mut().poll(context).is_pending());
        let all_done = writers.is_empty() && self.writers.borrow().is_empty();
        self.writers.borrow_mut().append(&mut writers);
        all_done
    }

    /// Waits for those that are left.
    pub(crate) async fn writers_end(self: Rc<Self>) {
        poll_fn(|context| if self.poll_writers(context) { Poll::Ready(()) } else { Poll::Pending }).await;
    }
}

async fn found(op: Value, context: Rc<Context>) -> Outcome {
    let name = op["op"].as_str().unwrap_or_default().to_owned();
    match name.split_once('.').map_or(name.as_str(), |(first, _)| first) {
        "kv" => Ok(kv::run(&name, &op, &context).await?),
        "r2" => Ok(r2::run(&name, &op, &context).await?),
        "object" | "memory" | "sql" | "alarm" | "transaction" | "abort" | "on" | "note" | "log" => {
            objects::run(&name, &op, &context).await
        }
        "accept" | "send" | "close" | "broadcast" | "sockets" | "attach" | "attachment" | "autoResponse"
        | "sleepIf" => Ok(sockets::run(&name, &op, &context).await?),
        _ => http::run(&name, &op, &context).await,
    }
}

/// The outcome of one op; `Err` if the event fails.
pub(crate) async fn run(op: Value, context: Rc<Context>) -> Result<Value, String> {
    let mut running: Running<Outcome> = Box::pin(found(op, context.clone()));
    let outcome = poll_fn(|polled| {
        let outcome = running.as_mut().poll(polled);
        context.poll_writers(polled);
        outcome
    })
    .await;
    match outcome {
        Ok(value) => Ok(value),
        Err(Stop::Failed(failure)) => Ok(shown_failure(&failure)),
        Err(Stop::Throw(message)) => Err(message),
    }
}

pub(crate) async fn run_all(ops: &[Value], context: &Rc<Context>) -> Result<Vec<Value>, String> {
    let mut outcomes = Vec::new();
    for op in ops {
        outcomes.push(run(op.clone(), context.clone()).await?);
    }
    Ok(outcomes)
}

/// As a script's `String(error)` has it.
pub(crate) fn shown_failure(failure: &Failure) -> Value {
    let separator = if failure.message.is_empty() { "" } else { ": " };
    let error = format!("{}{separator}{}", failure.class, failure.message);
    if failure.flags.is_empty() { json!({ "error": error }) } else { json!({ "error": error, "flags": failure.flags }) }
}
