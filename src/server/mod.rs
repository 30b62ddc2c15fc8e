//! What `pmx dev` and `pmx serve` share: the port, TLS, what a request must pass, and the local Worker behind it.

mod accept;
mod caller;
mod conditional;
mod connection_permits;
#[cfg(windows)]
mod console_events;
mod forwarding;
mod host_policy;
pub mod layers;
mod listen;
mod port_owner;
mod reach;
mod reachable;
mod reply;
mod serve;
mod simulated_faults;
mod small_page;
mod tls;
mod urlencoded;
mod worker;

#[cfg(test)]
pub(crate) use caller::tests::{pass, passed};
pub use caller::{Caller, HostName, Initiator, Origin, cookies, is_upgrade};
pub(crate) use conditional::{again, answer as answer_changed};
pub use connection_permits::ConnectionBounds;
#[cfg(windows)]
pub use console_events::ConsoleEvents;
pub use host_policy::HostPolicy;
#[cfg(feature = "compile")]
pub use layers::{Answering, Next};
pub use layers::{DeviceToken, Layers};
pub use listen::{Listening, listen};
pub use reach::Reach;
pub use reachable::Reachable;
pub use reply::{json, refusal};
pub use serve::{serve, serve_layers};
pub use simulated_faults::simulated_faults;
pub use small_page::{SmallPage, small_page};
pub use tls::{Authority, TlsParts};
pub use urlencoded::urlencoded;
pub use worker::{WorkerOptions, start};

use crate::error::{Error, Result};
use std::future::Future;

/// Runs a server's future on a runtime with one thread for each core.
///
/// # Errors
/// What the future answers; a runtime that cannot be made.
pub fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    allow_open_files();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::new(format!("the runtime could not be started: {error}")))?;
    let result = runtime.block_on(future);
    // A build that is under way is not waited for.
    runtime.shutdown_background();
    result
}

/// The most files and sockets that a server has open: thousands of open pages, and the databases of hundreds of sites. A system that
/// allows fewer to begin with (1,024 on most Linux, 256 on macOS) allows more to who asks, up to a limit of its own.
#[cfg(unix)]
const OPEN_FILES: u64 = 65_536;

/// Asks for as many open files as there may be. If that is refused, those there are must do.
fn allow_open_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        let wanted = maximum.map_or(OPEN_FILES, |maximum| maximum.min(OPEN_FILES));
        if current.is_some_and(|current| current < wanted) {
            let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
        }
    }
}

/// How many files and sockets this process may have open, if that is bounded and known.
fn open_files() -> Option<usize> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit};
        getrlimit(Resource::Nofile).current.and_then(|files| usize::try_from(files).ok())
    }
    #[cfg(not(unix))]
    None
}

/// Ends with Ctrl-C or SIGTERM; on Windows with what its consoles send.
pub async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    #[cfg(windows)]
    if let Ok(mut events) = ConsoleEvents::new() {
        return events.next().await;
    }
    let _ = tokio::signal::ctrl_c().await;
}
