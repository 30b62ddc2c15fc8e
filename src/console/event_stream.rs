//! Server-sent events: what happens, as it happens.

use super::{
    Console,
    form::Fields,
    reply::{self, ReplyResult, RequestFailure},
};
use crate::session::EventRecord;
use axum::{body::Body, http::StatusCode};
use futures_util::stream::{self, Stream, StreamExt as _};
use pmx_emulator::trace::RequestRecord;
use serde_json::json;
use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::broadcast::{self, error::RecvError};

/// Streams at a time: a browser opens one for each tab that is seen.
const MAX_STREAMS: usize = 64;
/// How often an idle stream says that it is there, so that the end of a connection is noticed.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How many streams are open.
#[derive(Clone, Debug, Default)]
pub(super) struct Streams(Arc<AtomicUsize>);

/// An open stream; given back with it.
struct OpenStream(Arc<AtomicUsize>);

impl Streams {
    fn open(&self) -> Option<OpenStream> {
        let taken = self
            .0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| (count < MAX_STREAMS).then_some(count + 1));
        taken.ok().map(|_| OpenStream(self.0.clone()))
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

type EventLines = Pin<Box<dyn Stream<Item = String> + Send>>;

/// `GET /api/events?topics=events,requests,log`: each topic is the name of its events. `events` carries the `--json` lines,
/// `requests` one request each, `log` says only that there is more. `missed` comes when a listener was too slow.
pub(super) fn events(console: &Console, query: &Fields) -> ReplyResult {
    let open = console.streams.open().ok_or_else(|| {
        RequestFailure::new(StatusCode::SERVICE_UNAVAILABLE, format!("{MAX_STREAMS} streams are open already"))
    })?;
    let asked = if query.get("topics").is_empty() { "events" } else { query.get("topics") };
    let wants = |topic| asked.split(',').any(|name| name == topic);
    let mut sources: Vec<EventLines> = Vec::new();
    if wants("events") {
        let receiver = console.parts.control.session().subscribe();
        sources.push(topic_events("events", receiver, |record: Arc<EventRecord>| record.to_json().to_string()));
    }
    if wants("requests") {
        let receiver = console.parts.control.emulator().trace().subscribe();
        sources.push(topic_events("requests", receiver, |record: Arc<RequestRecord>| {
            json!({ "id": record.id, "host": record.host, "path": record.path, "status": record.status }).to_string()
        }));
    }
    if wants("log") {
        sources.push(topic_events("log", console.parts.log.subscribe(), |()| "{}".to_owned()));
    }
    let heartbeat = stream::unfold(tokio::time::interval(HEARTBEAT), |mut interval| async move {
        interval.tick().await;
        Some((": still here\n\n".to_owned(), interval))
    });
    sources.push(Box::pin(heartbeat));
    let mut ending = console.parts.ending.clone();
    let ended = async move {
        // A sender that is gone has ended, too.
        let _ = ending.wait_for(|ended| *ended).await;
    };
    let all = stream::select_all(sources).take_until(Box::pin(ended)).map(move |event| {
        // Lives as long as the stream.
        let _ = &open;
        Ok::<_, Infallible>(event)
    });
    Ok(reply::text(StatusCode::OK, "text/event-stream", Body::from_stream(all)))
}

fn topic_events<T: Clone + Send + 'static>(
    topic: &'static str,
    receiver: broadcast::Receiver<T>,
    says: impl Fn(T) -> String + Send + Copy + 'static,
) -> EventLines {
    Box::pin(stream::unfold(receiver, move |mut receiver| async move {
        let event = match receiver.recv().await {
            Ok(value) => format!("event: {topic}\ndata: {}\n\n", says(value)),
            Err(RecvError::Lagged(_)) => "event: missed\ndata: {}\n\n".to_owned(),
            Err(RecvError::Closed) => return None,
        };
        Some((event, receiver))
    }))
}
