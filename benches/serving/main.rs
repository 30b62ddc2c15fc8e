//! Pages a second, p99 and memory: `cargo bench --bench serving [-- seconds]`.
//!
//! In one run, beside each other: a bare axum handler that answers the same headers and bytes from memory, `pmx serve` (durable
//! state, every request through the wasm), and miniflare with the bundle (if `npm ci --prefix tests/parity` was run). The load is
//! kept-alive connections of one thread, which ask for one page or for 1,000 in turn; each server is measured in turns, and the medians
//! are compared, since a shared machine is noisy. Then, with a server of its own: what an idle WebSocket costs, and a Durable Object that is
//! alive, each as the growth of resident memory by 1,000 of them (the client needs as many open files: `ulimit -n 4096`).
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark prints and stops at the first surprise"
)]

#[path = "../../tests/support/mod.rs"]
mod support;

mod load;
mod servers;

use servers::{Server, resident, serve, start_bare_axum, start_miniflare, stop};
use std::time::Duration;
use support::{Client, Fixture, open_events};

const ROUNDS: usize = 5;
const HOST: &str = "alpha.localhost";
const PAGE_BYTES: usize = 4096;
const PAGES: usize = 1000;
/// Sockets, and objects, whose memory is measured.
const MANY: usize = 1000;

/// A load: connections at once, and how many pages they ask for in turn.
struct Load {
    name: &'static str,
    connections: usize,
    pages: usize,
}

const LOADS: [Load; 3] = [
    Load { name: "32 connections", connections: 32, pages: 1 },
    Load { name: "200 connections", connections: 200, pages: 1 },
    Load { name: "32, 1,000 pages", connections: 32, pages: PAGES },
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--bare-axum") {
        return servers::bare_axum(&arguments[at + 1]);
    }
    let seconds = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(3);
    let state = tempfile::tempdir().unwrap();
    let pages: Vec<(String, String)> = (0..PAGES).map(|number| (format!("p{number:03}.html"), page(number))).collect();
    let mut files: Vec<(&str, &str)> = pages.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push(("404.html", "nothing"));
    let fixture = Fixture::new(&files);

    // Published first, so that the start which is measured has nothing to build.
    let first = serve(state.path());
    fixture.publish(Client { address: first.address }, "alpha");
    stop(first);
    let pmx = serve(state.path());
    let axum = start_bare_axum(&Client { address: pmx.address }.get(HOST, &path(0)));
    let mut servers = vec![axum, pmx];
    servers.extend(start_miniflare(&fixture));

    for round in 0..ROUNDS {
        for (row, load) in LOADS.iter().enumerate() {
            for server in &mut servers {
                let length = if round == 0 { 1 } else { seconds };
                let paths: Vec<String> = (0..load.pages).map(path).collect();
                let measured = load::run(server.address, load.connections, &paths, Duration::from_secs(length));
                // The first round warms up.
                if round > 0 {
                    server.measured[row].push(measured);
                }
            }
        }
    }
    print(servers);
    let pmx = serve(state.path());
    memory_of_many(&pmx);
    stop(pmx);
}

fn path(number: usize) -> String {
    format!("/p{number:03}")
}

/// A page; all have the same size.
fn page(number: usize) -> String {
    let head = format!("<!doctype html><title>Page {number:03}</title><p>");
    format!("{head}{}</p>", "x".repeat(PAGE_BYTES - head.len() - 4))
}

fn print(servers: Vec<Server>) {
    println!("{PAGE_BYTES} byte pages, medians of {} rounds", ROUNDS - 1);
    println!(
        "{:<18} {:<18} {:>10} {:>8} {:>8} {:>12}",
        "load", "server", "requests/s", "of axum", "p99", "p99 of axum"
    );
    for (row, load) in LOADS.iter().enumerate() {
        let (base_rate, base_p99) = servers[0].median(row);
        for server in &servers {
            let (rate, p99) = server.median(row);
            println!(
                "{:<18} {:<18} {rate:>10.0} {:>6.1} % {:>5.2} ms {:>12.2}",
                load.name,
                server.name,
                rate / base_rate * 100.0,
                p99 * 1e3,
                p99 / base_p99,
            );
        }
    }
    println!("{:<18} {:>12} {:>18}", "server", "resident", "first page after");
    for server in servers {
        println!(
            "{:<18} {:>8.1} MiB {:>15.1} ms",
            server.name,
            mib(server.resident()),
            server.started.as_secs_f64() * 1e3
        );
        stop(server);
    }
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}

fn memory_of_many(pmx: &Server) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut held = vec![open_events(pmx.address, HOST).await.unwrap()];
        let before = resident(pmx.child.id());
        for _ in 0..MANY {
            held.push(open_events(pmx.address, HOST).await.unwrap());
        }
        let with_sockets = resident(pmx.child.id());
        for name in 0..MANY {
            held.push(open_events(pmx.address, &format!("never-{name}.localhost")).await.unwrap());
        }
        let with_objects = resident(pmx.child.id());
        let each = |after: u64, before: u64| after.saturating_sub(before) as f64 / MANY as f64 / 1000.0;
        println!("{MANY} idle sockets of one object: {:.1} kB each", each(with_sockets, before));
        println!("{MANY} live objects with a socket each: {:.1} kB each", each(with_objects, with_sockets));
    });
}
