//! SpaceDO: the one writer of a site. It records deploys, makes one of them active, tells the open pages, and brings KV into
//! line through an outbox.

mod activate;
mod commit;
mod history;
mod losses;
mod outbox;
mod proofs;
mod prune;
mod sockets;
mod store;

use crate::{
    bindings::{BindingError, Level, Object},
    http::{ApiError, Code, Response},
    serve::{ByteLru, Cache},
};
use pmx_model::{ChangeEvent, SiteName};
use std::{
    cell::{Cell, RefCell},
    future::Future,
    pin::Pin,
    rc::Rc,
    task::Waker,
};

/// An event of the object.
#[derive(Clone, Copy, Debug)]
pub enum ObjectEvent<'a> {
    /// A call of the Worker.
    Fetch {
        /// `GET` or `POST`.
        method: &'a str,
        /// `https://object/<call>?space=<site>`.
        url: &'a str,
        /// JSON.
        body: &'a [u8],
        /// Whether a socket is asked for.
        upgrade: bool,
    },
    /// The alarm is due.
    Alarm,
    /// A client closed its socket.
    Close {
        /// The socket.
        tag: &'a str,
        /// Its close code.
        code: u16,
        /// Its reason.
        reason: &'a str,
    },
    /// A socket failed.
    Error {
        /// The socket.
        tag: &'a str,
    },
}

/// An answer, and what is still to be done after it.
pub struct Reply {
    /// The answer.
    pub response: Response,
    /// Runs when the answer is out.
    pub rest: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self { response, rest: None }
    }
}

/// The events between the last 32 pairs of deploys; a pair takes a few hundred bytes.
const MAX_PAIRS: usize = 32;

/// What the object keeps in memory between its events.
struct Space {
    documents: Cache,
    /// Events by (from, to).
    pairs: ByteLru<(String, String), Rc<Vec<ChangeEvent>>>,
    /// Whether a put into KV is under way.
    flushing: Cell<bool>,
    /// Those who wait for it.
    waiting: RefCell<Vec<Waker>>,
    sockets: sockets::Count,
}

thread_local! {
    static SPACE: Rc<Space> = Rc::new(Space {
        documents: Cache::default(),
        pairs: ByteLru::new(MAX_PAIRS),
        flushing: Cell::new(false),
        waiting: RefCell::default(),
        sockets: sockets::Count::default(),
    });
}

/// Handles one event. Only calls have an answer.
pub async fn handle<O: Object>(object: O, name: &str, event: ObjectEvent<'_>) -> Option<Reply> {
    let space = SPACE.with(Rc::clone);
    match event {
        ObjectEvent::Fetch { method, url, body, upgrade } => {
            let call = Call { method, url, body, upgrade };
            Some(
                route(object, &space, name, call)
                    .await
                    .unwrap_or_else(|error| Response::json(error.code.status(), &error.to_json()).into()),
            )
        }
        ObjectEvent::Alarm => {
            outbox::alarm(object, &space).await;
            None
        }
        ObjectEvent::Close { tag, code, reason } => {
            sockets::answer_close(object, tag, code, reason);
            None
        }
        ObjectEvent::Error { tag } => {
            object.close(tag, Some(1011), "");
            None
        }
    }
}

#[derive(Clone, Copy)]
struct Call<'a> {
    method: &'a str,
    url: &'a str,
    body: &'a [u8],
    upgrade: bool,
}

async fn route<O: Object>(object: O, space: &Rc<Space>, name: &str, call: Call<'_>) -> Result<Reply, ApiError> {
    let request = crate::http::Request::new(call.method, call.url, Vec::new());
    let site: SiteName = request
        .parameter("space")
        .and_then(|site| site.parse().ok())
        .ok_or_else(|| ApiError::new(Code::BadRequest, "space: missing").detail("field", "space"))?;
    store::check_name(object, name, &site)?;
    match (call.method, request.path) {
        ("GET", "/state") => {
            outbox::look_after(object).await;
            history::state(object)
        }
        ("GET", "/deploys") => history::deploys(object),
        ("GET", "/events") if call.upgrade => {
            sockets::connect(object, space, request.parameter("deploy").unwrap_or_default())
        }
        ("POST", "/known") => history::known(object, space, &site, request.parameter("base"), call.body).await,
        ("POST", "/proven") => history::proven(object, &site, call.body),
        ("POST", "/lost") => {
            losses::lost(object, space, &site, request.parameter("hash"), request.parameter("size")).await
        }
        ("POST", "/commit") => commit::commit(object, space, &site, call.body).await,
        ("POST", "/prune") => prune::prune(object, space, request.parameter("keep")),
        ("POST", "/rollback") => {
            history::rollback(object, space, &site, request.parameter("deploy").unwrap_or_default()).await
        }
        ("POST", "/unpublish") => history::unpublish(object, space, &site, request.parameter("status")).await,
        _ => Err(ApiError::new(Code::NotFound, "There is no such call")),
    }
}

/// A binding failed: the log gets the platform's text.
fn failed<O: Object>(object: O, what: &str) -> impl Fn(BindingError) -> ApiError {
    move |error| {
        object.log(Level::Error, &format!("{what}: {error}"));
        ApiError::new(Code::Internal, "Something went wrong on the server")
    }
}

fn body<'a, T: serde::Deserialize<'a>>(json: &'a [u8]) -> Result<T, ApiError> {
    serde_json::from_slice(json).map_err(|error| ApiError::new(Code::BadRequest, error.to_string()))
}
