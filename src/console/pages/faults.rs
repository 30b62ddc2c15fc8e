//! `/faults`: what is asked to go wrong.

use crate::console::{
    form::Fields,
    html::Section,
    reply::{Failure, Outcome},
    routes::{Call, Page},
};
use maud::{Markup, html};
use pmx_emulator::faults::Faults;
use std::time::Duration;

/// The longest lag or latency that can be set: an hour.
const LONGEST: Duration = Duration::from_secs(3600);

/// Whether anything is set to go wrong.
pub(in crate::console) fn any(faults: &Faults) -> bool {
    !faults.kv_lag().is_zero()
        || !faults.kv_put_latency().is_zero()
        || faults.kv_write_rate_limited()
        || faults.object_error()
}

pub(in crate::console) fn page(call: &Call<'_>) -> Page {
    let faults = call.console.parts.control.emulator().faults();
    let body = html! {
        div.head { div { h1 { "Faults" } p.sub { "What is asked to be slow or to fail, as " code { "pmx dev --simulate" } " sets it." } } }
        form.panel method="post" action="/faults" {
            (span("kv-lag", "KV lag", "Readers see a write only so much later.", faults.kv_lag()))
            (span("kv-put-latency", "KV write latency", "How long a write takes.", faults.kv_put_latency()))
            label.check { input type="checkbox" name="kv-rate" value="1" checked[faults.kv_write_rate_limited()]; span { "KV refuses a second write to a key within a second" } }
            label.check { input type="checkbox" name="object-error" value="1" checked[faults.object_error()]; span { "Calls to Durable Objects fail" } }
            div.actions { button.primary type="submit" { "Set" } }
        }
    };
    Page::new(Section::Faults, "Faults", body)
}

fn span(name: &str, label: &str, means: &str, now: Duration) -> Markup {
    let value = if now.is_zero() { String::new() } else { humantime::format_duration(now).to_string() };
    html! { label.stack { span { (label) " – " (means) } input name=(name) value=(value) placeholder="none, for example 30ms or 60s" autocomplete="off"; } }
}

pub(in crate::console) fn set(call: &Call<'_>, form: &Fields) -> Outcome {
    let time = |name: &str| -> Result<Duration, Failure> {
        let text = form.text(name)?.trim();
        if text.is_empty() || text == "0" {
            return Ok(Duration::ZERO);
        }
        let time = humantime::parse_duration(text).map_err(|error| Failure::refused(&format!("`{text}`: {error}")))?;
        Some(time).filter(|time| *time <= LONGEST).ok_or_else(|| Failure::refused(&"At most an hour"))
    };
    let faults = call.console.parts.control.emulator().faults();
    let (lag, latency) = (time("kv-lag")?, time("kv-put-latency")?);
    faults.set_kv_lag(lag);
    faults.set_kv_put_latency(latency);
    faults.limit_kv_write_rate(!form.get("kv-rate").is_empty());
    faults.set_object_error(!form.get("object-error").is_empty());
    Ok(Call::done_at("/faults", &[("done", "faults")]))
}
