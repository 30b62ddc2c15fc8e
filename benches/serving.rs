//! Pages a second, p99 and memory: `cargo bench --bench serving [-- seconds]`.
//!
//! In one run, beside each other: a bare axum handler that answers the same headers and bytes from memory, `pmx serve` (durable
//! state, every request through the wasm), and miniflare with the bundle (if `npm ci --prefix tests/parity` was run). The load is
//! 32 kept-alive connections of one thread; each server is measured in turns, and the medians are compared, since a shared
//! machine is noisy.
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
    io::{BufRead, BufReader, Write as _},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use support::{Client, Fixture, SECRET};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const CONNECTIONS: usize = 32;
const ROUNDS: usize = 5;
const HOST: &str = "alpha.localhost";
const PATH: &str = "/index";
const PAGE_BYTES: usize = 4096;
const MINIFLARE: &str = "miniflare";

/// A server under load.
struct Server {
    name: &'static str,
    child: Child,
    address: SocketAddr,
    started: Duration,
    rates: Vec<f64>,
    p99: Vec<Duration>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--bare-axum") {
        return bare_axum(&arguments[at + 1]);
    }
    let seconds = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(3);
    let state = tempfile::tempdir().unwrap();
    let page = format!("<!doctype html><title>Page</title><p>{}</p>", "x".repeat(PAGE_BYTES - 45));
    let fixture = Fixture::new(&[("index.html", &page), ("404.html", "nothing")]);

    // Published first, so that the start which is measured has nothing to build.
    let first = serve(state.path());
    fixture.publish(Client { address: first.address }, "alpha");
    stop(first);
    let pmx = serve(state.path());
    let template = Client { address: pmx.address }.get(HOST, PATH);
    let axum = start_bare_axum(&template);
    let mut servers = vec![axum, pmx];
    servers.extend(start_miniflare(&fixture));

    for round in 0..ROUNDS {
        for server in &mut servers {
            let length = if round == 0 { 1 } else { seconds };
            let (rate, p99) = load(server.address, Duration::from_secs(length));
            // The first round warms up.
            if round > 0 {
                server.rates.push(rate);
                server.p99.push(p99);
            }
        }
    }
    print(servers);
}

fn print(servers: Vec<Server>) {
    println!("{CONNECTIONS} connections, {PAGE_BYTES} byte page, medians of {} rounds", ROUNDS - 1);
    println!(
        "{:<22} {:>12} {:>9} {:>10} {:>12} {:>16}",
        "server", "requests/s", "p99", "of axum", "resident", "first page after"
    );
    let base = median(&servers[0].rates);
    for server in servers {
        let (rate, p99) =
            (median(&server.rates), median(&server.p99.iter().map(Duration::as_secs_f64).collect::<Vec<_>>()));
        let memory = resident(server.child.id()) as f64 / 1048576.0;
        println!(
            "{:<22} {rate:>12.0} {:>6.2} ms {:>8.0} % {memory:>8.1} MiB {:>13.1} ms",
            server.name,
            p99 * 1e3,
            rate / base * 100.0,
            server.started.as_secs_f64() * 1e3
        );
        stop(server);
    }
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Resident bytes of a process and its children.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    kib.unwrap_or(0) * 1024
        + children.split_whitespace().filter_map(|child| child.parse().ok()).map(resident).sum::<u64>()
}

fn stop(server: Server) {
    let mut child = server.child;
    if server.name == MINIFLARE {
        // The end of its input ends the driver, and workerd with it; a signal would leave workerd behind.
        drop(child.stdin.take());
    } else {
        let _ = child.kill();
    }
    let _ = child.wait();
}

/// Starts a server that prints one JSON line with its address, and asks it for the page until it answers.
fn start(name: &'static str, mut command: Command, wait_for_page: bool) -> Server {
    let before = Instant::now();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    let json: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{name}: {error}: {line}"));
    let url = json["url"].as_str().or(json["ready"].as_str()).unwrap();
    let port: u16 = url.trim_end_matches('/').rsplit(':').next().unwrap().parse().unwrap();
    std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    if wait_for_page {
        assert_eq!(Client { address }.get(HOST, PATH).status, 200, "{name}");
    }
    Server { name, child, address, started: before.elapsed(), rates: Vec::new(), p99: Vec::new() }
}

fn serve(state: &std::path::Path) -> Server {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pmx"));
    command.args(["serve", "--json", "--port", "0", "--state"]).arg(state).env("PUBLISH_SECRET", SECRET);
    let published = state.join("kv.sqlite").exists();
    start("pmx serve", command, published)
}

fn start_bare_axum(template: &support::Answer) -> Server {
    let headers: Vec<_> =
        template.headers.iter().filter(|(name, _)| !matches!(name.as_str(), "date" | "connection")).collect();
    let template = serde_json::json!({ "headers": headers, "body": template.text() }).to_string();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(template.as_bytes()).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("--bare-axum").arg(file.path());
    start("axum, from memory", command, true)
}

/// The child: an axum handler and nothing else.
fn bare_axum(template: &str) {
    use axum::{Router, body::Bytes, http::HeaderMap, routing::get};
    let template: serde_json::Value = serde_json::from_slice(&std::fs::read(template).unwrap()).unwrap();
    let mut headers = HeaderMap::new();
    for pair in template["headers"].as_array().unwrap() {
        let name: axum::http::HeaderName = pair[0].as_str().unwrap().parse().unwrap();
        headers.append(name, pair[1].as_str().unwrap().parse().unwrap());
    }
    let body = Bytes::from(template["body"].as_str().unwrap().to_owned());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let answer = move || std::future::ready((headers.clone(), body.clone()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", serde_json::json!({ "url": format!("http://{}", listener.local_addr().unwrap()) }));
        axum::serve(listener, Router::new().route(PATH, get(answer))).await.unwrap();
    });
}

/// The real workerd under miniflare with the bundle; `None` where it is not installed.
fn start_miniflare(fixture: &Fixture) -> Option<Server> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    if !root.join("tests/parity/node_modules/miniflare").exists() {
        println!("miniflare is not installed (npm ci --prefix tests/parity): left out");
        return None;
    }
    let bundle = tempfile::tempdir().unwrap().keep();
    let bundled = Command::new(env!("CARGO_BIN_EXE_pmx"))
        .args(["worker", "bundle", "--quiet", "--out"])
        .arg(&bundle)
        .output()
        .unwrap();
    assert!(bundled.status.success());
    let mut command = Command::new("node");
    let variables = serde_json::json!({ "BASE_DOMAINS": "localhost", "PUBLISH_SECRET": SECRET });
    command
        .arg(root.join("tests/parity/workerd.mjs"))
        .arg(&bundle)
        .arg(bundle.join("state"))
        .arg(variables.to_string());
    let server = start(MINIFLARE, command, false);
    fixture.publish(Client { address: server.address }, "alpha");
    Some(server)
}

/// Asks for the page over and over; requests a second and the 99th percentile.
fn load(address: SocketAddr, length: Duration) -> (f64, Duration) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let begin = Instant::now();
        let clients: Vec<_> = (0..CONNECTIONS).map(|_| tokio::spawn(client(address, begin + length))).collect();
        let mut latencies = Vec::new();
        for client in clients {
            latencies.extend(client.await.unwrap());
        }
        let elapsed = begin.elapsed();
        latencies.sort_unstable();
        (latencies.len() as f64 / elapsed.as_secs_f64(), latencies[latencies.len() * 99 / 100])
    })
}

async fn client(address: SocketAddr, end: Instant) -> Vec<Duration> {
    let request = format!("GET {PATH} HTTP/1.1\r\nhost: {HOST}\r\naccept-encoding: identity\r\n\r\n");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = vec![0; 64 * 1024];
    let (mut latencies, mut size) = (Vec::with_capacity(1 << 16), 0);
    while Instant::now() < end {
        let before = Instant::now();
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
