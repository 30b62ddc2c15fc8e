//! What pmx and the Worker say, kept for whoever looks later: a layer of `tracing` into a ring.

use std::{
    collections::VecDeque,
    fmt::{self, Write as _},
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::SystemTime,
};
use tokio::sync::broadcast;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{Layer, filter::Targets, layer::Context, registry::LookupSpan};

/// Lines that are kept; with [`MAX_LINE`] at most 4 MiB.
const LINES: usize = 1000;
/// Bytes of a line that are kept.
const MAX_LINE: usize = 4096;
/// The target under which the Worker's own lines come (`emulator/src/runtime/imports.rs`).
pub const WORKER: &str = "worker";
/// How many notices a listener may fall behind before it only knows that it missed some.
const BEHIND: usize = 64;

/// The last lines of the log. Clones are the same buffer; it never blocks and never grows beyond its ring.
#[derive(Clone, Debug)]
pub struct LogBuffer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    lines: Mutex<VecDeque<Arc<LogEntry>>>,
    notices: broadcast::Sender<()>,
}

/// A line of the log.
#[derive(Clone, Debug)]
pub struct LogEntry {
    /// When it was said.
    pub time: SystemTime,
    /// How bad it is.
    pub level: Level,
    /// Which part said it; `worker` for the Worker.
    pub target: String,
    /// What it said, with its fields.
    pub text: String,
}

impl Default for LogBuffer {
    fn default() -> Self {
        Self(Arc::new(Inner { lines: Mutex::default(), notices: broadcast::Sender::new(BEHIND) }))
    }
}

impl LogBuffer {
    /// The one that the process's subscriber writes to: there is one subscriber for a process, and so one buffer.
    #[must_use]
    pub fn of_process() -> Self {
        static PROCESS: LazyLock<LogBuffer> = LazyLock::new(LogBuffer::default);
        PROCESS.clone()
    }

    /// As a layer of a subscriber: all that the Worker says, what pmx says from `info` on, warnings of everyone else.
    #[must_use]
    pub fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(self) -> impl Layer<S> {
        let targets = Targets::new()
            .with_default(LevelFilter::WARN)
            .with_target(WORKER, LevelFilter::TRACE)
            .with_target("pmx", LevelFilter::INFO)
            .with_target("pmx_emulator", LevelFilter::INFO);
        BufferLayer(self).with_filter(targets)
    }

    /// What is kept, oldest first.
    #[must_use]
    pub fn recent(&self) -> Vec<Arc<LogEntry>> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Hears that there is something new.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<()> {
        self.0.notices.subscribe()
    }

    fn push(&self, line: LogEntry) {
        let mut lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES {
            lines.pop_front();
        }
        lines.push_back(Arc::new(line));
        drop(lines);
        // Nobody may be listening.
        let _ = self.0.notices.send(());
    }
}

struct BufferLayer(LogBuffer);

impl<S: Subscriber> Layer<S> for BufferLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = Text::default();
        event.record(&mut text);
        let Text { mut message, fields } = text;
        message.push_str(&fields);
        if message.len() > MAX_LINE {
            message.truncate(message.floor_char_boundary(MAX_LINE));
            message.push('…');
        }
        let metadata = event.metadata();
        self.0.push(LogEntry {
            time: SystemTime::now(),
            level: *metadata.level(),
            target: metadata.target().to_owned(),
            text: message,
        });
    }
}

/// The message, and the fields after it.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a String does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, "  {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::layer::SubscriberExt as _;

    #[test]
    fn the_last_lines_are_kept_and_long_ones_are_cut() {
        let buffer = LogBuffer::default();
        let subscriber = tracing_subscriber::registry().with(buffer.clone().layer());
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!("nobody's");
            tracing::trace!(target: "worker", "first");
            tracing::warn!(target: "pmx", count = 3, "said");
            tracing::error!("{}", "ü".repeat(MAX_LINE));
        });
        let lines = buffer.recent();
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts[..2], ["nobody's", "first"], "the tests' own target is below `pmx`");
        assert_eq!(texts[2], "said  count=3");
        assert_eq!(texts[3].len(), MAX_LINE + '…'.len_utf8());
        for number in 0..2 * LINES {
            let text = number.to_string();
            buffer.push(LogEntry { time: SystemTime::now(), level: Level::INFO, target: String::new(), text });
        }
        let lines = buffer.recent();
        assert_eq!((lines.len(), lines[0].text.as_str()), (LINES, "1000"));
    }
}
