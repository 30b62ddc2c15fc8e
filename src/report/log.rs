//! The log's lines on stderr: what they tell of others' text is printed as any other line is.

use super::{Report, Style};
use std::fmt::{self, Write as _};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::Writer,
        time::{FormatTime as _, SystemTime},
    },
    registry::LookupSpan,
};

/// `2026-11-27T12:00:00.000000Z  INFO what was said`
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
        writeln!(out, "{}", self.0.talk_of(&line))
    }
}
