//! The opening handshake and the extension that it may agree on, byte by byte: the client of these tests knows no compression.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{deadline, script};
use crate::{accept, accepting, broadcast, serve};

/// Sends a request for a socket with these headers, and reads the head of the answer.
async fn open(address: std::net::SocketAddr, headers: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET / HTTP/1.1\r\nHost: t\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(deadline(stream.read_u8()).await.unwrap());
    }
    (stream, String::from_utf8(head).unwrap().to_ascii_lowercase())
}

async fn read(stream: &mut TcpStream, bytes: usize) -> Vec<u8> {
    let mut read = vec![0; bytes];
    deadline(stream.read_exact(&mut read)).await.unwrap();
    read
}

#[tokio::test]
async fn the_answer_to_the_handshake_is_the_platform_s() {
    let served = serve(accepting(&accept())).await;
    let (_stream, head) = open(served.address, "").await;
    assert!(head.starts_with("http/1.1 101 switching protocols\r\n"), "{head}");
    assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"), "{head}");
    assert!(head.contains("connection: upgrade\r\n") && head.contains("upgrade: websocket\r\n"), "{head}");
    assert!(!head.contains("extensions"), "{head}");
    let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    let (_stream, head) = open(served.address, offer).await;
    assert!(head.contains("sec-websocket-extensions: permessage-deflate; client_max_window_bits=15\r\n"), "{head}");
}

#[tokio::test]
async fn messages_are_compressed_if_that_was_agreed_on_and_only_then() {
    let text = "hello ".repeat(1_000);
    let on_message = script().call(["socket.send", "1", "text", "got it"]).text();
    let served = serve(accepting(&broadcast(accept(), "tag", &[&text])).var("object.message", on_message)).await;
    let (mut stream, _) = open(served.address, "Sec-WebSocket-Extensions: permessage-deflate\r\n").await;
    let head = read(&mut stream, 2).await;
    assert_eq!(head[0], 0xc1, "a whole text, compressed");
    assert!(head[1] < 126, "6,000 bytes in less than 126");
    read(&mut stream, usize::from(head[1])).await;
    // "Hello" as RFC 7692, 7.2.3.1, has it, with a mask of zeros; and a message that is not compressed.
    let hello = [0xc1, 0x87, 0, 0, 0, 0, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    for message in [&hello[..], &[0x81, 0x82, 0, 0, 0, 0, b'h', b'i']] {
        stream.write_all(message).await.unwrap();
        assert_eq!(read(&mut stream, 8).await, b"\x81\x06got it", "short ones are sent as they are");
    }
    let (mut plain, _) = open(served.address, "").await;
    assert_eq!(read(&mut plain, 4).await, [0x81, 126, 0x17, 0x70]);
}

#[tokio::test]
async fn what_breaks_the_protocol_is_told_with_its_code_and_the_object_learns_of_it() {
    let on_error = script().warn("told").text();
    let served = serve(accepting(&accept()).var("object.error", on_error)).await;
    let bomb = [&[0x82, 0xff][..], &(32 * 1024 * 1024 + 1_u64).to_be_bytes(), &[0; 4]].concat();
    for (frame, code) in [(bomb.as_slice(), 1009_u16), (&[0x81, 0x01, b'x'], 1002), (&[0xc1, 0x80, 0, 0, 0, 0], 1002)] {
        let (mut stream, _) = open(served.address, "").await;
        stream.write_all(frame).await.unwrap();
        let head = read(&mut stream, 4).await;
        assert_eq!((head[0], u16::from_be_bytes([head[2], head[3]])), (0x88, code));
    }
    crate::support::eventually(|| served.emulator.stats().sockets == 0).await;
}
