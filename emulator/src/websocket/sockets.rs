//! The sockets of one object. They belong to the object, not to its instance: they stay when the instance is evicted.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use super::auto_response::AutoResponse;
use super::socket::{Socket, SocketInfo};
use super::tags::Tags;
use crate::sync::lock;

/// The accepted sockets of an object, by their numbers, which tell the order of their acceptance and are never given again.
#[derive(Default)]
pub(crate) struct Sockets {
    table: Mutex<SocketTable>,
    auto_response: Arc<AutoResponse>,
}

#[derive(Default)]
struct SocketTable {
    last: u64,
    sockets: BTreeMap<u64, Arc<Socket>>,
}

impl Sockets {
    /// Accepts a socket at the time `now_ms`.
    pub(crate) fn accept(&self, tags: Tags, now_ms: u64) -> Arc<Socket> {
        let mut table = self.table();
        table.last += 1;
        let socket = Arc::new(Socket::new(table.last, tags, now_ms, Arc::clone(&self.auto_response)));
        table.sockets.insert(socket.number(), Arc::clone(&socket));
        socket
    }

    pub(crate) fn get(&self, number: u64) -> Option<Arc<Socket>> {
        self.table().sockets.get(&number).cloned()
    }

    /// Those with this tag, the oldest first, or all, the newest first; until the object has dealt with their close.
    pub(crate) fn list(&self, tag: Option<&str>) -> Vec<Arc<Socket>> {
        let table = self.table();
        let sockets = table.sockets.values();
        match tag {
            Some(tag) => sockets.filter(|socket| socket.tags().contains(tag)).cloned().collect(),
            None => sockets.rev().cloned().collect(),
        }
    }

    pub(crate) fn contains(&self, socket: &Socket) -> bool {
        self.table().sockets.contains_key(&socket.number())
    }

    pub(crate) fn remove(&self, socket: &Socket) {
        self.table().sockets.remove(&socket.number());
    }

    pub(crate) fn len(&self) -> usize {
        self.table().sockets.len()
    }

    /// What there is to tell of each, in the order of their acceptance.
    pub(crate) fn describe(&self) -> Vec<SocketInfo> {
        self.table().sockets.values().map(|socket| socket.describe()).collect()
    }

    /// What is answered without the object.
    pub(crate) fn auto_response(&self) -> &AutoResponse {
        &self.auto_response
    }

    /// Drops all connections, whose clients see 1006, and forgets what the object had set for them: it has been reset.
    pub(crate) fn drop_all(&self) {
        self.auto_response.unset();
        for socket in std::mem::take(&mut self.table().sockets).into_values() {
            socket.drop_connection();
        }
    }

    fn table(&self) -> MutexGuard<'_, SocketTable> {
        lock(&self.table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_of_a_tag_are_listed_the_oldest_first_and_all_the_newest_first() {
        let sockets = Sockets::default();
        let a = sockets.accept(Tags::new(["a", "both"]).unwrap(), 0);
        let b = sockets.accept(Tags::new(["b", "both"]).unwrap(), 0);
        let numbers = |tag| sockets.list(tag).iter().map(|socket| socket.number()).collect::<Vec<_>>();
        assert_eq!(numbers(Some("both")), [a.number(), b.number()]);
        assert_eq!(numbers(Some("b")), [b.number()]);
        assert_eq!(numbers(Some("")), Vec::<u64>::new(), "an empty tag is a tag");
        assert_eq!(numbers(None), [b.number(), a.number()]);
        sockets.remove(&b);
        assert_eq!(numbers(Some("b")), Vec::<u64>::new());
        assert_ne!(sockets.accept(Tags::default(), 0).number(), b.number(), "a number is given once");
    }
}
