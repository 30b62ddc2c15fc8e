//! R2, by the ABI's ops.

use crate::{
    abi::{self, Failure, Fields, Frame},
    run::Context,
    values::{ALL, Body, body, number, pairs, text, texts},
};
use serde_json::{Map, Value, json};

const HASHES: [&str; 5] = ["md5", "sha1", "sha256", "sha384", "sha512"];

fn frame(name: &str, op: &Value) -> Frame {
    let mut frame = Frame::of(name);
    frame.text(op["binding"].as_str().unwrap_or("BUCKET"));
    frame
}

fn with_key(name: &str, op: &Value) -> Frame {
    let mut frame = frame(name, op);
    frame.text(&text(&op["key"]));
    frame
}

pub(crate) async fn run(name: &str, op: &Value, context: &Context) -> Result<Value, Failure> {
    match name {
        "r2.head" => {
            let found = abi::op(&with_key("r2.head", op)).await?;
            Ok(found.map_or(Value::Null, |mut fields| object(fields.list())))
        }
        "r2.get" => get(op).await,
        "r2.put" => {
            let stored = put(op, &text(&op["key"]), body(&op["value"], context)?).await?;
            Ok(if op["quiet"] == json!(true) { json!("stored") } else { stored })
        }
        "r2.fill" => {
            let count = op["count"].as_u64().unwrap_or(0);
            for at in 0..count {
                put(op, &format!("{}{at}", text(&op["prefix"])), Body::Bytes(Vec::new())).await?;
            }
            Ok(json!(count))
        }
        "r2.delete" => delete(op).await,
        "r2.list" => list(op).await,
        "r2.createMultipartUpload" => {
            let mut options = Frame::default();
            metadata(op, &mut options);
            let made = abi::op(with_key("r2.create", op).list(&options)).await?;
            Ok(json!({ "key": text(&op["key"]), "uploadId": made.map(|mut fields| fields.text()) }))
        }
        "r2.uploadPart" => {
            let mut frame = with_key("r2.upload_part", op);
            frame.text(&text(&op["uploadId"])).text(&number(&op["partNumber"]));
            body(&op["value"], context)?.write(&mut frame);
            let mut fields = abi::op(&frame).await?.unwrap_or_else(|| Fields::new(Vec::new()));
            Ok(json!({ "partNumber": fields.number(), "etag": fields.text() }))
        }
        "r2.completeMultipartUpload" => {
            let mut frame = with_key("r2.complete", op);
            frame.text(&text(&op["uploadId"]));
            for part in op["parts"].as_array().into_iter().flatten() {
                frame.text(&number(&part["partNumber"])).text(&text(&part["etag"]));
            }
            Ok(abi::op(&frame).await?.map_or(Value::Null, |mut fields| object(fields.list())))
        }
        _ => {
            abi::op(with_key("r2.abort", op).text(&text(&op["uploadId"]))).await?;
            Ok(json!("aborted"))
        }
    }
}

async fn get(op: &Value) -> Result<Value, Failure> {
    let mut options = Frame::default();
    if op["rangeHeaders"].is_array() {
        for (_, value) in pairs(&op["rangeHeaders"]).iter().filter(|(name, _)| name == "range") {
            options.pair("range.headers", value);
        }
    }
    range(&op["range"], &mut options);
    condition(op, &mut options);
    let Some(mut fields) = abi::op(with_key("r2.get", op).text(ALL).list(&options)).await? else {
        return Ok(Value::Null);
    };
    let mut shown = object(fields.list());
    shown["body"] = Body::read(&mut fields).shown().await?;
    Ok(shown)
}

/// The options of a range.
pub(crate) fn range(written: &Value, options: &mut Frame) {
    for name in ["offset", "length", "suffix"] {
        if !written[name].is_null() {
            options.pair(&format!("range.{name}"), &number(&written[name]));
        }
    }
}

fn condition(op: &Value, options: &mut Frame) {
    if op["onlyIfHeaders"].is_array() {
        options.text("if.headers").list(&header_list(&op["onlyIfHeaders"]));
    }
    for (name, value) in op["onlyIf"].as_object().into_iter().flatten() {
        let value = match value {
            Value::Bool(flag) => if *flag { "1" } else { "" }.to_owned(),
            Value::String(text) => text.clone(),
            other => number(other),
        };
        options.pair(&format!("if.{name}"), &value);
    }
}

fn header_list(written: &Value) -> Frame {
    let mut list = Frame::default();
    for (name, value) in pairs(written) {
        list.pair(&name, &value);
    }
    list
}

fn metadata(op: &Value, options: &mut Frame) {
    if op["httpHeaders"].is_array() {
        options.text("http.headers").list(&header_list(&op["httpHeaders"]));
    }
    for (name, value) in op["httpMetadata"].as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| number(value), str::to_owned);
        options.pair(&format!("http.{name}"), &value);
    }
    for (name, value) in op["customMetadata"].as_object().into_iter().flatten() {
        options.pair(&format!("custom.{name}"), &text(value));
    }
    if let Some(class) = op["storageClass"].as_str() {
        options.pair("storageClass", class);
    }
}

async fn put(op: &Value, key: &str, value: Body) -> Result<Value, Failure> {
    let mut options = Frame::default();
    metadata(op, &mut options);
    condition(op, &mut options);
    for name in HASHES {
        if let Some(sum) = op[name].as_str() {
            options.pair(name, sum);
        }
    }
    let mut frame = frame("r2.put", op);
    frame.text(key);
    value.write(&mut frame);
    Ok(abi::op(frame.list(&options)).await?.map_or(Value::Null, |mut fields| object(fields.list())))
}

async fn delete(op: &Value) -> Result<Value, Failure> {
    let mut frame = frame("r2.delete", op);
    let keys = match (op.get("key"), op["numbered"].as_u64()) {
        (Some(key), _) => vec![text(key)],
        (None, Some(count)) => (0..count).map(|at| format!("numbered/{at}")).collect(),
        (None, None) => texts(&op["keys"]),
    };
    for key in keys {
        frame.text(&key);
    }
    abi::op(&frame).await?;
    Ok(json!("deleted"))
}

async fn list(op: &Value) -> Result<Value, Failure> {
    let mut options = Frame::default();
    if !op["limit"].is_null() {
        options.pair("limit", &number(&op["limit"]));
    }
    for name in ["prefix", "cursor", "delimiter", "startAfter"] {
        if let Some(value) = op[name].as_str() {
            options.pair(name, value);
        }
    }
    for include in texts(&op["include"]) {
        options.pair("include", &include);
    }
    let mut fields = abi::op(frame("r2.list", op).list(&options)).await?.unwrap_or_else(|| Fields::new(Vec::new()));
    let (truncated, cursor, prefixes) = (fields.flag(), fields.given(), fields.list().texts());
    let objects: Vec<_> = fields.map(|one| object(Fields::new(one))).collect();
    let objects = if op["count"] == json!(true) {
        json!(objects.len())
    } else if op["names"] == json!(true) {
        objects.iter().map(|object| object["key"].clone()).collect()
    } else {
        Value::Array(objects)
    };
    let mut outcome = json!({ "objects": objects, "prefixes": prefixes, "truncated": truncated });
    if let Some(cursor) = cursor {
        outcome["cursor"] = json!(cursor);
    }
    Ok(outcome)
}

/// All that an object says of itself; groups of pairs are there if they hold something.
fn object(fields: Fields) -> Value {
    let mut shown = Map::new();
    for (name, value) in fields.pairs() {
        let (group, inner) = name.split_once('.').map_or(("", name.as_str()), |(group, inner)| (group, inner));
        let is_number = group == "range" || matches!(inner, "size" | "uploaded" | "cacheExpiry") && group != "custom";
        let value = if is_number { json!(value.parse::<f64>().unwrap_or(f64::NAN)) } else { json!(value) };
        let group = match group {
            "http" => "httpMetadata",
            "custom" => "customMetadata",
            "checksum" => "checksums",
            other => other,
        };
        if group.is_empty() {
            shown.insert(inner.to_owned(), value);
        } else if let Value::Object(members) = shown.entry(group).or_insert_with(|| json!({})) {
            members.insert(inner.to_owned(), value);
        }
    }
    Value::Object(shown)
}
