//! How a person, or the system, ends a server.

/// The signals that end a server: Ctrl-C, and where there are such, SIGTERM and SIGHUP. Each may come more than once.
pub(super) struct Signals {
    #[cfg(unix)]
    streams: Vec<tokio::signal::unix::Signal>,
}

impl Signals {
    /// Listens from now on: none of them ends the process by itself any more.
    pub(super) fn new() -> Self {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
            Self { streams: kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect() }
        }
        #[cfg(not(unix))]
        Self {}
    }

    /// Completes with the next of them.
    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        {
            use std::{future::poll_fn, task::Poll};
            poll_fn(|context| {
                let came = self.streams.iter_mut().any(|stream| stream.poll_recv(context).is_ready());
                if came { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        }
        #[cfg(not(unix))]
        {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}
