//! Any bytes at the HTTP door: what comes back is HTTP, the connection ends, the Worker does not trap, and the next client is served.
//!
//! From the root of the checkout, on stable Rust (`cargo install cargo-fuzz`, once):
//!
//! ```sh
//! cargo fuzz run --sanitizer none http fuzz/corpus/http fuzz/seeds/http -- -dict=fuzz/http.dict -max_len=4096 -timeout=20 -max_total_time=600
//! ```
//!
//! A byte `0xff` in the input is a pause: what stands before it is sent by itself.
#![no_main]

use axum::serve::Listener;
use libfuzzer_sys::fuzz_target;
use pmx_emulator::{Emulator, Worker, http::{self, ConnectionLimits}};
use std::{io, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
    runtime::Runtime,
    sync::mpsc,
    time::timeout,
};

/// Far above what a connection may take by [`limits`].
const DEADLINE: Duration = Duration::from_secs(10);
const HEALTH: &[u8] = b"GET /api/health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// Connections without a network.
struct Pipes(mpsc::UnboundedReceiver<DuplexStream>);

impl Listener for Pipes {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> (DuplexStream, ()) {
        match self.0.recv().await {
            Some(pipe) => (pipe, ()),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Short ones, so that what waits for a client does not keep the fuzzer.
fn limits() -> ConnectionLimits {
    let short = Duration::from_millis(20);
    ConnectionLimits { head: short, body_stall: short, write_stall: short, half_closed: short, linger: short, ..ConnectionLimits::default() }
}

struct Door {
    runtime: Runtime,
    emulator: Emulator,
    pipes: mpsc::UnboundedSender<DuplexStream>,
}

impl Door {
    fn open() -> Self {
        let ends = std::panic::take_hook();
        // A panic in a task would be caught by the runtime.
        std::panic::set_hook(Box::new(move |panic| {
            ends(panic);
            std::process::abort();
        }));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (pipes, accepted) = mpsc::unbounded_channel();
        let emulator = runtime.block_on(async {
            let emulator = Emulator::builder(Worker::bundled())
                .var("BASE_DOMAINS", "localhost")
                .var("PUBLISH_SECRET", "secret")
                .isolates(1)
                .build()
                .unwrap();
            let service = emulator.clone();
            tokio::spawn(http::serve_connections(Pipes(accepted), move |()| service.clone(), limits(), std::future::pending()));
            emulator
        });
        Self { runtime, emulator, pipes }
    }

    fn send(&self, input: &[u8]) -> Vec<u8> {
        self.runtime.block_on(async {
            let (mut client, server) = duplex(64 * 1024);
            self.pipes.send(server).unwrap();
            let exchange = async {
                for part in input.split(|byte| *byte == 0xff) {
                    // The server may have closed: what it said before counts.
                    if client.write_all(part).await.is_err() {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
                let _ = client.shutdown().await;
                let mut answer = Vec::new();
                let _ = client.read_to_end(&mut answer).await;
                answer
            };
            timeout(DEADLINE, exchange).await.expect("the connection does not end")
        })
    }
}

thread_local! {
    static DOOR: Door = Door::open();
}

fuzz_target!(|input: &[u8]| {
    DOOR.with(|door| {
        let answer = door.send(input);
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1."), "{:?}", String::from_utf8_lossy(&answer));
        assert_eq!(door.emulator.stats().traps, 0);
        assert!(door.send(HEALTH).starts_with(b"HTTP/1.1 200"));
    });
});
