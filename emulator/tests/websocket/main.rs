//! Hibernatable WebSockets, over the network.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod compression;
mod hibernation;
#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use pmx_emulator::clock::Clock;
use pmx_emulator::faults::Faults;
use pmx_emulator::{Builder, Emulator};
use support::{Script, builder, deadline, eventually, run_object, script};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// An emulator on the network. What a connecting client's request does is the variable `GET`.
struct Served {
    emulator: Emulator,
    address: std::net::SocketAddr,
    end: Option<oneshot::Sender<()>>,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
}

async fn serve(builder: Builder) -> Served {
    let emulator = builder.build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ended) = oneshot::channel::<()>();
    let server = tokio::spawn({
        let emulator = emulator.clone();
        async move { emulator.serve(listener, async { drop(ended.await) }).await }
    });
    Served { emulator, address, end: Some(end), server }
}

fn accepting(inside: &Script) -> Builder {
    builder().var("GET", script().socket("a", inside).text())
}

fn accept() -> Script {
    accepting_as(&["tag"])
}

/// Accepts a socket with these tags.
fn accepting_as(tags: &[&str]) -> Script {
    let tags = String::from_utf8(support::frame(tags)).unwrap();
    script().answer(["101", "accept", &tags])
}

/// Sends texts to the sockets with a tag, or to all.
fn broadcast(script: Script, tag: &str, texts: &[&str]) -> Script {
    let mut fields: Vec<&[u8]> = vec![b"socket.broadcast", if tag.is_empty() { b"" } else { b"1" }, tag.as_bytes()];
    for text in texts {
        fields.extend([&b"text"[..], text.as_bytes()]);
    }
    script.call_of(&fields)
}

impl Served {
    async fn connect(&self) -> Client {
        deadline(tokio_tungstenite::connect_async(format!("ws://{}/", self.address))).await.unwrap().0
    }
}

async fn next(client: &mut Client) -> Message {
    deadline(client.next()).await.unwrap().unwrap()
}

async fn send(emulator: &Emulator, tag: &str, text: &str) -> String {
    let answer = run_object(emulator, "a", broadcast(script(), tag, &[text]).respond()).await;
    support::fields(answer.fields()[3].as_bytes())[1].clone()
}

#[tokio::test]
async fn a_frame_sent_in_the_accepting_turn_arrives_after_the_handshake() {
    let served = serve(accepting(&broadcast(accept(), "tag", &["hello", "again"]))).await;
    let mut client = served.connect().await;
    assert_eq!(next(&mut client).await, Message::text("hello"));
    assert_eq!(next(&mut client).await, Message::text("again"));
    assert_eq!(served.emulator.stats().sockets, 1);
}

#[tokio::test]
async fn a_broadcast_reaches_every_client_also_after_eviction() {
    let served = serve(accepting(&accept())).await;
    let (mut one, mut two) = (served.connect().await, served.connect().await);
    assert_eq!(send(&served.emulator, "", "first").await, "2");
    served.emulator.evict("a").await;
    assert_eq!(served.emulator.stats().sockets, 2, "sockets outlive the instance");
    assert_eq!(send(&served.emulator, "", "second").await, "2");
    for client in [&mut one, &mut two] {
        assert_eq!(next(client).await, Message::text("first"));
        assert_eq!(next(client).await, Message::text("second"));
    }
    assert_eq!(served.emulator.stats().constructed, 2);
}

#[tokio::test]
async fn frames_of_a_turn_that_traps_are_not_sent_and_the_sockets_drop() {
    let served = serve(accepting(&accept())).await;
    let mut client = served.connect().await;
    run_object(&served.emulator, "a", broadcast(script(), "", &["never"]).trap()).await;
    let end = deadline(client.next()).await;
    assert!(matches!(end, None | Some(Err(Error::Protocol(_)) | Err(Error::Io(_)))), "{end:?}");
    eventually(|| served.emulator.stats().sockets == 0).await;
}

#[tokio::test]
async fn a_message_wakes_an_evicted_object() {
    let on_message = broadcast(script(), "tag", &["got it"]).text();
    let served = serve(accepting(&accept()).var("object.message", on_message)).await;
    let mut client = served.connect().await;
    served.emulator.evict("a").await;
    client.send(Message::text("hi")).await.unwrap();
    assert_eq!(next(&mut client).await, Message::text("got it"));
    client.send(Message::binary(vec![1, 2])).await.unwrap();
    assert_eq!(next(&mut client).await, Message::text("got it"));
    assert_eq!(served.emulator.stats().constructed, 2);
}

#[tokio::test]
async fn a_ping_is_answered_without_waking_the_object() {
    let served = serve(accepting(&accept())).await;
    let mut client = served.connect().await;
    served.emulator.evict("a").await;
    client.send(Message::Ping("x".into())).await.unwrap();
    assert_eq!(next(&mut client).await, Message::Pong("x".into()));
    assert_eq!(served.emulator.stats().objects, 0);
}

#[tokio::test]
async fn a_close_of_the_client_is_told_to_the_object_and_answered() {
    let on_close =
        script().call(["socket.send", "1", "text", "before"]).call(["socket.close", "1", "4001", "seen"]).text();
    let served = serve(accepting(&accept()).var("object.close", on_close)).await;
    let mut client = served.connect().await;
    let frame = CloseFrame { code: 1000.into(), reason: "bye".into() };
    client.close(Some(frame.clone())).await.unwrap();
    assert_eq!(next(&mut client).await, Message::text("before"), "the client may still be sent to");
    let Message::Close(Some(answer)) = next(&mut client).await else { panic!("no close frame") };
    assert_eq!((u16::from(answer.code), answer.reason.as_str()), (4001, "seen"), "with the code that the object chose");
    eventually(|| served.emulator.stats().sockets == 0).await;
}

#[tokio::test]
async fn the_object_closes_with_a_code_and_a_reason() {
    let served = serve(accepting(&accept())).await;
    let mut client = served.connect().await;
    let bad = broadcast(script().call(["socket.close", "1", "1005", ""]), "tag", &["still open"]);
    let closing = broadcast(bad.call(["socket.close", "1", "4404", "unknown deploy"]), "tag", &["closed"]);
    run_object(&served.emulator, "a", closing.call(["socket.close", "1", "4405", "again"]).respond()).await;
    assert_eq!(next(&mut client).await, Message::text("still open"));
    let Message::Close(Some(frame)) = next(&mut client).await else { panic!("no close frame") };
    assert_eq!((u16::from(frame.code), frame.reason.as_str()), (4404, "unknown deploy"));
    drop(deadline(client.next()).await);
    eventually(|| served.emulator.stats().sockets == 0).await;
}

#[tokio::test]
async fn a_client_that_vanishes_is_noticed() {
    let served = serve(accepting(&accept())).await;
    let client = served.connect().await;
    eventually(|| served.emulator.stats().sockets == 1).await;
    drop(client);
    eventually(|| served.emulator.stats().sockets == 0).await;
}

#[tokio::test]
async fn a_message_above_the_limit_closes_the_connection_with_1009() {
    let served = serve(accepting(&accept())).await;
    let mut client = served.connect().await;
    let too_large = vec![0; 32 * 1024 * 1024 + 1];
    // The server may close before all of it is written.
    drop(client.send(Message::binary(too_large)).await);
    if let Some(Ok(Message::Close(Some(frame)))) = deadline(client.next()).await {
        assert_eq!(u16::from(frame.code), 1009);
    }
    eventually(|| served.emulator.stats().sockets == 0).await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_dropped_and_the_others_go_on() {
    let served = serve(accepting(&accept())).await;
    let _stalled = served.connect().await;
    let mut reading = served.connect().await;
    let text = "x".repeat(1_000_000);
    let mut sent = 0;
    while served.emulator.stats().sockets == 2 {
        assert!(sent < 1_000, "nobody was dropped");
        send(&served.emulator, "", &text).await;
        sent += 1;
        assert_eq!(next(&mut reading).await.len(), text.len());
    }
    assert_eq!(send(&served.emulator, "", "still here").await, "1");
    assert_eq!(next(&mut reading).await, Message::text("still here"));
}

/// A client's frame with a mask of zeros: opcode and payload.
fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode, 0x80 | 127];
    frame.extend_from_slice(&(payload.len() as u64).to_be_bytes());
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}

/// Sends as much as is taken, until nothing was for a while; the number of bytes.
async fn send_what_is_taken(client: &mut Client, bytes: &[u8], most: usize) -> usize {
    use tokio::io::AsyncWriteExt as _;
    let mut sent = 0;
    while sent < most {
        let written =
            tokio::time::timeout(Duration::from_secs(2), client.get_mut().write(&bytes[sent % bytes.len()..])).await;
        match written {
            Ok(Ok(written)) if written > 0 => sent += written,
            _ => break,
        }
    }
    sent
}

#[tokio::test]
async fn a_client_that_pings_and_never_reads_is_not_read_from_any_more() {
    const MOST: usize = 64 * 1024 * 1024;
    let served = serve(accepting(&accept())).await;
    let mut client = served.connect().await;
    let pings = [0x89, 0x80 | 122, 0, 0, 0, 0].iter().copied().chain([b'x'; 122]).collect::<Vec<u8>>().repeat(512);
    let sent = send_what_is_taken(&mut client, &pings, MOST).await;
    assert!(sent < MOST, "{sent} bytes of pings were taken, and so many of pongs are kept");
    let mut other = served.connect().await;
    assert_eq!(send(&served.emulator, "", "hello").await, "2");
    assert_eq!(next(&mut other).await, Message::text("hello"), "nobody else waits for it");
}

#[tokio::test]
async fn unfinished_messages_of_all_clients_together_are_bounded() {
    const PART: usize = 20 * 1024 * 1024;
    let served = serve(accepting(&accept())).await;
    let mut clients = Vec::new();
    // Each is far from its own limit of 32 MiB; together they send 200 MiB and finish nothing.
    for _ in 0..10 {
        let mut client = served.connect().await;
        let unfinished = masked(2, &vec![0; PART + 1024 * 1024]);
        send_what_is_taken(&mut client, &unfinished[..PART], PART).await;
        clients.push(client);
    }
    eventually(|| served.emulator.stats().sockets < 10).await;
    assert!(served.emulator.stats().sockets >= 5, "those for whom there is room go on");
}

#[tokio::test]
async fn a_large_text_arrives_whole() {
    let served = serve(accepting(&accept())).await;
    let mut client = served.connect().await;
    let text = "€".repeat(200_000);
    send(&served.emulator, "", &text).await;
    send(&served.emulator, "", "after").await;
    assert_eq!(next(&mut client).await, Message::text(text));
    assert_eq!(next(&mut client).await, Message::text("after"));
}

#[tokio::test]
async fn an_upgrade_that_was_not_asked_for_is_an_error() {
    let emulator = builder().build().unwrap();
    let answer = run_object(&emulator, "a", accept()).await.fields();
    assert!(answer[1].contains("did not contain the header \"Upgrade: websocket\""), "{answer:?}");
    assert_eq!(emulator.stats().sockets, 0);
}

#[tokio::test]
async fn a_socket_that_no_client_is_joined_to_is_closed() {
    let emulator = builder().build().unwrap();
    let upgrade = script().socket("a", &accept());
    let answer = support::run(&emulator, upgrade).await;
    assert_eq!(answer.status, 500, "the request was no handshake");
    eventually(|| emulator.stats().sockets == 0).await;
}

#[tokio::test]
async fn shutdown_says_goodbye_and_the_server_ends_with_sockets_open() {
    let mut served = serve(accepting(&accept())).await;
    let mut client = served.connect().await;
    drop(served.end.take());
    deadline(&mut served.server).await.unwrap().unwrap();
    let shutdown = tokio::spawn({
        let emulator = served.emulator.clone();
        async move { emulator.shutdown().await }
    });
    let Message::Close(Some(frame)) = next(&mut client).await else { panic!("no close frame") };
    assert_eq!(u16::from(frame.code), 1001);
    drop(deadline(client.next()).await);
    deadline(shutdown).await.unwrap();
    assert_eq!(served.emulator.stats().sockets, 0);
}

#[tokio::test]
async fn a_client_that_never_answers_a_close_does_not_hold_up_the_shutdown() {
    let served = serve(accepting(&accept()).clock(Clock::manual(1_000))).await;
    let _silent = served.connect().await;
    eventually(|| served.emulator.stats().sockets == 1).await;
    tokio::time::timeout(Duration::from_secs(10), served.emulator.shutdown()).await.unwrap();
    assert_eq!(served.emulator.stats().sockets, 0);
}

#[tokio::test]
async fn sockets_tell_their_tags_and_what_was_sent() {
    let clock = Clock::manual(7_000);
    let served = serve(accepting(&broadcast(accept(), "tag", &["hello"])).clock(clock)).await;
    let mut client = served.connect().await;
    next(&mut client).await;
    let sockets = served.emulator.inspect().sockets("a");
    assert_eq!(sockets.len(), 1);
    let socket = &sockets[0];
    assert_eq!(
        (socket.tags.as_slice(), socket.since_ms, socket.sent, socket.queued),
        (&["tag".to_owned()][..], 7_000, 1, 0)
    );
    served.emulator.inspect().delete("a").await.unwrap();
    assert!(deadline(client.next()).await.unwrap().is_err(), "the connection drops with the object's storage");
    eventually(|| served.emulator.inspect().sockets("a").is_empty()).await;
}

#[tokio::test]
async fn a_message_that_is_lost_takes_its_connection_with_it() {
    let faults = Faults::from(Faults::parse(&["socket-drop=100%"]).unwrap());
    let served = serve(accepting(&accept()).faults(faults)).await;
    let mut client = served.connect().await;
    assert_eq!(send(&served.emulator, "", "lost").await, "1", "the object does not notice");
    assert!(deadline(client.next()).await.unwrap().is_err());
    eventually(|| served.emulator.stats().sockets == 0).await;
    served.emulator.faults().apply(Faults::none().plan());
    let mut client = served.connect().await;
    assert_eq!(send(&served.emulator, "", "heard").await, "1");
    assert_eq!(next(&mut client).await, Message::text("heard"));
}
