//! Memory of `pmx serve` under clients that ask for more than they take: `cargo bench --bench abuse [-- attack…]`.
//!
//! Each attack is against a server of its own, bounded in number and time and on loopback only. While it goes on, one client asks for a
//! page over and over. Printed are the resident memory before, at its peak and after, and that client's slowest answer. The client needs
//! as many open files as it opens sockets: `ulimit -n 20000` before it for all of them.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark prints and stops at the first surprise"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use support::{Client, Fixture, Server, open_events};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

const HOST: &str = "alpha.localhost";
/// How long an attack goes on at most.
const LONGEST: Duration = Duration::from_secs(20);
const NAMES: usize = 16_000;
const HEADS: usize = 2_000;
const PINGERS: usize = 100;
const IDLE: usize = 10_000;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    println!("{:<28} {:>10} {:>10} {:>10} {:>14}", "attack", "before", "peak", "after", "slowest page");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for attack in ["names-events", "names-pages", "pings", "heads", "slow-heads", "bodies", "half-closed", "idle"] {
        if wanted.is_empty() || wanted.iter().any(|name| name == attack) {
            runtime.block_on(run(attack));
        }
    }
}

async fn run(attack: &'static str) {
    let server = tokio::task::spawn_blocking(|| {
        let server = Server::new();
        server.publish("alpha", "page");
        server
    });
    let server = server.await.unwrap();
    let (address, pid) = (server.client().address, server.pmx.pid());
    let before = memory(pid, "VmRSS:");
    let pages = tokio::spawn(pages(address));
    let held = match attack {
        "names-events" => names(address, true).await,
        "names-pages" => names(address, false).await,
        "pings" => many(PINGERS, address, pinger).await,
        "heads" => many(HEADS, address, |address| heads(address, 390_000)).await,
        "slow-heads" => many(HEADS, address, |address| heads(address, 100)).await,
        "bodies" => many(HEADS, address, bodies).await,
        "half-closed" => many(HEADS, address, half_closed).await,
        _ => idle(address).await,
    };
    let slowest = {
        pages.abort();
        // Aborted, so what it knows is in the shared number.
        SLOWEST.swap(0, std::sync::atomic::Ordering::Relaxed)
    };
    let peak = memory(pid, "VmHWM:");
    let mut note = String::new();
    if attack == "idle" {
        note = format!(
            "  {} sockets, {:.1} kB each",
            held.len(),
            (memory(pid, "VmRSS:") - before) / held.len().max(1) as f64 * 1024.0
        );
        let mut reader = open_events(address, HOST).await.unwrap();
        let began = Instant::now();
        let client = server.client();
        tokio::task::spawn_blocking(move || Fixture::page("another").publish(client, "alpha")).await.unwrap();
        let published = began.elapsed();
        let mut frame = [0; 64];
        timeout(LONGEST, reader.read(&mut frame)).await.unwrap().unwrap();
        note.push_str(&format!("; a publish took {published:.1?}, its reader knew after {:.1?}", began.elapsed()));
    }
    drop(held);
    sleep(Duration::from_secs(2)).await;
    let after = memory(pid, "VmRSS:");
    println!("{attack:<28} {before:>6.0} MiB {peak:>6.0} MiB {after:>6.0} MiB {slowest:>11} ms{note}");
    tokio::task::spawn_blocking(move || drop(server)).await.unwrap();
}

/// The slowest page of an attack, in milliseconds.
static SLOWEST: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

/// Asks for a page ten times a second.
async fn pages(address: SocketAddr) {
    loop {
        let began = Instant::now();
        let answer = tokio::task::spawn_blocking(move || Client { address }.get(HOST, "/index").status).await;
        assert_eq!(answer.unwrap(), 200);
        let took = u64::try_from(began.elapsed().as_millis()).unwrap();
        SLOWEST.fetch_max(took, std::sync::atomic::Ordering::Relaxed);
        sleep(Duration::from_millis(100)).await;
    }
}

/// MiB of a process.
fn memory(pid: u32, field: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = status.lines().find_map(|line| line.strip_prefix(field)?.trim().strip_suffix(" kB")?.parse().ok());
    kib.unwrap_or(0.0) / 1024.0
}

/// Runs as many clients at once, each for as long as an attack may go on.
async fn many<F: Future<Output = Option<TcpStream>> + Send + 'static>(
    count: usize,
    address: SocketAddr,
    client: impl Fn(SocketAddr) -> F,
) -> Vec<TcpStream> {
    let clients: Vec<_> = (0..count).map(|_| tokio::spawn(timeout(LONGEST, client(address)))).collect();
    let mut held = Vec::new();
    for client in clients {
        held.extend(client.await.unwrap().ok().flatten());
    }
    held
}

/// Asks for sites that nobody has published, 32 at a time.
async fn names(address: SocketAddr, events: bool) -> Vec<TcpStream> {
    let end = Instant::now() + LONGEST;
    let clients: Vec<_> = (0..32)
        .map(|first| {
            tokio::spawn(async move {
                for name in (first..NAMES).step_by(32) {
                    if Instant::now() > end {
                        break;
                    }
                    let host = format!("never-{name}.localhost");
                    if events {
                        drop(open_events(address, &host).await);
                    } else {
                        let request = format!("GET / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
                        let Ok(mut stream) = TcpStream::connect(address).await else { continue };
                        let _ = stream.write_all(request.as_bytes()).await;
                        let _ = stream.read_to_end(&mut Vec::new()).await;
                    }
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    Vec::new()
}

async fn pinger(address: SocketAddr) -> Option<TcpStream> {
    let mut stream = open_events(address, HOST).await?;
    let pings = [0x89, 0x80 | 122, 0, 0, 0, 0].into_iter().chain([b'x'; 122]).collect::<Vec<u8>>().repeat(512);
    while stream.write_all(&pings).await.is_ok() {}
    Some(stream)
}

async fn heads(address: SocketAddr, bytes: usize) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let head = format!("GET / HTTP/1.1\r\nhost: {HOST}\r\nx-large: {}", "x".repeat(bytes));
    let _ = stream.write_all(head.as_bytes()).await;
    Some(stream)
}

async fn bodies(address: SocketAddr) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let head = "POST /api/publish/begin HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\nx";
    stream.write_all(head.as_bytes()).await.ok()?;
    Some(stream)
}

async fn half_closed(address: SocketAddr) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    stream.write_all(format!("GET /index HTTP/1.1\r\nhost: {HOST}\r\n\r\n").as_bytes()).await.ok()?;
    stream.shutdown().await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    assert!(answer.starts_with(b"HTTP/1.1 200"), "a half-closed client got no answer");
    Some(stream)
}

async fn idle(address: SocketAddr) -> Vec<TcpStream> {
    let mut held = Vec::new();
    for _ in 0..IDLE {
        match open_events(address, HOST).await {
            Some(stream) => held.push(stream),
            None => break,
        }
    }
    held
}
