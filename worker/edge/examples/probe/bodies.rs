use crate::{Lines, text};
use pmx_edge::{
    Edge,
    http::{BodyWriter, Request, Response},
    object::Reply,
};

/// What a body keeps that nobody reads.
const MAX_WAITING: usize = 64 * 1024;

pub(crate) async fn run(edge: Edge, mut request: Request) -> Response {
    let mut lines = Lines::default();
    let mut body = request.take_body();
    lines.say("read", body.read(5).await.map(|chunk| chunk.map(|chunk| text(&chunk))));
    lines.say("read on", body.read(3).await.map(|chunk| chunk.map(|chunk| text(&chunk))));
    lines.say("the rest", body.all(1_000).await.map(|rest| rest.map(|rest| text(&rest))));
    unread(&mut lines, edge).await;
    written(&mut lines, edge).await;
    lines.answer()
}

async fn unread(lines: &mut Lines, edge: Edge) {
    let bucket = edge.bucket("BUCKET").inline(None);
    lines.say("put", bucket.put("body", "0123456789").await.map(|_| ()));
    let mut held = Vec::new();
    for _ in 0..7 {
        match bucket.get("body").await {
            Ok(found) => held.push(found),
            Err(error) => lines.say::<()>("one more", Err(error)),
        }
    }
    lines.say("held", Ok(held.len()));
    held.pop();
    let found = bucket.get("body").await;
    lines.say("after one was dropped", found.as_ref().map(Option::is_some).map_err(Clone::clone));
    if let Some(body) = held.pop().flatten().and_then(|found| found.body) {
        lines.say("too large", body.all(9).await.map(|rest| rest.map(|rest| text(&rest))));
    }
}

async fn written(lines: &mut Lines, edge: Edge) {
    if let Ok((mut writer, mut body)) = edge.new_body(None) {
        lines.say("as much as may wait", writer.write(&vec![b'x'; MAX_WAITING]).await);
        lines.say("one byte more", writer.write(b"x").await);
        lines.say("end", writer.end());
        let mut size = 0;
        while let Ok(Some(chunk)) = body.read(10_000).await {
            size += chunk.len();
        }
        lines.say("read back", Ok(size));
    }
    if let Ok((mut writer, body)) = edge.new_body(Some(3)) {
        lines.say("write", writer.write(b"ab").await);
        lines.say("write too many", writer.write(b"cd").await);
        lines.say("end too early", writer.end());
        lines.say("read what is short", body.all(100).await.map(|rest| rest.map(|rest| text(&rest))));
    }
    if let Ok((writer, body)) = edge.new_body(None) {
        writer.fail("on purpose");
        lines.say("read what failed", body.all(100).await.map(|_| ()));
    }
    if let Ok((mut writer, body)) = edge.new_body(None) {
        drop(body);
        lines.say("write to nobody", writer.write(b"x").await);
    }
}

/// Answers with a body that is written after the answer: whole, of a length, or not to its end.
pub(crate) fn stream(edge: Edge, request: &Request) -> Reply {
    let path = request.path().to_owned();
    let length = if path == "/stream" { None } else { Some(300_000) };
    let Ok((writer, body)) = edge.new_body(length) else { return Response::empty(500).into() };
    let mut response = Response::empty(200);
    response.header("content-type", "text/plain");
    if let Some(length) = length {
        response.header("content-length", length.to_string());
    }
    Reply::and_then(response.with_body(body), async move { write(writer, &path).await })
}

async fn write(mut writer: BodyWriter, path: &str) {
    let chunks = if path == "/short" { 2 } else { 3 };
    for _ in 0..chunks {
        if writer.write(&[b'x'; 100_000]).await.is_err() {
            return;
        }
    }
    if path == "/failing" {
        writer.fail("on purpose");
    } else {
        let _ = writer.end();
    }
}
