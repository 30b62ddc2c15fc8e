//! A Worker that makes every call of the ABI once and says what came of it, a line for each: what `tests/parity/probe.mjs` drives in
//! Cloudflare's runtime, to see that the shim, this crate and `worker/ABI.md` agree.
//!
//! Bound are `KV`, `BUCKET`, `PROBE` (class `Probe`), `OTHER` (class `Other`) and the Worker `API`; `TEXT` and `JSON` are variables.

mod bodies;
mod kv;
mod object;
mod r2;
mod requests;
mod socket;

use pmx_edge::{
    Edge, Worker,
    bindings::{BindingError, Bound, Level},
    http::{Request, Response},
    join::first_of,
    object::Reply,
};
use std::fmt::Debug;

/// What was said so far.
#[derive(Default)]
pub(crate) struct Lines(pub(crate) String);

impl Lines {
    /// What came of a call.
    pub(crate) fn say<T: Debug>(&mut self, what: &str, came: Bound<T>) {
        match came {
            Ok(value) => self.0.push_str(&format!("{what}: {value:?}\n")),
            Err(error) => self.0.push_str(&format!("{what}: {}\n", shown(&error))),
        }
    }

    pub(crate) fn answer(self) -> Response {
        Response::bytes(200, "text/plain; charset=utf-8", self.0.into_bytes())
    }
}

fn shown(error: &BindingError) -> String {
    let flags = [
        (error.is_remote(), "remote"),
        (error.is_retryable(), "retryable"),
        (error.is_overloaded(), "overloaded"),
        (error.is_object_reset(), "durableObjectReset"),
    ];
    let flags: Vec<_> = flags.into_iter().filter_map(|(is, flag)| is.then_some(flag)).collect();
    format!("{}({}) [{}]", error.class, error.message, flags.join(" "))
}

/// Bytes as they are shown.
pub(crate) fn text(bytes: &[u8]) -> String {
    if bytes.len() > 100 { format!("{} bytes", bytes.len()) } else { String::from_utf8_lossy(bytes).into_owned() }
}

struct Probe;

impl Worker for Probe {
    async fn fetch(edge: Edge, request: Request) -> Reply {
        match request.path() {
            "/edge" => platform(edge).await.into(),
            "/kv" => kv::run(edge, request).await.into(),
            "/r2" => r2::run(edge).await.into(),
            "/bodies" => bodies::run(edge, request).await.into(),
            "/stream" | "/short" | "/failing" | "/length" => bodies::stream(edge, &request),
            "/requests" => requests::run(edge).await.into(),
            "/cache" => requests::cache(edge).await.into(),
            "/objects" => object::run(edge).await.into(),
            "/trap" => std::process::abort(),
            "/throw" => Response::throw("thrown by the Worker").into(),
            // All else is an object's; its name is the query.
            _ => {
                let name = request.query().unwrap_or_default().to_owned();
                match edge.objects("PROBE").by_name(&name).fetch(request).await {
                    Ok(answer) => answer.into(),
                    Err(error) => Response::bytes(502, "text/plain", shown(&error).into_bytes()).into(),
                }
            }
        }
    }

    async fn entrypoint(_: Edge, name: &str, props: &str, request: Request) -> Reply {
        let said = format!("{name} {props} {} {}", request.method(), request.url());
        Response::bytes(200, "text/plain", said.into_bytes()).into()
    }
}

async fn platform(edge: Edge) -> Response {
    let mut lines = Lines::default();
    let mut bytes = [0; 32];
    edge.random(&mut bytes);
    lines.say("random", Ok(bytes != [0; 32]));
    lines.say("now", Ok(edge.now_ms() > 1_700_000_000_000));
    lines.say("var", Ok((edge.var("TEXT"), edge.var("JSON"), edge.var("KV"), edge.var("NONE"))));
    lines.say("json_var", Ok((edge.json_var("JSON"), edge.json_var("TEXT"), edge.json_var("KV"))));
    let names = ["KV", "BUCKET", "PROBE", "API", "TEXT", "JSON", "NONE"];
    lines.say("binding", Ok(names.map(|name| edge.binding(name))));
    let sleep = |ms: u64| async move {
        edge.sleep(ms).await;
        ms
    };
    lines.say("the shorter of two sleeps, and the other is given up", Ok(first_of(sleep(3_600_000), sleep(5)).await));
    edge.log(Level::Info, "a line of the log");
    lines.answer()
}

pmx_edge::export_worker!(Probe, objects: [object::ProbeObject, object::Other]);
