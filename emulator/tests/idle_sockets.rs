//! What an idle WebSocket of an object that sleeps costs: in a process of its own, whose memory nobody else moves.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::net::SocketAddr;

use support::{builder, deadline, eventually, script};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Sockets that are measured, after some that are not.
const SOCKETS: usize = 1_000;
const BEFORE: usize = 50;
/// Bytes that one may cost, of those that are in memory; the client's end is in this process too.
const MOST_BYTES: usize = 20_000;

/// Bytes of this process that are in memory.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

/// Opens a socket, and has a message sent and answered.
async fn open(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = "GET / HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                   Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(deadline(stream.read_u8()).await.unwrap());
    }
    // "Hello", compressed (RFC 7692, 7.2.3.1), with a mask of zeros.
    stream.write_all(&[0xc1, 0x87, 0, 0, 0, 0, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]).await.unwrap();
    let mut pong = [0; 6];
    deadline(stream.read_exact(&mut pong)).await.unwrap();
    assert_eq!(&pong, b"\x81\x04pong");
    stream
}

#[tokio::test]
async fn an_idle_socket_of_an_object_that_sleeps_costs_little() {
    let tags = String::from_utf8(support::frame(["a page", "a reader"])).unwrap();
    let inside = script().answer(["101", "accept", &tags]).call(["socket.auto_response", "Hello", "pong"]);
    let emulator = builder().var("GET", script().socket("a", &inside).text()).build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn({
        let emulator = emulator.clone();
        async move { emulator.serve(listener, std::future::pending()).await }
    });
    let (mut clients, mut before) = (Vec::new(), 0);
    for number in 0..BEFORE + SOCKETS {
        if number == BEFORE {
            before = resident();
        }
        clients.push(open(address).await);
    }
    emulator.evict("a").await;
    eventually(|| emulator.stats().objects == 0).await;
    assert_eq!(emulator.stats().sockets, BEFORE + SOCKETS);
    let each = resident().saturating_sub(before) / SOCKETS;
    assert!(each <= MOST_BYTES, "{each} bytes each");
    server.abort();
}
