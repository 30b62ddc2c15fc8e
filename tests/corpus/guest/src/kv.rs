//! KV, by the ABI's ops.

use crate::{
    abi::{self, Failure, Fields, Frame},
    run::Context,
    values::{ALL, Body, body, json_of, number, shown, text, texts},
};
use serde_json::{Value, json};

fn frame(name: &str, op: &Value) -> Frame {
    let mut frame = Frame::of(name);
    frame.text(op["binding"].as_str().unwrap_or("KV"));
    frame
}

pub(crate) async fn run(name: &str, op: &Value, context: &Context) -> Result<Value, Failure> {
    match name {
        "kv.get" => {
            let found = abi::op(frame("kv.get", op).text(&text(&op["key"])).text(&number(&op["cacheTtl"]))).await?;
            Ok(found.map_or(Value::Null, |mut fields| shown(&fields.bytes())))
        }
        "kv.getWithMetadata" => with_metadata(op).await,
        "kv.getMany" => many(op, false).await,
        "kv.getManyWithMetadata" => many(op, true).await,
        "kv.put" => put(op, context).await,
        "kv.delete" => {
            abi::op(frame("kv.delete", op).text(&text(&op["key"]))).await?;
            Ok(json!("deleted"))
        }
        _ => list(op).await,
    }
}

async fn with_metadata(op: &Value) -> Result<Value, Failure> {
    let mut frame = frame("kv.get_with_metadata", op);
    frame.text(&text(&op["key"])).text(&number(&op["cacheTtl"])).text(ALL);
    let Some(mut fields) = abi::op(&frame).await? else {
        return Ok(json!({ "value": null, "metadata": null, "cacheStatus": null }));
    };
    let value = Body::read(&mut fields).shown().await?;
    Ok(json!({ "value": value, "metadata": json_of(&fields.text()), "cacheStatus": fields.given() }))
}

async fn many(op: &Value, metadata: bool) -> Result<Value, Failure> {
    let mut frame = frame("kv.get_many", op);
    frame.text(op["type"].as_str().unwrap_or_default()).flag(metadata).text(&number(&op["cacheTtl"]));
    for key in texts(&op["keys"]) {
        frame.text(&key);
    }
    let Some(mut fields) = abi::op(&frame).await? else { return Ok(json!([])) };
    let mut all = Vec::new();
    while let Some(key) = fields.next() {
        let key = String::from_utf8_lossy(&key).into_owned();
        let (found, value, beside) = (fields.flag(), fields.text(), fields.text());
        let value = if op["type"] == "json" { json_of(&value) } else { json!(value) };
        all.push(match (found, metadata) {
            (false, _) => json!([key, null]),
            (true, true) => json!([key, { "value": value, "metadata": json_of(&beside) }]),
            (true, false) => json!([key, value]),
        });
    }
    Ok(Value::Array(all))
}

async fn put(op: &Value, context: &Context) -> Result<Value, Failure> {
    let mut options = Frame::default();
    if let Some(seconds) = op["expirationIn"].as_i64() {
        #[allow(clippy::cast_possible_truncation, reason = "seconds since 1970")]
        options.pair("expiration", &((abi::now() / 1000.0).floor() as i64 + seconds).to_string());
    }
    for name in ["expiration", "expirationTtl"] {
        if !op[name].is_null() {
            options.pair(name, &number(&op[name]));
        }
    }
    if let Some(written) = op.get("metadataText") {
        options.pair("metadata", &json!(text(written)).to_string());
    } else if let Some(metadata) = op.get("metadata") {
        options.pair("metadata", &metadata.to_string());
    }
    let mut frame = frame("kv.put", op);
    frame.text(&text(&op["key"]));
    body(&op["value"], context)?.write(&mut frame);
    abi::op(frame.list(&options)).await?;
    Ok(json!("stored"))
}

async fn list(op: &Value) -> Result<Value, Failure> {
    let mut frame = frame("kv.list", op);
    let prefix = op.get("prefix").map(text).unwrap_or_default();
    frame.text(&prefix).text(&number(&op["limit"])).text(op["cursor"].as_str().unwrap_or_default());
    let mut fields = abi::op(&frame).await?.unwrap_or_else(|| Fields::new(Vec::new()));
    let (complete, cursor, status) = (fields.flag(), fields.given(), fields.given());
    let mut keys = Vec::new();
    while let Some(name) = fields.next() {
        let mut key = json!({ "name": String::from_utf8_lossy(&name) });
        if let Some(expiration) = fields.given() {
            key["expiration"] = json_of(&expiration);
        }
        if let Some(metadata) = fields.given() {
            key["metadata"] = json_of(&metadata);
        }
        keys.push(key);
    }
    let mut outcome = json!({ "keys": keys, "complete": complete, "cacheStatus": status });
    if let Some(cursor) = cursor {
        outcome["cursor"] = json!(cursor);
    }
    Ok(outcome)
}
