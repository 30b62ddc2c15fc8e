//! The load: connections that ask for pages over and over.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::HOST;

/// Requests a second, and the 99th percentile of their times.
#[derive(Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) rate: f64,
    pub(crate) p99: Duration,
}

/// Asks for the pages over and over, each connection beginning with another.
pub(crate) fn run(address: SocketAddr, connections: usize, paths: &[String], length: Duration) -> Measured {
    let requests: Vec<String> = paths
        .iter()
        .map(|path| format!("GET {path} HTTP/1.1\r\nhost: {HOST}\r\naccept-encoding: identity\r\n\r\n"))
        .collect();
    let requests: &[String] = requests.leak();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let begin = Instant::now();
        let clients: Vec<_> = (0..connections)
            .map(|number| {
                let first = number * requests.len() / connections;
                tokio::spawn(client(address, requests, first, begin + length))
            })
            .collect();
        let mut latencies = Vec::new();
        for client in clients {
            latencies.extend(client.await.unwrap());
        }
        let elapsed = begin.elapsed();
        latencies.sort_unstable();
        Measured { rate: latencies.len() as f64 / elapsed.as_secs_f64(), p99: latencies[latencies.len() * 99 / 100] }
    })
}

async fn client(address: SocketAddr, requests: &'static [String], first: usize, end: Instant) -> Vec<Duration> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = vec![0; 64 * 1024];
    let (mut latencies, mut size) = (Vec::with_capacity(1 << 14), 0);
    for request in requests.iter().cycle().skip(first) {
        let before = Instant::now();
        if before >= end {
            break;
        }
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut read = 0;
        loop {
            let more = stream.read(&mut buffer[read..]).await.unwrap();
            assert!(more > 0, "the server closed");
            read += more;
            if size == 0 {
                size = answer_size(&buffer[..read]).unwrap_or(0);
            }
            if size > 0 && read >= size {
                break;
            }
        }
        assert!(read == size && buffer.starts_with(b"HTTP/1.1 200"), "an answer of another size");
        latencies.push(before.elapsed());
    }
    latencies
}

/// Head and body of an answer whose head is complete. Every answer of a run has the same size.
fn answer_size(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).ok()?.to_ascii_lowercase();
    let length: usize = text.split("content-length: ").nth(1)?.split('\r').next()?.parse().ok()?;
    Some(head + length)
}
