//! What belongs to a socket while its object sleeps: tags, attachments, answers without the object; and what calls on it are refused.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use pmx_emulator::clock::Clock;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{deadline, eventually, fields, run_object, script};
use crate::{Client, Served, accept, accepting, accepting_as, builder, next, serve};

/// What a call of the object `a` is answered.
async fn call(served: &Served, fields: &[&str]) -> Vec<String> {
    let fields: Vec<&[u8]> = fields.iter().map(|field| field.as_bytes()).collect();
    let answer = run_object(&served.emulator, "a", script().call_of(&fields).respond()).await;
    self::fields(answer.fields()[3].as_bytes())
}

#[tokio::test]
async fn tags_attachment_and_number_are_those_of_the_socket_also_after_eviction() {
    let served = serve(accepting(&accepting_as(&["a", "b", "a"]).call(["socket.attach", "1", "kept"]))).await;
    let _one = served.connect().await;
    eventually(|| served.emulator.stats().sockets == 1).await;
    served.emulator.evict("a").await;
    assert_eq!(call(&served, &["socket.tags", "1"]).await, ["ok", "a", "b"]);
    assert_eq!(call(&served, &["socket.attachment", "1"]).await, ["ok", "kept"]);
    assert_eq!(call(&served, &["socket.list", "1", "b"]).await, ["ok", "1"]);
    assert_eq!(call(&served, &["socket.list", "1", "c"]).await, ["ok"]);
    let _two = served.connect().await;
    eventually(|| served.emulator.stats().sockets == 2).await;
    assert_eq!(call(&served, &["socket.list", "", ""]).await, ["ok", "2", "1"], "the newest first");
    assert_eq!(call(&served, &["socket.broadcast", "", ""]).await, ["ok", "2"]);
    assert_eq!(call(&served, &["socket.state", "1"]).await, ["ok", "1"]);
}

#[tokio::test]
async fn what_a_socket_cannot_have_or_do_is_refused_in_the_platform_s_words() {
    let served = serve(accepting(&accept())).await;
    let mut client = served.connect().await;
    eventually(|| served.emulator.stats().sockets == 1).await;
    assert_eq!(call(&served, &["socket.attachment", "1"]).await, ["none"]);
    assert_eq!(call(&served, &["socket.attach", "1", &"x".repeat(16_379)]).await, ["ok"]);
    let too_large = "A WebSocket 'attachment' cannot be larger than 16384 bytes.'attachment' was 16385 bytes.";
    assert_eq!(call(&served, &["socket.attach", "1", &"x".repeat(16_380)]).await, ["err", too_large, "Error", ""]);
    let code = ["err", "Invalid WebSocket close code: 1005.", "InvalidAccessError", ""];
    assert_eq!(call(&served, &["socket.close", "1", "1005", ""]).await, code);
    let long = "WebSocket close reason must not be longer than 123 bytes when UTF-8 encoded.";
    assert_eq!(call(&served, &["socket.close", "1", "1000", &"x".repeat(124)]).await, ["err", long, "SyntaxError", ""]);
    assert_eq!(call(&served, &["socket.close", "1", "", "why"]).await[2], "InvalidAccessError");
    assert_eq!(call(&served, &["socket.tags", "7"]).await[..2], ["err", "there is no socket 7"]);
    let long = "x".repeat(2_049);
    assert_eq!(call(&served, &["socket.auto_response", &long, ""]).await[2], "RangeError");
    let closed = script().call(["socket.close", "1", "", ""]).call(["socket.send", "1", "text", "late"]).respond();
    let answer = run_object(&served.emulator, "a", closed).await;
    let refused = ["err", "Can't call WebSocket send() after close().", "TypeError", ""];
    assert_eq!(fields(answer.fields()[3].as_bytes()), refused);
    assert_eq!(next(&mut client).await, Message::Close(None), "a close without a code has none");
}

#[tokio::test]
async fn an_event_tells_its_socket_with_all_tags() {
    // Its handler sends the event back.
    let on_message = script().event().text();
    let served = serve(accepting(&accepting_as(&["one", "two"])).var("object.message", on_message).trace(10)).await;
    let mut client = served.connect().await;
    client.send(Message::binary(vec![0, 255])).await.unwrap();
    eventually(|| served.emulator.trace().recent().iter().any(|record| record.event == "message")).await;
    let record = served.emulator.trace().recent().into_iter().find(|record| record.event == "message").unwrap();
    assert_eq!(record.path, "one two");
}

#[tokio::test]
async fn more_than_ten_tags_fail_the_event_and_leave_no_socket() {
    let eleven: Vec<String> = (0..11).map(|n| n.to_string()).collect();
    let eleven: Vec<&str> = eleven.iter().map(String::as_str).collect();
    let emulator = builder().build().unwrap();
    let answer = crate::support::run(&emulator, script().upgrade("a", &accepting_as(&eleven)).respond()).await;
    let text = "a Hibernatable WebSocket cannot have more than 10 tags";
    assert_eq!(answer.fields(), ["err", text, "Error", "remote"]);
    assert_eq!(emulator.stats().sockets, 0);
}

#[tokio::test]
async fn an_automatic_answer_wakes_nobody_and_is_noted() {
    let set = accept().call(["socket.auto_response", "ping", "pong"]);
    let clock = Clock::manual(7_000);
    let on_message = script().call(["socket.send", "1", "text", "awake"]).text();
    let served = serve(accepting(&set).var("object.message", on_message).clock(clock)).await;
    let mut client = served.connect().await;
    eventually(|| served.emulator.stats().sockets == 1).await;
    assert_eq!(call(&served, &["socket.auto_response_time", "1"]).await, ["none"]);
    served.emulator.evict("a").await;
    let constructed = served.emulator.stats().constructed;
    client.send(Message::text("ping")).await.unwrap();
    assert_eq!(next(&mut client).await, Message::text("pong"));
    assert_eq!(served.emulator.stats().constructed, constructed);
    assert_eq!(call(&served, &["socket.auto_response_time", "1"]).await, ["ok", "7000"]);
    for other in [Message::text("Ping"), Message::binary("ping".as_bytes().to_vec())] {
        client.send(other).await.unwrap();
        assert_eq!(next(&mut client).await, Message::text("awake"));
    }
    assert_eq!(call(&served, &["socket.auto_response"]).await, ["ok"]);
    client.send(Message::text("ping")).await.unwrap();
    assert_eq!(next(&mut client).await, Message::text("awake"));
}

/// A handler that waits does not hold up the next message.
#[tokio::test]
async fn messages_are_delivered_in_order_and_none_waits_for_the_handler_before() {
    let clock = Clock::manual(1_000);
    let on_message = script().op(["sleep", "1000"]).text();
    let served = serve(accepting(&accept()).var("object.message", on_message).clock(clock.clone())).await;
    let mut client = served.connect().await;
    for _ in 0..50 {
        client.send(Message::text("x")).await.unwrap();
    }
    eventually(|| served.emulator.stats().object_tasks == 50).await;
    clock.advance(Duration::from_secs(1));
    eventually(|| served.emulator.stats().object_tasks == 0).await;
}

#[tokio::test]
async fn binary_messages_arrive_unchanged() {
    let bytes = [0_u8, 255, 10, 13, 128];
    let sends = accept().call_of(&[b"socket.send", b"1", b"binary", &bytes]);
    let served = serve(accepting(&sends)).await;
    let mut client = served.connect().await;
    assert_eq!(next(&mut client).await, Message::binary(bytes.to_vec()));
}

#[tokio::test]
async fn a_client_that_closes_and_is_not_answered_sees_its_connection_end() {
    let served = serve(accepting(&accept()).var("object.close", script().text())).await;
    let mut client = served.connect().await;
    client.close(None).await.unwrap();
    let end = deadline(client.next()).await;
    assert!(!matches!(end, Some(Ok(Message::Close(Some(_))))), "{end:?}");
    eventually(|| served.emulator.stats().sockets == 0).await;
}

#[tokio::test]
async fn a_socket_that_the_client_closes_is_there_until_its_handler_has_ended() {
    let clock = Clock::manual(1_000);
    let on_close = script().op(["sleep", "1000"]).call(["socket.close", "1", "1000", ""]).text();
    let served = serve(accepting(&accept()).var("object.close", on_close).clock(clock.clone())).await;
    let mut client = served.connect().await;
    client.close(None).await.unwrap();
    eventually(|| served.emulator.stats().object_tasks == 1).await;
    assert_eq!(call(&served, &["socket.list", "", ""]).await, ["ok", "1"]);
    assert_eq!(call(&served, &["socket.state", "1"]).await, ["ok", "2"]);
    assert_eq!(call(&served, &["socket.broadcast", "", ""]).await, ["ok", "0"], "it is open to nobody");
    clock.advance(Duration::from_secs(1));
    let Message::Close(Some(frame)) = next(&mut client).await else { panic!("no close frame") };
    assert_eq!(u16::from(frame.code), 1000);
    eventually(|| served.emulator.stats().sockets == 0).await;
    assert_eq!(call(&served, &["socket.list", "", ""]).await, ["ok"]);
}

/// The handler of a message fails, and the socket stays.
#[tokio::test]
async fn a_handler_that_fails_does_not_end_its_connection() {
    let on_message = script().call(["socket.send", "1", "text", "before"]).answer(["500", "error", "boom"]).text();
    let served = serve(accepting(&accept()).var("object.message", on_message)).await;
    let mut client = served.connect().await;
    for _ in 0..2 {
        client.send(Message::text("x")).await.unwrap();
        assert_eq!(next(&mut client).await, Message::text("before"));
    }
    assert_eq!(served.emulator.stats().constructed, 1);
}

/// What was sent to an object that was reset meanwhile is not delivered to the one that comes after it.
#[tokio::test]
async fn messages_of_a_socket_that_has_dropped_wake_nobody() {
    let on_message = script().trap().text();
    let served = serve(accepting(&accept()).var("object.message", on_message)).await;
    let mut client = served.connect().await;
    for _ in 0..20 {
        // The connection may have dropped by now.
        drop(client.send(Message::text("x")).await);
    }
    eventually(|| served.emulator.stats().sockets == 0).await;
    run_object(&served.emulator, "a", script().respond()).await;
    assert_eq!(served.emulator.stats().traps, 1, "only the first one found its socket");
}

#[tokio::test]
async fn abort_drops_the_sockets_and_forgets_the_automatic_answer() {
    let set = accept().call(["socket.auto_response", "ping", "pong"]);
    let served = serve(accepting(&set)).await;
    let mut client: Client = served.connect().await;
    eventually(|| served.emulator.stats().sockets == 1).await;
    run_object(&served.emulator, "a", script().call(["object.abort", ""])).await;
    let end = deadline(client.next()).await;
    assert!(matches!(end, None | Some(Err(_))), "{end:?}");
    eventually(|| served.emulator.stats().sockets == 0).await;
}
