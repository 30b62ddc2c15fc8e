//! How an integration test uses the emulator: `cargo run -p pmx-emulator --example integration_test`.
//!
//! The Worker runs in this process, over state in a folder that goes away with it; no port is opened, nothing is installed.

#![allow(clippy::print_stdout, reason = "it shows what it does")]

use axum::body::{Body, to_bytes};
use http::Request;
use pmx_emulator::state_dir::StateDir;
use pmx_emulator::{Emulator, Worker};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let emulator = Emulator::builder(Worker::bundled())
        .state(StateDir::temporary()?)
        .var("BASE_DOMAINS", "localhost")
        .var("PUBLISH_SECRET", "only for this test")
        .build()?;

    let health = Request::get("http://localhost/api/health").body(Body::empty())?;
    let answer = emulator.fetch(health).await;
    let (status, body) = (answer.status(), to_bytes(answer.into_body(), 64 * 1024).await?);
    println!("{status} {}", String::from_utf8_lossy(&body));

    // A blob of the wrong content is refused by the bucket, and nothing is stored.
    let hash = "0".repeat(64);
    let upload = Request::post(format!("http://localhost/api/publish/upload?hash={hash}"))
        .header("authorization", "Bearer only for this test")
        .header("content-length", 5)
        .body(Body::from("hello"))?;
    let answer = emulator.fetch(upload).await;
    println!("{} objects stored: {}", answer.status(), emulator.r2().list(Default::default())?.objects.len());

    emulator.shutdown().await;
    Ok(())
}
