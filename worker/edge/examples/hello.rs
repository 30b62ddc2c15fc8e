//! The smallest Worker: it has no bindings, and greets from whatever path it is asked for.
#![allow(missing_docs, unreachable_pub, reason = "it is shown whole in examples/counter/README.md")]

use pmx_edge::{
    Edge, Worker,
    http::{Request, Response},
    object::Reply,
};

pub struct Hello;

impl Worker for Hello {
    async fn fetch(_edge: Edge, request: Request) -> Reply {
        Response::bytes(200, "text/plain; charset=utf-8", format!("hello from {}\n", request.path()).into()).into()
    }
}

pmx_edge::export_worker!(Hello, objects: []);
