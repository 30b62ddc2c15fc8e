//! The machine itself: its threads and its clocks. Nothing else in the crate starts a thread or reads a clock, but for the network (`http`).

use std::io;
use std::sync::{Arc, LazyLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::runtime::Handle;

use super::executor::{Executor, Spawned, Work};

/// When the machine's monotonic clock was first asked.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Since some moment before this process asked first. It neither stands still nor jumps when somebody sets the machine's clock. Whether it
/// counts while the machine sleeps depends on the system.
pub(crate) fn elapsed() -> Duration {
    START.elapsed()
}

/// Since 1970-01-01 UTC; nothing if the machine's clock is before that.
pub(super) fn time_of_day() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Completes when so much time has passed.
pub(super) async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// Fills `bytes` with the operating system's randomness.
pub(super) fn random(bytes: &mut [u8]) -> Result<(), getrandom::Error> {
    getrandom::fill(bytes)
}

/// Starts a thread.
pub(crate) fn start_thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(work)
}

/// How many threads can run at the same time.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Lets another thread go first.
pub(crate) fn yield_now() {
    thread::yield_now();
}

/// Does two pieces of work at the same time where a thread is to be had, and one after the other where none is.
pub(crate) fn both<T>(mut beside: impl FnMut() + Send, here: impl FnOnce() -> T) -> T {
    let (started, done) = thread::scope(|scope| {
        let started = thread::Builder::new().spawn_scoped(scope, &mut beside).is_ok();
        (started, here())
    });
    if !started {
        beside();
    }
    done
}

/// The machine's threads, as tokio shares them out.
#[derive(Debug)]
pub(super) struct Threads(pub(super) Handle);

impl Executor for Threads {
    fn spawn(self: Arc<Self>, work: Work) -> Spawned {
        let handle = self.0.spawn(work).abort_handle();
        Spawned::new(move || handle.abort())
    }

    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) {
        self.0.spawn_blocking(work);
    }
}
