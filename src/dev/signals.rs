//! How a person, or the system, ends a server.

/// What ends a server: Ctrl-C, SIGTERM and SIGHUP; on Windows what its consoles send. Each may come more than once.
pub(super) struct Signals {
    #[cfg(unix)]
    streams: Vec<tokio::signal::unix::Signal>,
    #[cfg(windows)]
    events: Option<crate::server::ConsoleEvents>,
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
        #[cfg(windows)]
        Self { events: crate::server::ConsoleEvents::new().ok() }
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
        #[cfg(windows)]
        match &mut self.events {
            Some(events) => events.next().await,
            None => std::future::pending().await,
        }
    }
}
