//! WebSockets that hibernate, from inside of an object.

use crate::{
    abi::{self, Failure, Fields, Frame},
    run::Context,
    values::{bytes, shown, text},
};
use serde_json::{Value, json};

pub(crate) async fn run(name: &str, op: &Value, context: &Context) -> Result<Value, Failure> {
    Ok(match name {
        // Accepted in the moment of the answer, so the answer is given now.
        "accept" => {
            let mut tags = Frame::default();
            for tag in op["tags"].as_array().into_iter().flatten() {
                tags.text(&text(tag));
            }
            let mut answer = Frame::default();
            answer.text("101").text("accept").list(&tags);
            for (name, value) in crate::values::pairs(&op["headers"]) {
                answer.pair(&name, &value);
            }
            context.respond(&answer);
            json!("accepted")
        }
        "send" => {
            let sockets = chosen(op, context)?;
            let (kind, data) = message(&op["value"], context);
            for socket in &sockets {
                abi::call(Frame::of("socket.send").text(socket).text(kind).field(&data))?;
            }
            json!(sockets.len())
        }
        "broadcast" => {
            let mut frame = Frame::of("socket.broadcast");
            frame.flag(op["tag"].is_string()).text(op["tag"].as_str().unwrap_or_default());
            for one in op["values"].as_array().into_iter().flatten() {
                let (kind, data) = message(one, context);
                frame.text(kind).field(&data);
            }
            json!(abi::call(&frame)?.map_or(0.0, |mut fields| fields.number()))
        }
        "close" => {
            let sockets = chosen(op, context)?;
            let code = op["code"].as_u64().map(|code| code.to_string()).unwrap_or_default();
            for socket in &sockets {
                let reason = op["reason"].as_str().unwrap_or_default();
                abi::call(Frame::of("socket.close").text(socket).text(&code).text(reason))?;
            }
            json!(sockets.len())
        }
        "sleepIf" => {
            if context.message.1 == text(&op["text"]).as_bytes() {
                abi::op(Frame::of("sleep").text(&op["ms"].to_string())).await?;
            }
            json!("slept")
        }
        "sockets.count" => json!(listed(op["tag"].as_str())?.len()),
        "sockets.states" => each("socket.state", &chosen(op, context)?, |mut fields| json!(fields.number()))?,
        "sockets.tags" => each("socket.tags", &chosen(op, context)?, |fields| json!(fields.texts()))?,
        "attach" => {
            let data =
                if op["value"]["message"] == json!(true) { context.message.1.clone() } else { bytes(&op["value"]) };
            abi::call(Frame::of("socket.attach").text(&one(op, context)?).field(&data))?;
            json!("attached")
        }
        "attachment" => {
            let found = abi::call(Frame::of("socket.attachment").text(&one(op, context)?))?;
            found.map_or(Value::Null, |mut fields| shown(&fields.bytes()))
        }
        "autoResponse" => {
            let mut frame = Frame::of("socket.auto_response");
            if op.get("request").is_some() {
                frame.text(&text(&op["request"])).text(&text(&op["response"]));
            }
            abi::call(&frame)?;
            json!("set")
        }
        _ => {
            let time = abi::call(Frame::of("socket.auto_response_time").text(&one(op, context)?))?;
            time.map_or(Value::Null, |mut fields| json!(fields.number()))
        }
    })
}

fn listed(tag: Option<&str>) -> Result<Vec<String>, Failure> {
    let mut frame = Frame::of("socket.list");
    frame.flag(tag.is_some()).text(tag.unwrap_or_default());
    Ok(abi::call(&frame)?.map(Fields::texts).unwrap_or_default())
}

/// Those with a tag; without a tag the one whose event this is, and all of them elsewhere.
fn chosen(op: &Value, context: &Context) -> Result<Vec<String>, Failure> {
    match (op["tag"].as_str(), &context.socket) {
        (None, Some(socket)) if op["all"] != json!(true) => Ok(vec![socket.clone()]),
        (tag, _) => listed(tag),
    }
}

fn one(op: &Value, context: &Context) -> Result<String, Failure> {
    Ok(chosen(op, context)?.into_iter().next().unwrap_or_default())
}

fn each(call: &str, sockets: &[String], shown: impl Fn(Fields) -> Value) -> Result<Value, Failure> {
    let mut all = Vec::new();
    for socket in sockets {
        all.push(abi::call(Frame::of(call).text(socket))?.map_or(Value::Null, &shown));
    }
    Ok(Value::Array(all))
}

/// The kind of a message and its data.
fn message(written: &Value, context: &Context) -> (&'static str, Vec<u8>) {
    if written["message"] == json!(true) {
        let kind = if context.message.0 == "binary" { "binary" } else { "text" };
        return (kind, context.message.1.clone());
    }
    (if written["hex"].is_string() { "binary" } else { "text" }, bytes(written))
}
