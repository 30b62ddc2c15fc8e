//! Copies a write-ahead log back into its database on a thread of its own, so that writers do not wait for the disk.

use crate::{sync::lock, world::machine};
use rusqlite::Connection;
use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::JoinHandle,
};

/// Bytes written after which the log is copied back: what SQLite's own default of 1,000 pages comes to.
const EVERY: u64 = 4 * 1024 * 1024;
/// Pages of the log at which a writer copies it back itself, if this thread does not keep up: 64 MiB.
pub(crate) const BACKSTOP_PAGES: u32 = 16_000;

/// The thread. It ends, and closes its connection, when this is dropped.
#[derive(Debug)]
pub(crate) struct Checkpointer {
    written: AtomicU64,
    wake: Option<SyncSender<()>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Checkpointer {
    /// `connection` is one that nobody else uses. Without a thread the backstop has to do.
    pub(crate) fn start(connection: Connection) -> Self {
        // One wake-up may wait; more would say the same.
        let (wake, woken) = sync_channel(1);
        let thread = machine::start_thread("pmx-checkpoint", move || run(&connection, &woken));
        if let Err(error) = &thread {
            tracing::warn!(%error, "no thread for checkpoints");
        }
        Self { written: AtomicU64::new(0), wake: Some(wake), thread: Mutex::new(thread.ok()) }
    }

    /// So many bytes were committed.
    pub(crate) fn wrote(&self, bytes: u64) {
        if self.written.fetch_add(bytes, Ordering::Relaxed) + bytes >= EVERY {
            self.written.store(0, Ordering::Relaxed);
            if let Some(wake) = &self.wake {
                // Full: it is about to run anyway.
                let _ = wake.try_send(());
            }
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = lock(&self.thread).take() {
            let _ = thread.join();
        }
    }
}

fn run(connection: &Connection, woken: &Receiver<()>) {
    while woken.recv().is_ok() {
        // PASSIVE: it waits for nobody, and nobody waits for it.
        if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
            tracing::warn!(%error, "a write-ahead log could not be copied back; it will be tried again");
        }
    }
}
