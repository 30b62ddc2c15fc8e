//! What the emulator has of the machine besides its disk: who runs what it began, time, and randomness. There are two worlds, the
//! machine itself and a [simulated one](sim), in which a seed decides what happens next.

pub mod clock;
mod executor;
pub(crate) mod machine;
pub mod sim;
mod timers;

use std::future::Future;
use std::sync::Arc;

use tokio::runtime::{Handle, TryCurrentError};
use tokio::sync::oneshot;

use clock::Clock;
use executor::Executor;
pub(crate) use executor::Spawned;
use machine::Threads;

/// What of a world the emulator uses. Clones are of the same world.
#[derive(Clone, Debug)]
pub(crate) struct Seams {
    executor: Arc<dyn Executor>,
    pub(crate) clock: Clock,
}

/// Work that panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the work ended in a panic")]
pub(crate) struct Panicked;

impl Seams {
    /// The machine, with the runtime that this is called in.
    pub(crate) fn machine(clock: Clock) -> Result<Self, TryCurrentError> {
        Ok(Self { executor: Arc::new(Threads(Handle::try_current()?)), clock })
    }

    /// Begins a future.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> Spawned {
        Arc::clone(&self.executor).spawn(Box::pin(work))
    }

    /// Has work done that nobody waits for. It is never dropped before its end.
    pub(crate) fn spawn_blocking(&self, work: impl FnOnce() + Send + 'static) {
        self.executor.spawn_blocking(Box::new(work));
    }

    /// Has work done that may block; it is done even if the future is dropped.
    pub(crate) fn blocking<T: Send + 'static, W: FnOnce() -> T + Send + 'static>(
        &self,
        work: W,
    ) -> impl Future<Output = Result<T, Panicked>> + Send + use<T, W> {
        let (done, result) = oneshot::channel();
        self.spawn_blocking(move || {
            // Whoever waited may have gone.
            let _ = done.send(work());
        });
        async move { result.await.map_err(|_| Panicked) }
    }
}
