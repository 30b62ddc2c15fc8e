//! What one connection may cost, and that refusals and answers reach those who can still read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use http_body::Frame;
use pmx_emulator::http::{ConnectionLimits, serve_connections};
use support::{deadline, eventually};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tower_service::Service;

const SHORT: Duration = Duration::from_millis(50);
const MIB: usize = 1024 * 1024;

/// Answers by path: `/read` with the length of the body, `/refuse` with 413 before it is read, `/large` with 32 MiB, `/never` not at all,
/// `/silent` with a body that never goes on.
#[derive(Clone, Default)]
struct Paths {
    /// Answers that are worked on, their bodies included.
    alive: Arc<AtomicUsize>,
}

struct Alive(Arc<AtomicUsize>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

struct Silent(#[expect(dead_code, reason = "it counts")] Alive);

impl http_body::Body for Silent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

impl Service<Request> for Paths {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.alive.fetch_add(1, SeqCst);
        let alive = Alive(Arc::clone(&self.alive));
        Box::pin(async move {
            let mut response = Response::new(Body::empty());
            *response.body_mut() = match request.uri().path() {
                "/read" => match to_bytes(request.into_body(), usize::MAX).await {
                    Ok(body) => Body::from(body.len().to_string()),
                    Err(error) => Body::from(error.to_string()),
                },
                "/refuse" => {
                    *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
                    Body::from("too large")
                }
                "/slow" => {
                    tokio::time::sleep(SHORT).await;
                    Body::from("slow")
                }
                "/large" => Body::from(vec![b'x'; 32 * MIB]),
                "/silent" => Body::new(Silent(alive)),
                _ => std::future::pending().await,
            };
            Ok(response)
        })
    }
}

/// A server on a free port, and the count of answers that it works on.
async fn serve(limits: ConnectionLimits) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let paths = Paths::default();
    let alive = Arc::clone(&paths.alive);
    tokio::spawn(serve_connections(listener, move |_: &_| paths.clone(), limits, std::future::pending()));
    (address, alive)
}

fn limits() -> ConnectionLimits {
    // Long enough for any machine, so that a test which needs none of them does not meet one.
    let long = Duration::from_secs(600);
    ConnectionLimits {
        head: long,
        body_stall: long,
        write_stall: long,
        half_closed: long,
        linger: long,
        ..ConnectionLimits::default()
    }
}

async fn connect(address: SocketAddr, head: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

fn request(method: &str, path: &str, headers: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: t\r\n{headers}\r\n")
}

/// All that comes until the server ends its side.
async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    deadline(stream.read_to_end(&mut all)).await.unwrap();
    all
}

async fn rest_text(stream: &mut TcpStream) -> String {
    String::from_utf8(rest(stream).await).unwrap()
}

/// One answer of a connection that stays.
async fn one_answer(stream: &mut TcpStream, end: &str) -> String {
    let mut all = Vec::new();
    while !all.ends_with(end.as_bytes()) {
        let read = deadline(stream.read_buf(&mut all)).await.unwrap();
        assert!(read > 0, "the server ended: {}", String::from_utf8_lossy(&all));
    }
    String::from_utf8(all).unwrap()
}

#[tokio::test]
async fn a_client_that_has_ended_its_side_gets_its_answer() {
    let (address, alive) = serve(limits()).await;
    for (path, body) in [("/slow", "slow"), ("/read", "0")] {
        let mut stream = connect(address, &request("GET", path, "")).await;
        stream.shutdown().await.unwrap();
        let answer = rest_text(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with(body), "{answer}");
    }
    eventually(|| alive.load(SeqCst) == 0).await;
}

#[tokio::test]
async fn a_large_answer_reaches_a_client_that_has_ended_its_side_whole() {
    let (address, _) = serve(limits()).await;
    let mut stream = connect(address, &request("GET", "/large", "")).await;
    stream.shutdown().await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.len() > 32 * MIB, "{} bytes", answer.len());
}

#[tokio::test]
async fn pipelined_requests_of_a_client_that_has_ended_its_side_are_all_answered() {
    let (address, _) = serve(limits()).await;
    let one = request("GET", "/slow", "");
    let mut stream = connect(address, &one.repeat(3)).await;
    stream.shutdown().await.unwrap();
    assert_eq!(rest_text(&mut stream).await.matches("HTTP/1.1 200 OK").count(), 3);
}

#[tokio::test]
async fn work_for_a_client_that_is_gone_ends() {
    let (address, alive) = serve(ConnectionLimits { half_closed: SHORT, ..limits() }).await;
    for path in ["/never", "/silent"] {
        let stream = connect(address, &request("GET", path, "")).await;
        eventually(|| alive.load(SeqCst) == 1).await;
        drop(stream);
        eventually(|| alive.load(SeqCst) == 0).await;
    }
}

#[tokio::test]
async fn a_reset_ends_the_work_at_once() {
    let (address, alive) = serve(limits()).await;
    for path in ["/never", "/silent"] {
        let stream = connect(address, &request("GET", path, "")).await;
        eventually(|| alive.load(SeqCst) == 1).await;
        #[expect(deprecated, reason = "without waiting, it does not block")]
        stream.set_linger(Some(Duration::ZERO)).unwrap();
        drop(stream);
        eventually(|| alive.load(SeqCst) == 0).await;
    }
}

#[tokio::test]
async fn a_refusal_reaches_a_client_that_is_still_sending() {
    let (address, _) = serve(limits()).await;
    for headers in ["content-length: 6291456\r\n", "transfer-encoding: chunked\r\n"] {
        let mut stream = connect(address, &request("POST", "/refuse", headers)).await;
        if headers.starts_with("transfer") {
            stream.write_all(b"600000\r\n").await.unwrap();
        }
        // As most clients do: first all of the body, then a look at the answer.
        stream.write_all(&vec![b'x'; 6 * MIB]).await.unwrap();
        let answer = rest_text(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 413 ") && answer.ends_with("too large"), "{answer}");
        assert!(answer.to_lowercase().contains("\r\nconnection: close\r\n"), "{answer}");
    }
}

#[tokio::test]
async fn a_refused_client_that_goes_on_for_ever_is_dropped() {
    let (address, _) = serve(ConnectionLimits { linger: SHORT, ..limits() }).await;
    let mut stream = connect(address, &request("POST", "/refuse", "content-length: 6291456\r\n")).await;
    let answer = rest_text(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    // It sends no more than its head; the server must end by itself, which a write shows.
    deadline(async { while stream.write_all(b"x").await.is_ok() {} }).await;
}

#[tokio::test]
async fn a_small_body_that_is_not_read_does_not_cost_the_connection() {
    let (address, _) = serve(limits()).await;
    let mut stream = connect(address, &(request("POST", "/refuse", "content-length: 4\r\n") + "body")).await;
    assert!(one_answer(&mut stream, "too large").await.starts_with("HTTP/1.1 413 "));
    stream.write_all(request("GET", "/read", "").as_bytes()).await.unwrap();
    assert!(one_answer(&mut stream, "\r\n\r\n0").await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_client_that_expects_to_be_told_to_go_on_is_told_or_refused() {
    let (address, _) = serve(limits()).await;
    let headers = "content-length: 4\r\nexpect: 100-continue\r\n";
    let mut stream = connect(address, &request("POST", "/read", headers)).await;
    assert_eq!(one_answer(&mut stream, "\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"body").await.unwrap();
    assert!(one_answer(&mut stream, "\r\n\r\n4").await.starts_with("HTTP/1.1 200 "));
    let mut stream = connect(address, &request("POST", "/refuse", headers)).await;
    assert!(one_answer(&mut stream, "too large").await.starts_with("HTTP/1.1 413 "));
}

#[tokio::test]
async fn a_head_that_never_ends_and_a_connection_without_one_are_dropped() {
    let (address, _) = serve(ConnectionLimits { head: SHORT, ..limits() }).await;
    for head in ["", "GET / HTTP/1.1\r\nx-slow: "] {
        let mut stream = connect(address, head).await;
        assert_eq!(rest_text(&mut stream).await, "");
    }
    // The time counts from the last answer on, not from the connection.
    let mut stream = connect(address, &request("GET", "/slow", "")).await;
    assert!(one_answer(&mut stream, "slow").await.starts_with("HTTP/1.1 200 "));
    assert_eq!(rest_text(&mut stream).await, "");
}

#[tokio::test]
async fn a_byte_now_and_then_does_not_keep_a_head_alive() {
    let (address, _) = serve(ConnectionLimits { head: SHORT, ..limits() }).await;
    let mut stream = connect(address, "GET / HTTP/1.1\r\nx-slow: ").await;
    deadline(async {
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused_and_the_refusal_arrives() {
    let (address, _) = serve(limits()).await;
    let mut stream = connect(address, "GET / HTTP/1.1\r\nhost: t\r\nx-large: ").await;
    stream.write_all(&vec![b'x'; 390_000]).await.unwrap();
    let answer = rest_text(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    // What the platform takes is taken: a URL of 16 KiB beside usual headers.
    let path = format!("/read?{}", "x".repeat(16 * 1024 - 100));
    let mut stream = connect(address, &request("GET", &path, &format!("cookie: {}\r\n", "x".repeat(8 * 1024)))).await;
    assert!(one_answer(&mut stream, "\r\n\r\n0").await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_body_that_stands_still_is_answered_408() {
    let (address, alive) = serve(ConnectionLimits { body_stall: SHORT, ..limits() }).await;
    let mut stream = connect(address, &(request("POST", "/read", "content-length: 1000000\r\n") + "some")).await;
    let mut answer = Vec::new();
    while !answer.ends_with(b"Request Timeout") {
        assert!(deadline(stream.read_buf(&mut answer)).await.unwrap() > 0, "{}", String::from_utf8_lossy(&answer));
    }
    assert!(answer.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&answer));
    drop(stream);
    eventually(|| alive.load(SeqCst) == 0).await;
}

#[tokio::test]
async fn a_slow_body_that_goes_on_is_read_to_its_end() {
    let (address, _) = serve(ConnectionLimits { body_stall: Duration::from_secs(2), ..limits() }).await;
    let mut stream = connect(address, &request("POST", "/read", "content-length: 30\r\n")).await;
    for _ in 0..30 {
        stream.write_all(b"x").await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(one_answer(&mut stream, "\r\n\r\n30").await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answer_is_dropped() {
    let (address, alive) = serve(ConnectionLimits { write_stall: SHORT, ..limits() }).await;
    let mut stream = connect(address, &request("GET", "/large", "")).await;
    eventually(|| alive.load(SeqCst) == 0).await;
    // The system tells who writes that nobody is there any more.
    deadline(async {
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
