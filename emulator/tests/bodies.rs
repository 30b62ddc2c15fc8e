//! Bodies that stay with the host: read, handed on, and written by the Worker (`worker/ABI.md`, "Bodies").
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::Request;
use http_body::{Body as _, Frame};
use pmx_emulator::r2::PutOptions;
use pmx_emulator::{AtOnce, Emulator};
use support::{Answer, Script, bodyless, builder, deadline, eventually, fetch, fields, script, with_body};

const USED: &str =
    "Body has already been used. It can only be used once. Use tee() first if you need to read it twice.";

/// A body that comes in these pieces, of unknown length.
struct Pieces(Vec<&'static [u8]>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let next = if self.0.is_empty() { None } else { Some(self.0.remove(0)) };
        Poll::Ready(next.map(|piece| Ok(Frame::data(Bytes::from_static(piece)))))
    }
}

fn emulator() -> Emulator {
    builder().build().unwrap()
}

/// Runs a script in a fresh instance, on a request with a body.
async fn on_body(script: Script, body: impl Into<Body>) -> Answer {
    fetch(&emulator(), with_body(&script, body)).await
}

/// Runs a script in a fresh instance, on a request without one.
async fn on_none(script: Script) -> Answer {
    fetch(&emulator(), bodyless(&script)).await
}

fn put_object(emulator: &Emulator, key: &str, bytes: &[u8]) {
    let mut upload = emulator.r2().upload(key, bytes.len() as u64, PutOptions::default()).unwrap();
    upload.write(bytes).unwrap();
    upload.finish().unwrap();
}

#[tokio::test]
async fn a_body_is_read_in_pieces_of_at_most_what_was_asked_for_and_the_rest_whole() {
    let pieces = || Body::new(Pieces(vec![b"hello ", b"", b"world"]));
    let read = || script().op(["body.read", "0", "4"]);
    assert_eq!(on_body(read().respond(), pieces()).await.fields(), ["ok", "hell"]);
    assert_eq!(on_body(read().op(["body.read", "0", "100"]).respond(), pieces()).await.fields(), ["ok", "o "]);
    assert_eq!(on_body(read().op(["body.all", "0", "100"]).respond(), pieces()).await.fields(), ["ok", "o world"]);
    let to_the_end = read().op(["body.read", "0", "9"]).op(["body.read", "0", "9"]).op(["body.read", "0", "9"]);
    assert_eq!(on_body(to_the_end.respond(), pieces()).await.fields(), ["none"]);
}

#[tokio::test]
async fn a_body_that_was_read_from_is_handed_on_from_there() {
    let script = script().op(["body.read", "0", "4"]).answer(["200", "body", "0"]);
    assert_eq!(on_body(script, Body::new(Pieces(vec![b"hello ", b"world"]))).await.text(), "o world");
}

#[tokio::test]
async fn no_body_and_an_empty_one_are_two_things() {
    let event = |request| async { fields(&fetch(&emulator(), request).await.body) };
    let none = event(
        Request::post("http://t/").header("script", script().event().respond().hex()).body(Body::empty()).unwrap(),
    );
    assert_eq!(none.await[3..5], ["none", ""]);
    let empty = Request::post("http://t/").header("content-length", "0");
    let empty = empty.header("script", script().event().respond().hex()).body(Body::empty()).unwrap();
    assert_eq!(event(empty).await[3..5], ["body", "0"]);
    let read = script().op(["body.read", "0", "9"]).respond();
    let empty = Request::post("http://t/").header("content-length", "0").header("script", read.hex());
    assert_eq!(fetch(&emulator(), empty.body(Body::empty()).unwrap()).await.fields(), ["none"]);
}

#[tokio::test]
async fn a_body_is_used_once() {
    for again in [
        script().op(["body.all", "0", "9"]).op(["body.all", "0", "9"]),
        script().op(["body.all", "0", "9"]).op(["body.read", "0", "9"]),
        script().op(["kv.put", "SPACE_KV", "k", "body", "0", ""]).op(["kv.put", "SPACE_KV", "k", "body", "0", ""]),
        script().call(["body.drop", "0"]).op(["body.all", "0", "9"]),
        script().op(["body.all", "7", "9"]),
    ] {
        assert_eq!(on_body(again.respond(), "body").await.fields(), ["err", USED, "TypeError", ""]);
    }
}

#[tokio::test]
async fn what_is_larger_than_was_asked_for_is_an_error_and_released() {
    let all = |max| script().op(["body.all", "0", max]);
    assert_eq!(on_body(all("4").respond(), "12345").await.fields(), ["err", "too large", "Error", ""]);
    let unknown = Body::new(Pieces(vec![b"123", b"45"]));
    assert_eq!(on_body(all("4").respond(), unknown).await.fields(), ["err", "too large", "Error", ""]);
    assert_eq!(on_body(all("4").op(["body.all", "0", "9"]).respond(), "12345").await.fields()[1], USED);
    assert_eq!(on_body(all("5").respond(), "12345").await.fields(), ["ok", "12345"]);
}

#[tokio::test]
async fn a_body_goes_into_kv_and_r2_and_back_to_the_client_without_being_read() {
    let emulator = emulator();
    let put = script().op(["kv.put", "SPACE_KV", "k", "body", "0", ""]).kv_get("k").respond();
    assert_eq!(fetch(&emulator, with_body(&put, "into kv")).await.fields(), ["ok", "into kv"]);
    let put = script().op(["r2.put", "BUCKET", "k", "body", "1", ""]).op(["r2.get", "BUCKET", "k", "", ""]);
    let put = put.answer(["200", "body", "2", "content-length", "7"]);
    assert_eq!(fetch(&emulator, with_body(&put, "into r2")).await.text(), "into r2");
    let echo = script().answer(["200", "body", "3"]);
    assert_eq!(fetch(&emulator, with_body(&echo, "echo")).await.text(), "echo");
    let stream = script().op(["r2.put", "BUCKET", "k", "body", "4", ""]).respond();
    let refused = fetch(&emulator, with_body(&stream, Body::new(Pieces(vec![b"x"])))).await.fields();
    assert_eq!(refused[2], "TypeError");
    assert!(refused[1].starts_with("Provided readable stream must have a known length"), "{refused:?}");
}

#[tokio::test]
async fn bodies_of_bindings_come_with_the_answer_up_to_a_length() {
    let emulator = emulator();
    put_object(&emulator, "k", b"12345");
    let get = |inline: &str| bodyless(&script().op(["r2.get", "BUCKET", "k", inline, ""]).respond());
    for (inline, kind, argument) in [("5", "bytes", "12345"), ("4", "body", "0"), ("", "body", "1")] {
        assert_eq!(fetch(&emulator, get(inline)).await.fields()[2..], [kind, argument], "{inline}");
    }
}

#[tokio::test]
async fn a_task_holds_six_bodies_that_it_did_not_read_and_no_seventh() {
    for at_once in [AtOnce::Always, AtOnce::Never] {
        let get = |script: Script| script.op(["r2.get", "BUCKET", "k", "", ""]);
        let six = || (0..6).fold(script(), |script, _| get(script));
        // The instance is another one each time, so that handles begin at 0.
        let run = async |script: Script| {
            let emulator = builder().at_once(at_once).build().unwrap();
            put_object(&emulator, "k", b"12345");
            fetch(&emulator, bodyless(&script.respond())).await.fields()
        };
        assert_eq!(run(six()).await[2..], ["body", "5"]);
        let refused = run(get(six())).await;
        assert!(refused[0] == "err" && refused[1].starts_with("6 bodies of this task"), "{refused:?}");
        for freed in [
            six().call(["body.drop", "3"]),
            six().op(["body.read", "3", "1"]),
            six().op(["kv.put", "SPACE_KV", "x", "body", "3", ""]),
        ] {
            assert_eq!(run(get(freed)).await[2..], ["body", "6"]);
        }
        let inline = six().op(["r2.get", "BUCKET", "k", "5", ""]);
        assert_eq!(run(inline).await[2..], ["bytes", "12345"]);
    }
}

#[tokio::test]
async fn a_handle_is_nothing_to_another_task() {
    let emulator = builder().clock(pmx_emulator::clock::Clock::manual(0)).build().unwrap();
    let holding = tokio::spawn(emulator.fetch(with_body(&script().op(["sleep", "1000"]), "secret")));
    eventually(|| emulator.stats().tasks == 1).await;
    for attempt in [
        script().op(["body.all", "0", "9"]).respond(),
        script().op(["body.read", "0", "9"]).respond(),
        script().op(["body.write", "0", "x"]).respond(),
        script().call(["body.end", "0"]).respond(),
    ] {
        assert_eq!(fetch(&emulator, bodyless(&attempt)).await.fields()[0], "err");
    }
    assert_eq!(fetch(&emulator, bodyless(&script().answer(["200", "body", "0"]))).await.status, 500);
    assert_eq!(fetch(&emulator, bodyless(&script().call(["body.drop", "0"]).respond())).await.fields(), ["ok"]);
    assert_eq!(emulator.stats().traps, 0);
    holding.abort();
}

/// A body that the Worker writes: these pieces, and then its end.
fn written(length: &str, pieces: &[&str]) -> Script {
    let begun = script().call(["body.new", length]).answer(["200", "body", "0"]);
    pieces.iter().fold(begun, |script, piece| script.op(["body.write", "0", piece])).call(["body.end", "0"])
}

#[tokio::test]
async fn what_the_worker_writes_reaches_the_client() {
    assert_eq!(on_none(written("", &["one ", "", "two"])).await.text(), "one two");
    let emulator = emulator();
    let response = deadline(emulator.fetch(bodyless(&written("7", &["one ", "two"])))).await;
    assert_eq!(response.body().size_hint().exact(), Some(7));
    assert_eq!(to_bytes(response.into_body(), 100).await.unwrap(), "one two");
    let before = script().call(["body.new", ""]).op(["body.write", "0", "early"]).call(["body.end", "0"]);
    assert_eq!(on_none(before.answer(["200", "body", "0"])).await.text(), "early");
}

#[tokio::test]
async fn what_is_written_is_handed_to_a_binding_while_it_is_written() {
    let emulator = emulator();
    let put = script()
        .call(["body.new", "10"])
        .op_unawaited(["r2.put", "BUCKET", "k", "body", "0", ""])
        .op(["body.write", "0", "01234"])
        .op(["body.write", "0", "56789"])
        .call(["body.end", "0"])
        .respond()
        // The task ends when all that it began has.
        .op(["sleep", "50"]);
    assert_eq!(fetch(&emulator, bodyless(&put)).await.fields(), ["ok"]);
    eventually(|| emulator.r2().head("k").unwrap().is_some()).await;
    assert_eq!(emulator.r2().get("k", None).unwrap().unwrap().body.into_bytes().unwrap(), "0123456789");
}

#[tokio::test]
async fn without_a_consumer_64_kib_wait_and_no_more() {
    let write = |bytes: usize| script().call(["body.new", ""]).op(["body.write", "0", &"x".repeat(bytes)]);
    assert_eq!(on_none(write(65_536).respond()).await.fields(), ["ok"]);
    assert_eq!(on_none(write(65_536).op(["body.write", "0", "x"]).respond()).await.fields()[0], "err");
    assert_eq!(on_none(write(65_537).respond()).await.fields()[0], "err");
}

#[tokio::test]
async fn a_writer_waits_for_a_client_that_does_not_read() {
    let emulator = emulator();
    let chunk = "x".repeat(60_000);
    let response = deadline(emulator.fetch(bodyless(&written("", &[chunk.as_str(); 5])))).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(emulator.stats().tasks, 1, "it waits");
    assert_eq!(to_bytes(response.into_body(), usize::MAX).await.unwrap().len(), 300_000);
    eventually(|| emulator.stats().tasks == 0).await;
}

/// Runs a script that answers 200 with a body that fails.
async fn fails(script: Script) {
    let emulator = emulator();
    let response = deadline(emulator.fetch(bodyless(&script))).await;
    assert_eq!(response.status(), 200);
    assert!(to_bytes(response.into_body(), usize::MAX).await.is_err());
}

#[tokio::test]
async fn a_body_that_is_not_written_to_its_end_fails_for_who_reads_it() {
    let begun = || script().call(["body.new", "5"]).answer(["200", "body", "0"]).op(["body.write", "0", "1234"]);
    fails(begun()).await;
    fails(begun().call(["body.end", "0"])).await;
    fails(begun().call(["body.fail", "0", "no more"])).await;
    fails(begun().call(["body.drop", "0"])).await;
}

#[tokio::test]
async fn a_body_has_exactly_the_bytes_that_it_announced() {
    let begun = || script().call(["body.new", "3"]).op(["body.write", "0", "12"]);
    let short = on_none(begun().call(["body.end", "0"]).respond()).await.fields();
    assert_eq!(short[1..3], ["FixedLengthStream did not see all expected bytes before close().", "TypeError"]);
    let long = on_none(begun().op(["body.write", "0", "34"]).respond()).await.fields();
    assert_eq!(long[1..3], ["Attempt to write too many bytes through a FixedLengthStream.", "TypeError"]);
    let ended =
        on_none(begun().op(["body.write", "0", "3"]).call(["body.end", "0"]).op(["body.write", "0", ""]).respond());
    assert_eq!(ended.await.fields()[0], "err");
}

#[tokio::test]
async fn a_length_that_is_not_the_body_s_is_a_500() {
    let with_length = |length| script().call(["body.new", "3"]).answer(["200", "body", "0", "content-length", length]);
    let end = |script: Script| script.op(["body.write", "0", "123"]).call(["body.end", "0"]);
    assert_eq!(on_none(end(with_length("3"))).await.text(), "123");
    assert_eq!(on_none(end(with_length("4"))).await.status, 500);
    let unknown = script().call(["body.new", ""]).answer(["200", "body", "0", "content-length", "3"]);
    assert_eq!(on_none(end(unknown)).await.status, 500);
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_a_body_is_seen_by_its_writer() {
    let emulator = emulator();
    let chunk = "x".repeat(70_000);
    let script = script()
        .call(["body.new", ""])
        .answer(["200", "body", "0"])
        .op(["body.write", "0", &chunk])
        .kv_put("after", "the write has ended");
    let response = deadline(emulator.fetch(bodyless(&script))).await;
    assert_eq!(emulator.stats().tasks, 1);
    drop(response);
    eventually(|| emulator.kv().get("after").unwrap().is_some()).await;
}

#[tokio::test]
async fn a_task_has_so_many_handles_and_no_more() {
    let many = |count: usize| (0..count).fold(script(), |script, _| script.call(["body.new", ""])).respond();
    assert_eq!(on_none(many(1_024)).await.fields()[0], "ok");
    assert_eq!(on_none(many(1_025)).await.fields()[0], "err");
    let dropped =
        (0..3_000).fold(script(), |script, n: u32| script.call(["body.new", ""]).call(["body.drop", &n.to_string()]));
    assert_eq!(on_none(dropped.respond()).await.fields(), ["ok"]);
}

/// What came of a body, and whether it ended as it should.
async fn received(body: Body) -> (String, bool) {
    let mut body = body;
    let mut bytes = Vec::new();
    loop {
        match deadline(std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context))).await {
            None => return (String::from_utf8(bytes).unwrap(), true),
            Some(Err(_)) => return (String::from_utf8(bytes).unwrap(), false),
            Some(Ok(frame)) => bytes.extend_from_slice(&frame.into_data().unwrap()),
        }
    }
}

/// Asks an object, and hands its answer's body on to the client.
fn through_object(script: &Script) -> Script {
    let hex = script.hex();
    let op = ["object.fetch", "SPACE_DO", "name", "a", "", "POST", "https://object/", "none", "", "script", &hex];
    self::script().op(op).answer(["200", "body", "0"])
}

#[tokio::test]
async fn an_object_streams_and_what_it_writes_leaves_with_its_turn() {
    let emulator = emulator();
    let streams = written("", &["one ", "two"]);
    let response = deadline(emulator.fetch(bodyless(&through_object(&streams)))).await;
    assert_eq!(received(response.into_body()).await, ("one two".to_owned(), true));
    // The second turn writes, and traps: nothing of it is seen.
    let emulator = self::emulator();
    let traps = script()
        .call(["body.new", ""])
        .answer(["200", "body", "0"])
        .op(["body.write", "0", "committed"])
        .op_unawaited(["body.write", "0", " and lost"])
        .trap();
    let response = deadline(emulator.fetch(bodyless(&through_object(&traps)))).await;
    assert_eq!(received(response.into_body()).await, ("committed".to_owned(), false));
    // A turn that traps before its end has not answered either.
    let emulator = self::emulator();
    let traps = script().call(["body.new", ""]).answer(["200", "body", "0"]).call(["body.end", "0"]).trap();
    assert_eq!(deadline(emulator.fetch(bodyless(&through_object(&traps)))).await.status(), 500);
}

#[tokio::test]
async fn an_object_is_handed_small_bodies_and_reads_large_ones() {
    for (bytes, kind) in [(65_536, "bytes"), (65_537, "body")] {
        let data = "x".repeat(bytes);
        let event = script().event().respond().hex();
        let op = [
            "object.fetch",
            "SPACE_DO",
            "name",
            "a",
            "1000000",
            "POST",
            "https://o/",
            "bytes",
            &data,
            "script",
            &event,
        ];
        let answer = on_none(script().op(op).answer(["200", "none", ""])).await;
        assert_eq!(answer.status, 200);
        let answer = on_none(script().op(op).respond()).await;
        // Behind the answer's first three fields and the length of the body.
        let seen = fields(&answer.body[4 + 2 + 4 + 3 + 4 + 5 + 4..]);
        assert_eq!((seen[0].as_str(), seen[7].as_str()), ("object.fetch", kind), "{bytes}");
        let read = script().op(["body.all", "0", "100000"]).respond().hex();
        let op =
            ["object.fetch", "SPACE_DO", "name", "a", "1000000", "POST", "https://o/", "bytes", &data, "script", &read];
        let answer = on_none(script().op(op).respond()).await;
        assert_eq!(answer.body.len() > bytes, kind == "body", "what came with the event has no handle");
    }
}
