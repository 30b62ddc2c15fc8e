//! What an idle socket costs this process, its client's end included.

use crate::compression::open;
use crate::support::eventually;
use crate::{accepting, accepting_as, broadcast, script, serve};

/// Sockets that are opened: each is two files of this process.
const SOCKETS: usize = 1_000;
/// Bytes that one may cost, of those that are in memory.
const MOST_BYTES: usize = 20_000;

/// Bytes of this process that are in memory.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[tokio::test]
async fn an_idle_socket_of_an_object_that_sleeps_costs_little() {
    let on_message = broadcast(script(), "", &["hello"]).text();
    let inside = accepting_as(&["a page", "a reader"]).call(["socket.attach", "1", "who it is"]);
    let served = serve(accepting(&inside).var("object.message", on_message)).await;
    let mut clients = Vec::new();
    let mut before = 0;
    for number in 0..SOCKETS + 50 {
        if number == 50 {
            before = resident();
        }
        let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
        clients.push(open(served.address, offer).await);
    }
    eventually(|| served.emulator.stats().sockets == SOCKETS + 50).await;
    served.emulator.evict("a").await;
    let each = resident().saturating_sub(before) / SOCKETS;
    println!("{each} bytes each");
    assert!(each <= MOST_BYTES, "{each} bytes each");
}
