//! A whole Worker: each path counts its visits in a Durable Object of its own, in SQL. As a wasm:
//!
//! ```sh
//! cargo build --release -p pmx-edge --example visits --target wasm32-unknown-unknown
//! ```
//!
//! It runs on Cloudflare with `worker/shim/pmx_shim.mjs`, in `pmx-emulator` with its feature `compile` (`emulator/tests/visits.rs` does both steps), and natively
//! (`tests/own_worker` of the workspace).
#![allow(unreachable_pub, reason = "the test takes this file as a module")]

use pmx_edge::{
    Edge, ObjectClass, Worker,
    bindings::Bound,
    http::{Request, Response},
    migrations::{self, Migration},
    object::{Object, ObjectId, Reply},
};
use std::rc::Rc;

/// The Worker.
pub struct Visits;

impl Worker for Visits {
    async fn fetch(edge: Edge, request: Request) -> Reply {
        let counter = edge.objects("COUNTER").by_name(request.path());
        match counter.fetch(Request::new("POST", "https://object/count")).await {
            Ok(answer) => answer.into(),
            Err(error) => Response::bytes(502, "text/plain; charset=utf-8", error.to_string().into_bytes()).into(),
        }
    }
}

/// Counts the visits of one path. What it keeps in memory is nothing.
pub struct Counter;

impl ObjectClass for Counter {
    const NAME: &'static str = "Counter";

    fn new(_: &ObjectId, _: Object) -> Self {
        Self
    }

    async fn fetch(self: Rc<Self>, object: Object, request: Request) -> Reply {
        if request.method() != "POST" {
            return Response::empty(405).into();
        }
        match count(object) {
            Ok(visits) => Response::bytes(200, "text/plain; charset=utf-8", visits.to_string().into_bytes()).into(),
            Err(error) => Response::bytes(500, "text/plain", error.to_string().into_bytes()).into(),
        }
    }
}

/// The schema of an object, step by step.
const MIGRATIONS: &[Migration] = &[&[
    "CREATE TABLE counter (version INTEGER NOT NULL, visits INTEGER NOT NULL) STRICT",
    "INSERT INTO counter VALUES (0, 0)",
]];

/// One turn without I/O in it, and so one transaction.
fn count(object: Object) -> Bound<u64> {
    let exists = object.sql("SELECT 1 FROM sqlite_master WHERE name = 'counter'", &[])?;
    let version = if exists.is_empty() { 0 } else { number(object, "SELECT version FROM counter")? };
    if let Some(reached) = migrations::run(object, MIGRATIONS, version)? {
        object.sql("UPDATE counter SET version = ?", &[reached.into()])?;
    }
    object.sql("UPDATE counter SET visits = visits + 1", &[])?;
    number(object, "SELECT visits FROM counter")
}

fn number(object: Object, query: &str) -> Bound<u64> {
    Ok(object.sql(query, &[])?.first().map_or(0, |row| row[0].number()))
}

pmx_edge::export_worker!(Visits, objects: [Counter]);
