//! Small parts that many pages have.

use crate::{console::reply::RequestFailure, report::counted};
use humantime::{format_rfc3339_millis, format_rfc3339_seconds};
use maud::{Markup, PreEscaped, html};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Digits of an id or a hash where there is little room.
const SHORT: usize = 8;

/// An empty document.
pub(in crate::console) fn nothing() -> Markup {
    PreEscaped(String::new())
}

/// How long ago something was; the moment itself shows when one points at it. The script lets it grow.
pub(in crate::console) fn ago(time: SystemTime) -> Markup {
    let seconds = SystemTime::now().duration_since(time).unwrap_or_default().as_secs();
    let told = match seconds {
        0..2 => "just now".to_owned(),
        2..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        _ => format!("{} d ago", seconds / 86_400),
    };
    let exact = stamp(time);
    html! { time.nowrap data-ago datetime=(exact) title=(exact) { (told) } }
}

/// The time of day where the author is, to the millisecond.
pub(in crate::console) fn clock(time: SystemTime) -> Markup {
    let exact = format_rfc3339_millis(time.max(UNIX_EPOCH)).to_string();
    let told = local(time, "%H:%M:%S%.3f").unwrap_or_else(|| exact.get(11..23).unwrap_or(&exact).to_owned());
    html! { time datetime=(exact) title=(exact) { (told) } }
}

/// A time where the author is.
pub(in crate::console) fn local(time: SystemTime, format: &str) -> Option<String> {
    let zoned = jiff::Timestamp::try_from(time).ok()?.to_zoned(jiff::tz::TimeZone::system());
    Some(zoned.strftime(format).to_string())
}

/// In seconds; a time that cannot be written is that of the epoch.
fn stamp(time: SystemTime) -> String {
    let far = time.duration_since(UNIX_EPOCH).is_ok_and(|since| since > Duration::from_secs(253_402_300_799));
    format_rfc3339_seconds(if far { UNIX_EPOCH } else { time.max(UNIX_EPOCH) }).to_string()
}

/// A number of bytes.
pub(in crate::console) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    #[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut size = bytes as f64 / 1024.0;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    if size < 10.0 { format!("{size:.1} {}", UNITS[unit]) } else { format!("{size:.0} {}", UNITS[unit]) }
}

/// A span of time, to three digits.
pub(in crate::console) fn duration(took: Duration) -> String {
    match took.as_micros() {
        micros @ 0..1000 => format!("{micros} µs"),
        micros @ 1000..10_000 => format!("{:.1} ms", Duration::from_micros(micros as u64).as_secs_f64() * 1e3),
        micros @ 10_000..1_000_000 => format!("{} ms", micros / 1000),
        _ if took.as_secs() < 60 && took.subsec_millis() == 0 => format!("{} s", took.as_secs()),
        _ if took.as_secs() < 60 => format!("{:.1} s", took.as_secs_f64()),
        _ => format!("{} min {} s", took.as_secs() / 60, took.as_secs() % 60),
    }
}

/// The first digits of an id.
pub(in crate::console) fn short(id: &str) -> &str {
    id.get(..SHORT).unwrap_or(id)
}

/// A mark with a word.
pub(in crate::console) fn pill(kind: &str, text: &str) -> Markup {
    html! { span.pill.(kind) { (text) } }
}

/// A number beside a word; nothing for none.
pub(in crate::console) fn count(kind: &str, count: usize) -> Markup {
    html! { @if count > 0 { span.count.(kind) { (count) } } }
}

/// Errors and warnings.
pub(in crate::console) fn findings(errors: usize, warnings: usize) -> Markup {
    html! {
        @match (errors, warnings) {
            (0, 0) => span.muted { "none" },
            _ => {
                @if errors > 0 { span.pill.bad { (counted(errors, "error")) } }
                @if errors > 0 && warnings > 0 { " " }
                @if warnings > 0 { span.pill.warn { (counted(warnings, "warning")) } }
            }
        }
    }
}

/// The status of an answer, in its colour.
pub(in crate::console) fn status(status: u16) -> Markup {
    html! { span.status.{ "s" (status / 100) } { (status) } }
}

/// A hidden field.
pub(in crate::console) fn field(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// Where there is nothing yet.
pub(in crate::console) fn empty(what: &str, how: &str) -> Markup {
    html! { div.empty { strong { (what) } @if !how.is_empty() { span { (how) } } } }
}

/// A word to the reader.
pub(in crate::console) fn note(kind: &str, text: &str) -> Markup {
    html! { div.note.(kind) role="status" { p { (text) } } }
}

/// Why something was not done.
pub(in crate::console) fn failure(failure: &RequestFailure) -> Markup {
    html! {
        div.note.bad role="alert" {
            p { strong { (failure.message) } }
            @for hint in &failure.hints { p.muted { (hint) } }
        }
    }
}

/// A question before something is done.
pub(in crate::console) struct Ask<'a> {
    /// Unique in the page.
    pub(in crate::console) id: &'a str,
    /// What the button says, in the page and under the question.
    pub(in crate::console) does: &'a str,
    /// What it is done to, for those who do not see the row.
    pub(in crate::console) to: &'a str,
    /// Classes of the button in the page.
    pub(in crate::console) class: &'a str,
    /// The question.
    pub(in crate::console) question: &'a str,
    /// What it means.
    pub(in crate::console) means: &'a str,
    /// Where the form goes.
    pub(in crate::console) action: &'a str,
}

/// A button that asks before it acts; without a script, too.
pub(in crate::console) fn ask(ask: &Ask<'_>, fields: &Markup) -> Markup {
    let Ask { id, does, to, class, question, means, action } = ask;
    let title = format!("{id}-title");
    html! {
        button.(class) type="button" popovertarget=(id) { (does) @if !to.is_empty() { span.seen { " " (to) } } }
        div.ask #(id) popover role="dialog" aria-labelledby=(title) {
            h2 #(title) { (question) }
            @if !means.is_empty() { p.muted { (means) } }
            form method="post" action=(action) {
                (fields)
                div.actions {
                    button type="button" popovertarget=(id) popovertargetaction="hide" { "Cancel" }
                    button.primary.danger type="submit" { (does) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!([0, 1023, 1024, 99_999, 1 << 30].map(bytes), ["0 B", "1023 B", "1.0 KB", "98 KB", "1.0 GB"]);
        let told = |micros| duration(Duration::from_micros(micros));
        assert_eq!([999, 1500, 45_600, 2_340_000].map(told), ["999 µs", "1.5 ms", "45 ms", "2.3 s"]);
        assert_eq!((counted(1, "page"), counted(0, "page")), ("1 page".into(), "0 pages".into()));
        assert!(ago(SystemTime::now() - Duration::from_secs(7300)).into_string().contains("2 h ago"));
        assert!(ago(UNIX_EPOCH + Duration::from_secs(u64::MAX >> 2)).into_string().contains("1970"));
    }
}
