//! stdout, where data goes, and what becomes of a command whose data cannot be written.
//!
//! Whatever is written to stdout comes through here. The first failure is kept, and nothing is written after it: the command goes on
//! to its end, which [`end`] then makes a failure. Only a reader that has seen enough is none: the command ends as if all had
//! been read, as `rg` does. What goes on until its user ends it asks [`failed`] and [`gone`].

use std::{
    io::{self, ErrorKind, Read, Write as _},
    sync::{LazyLock, OnceLock},
};
use tokio::sync::watch;

/// Bytes that are copied at a time.
const CHUNK: usize = 64 * 1024;

/// Why stdout takes nothing more.
static FAILURE: OnceLock<io::Error> = OnceLock::new();
/// Tells those who wait that it does not.
static CLOSED: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::Sender::new(false));

/// Writes all of it, now.
pub(super) fn write(bytes: &[u8]) {
    if FAILURE.get().is_some() {
        return;
    }
    let mut stdout = io::stdout().lock();
    if let Err(error) = stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        close(error);
    }
}

/// Copies what a reader holds, as far as stdout takes it.
///
/// # Errors
/// The reader's. What stdout does not take is said by [`end`].
pub(super) fn copy(from: &mut impl Read) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    while FAILURE.get().is_none() {
        match from.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => write(&chunk[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Whether all that was to be written was taken, or its reader wanted no more.
///
/// # Errors
/// What kept it from that.
pub(super) fn end() -> Result<(), &'static io::Error> {
    match FAILURE.get() {
        Some(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Whether stdout takes nothing more: a failure, or a reader that has gone.
pub(super) fn is_closed() -> bool {
    FAILURE.get().is_some()
}

/// Comes when a write has failed. A reader that has gone is no failure.
pub(super) async fn failed() {
    let mut closed = CLOSED.subscribe();
    let _ = closed.wait_for(|closed| *closed && end().is_err()).await;
    if end().is_ok() {
        std::future::pending().await
    }
}

/// Comes when nothing that is written would be read any more, also while nothing is written.
pub(super) async fn gone() {
    let mut closed = CLOSED.subscribe();
    watch_reader();
    let _ = closed.wait_for(|closed| *closed).await;
}

fn close(error: io::Error) {
    // The first is the one that counts.
    let _ = FAILURE.set(error);
    CLOSED.send_replace(true);
}

/// Lets a thread wait for the reader's end, as `tail -f` does: a pipe tells of it whether something is written or not. What is no pipe
/// and no socket never tells; then only a write finds out.
#[cfg(unix)]
fn watch_reader() {
    use rustix::{
        event::{PollFd, PollFlags, poll},
        io::Errno,
    };
    let wait = || {
        let stdout = io::stdout();
        loop {
            // Some systems watch only what they are asked something about (`tail.c` of GNU coreutils has it from AIX).
            let mut watched = [PollFd::new(&stdout, PollFlags::RDBAND)];
            match poll(&mut watched, None) {
                Ok(_) if watched[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) => {
                    return close(ErrorKind::BrokenPipe.into());
                }
                Err(Errno::INTR) => {}
                // It is something that cannot be waited for.
                _ => return,
            }
        }
    };
    // Nobody waits for it: it ends with the process.
    if let Err(error) = std::thread::Builder::new().name("stdout".to_owned()).spawn(wait) {
        tracing::debug!("no thread looks after stdout: {error}");
    }
}

#[cfg(not(unix))]
fn watch_reader() {}
