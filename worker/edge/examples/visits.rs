//! A whole Worker: each path counts its visits in a Durable Object of its own, in SQL. As a wasm:
//!
//! ```sh
//! cargo build --release -p pmx-edge --example visits --target wasm32-unknown-unknown
//! ```
//!
//! It runs on Cloudflare with `worker/shim/worker.mjs`, in `pmx-emulator` with its feature `compile` (`emulator/tests/visits.rs` does both steps), and natively
//! (`tests/own_worker` of the workspace).
#![allow(unreachable_pub, reason = "the test takes this file as a module")]

use pmx_edge::{
    ObjectClass, Worker,
    bindings::{Bound, Edge, Object, ObjectRequest, Value},
    http::{Request, Response},
    migrations::{self, Migration},
    object::{ObjectCall, Reply},
};
use std::rc::Rc;

/// The Worker.
pub struct Visits;

impl Worker for Visits {
    type Object = Counter;

    async fn fetch<E: Edge>(edge: E, request: &Request<'_>) -> Reply {
        let call = ObjectRequest { method: "POST", path: "/count".to_owned(), ..ObjectRequest::default() };
        match edge.object_fetch(request.path, call).await {
            Ok(answer) => Response::bytes(answer.status, "text/plain; charset=utf-8", answer.body).into(),
            Err(error) => Response::bytes(502, "text/plain; charset=utf-8", error.to_string().into_bytes()).into(),
        }
    }
}

/// Counts the visits of one path. What it keeps in memory is nothing.
#[derive(Default)]
pub struct Counter;

impl ObjectClass for Counter {
    const NAME: &'static str = "Counter";
    const MIGRATIONS: &'static [Migration] = &[&[
        "CREATE TABLE counter (version INTEGER NOT NULL, visits INTEGER NOT NULL)",
        "INSERT INTO counter VALUES (0, 0)",
    ]];

    async fn fetch<O: Object>(self: Rc<Self>, object: O, _: &str, call: ObjectCall<'_>) -> Reply {
        if call.method != "POST" {
            return Response::empty(405).into();
        }
        match count(object) {
            Ok(visits) => Response::bytes(200, "text/plain", visits.to_string().into_bytes()).into(),
            Err(error) => Response::bytes(500, "text/plain", error.to_string().into_bytes()).into(),
        }
    }
}

/// One turn without I/O in it, and so one transaction.
fn count<O: Object>(object: O) -> Bound<i64> {
    let exists = object.sql("SELECT 1 FROM sqlite_master WHERE name = 'counter'", &[])?;
    let version = if exists.0.is_empty() { 0 } else { number(object, "SELECT version FROM counter")? };
    if let Some(reached) = migrations::run(object, Counter::MIGRATIONS, version.unsigned_abs())? {
        object.sql("UPDATE counter SET version = ?", &[Value::Integer(reached.cast_signed())])?;
    }
    object.sql("UPDATE counter SET visits = visits + 1", &[])?;
    number(object, "SELECT visits FROM counter")
}

fn number<O: Object>(object: O, query: &str) -> Bound<i64> {
    match object.sql(query, &[])?.0.first().and_then(|row| row.first()) {
        Some(Value::Integer(number)) => Ok(*number),
        _ => Ok(0),
    }
}

pmx_edge::export_worker!(Visits);
