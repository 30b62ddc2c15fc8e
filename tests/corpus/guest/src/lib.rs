//! The corpus's ops through the ABI, as `worker/ABI.md` has it.
//!
//! The same steps that `tests/corpus/plain` runs with the platform's own API. It is written from the page alone, on no crate that Workers are
//! written with: what the page does not say, or says otherwise than the hosts do, shows here.

mod abi;
mod http;
mod kv;
mod objects;
mod r2;
mod run;
mod sockets;
mod values;

use abi::Fields;
use run::{Context, Request};
use serde_json::{Value, json};
use std::rc::Rc;

/// One event, to its end.
async fn event(mut fields: Fields) {
    let kind = fields.text();
    let mut context = Context::default();
    match kind.as_str() {
        "fetch" => {}
        "entrypoint.fetch" => context.entrypoint = Some((fields.text(), values::json_of(&fields.text()))),
        _ => {
            let (_class, id, is_named, name) = (fields.text(), fields.text(), fields.flag(), fields.text());
            context.object = Some((id, is_named.then_some(name)));
        }
    }
    if kind.ends_with("fetch") {
        context.request = Some(Request::read(&mut fields));
        return http::answer(Rc::new(context)).await;
    }
    let details = details(&kind, &mut fields, &mut context);
    objects::event(kind.trim_start_matches("object."), details, Rc::new(context)).await;
}

/// What an event of an object is noted with.
fn details(kind: &str, fields: &mut Fields, context: &mut Context) -> Value {
    if kind == "object.alarm" {
        return json!({ "retryCount": fields.number(), "scheduledTime": fields.number() });
    }
    context.socket = Some(fields.text());
    let _tags = fields.list();
    match kind {
        "object.message" => {
            context.message = (fields.text(), fields.bytes());
            let (kind, data) = &context.message;
            json!({ "binary": kind == "binary", "data": values::shown(data) })
        }
        "object.close" => {
            json!({ "code": fields.number(), "reason": fields.text(), "wasClean": fields.flag() })
        }
        _ => json!({ "message": fields.text() }),
    }
}
