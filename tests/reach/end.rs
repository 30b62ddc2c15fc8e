//! Ctrl-C with clients that are still there.

use super::Author;
use crate::support::Events;
use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    process::Command,
    time::Instant,
};

/// Larger than what the kernel takes for a client that does not read.
const LARGE: usize = 24 * 1024 * 1024;

#[test]
fn an_interrupt_ends_it_whoever_is_connected() {
    let author = Author::new();
    fs::write(author.path("paths/large.bin"), vec![b'x'; LARGE]).unwrap();
    fs::write(author.path("paths/one.md"), "# One\n\n[large](./large.bin)\n").unwrap();
    let dev = author.dev(&[]);
    let page = dev.client.get("localhost", "/one").text();
    let large = page.split("href=\"").find(|rest| rest.contains("large") && rest.contains(".bin")).unwrap();
    let large = large.split('"').next().unwrap().to_owned();
    let request = |path: &str| {
        let mut stream = TcpStream::connect(dev.client.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        let mut first = [0; 15];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200 OK", "{path}");
        stream
    };
    let idle: Vec<TcpStream> = (0..50).map(|_| request("/index.path")).collect();
    let sockets: Vec<Events> = (0..50).map(|_| Events::connect(dev.client, "localhost", "")).collect();
    let stalled = request(&large);
    let silent = TcpStream::connect(dev.client.address).unwrap();

    let started = Instant::now();
    let sent = Command::new("kill").args(["-INT", &dev.pid().to_string()]).status().unwrap();
    assert!(sent.success());
    let status = dev.ended();
    eprintln!("ended after {:?}", started.elapsed());
    assert_eq!(status.code(), Some(0));
    drop((idle, sockets, stalled, silent));
}
