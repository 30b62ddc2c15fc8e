//! Requests and answers: what the Worker sees of one, and how it makes one.

use crate::{
    abi::{self, Failure, Fields, Frame, Join},
    run::{Context, Outcome, Running, Stop, run_all},
    values::{ALL, Body, body, bytes, json_of, number, pairs, shown, text},
};
use serde_json::{Value, json};
use std::rc::Rc;

const JSON: &str = "application/json";

/// What another Worker or object answered.
pub(crate) struct Fetched {
    status: f64,
    body: Body,
    socket: Option<String>,
    headers: Vec<(String, String)>,
}

impl Fetched {
    pub(crate) fn read(answer: Option<Fields>) -> Self {
        let mut fields = answer.unwrap_or_else(|| Fields::new(Vec::new()));
        let (status, body, socket) = (fields.number(), Body::read(&mut fields), fields.given());
        Self { status, body, socket, headers: fields.pairs() }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.headers.iter().any(|(name, value)| name == "content-type" && value == JSON)
    }

    /// JSON is shown as what it says. Whether a length stands in a header is decided where the answer leaves the platform.
    pub(crate) async fn shown(self) -> Result<Value, Failure> {
        let is_json = self.is_json();
        let body = match self.body.all().await? {
            None => Value::Null,
            Some(bytes) if is_json => json_of(&String::from_utf8_lossy(&bytes)),
            Some(bytes) => shown(&bytes),
        };
        let hidden = ["x-do", "content-length"];
        let headers: Vec<_> = self.headers.iter().filter(|(name, _)| !hidden.contains(&name.as_str())).collect();
        Ok(json!({ "status": self.status, "headers": headers, "body": body }))
    }
}

/// A request of a step's, with the ops that it carries.
pub(crate) fn request_of(op: &Value, context: &Context) -> Result<Frame, Failure> {
    let mut frame = Frame::default();
    frame.text(op["method"].as_str().unwrap_or("GET")).text(&text(&op["url"]));
    body(&op["body"], context)?.write(&mut frame);
    for (name, value) in pairs(&op["headers"]) {
        frame.pair(&name, &value);
    }
    if op["do"].is_array() {
        frame.pair("x-do", &ascii(&op["do"]));
    }
    Ok(frame)
}

/// JSON as a header carries it.
fn ascii(ops: &Value) -> String {
    let mut out = String::new();
    for unit in ops.to_string().encode_utf16() {
        match u8::try_from(unit).ok().filter(u8::is_ascii) {
            Some(byte) => out.push(char::from(byte)),
            None => out.push_str(&format!("\\u{unit:04x}")),
        }
    }
    out
}

/// A request as whoever is asked sees it, without what stands before a Worker adds in its own way.
async fn seen(context: &Context) -> Result<Value, Failure> {
    let Some(request) = &context.request else { return Ok(Value::Null) };
    let hidden = ["x-do", "accept-encoding", "cf-connecting-ip"];
    let headers: Vec<_> = request.headers.iter().filter(|(name, _)| !hidden.contains(&name.as_str())).collect();
    let body = context.take_body().shown().await?;
    let mut seen = json!({ "method": request.method, "url": request.url, "headers": headers, "body": body });
    if let Some((name, props)) = &context.entrypoint {
        seen["entrypoint"] = json!(name);
        seen["props"] = if props.is_null() { json!({}) } else { props.clone() };
    }
    Ok(seen)
}

/// Any request: the ops of its header `x-do` (`body`: those in its body) are run; without one it is shown.
pub(crate) async fn answer(context: Rc<Context>) {
    let answer = match outcomes(&context).await {
        Ok(outcomes) => context.response.take().unwrap_or_else(|| of_json(&outcomes, context.is_head())),
        Err(message) => {
            let mut failed = Frame::default();
            failed.text("500").text("error").text(&message);
            failed
        }
    };
    context.respond(&answer);
    let later = context.afterwards.take().into_iter().map(|ops| {
        let context = context.clone();
        let running: Running<()> = Box::pin(async move {
            let _ = run_all(&ops, &context).await;
        });
        running
    });
    let writers: Running<()> = Box::pin(context.clone().writers_end());
    Join::new(later.chain([writers])).await;
}

async fn outcomes(context: &Rc<Context>) -> Result<Value, String> {
    let header = context.request.as_ref().and_then(|request| request.headers.iter().find(|(name, _)| name == "x-do"));
    let ops = match header.map(|(_, value)| value.as_str()) {
        None => return seen(context).await.map_err(|failure| failure.message),
        Some("body") => {
            let written = context.take_body().all().await.map_err(|failure| failure.message)?.unwrap_or_default();
            json_of(&String::from_utf8_lossy(&written))
        }
        Some(ops) => json_of(ops),
    };
    let ops = ops.as_array().ok_or("the ops are no list")?;
    Ok(Value::Array(run_all(ops, context).await?))
}

fn of_json(value: &Value, is_head: bool) -> Frame {
    let written = value.to_string();
    let mut answer = Frame::default();
    answer.text("200");
    if is_head {
        answer.pair("none", "").pair("content-type", JSON);
    } else {
        answer.pair("bytes", &written).pair("content-type", JSON).pair("content-length", &written.len().to_string());
    }
    answer
}

pub(crate) async fn run(name: &str, op: &Value, context: &Rc<Context>) -> Outcome {
    Ok(match name {
        "respond" => {
            let answer = made(op, context).await?;
            *context.response.borrow_mut() = Some(answer);
            json!("responded")
        }
        "seen" => seen(context).await?,
        "body.read" => context.take_body().shown().await?,
        "body.first" => match context.take_body() {
            Body::Handle(handle) => {
                let piece = abi::op(Frame::of("body.read").text(&handle).text(ALL)).await?;
                piece.map_or(Value::Null, |mut fields| shown(&fields.bytes()))
            }
            other => other.shown().await?,
        },
        "service.fetch" => {
            let mut frame = Frame::of("service.fetch");
            frame.text(op["binding"].as_str().unwrap_or("SERVICE")).text(ALL).text(redirect(op));
            Fetched::read(abi::op(frame.all(&request_of(op, context)?)).await?).shown().await?
        }
        "export.fetch" => {
            let mut frame = Frame::of("export.fetch");
            let props = op.get("props").map(Value::to_string).unwrap_or_default();
            frame.text(&text(&op["entrypoint"])).text(&props).text(ALL).text(redirect(op));
            Fetched::read(abi::op(frame.all(&request_of(op, context)?)).await?).shown().await?
        }
        "fetch" => {
            let mut frame = Frame::of("fetch");
            frame.text(ALL).text(redirect(op));
            Fetched::read(abi::op(frame.all(&request_of(op, context)?)).await?).shown().await?
        }
        "service.upgrade" => {
            let mut frame = Frame::of("service.fetch");
            frame.text(op["binding"].as_str().unwrap_or("SERVICE"));
            return upgrade(frame, &text(&op["url"]), op, context).await;
        }
        "cache.put" | "cache.match" | "cache.delete" => cache(name, op).await?,
        "variable" => match abi::variable(&text(&op["name"])) {
            Some((kind, value)) if kind == "json" => json_of(&value),
            found => json!(found.map(|(_, value)| value)),
        },
        "sleep" => {
            abi::op(Frame::of("sleep").text(&number(&op["ms"]))).await?;
            json!("slept")
        }
        "now" => json!(abi::now()),
        "waitUntil" => {
            context.afterwards.borrow_mut().push(op["do"].as_array().cloned().unwrap_or_default());
            json!("promised")
        }
        "together" => together(op, context).await?,
        "throw" => return Err(Stop::Throw(text(&op["message"]))),
        "hang" => std::future::pending().await,
        "spin" => loop {
            std::hint::spin_loop();
        },
        other => return Err(Stop::Throw(format!("{other} is no op"))),
    })
}

fn redirect(op: &Value) -> &str {
    op["redirect"].as_str().unwrap_or_default()
}

async fn together(op: &Value, context: &Rc<Context>) -> Outcome {
    let running = op["do"].as_array().into_iter().flatten().map(|one| {
        let running: Running<Result<Value, String>> = Box::pin(crate::run::run(one.clone(), context.clone()));
        running
    });
    let outcomes: Result<Vec<_>, _> = Join::new(running).await.into_iter().collect();
    Ok(Value::Array(outcomes.map_err(Stop::Throw)?))
}

/// Joins the client of this request to the socket that a `*.fetch` (its fields up to the binding) answers with, or hands its answer on.
pub(crate) async fn upgrade(mut frame: Frame, url: &str, op: &Value, context: &Context) -> Outcome {
    frame.text(ALL);
    if url != "https://object/" {
        frame.text("");
    }
    frame.text("GET").text(url).pair("none", "");
    for (name, value) in context.request.iter().flat_map(|request| &request.headers).filter(|(name, _)| name != "x-do")
    {
        frame.pair(name, value);
    }
    let fetched = Fetched::read(abi::op(frame.pair("x-do", &ascii(&op["do"]))).await?);
    let mut answer = Frame::default();
    answer.text(&fetched.status.to_string());
    match &fetched.socket {
        Some(socket) => answer.pair("socket", socket),
        None => {
            fetched.body.write(&mut answer);
            &mut answer
        }
    };
    for (name, value) in &fetched.headers {
        answer.pair(name, value);
    }
    *context.response.borrow_mut() = Some(answer);
    Ok(Value::Null)
}

/// The answer that a step wants. What its length is, if that is known, stands in a header.
async fn made(op: &Value, context: &Context) -> Result<Frame, Failure> {
    let (body, length) = if let Some(key) = op["r2"].as_str() {
        stored(key, op).await?
    } else {
        let body = body(&op["body"], context)?;
        let length = match &body {
            Body::None => Some(0),
            Body::Bytes(bytes) => Some(bytes.len() as u64),
            Body::Handle(_) if op["body"]["body"] == json!(true) => context.length(),
            Body::Handle(_) => op["body"]["length"].as_u64(),
        };
        (body, length)
    };
    let is_head = context.is_head();
    let mut answer = Frame::default();
    answer.text(&number(&op["status"]));
    if is_head {
        answer.pair("none", "");
    } else {
        body.write(&mut answer);
    }
    for (name, value) in pairs(&op["headers"]) {
        answer.pair(&name, &value);
    }
    let has_length = !is_head && op["status"] != 204 && op["status"] != 304;
    if let Some(length) = length.filter(|_| has_length) {
        answer.pair("content-length", &length.to_string());
    }
    Ok(answer)
}

/// An object's body, or a part of it, and its length.
async fn stored(key: &str, op: &Value) -> Result<(Body, Option<u64>), Failure> {
    let mut options = Frame::default();
    crate::r2::range(&op["range"], &mut options);
    let mut frame = Frame::of("r2.get");
    frame.text("BUCKET").text(key).text("").list(&options);
    let Some(mut fields) = abi::op(&frame).await? else { return Ok((Body::None, None)) };
    let object = fields.list().pairs();
    let size = |name: &str| object.iter().find(|(found, _)| found == name).and_then(|(_, size)| size.parse().ok());
    Ok((Body::read(&mut fields), size("range.length").or_else(|| size("size"))))
}

async fn cache(name: &str, op: &Value) -> Result<Value, Failure> {
    let mut frame = Frame::of(name);
    frame.text(op["cache"].as_str().unwrap_or_default());
    let (method, url) = (op["method"].as_str().unwrap_or("GET"), text(&op["url"]));
    match name {
        "cache.match" => {
            frame.text(ALL).flag(op["ignoreMethod"] == json!(true)).text(method).text(&url).pair("none", "");
            for (name, value) in pairs(&op["headers"]) {
                frame.pair(&name, &value);
            }
            match abi::op(&frame).await? {
                Some(fields) => Fetched::read(Some(fields)).shown().await,
                None => Ok(Value::Null),
            }
        }
        "cache.delete" => {
            frame.flag(op["ignoreMethod"] == json!(true)).text(method).text(&url);
            Ok(json!(abi::op(&frame).await?.is_some_and(|mut fields| fields.flag())))
        }
        _ => {
            frame.text(method).text(&url).text(&op["status"].as_u64().unwrap_or(200).to_string());
            Body::Bytes(bytes(&op["body"])).write(&mut frame);
            for (name, value) in pairs(&op["headers"]) {
                frame.pair(&name, &value);
            }
            abi::op(&frame).await?;
            Ok(json!("stored"))
        }
    }
}
