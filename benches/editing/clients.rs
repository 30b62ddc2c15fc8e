//! Clients of `/_events`.

use super::{EDITS, PAUSE, SETTLED, SOURCES, Site, row};
use crate::support::Pmx;
use std::{
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};
use tokio::sync::mpsc;
use tokio_tungstenite::{
    client_async,
    tungstenite::{Message, WebSocket, client, client::IntoClientRequest as _},
};

use futures_util::StreamExt as _;

/// How long a frame is waited for.
const DEADLINE: Duration = Duration::from_secs(20);

/// A client that waits for nothing else.
pub(crate) struct Reader(WebSocket<TcpStream>);

impl Reader {
    pub(crate) fn connect(address: SocketAddr, host: &str, query: &str) -> Self {
        let request = format!("ws://{host}/_events{query}").into_client_request().unwrap();
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(client(request, stream).unwrap().0)
    }

    /// Reads the two frames of a deploy; when the first was there.
    pub(crate) fn frames(&mut self) -> Instant {
        self.text();
        let heard = Instant::now();
        self.text();
        heard
    }

    fn text(&mut self) {
        while !matches!(self.0.read().unwrap(), Message::Text(_)) {}
    }
}

/// Saves with many open sockets; how long until the last of them has heard.
pub(crate) fn run(count: usize) {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::write(folder.path().join("site"), SOURCES);
    thread::sleep(SETTLED);
    let dev = Pmx::dev(&site.folder, &folder.path().join("state"));
    let _stalled = Reader::connect(dev.client.address, "localhost", "");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (heard, mut times) = mpsc::unbounded_channel();
    let address = dev.client.address;
    runtime.block_on(async {
        for _ in 1..count {
            let heard = heard.clone();
            let stream = tokio::net::TcpStream::connect(address).await.unwrap();
            let request = "ws://localhost/_events".into_client_request().unwrap();
            let (mut socket, _) = client_async(request, stream).await.unwrap();
            tokio::spawn(async move {
                while let Some(Ok(message)) = socket.next().await {
                    if message.to_text().is_ok_and(|text| text.contains("artifacts-changed")) {
                        let _ = heard.send(Instant::now());
                    }
                }
            });
        }
    });
    let (mut all, mut first) = (Vec::new(), Vec::new());
    for edit in 0..EDITS / 4 + 5 {
        let (saved, _) = site.save(edit, &format!("edited{edit}"));
        let took = runtime.block_on(async {
            let mut took = Vec::with_capacity(count);
            for _ in 1..count {
                took.push(tokio::time::timeout(DEADLINE, times.recv()).await.unwrap().unwrap() - saved);
            }
            took
        });
        if edit >= 5 {
            first.extend(took.iter().min());
            all.extend(took.iter().max());
        }
        thread::sleep(PAUSE);
    }
    row(&format!("{count} clients, one stalled: save → first frame"), &first);
    row(&format!("{count} clients, one stalled: save → last frame"), &all);
}
