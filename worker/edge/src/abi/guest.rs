//! The bindings over the ABI's ops, and what becomes of an event.

use super::{
    executor::{self, Op},
    frame::{Reader, Writer},
    imports::{self, Imports},
};
use crate::{
    Worker,
    bindings::{
        BindingError, Blob, Body, Bound, Bucket, Clock, Kv, Level, ObjectRequest, ObjectResponse, Objects, Put, Rows,
        Sockets, Storage, Value,
    },
    http::{Payload, Request, Response},
    object::{Message, ObjectCall, ObjectClass, Reply},
};
use pmx_model::Hash;
use std::{any::Any, cell::RefCell, rc::Rc};

/// The platform, as this wasm reaches it.
#[derive(Clone, Copy)]
pub(super) struct Guest;

thread_local! {
    /// What the object of this instance keeps in memory.
    static OBJECT: RefCell<Option<Rc<dyn Any>>> = const { RefCell::new(None) };
}

fn object<C: ObjectClass>() -> Rc<C> {
    OBJECT.with_borrow_mut(|slot| match slot.clone().and_then(|kept| kept.downcast().ok()) {
        Some(kept) => kept,
        None => {
            let made = Rc::new(C::default());
            *slot = Some(made.clone());
            made
        }
    })
}

/// Runs one event to its end.
pub(super) async fn dispatch<W: Worker>(guest: Guest, event: Vec<u8>) {
    let mut fields = Reader::new(&event);
    match fields.text() {
        "fetch" => {
            let (method, url) = (fields.text(), fields.text());
            let request = Request::new(method, url, headers(&mut fields));
            answer(W::fetch(guest, &request).await).await;
        }
        "object.fetch" => {
            let (name, method, url, body) = (fields.text(), fields.text(), fields.text(), fields.bytes());
            let upgrade = headers(&mut fields)
                .iter()
                .any(|(name, value)| *name == "upgrade" && value.eq_ignore_ascii_case("websocket"));
            answer(object::<W::Object>().fetch(guest, name, ObjectCall { method, url, body, upgrade }).await).await;
        }
        "object.alarm" => object::<W::Object>().alarm(guest).await,
        "object.close" => {
            let (_name, tag, code, reason) = (fields.text(), fields.text(), fields.number(), fields.text());
            let code = u16::try_from(code).unwrap_or(0);
            object::<W::Object>().close(guest, tag, code, reason).await;
        }
        "object.error" => {
            let (_name, tag) = (fields.text(), fields.text());
            object::<W::Object>().error(guest, tag).await;
        }
        "object.message" => {
            let (_name, tag, kind, data) = (fields.text(), fields.text(), fields.text(), fields.bytes());
            let message = match std::str::from_utf8(data) {
                Ok(text) if kind == "text" => Message::Text(text),
                _ => Message::Binary(data),
            };
            object::<W::Object>().message(guest, tag, message).await;
        }
        // An event that a later ABI may add.
        _ => {}
    }
}

async fn answer(reply: Reply) {
    respond(&reply.response);
    if let Some(rest) = reply.rest {
        rest.await;
    }
}

fn headers<'a>(fields: &mut Reader<'a>) -> Vec<(&'a str, &'a str)> {
    let mut headers = Vec::with_capacity(16);
    while let (Some(name), Some(value)) = (fields.next(), fields.next()) {
        // A value that is no UTF-8 is one that no handler here understands.
        if let (Ok(name), Ok(value)) = (std::str::from_utf8(name), std::str::from_utf8(value)) {
            headers.push((name, value));
        }
    }
    headers
}

fn respond(response: &Response) {
    let body = match &response.payload {
        Payload::Bytes(bytes) => bytes.len(),
        _ => 0,
    };
    let mut frame = Writer::with_capacity(body + 512);
    frame.number(u64::from(response.status));
    match &response.payload {
        Payload::None => frame.text("none").field(b""),
        Payload::Bytes(bytes) => frame.text("bytes").field(bytes),
        Payload::Blob(blob) => frame.text("r2").number(u64::from(blob.handle)),
        Payload::Socket(handle) => frame.text("socket").number(u64::from(*handle)),
        Payload::Accept(tag) => frame.text("accept").text(tag),
    };
    for (name, value) in &response.headers {
        frame.text(name).text(value);
    }
    imports::respond(executor::current_task(), frame.bytes());
}

/// Begins an op, waits for its answer, and takes the answer apart.
async fn call<T>(frame: &Writer, read: impl FnOnce(&mut Reader<'_>, u32) -> T) -> Bound<Option<T>> {
    let mut op = Op::<Imports>::begin(frame.bytes());
    let answer = (&mut op).await;
    let mut fields = Reader::new(&answer);
    match fields.text() {
        "ok" => Ok(Some(read(&mut fields, op.id()))),
        "none" => Ok(None),
        _ => Err(BindingError(fields.text().to_owned())),
    }
}

/// As [`call`], for an answer that is one value: it is handed over where it lies, since it may be a document.
async fn call_for_bytes(frame: &Writer) -> Bound<Option<Vec<u8>>> {
    let mut op = Op::<Imports>::begin(frame.bytes());
    let mut answer = (&mut op).await;
    let mut fields = Reader::new(&answer);
    match fields.text() {
        "ok" => {
            let len = fields.bytes().len();
            let end = answer.len() - fields.left();
            answer.truncate(end);
            answer.drain(..end - len);
            Ok(Some(answer))
        }
        "none" => Ok(None),
        _ => Err(BindingError(fields.text().to_owned())),
    }
}

fn request(name: &str) -> Writer {
    let mut frame = Writer::with_capacity(96);
    frame.text(name);
    frame
}

fn hash_request(name: &str, hash: &Hash) -> Writer {
    let mut frame = request(name);
    frame.field(&hash.hex());
    frame
}

impl Clock for Guest {
    fn now_ms(self) -> u64 {
        imports::now() as u64
    }

    fn random(self, bytes: &mut [u8]) {
        imports::random(bytes);
    }

    fn log(self, level: Level, line: &str) {
        imports::log(level as u32, line);
    }

    fn var(self, name: &str) -> Option<String> {
        Reader::new(&imports::env(name)).next().map(|value| String::from_utf8_lossy(value).into_owned())
    }

    async fn sleep(self, ms: u64) {
        let _ = call(request("sleep").number(ms), |_, _| ()).await;
    }
}

impl Kv for Guest {
    async fn kv_get(self, key: &str) -> Bound<Option<Vec<u8>>> {
        call_for_bytes(request("kv.get").text(key)).await
    }

    async fn kv_put(self, key: &str, value: &[u8]) -> Bound<()> {
        call(request("kv.put").text(key).field(value), |_, _| ()).await.map(|_| ())
    }
}

impl Bucket for Guest {
    async fn blob_head(self, hash: &Hash) -> Bound<Option<u64>> {
        call(&hash_request("r2.head", hash), |fields, _| fields.number()).await
    }

    async fn blob_get(self, hash: &Hash, range: Option<(u64, u64)>) -> Bound<Option<Blob>> {
        let mut frame = hash_request("r2.get", hash);
        match range {
            Some((offset, length)) => frame.number(offset).number(length),
            None => frame.field(b"").field(b""),
        };
        call(&frame, |fields, handle| Blob { handle, size: fields.number() }).await
    }

    async fn blob_read(self, hash: &Hash, max: u64) -> Bound<Option<Vec<u8>>> {
        call_for_bytes(hash_request("r2.read", hash).number(max)).await
    }
}

impl Body for Guest {
    async fn body_read(self, max: u64) -> Bound<Option<Vec<u8>>> {
        match call_for_bytes(request("body.read").number(max)).await {
            Err(BindingError(text)) if text == "too large" => Ok(None),
            Ok(body) => Ok(Some(body.unwrap_or_default())),
            Err(error) => Err(error),
        }
    }

    async fn body_put(self, hash: &Hash) -> Bound<Put> {
        let stored =
            call(hash_request("r2.put", hash).field(&hash.hex()), |fields, _| fields.text() == "stored").await?;
        Ok(if stored == Some(true) { Put::Stored } else { Put::Exists })
    }
}

impl Objects for Guest {
    async fn object_fetch(self, name: &str, to: ObjectRequest) -> Bound<ObjectResponse> {
        let mut frame = Writer::with_capacity(to.body.len() + to.path.len() + 128);
        frame.text("object.fetch").text(name).text(to.method).text(&to.path).field(&to.body);
        if to.upgrade {
            frame.text("upgrade").text("websocket");
        }
        let response = call(&frame, |fields, handle| {
            let status = u16::try_from(fields.number()).unwrap_or(502);
            let socket = (fields.text() == "1").then_some(handle);
            ObjectResponse { status, socket, body: fields.bytes().to_vec() }
        });
        response.await?.ok_or_else(|| BindingError("the object gave no answer".to_owned()))
    }
}

impl Storage for Guest {
    fn sql(self, query: &str, bindings: &[Value]) -> Bound<Rows> {
        let mut frame = Writer::with_capacity(query.len() + 64 * bindings.len());
        frame.text(query);
        for value in bindings {
            match value {
                Value::Null => frame.field(b"n"),
                Value::Integer(number) => frame.tagged(b'i', number.to_string().as_bytes()),
                Value::Real(number) => frame.tagged(b'r', number.to_string().as_bytes()),
                Value::Text(text) => frame.tagged(b't', text.as_bytes()),
                Value::Blob(bytes) => frame.tagged(b'b', bytes),
            };
        }
        let answer = imports::sql(frame.bytes());
        let mut fields = Reader::new(&answer);
        if fields.text() != "ok" {
            return Err(BindingError(fields.text().to_owned()));
        }
        let (columns, rows) = (fields.number(), fields.number());
        Ok(Rows((0..rows).map(|_| (0..columns).map(|_| value(fields.bytes())).collect()).collect()))
    }

    async fn alarm_set(self, at_ms: u64) -> Bound<()> {
        call(request("alarm.set").number(at_ms), |_, _| ()).await.map(|_| ())
    }

    async fn alarm_get(self) -> Bound<Option<u64>> {
        call(&request("alarm.get"), |fields, _| fields.number()).await
    }
}

fn value(field: &[u8]) -> Value {
    let Some((tag, bytes)) = field.split_first() else { return Value::Null };
    let text = || String::from_utf8_lossy(bytes).into_owned();
    match tag {
        b'i' => Value::Integer(text().parse().unwrap_or_default()),
        b'r' => Value::Real(text().parse().unwrap_or_default()),
        b't' => Value::Text(text()),
        b'b' => Value::Blob(bytes.to_vec()),
        _ => Value::Null,
    }
}

impl Sockets for Guest {
    fn send(self, tag: Option<&str>, frames: &[String]) -> u32 {
        let mut message = request(tag.unwrap_or_default());
        for frame in frames {
            message.text(frame);
        }
        imports::send(message.bytes())
    }

    fn open_sockets(self) -> u32 {
        imports::send(request("").bytes())
    }

    fn close(self, tag: &str, code: Option<u16>, reason: &str) {
        let mut frame = request(tag);
        match code {
            Some(code) => frame.number(u64::from(code)),
            None => frame.field(b""),
        };
        imports::close(frame.text(reason).bytes());
    }
}
