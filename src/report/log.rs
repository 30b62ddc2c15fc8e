//! The log's lines on stderr: what they tell of others' text is printed as any other line is.

use super::{Report, Style, text};
use std::fmt::{self, Write as _};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::{Format, Json, JsonFields, Writer},
        time::{FormatTime as _, SystemTime},
    },
    registry::LookupSpan,
};

/// `2026-11-27T12:00:00.000000Z  INFO what was said`, and after it what it belongs to: `request_id=… method=GET path=/`.
pub(crate) struct LogLine(pub(crate) Report);

impl<S, N> FormatEvent<S, N> for LogLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let (mut time, mut said) = (String::new(), String::new());
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        context.format_fields(Writer::new(&mut said), event)?;
        let level = *event.metadata().level();
        let style = match level {
            Level::ERROR => Style::Bad,
            Level::WARN => Style::Warn,
            Level::INFO => Style::Good,
            _ => Style::Dim,
        };
        let mut line = self.0.paint(Style::Dim, &time);
        write!(line, " {} {said}", self.0.paint(style, &format!("{level:>5}")))?;
        for span in context.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
                write!(line, " {}", self.0.paint(Style::Dim, &fields.fields))?;
            }
        }
        writeln!(out, "{}", self.0.talk_of(&line))
    }
}

/// `{"timestamp":"…","level":"INFO","message":"what was said","target":"pmx::server","span":{"request_id":"…"}}`
pub(crate) struct LogJson(Format<Json>);

impl LogJson {
    pub(crate) fn new() -> Self {
        Self(Format::default().json().flatten_event(true).with_span_list(false))
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> FormatEvent<S, JsonFields> for LogJson {
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        writeln!(out, "{}", text::json(line.trim_end()))
    }
}
