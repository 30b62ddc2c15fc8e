//! A Worker of one's own: a page that counts its visits, live in every window that is open.
//!
//! | address | does | with |
//! | --- | --- | --- |
//! | `GET /` | the page | – |
//! | `POST /visit`, `GET /count` | counts a visit; tells the counts | a Durable Object with SQL and an alarm |
//! | `GET /live` | a WebSocket that hears of every change | the same object |
//! | `POST /names`, `GET /names` | remembers who was here | KV |
//! | `PUT /picture`, `GET /picture` | the picture above the counter | R2 |
//!
//! This file answers clients. Many requests are in flight in one instance of it, and none of them keeps anything: what must be agreed on
//! is in the object ([`Counter`]), of which there is one.

mod counter;
mod names;
mod picture;

pub use counter::Counter;
use pmx_edge::{
    Edge, Worker,
    bindings::{Bound, Level},
    http::{Request, Response},
    object::Reply,
};

/// The page. It is part of the wasm; larger files belong into a bucket.
const PAGE: &str = include_str!("page.html");
/// The object that counts. A Worker with many counters would give each a name of its own.
const OBJECT: &str = "visits";

/// The Worker.
pub struct Visits;

impl Worker for Visits {
    async fn fetch(edge: Edge, request: Request) -> Reply {
        let is_head = request.method() == "HEAD";
        let answer = match route(edge, request).await {
            Ok(answer) => answer,
            // A binding failed: the platform's words are for the log, not for the client.
            Err(error) => {
                edge.log(Level::Error, &error.message);
                text(502, "something behind this page failed")
            }
        };
        if is_head { answer.without_body().into() } else { answer.into() }
    }
}

async fn route(edge: Edge, request: Request) -> Bound<Response> {
    let method = match request.method() {
        "HEAD" => "GET",
        method => method,
    };
    match (method, request.path()) {
        ("GET", "/") => Ok(Response::bytes(200, "text/html; charset=utf-8", PAGE.into())),
        ("GET", "/live") if !request.is_upgrade() => Ok(text(426, "this address speaks WebSocket")),
        // The head of the request is handed on, and the answer as it comes: for `/live` a socket, which the host then joins the client to.
        ("POST", "/visit") | ("GET", "/count" | "/live") => {
            edge.objects("COUNTER").by_name(OBJECT).fetch(request.without_body()).await
        }
        ("GET", "/names") => names::list(edge).await,
        ("POST", "/names") => names::add(edge, request).await,
        ("GET", "/picture") => picture::get(edge, &request).await,
        ("PUT", "/picture") => picture::put(edge, request).await,
        (_, "/" | "/visit" | "/count" | "/live" | "/names" | "/picture") => Ok(text(405, "not with this method")),
        _ => Ok(text(404, "there is nothing here")),
    }
}

/// A short answer for people.
fn text(status: u16, sentence: &str) -> Response {
    Response::bytes(status, "text/plain; charset=utf-8", format!("{sentence}\n").into())
}

// What the wasm exports: this Worker, and its classes of Durable Objects by their names in `wrangler.toml`.
pmx_edge::export_worker!(Visits, objects: [Counter]);
