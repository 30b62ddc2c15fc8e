//! `/data/objects`: the Durable Objects.

use crate::console::{
    call::{Call, Page},
    html::{Section, bytes, empty, pill, short},
    reply::RequestFailure,
};
use maud::{Markup, html};
use pmx_emulator::inspect::ObjectInfo;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(in crate::console) async fn list(call: &Call<'_>) -> Result<Page, RequestFailure> {
    let emulator = call.console.parts.control.emulator();
    let (inspector, stats) = (emulator.inspect(), emulator.stats());
    let objects = inspector.objects().await.map_err(|error| RequestFailure::refused(&error))?;
    let body = html! {
        div.head { div { h1 { "Durable Objects" } p.sub { "One " code { "SpaceDO" } " for each site: its history, its open pages, its alarm." }
            p.sub { (stats.objects) " awake of at most " (stats.max_objects) ", with " (bytes(stats.object_bytes as u64)) " of memory." } } }
        div #objects data-live="events requests" {
            @if objects.is_empty() { (empty("No object yet", "The first publish of a site makes one.")) }
            @else {
                div.table.cards { table {
                    thead { tr { th { "Object" } th { "State" } th.num { "Sockets" } th { "Alarm" } th.num { "Size" } } }
                    tbody { @for object in &objects { (row(object)) } }
                } }
            }
        }
    };
    Ok(Page::new(Section::Objects, "Durable Objects", body))
}

fn row(object: &ObjectInfo) -> Markup {
    html! {
        tr {
            td.lead {
                a.name href={ "/data/objects/" (object.id) } { (object.name.as_deref().unwrap_or_else(|| short(&object.id))) }
                span.under.mono { (object.id.get(..16).unwrap_or(&object.id)) "…" }
            }
            td data-label="State" { (state(object.awake)) }
            td.num data-label="Sockets" { (object.sockets) }
            td data-label="Alarm" { (alarm(object.alarm_ms)) }
            td.num.nowrap data-label="Size" { (bytes(object.bytes)) }
        }
    }
}

/// Whether an object has an instance.
pub(super) fn state(awake: bool) -> Markup {
    if awake { pill("good dot", "awake") } else { pill("dot", "asleep") }
}

/// When an alarm is due.
pub(super) fn alarm(at_ms: Option<u64>) -> Markup {
    let Some(at_ms) = at_ms else { return html! { span.muted { "none" } } };
    let at = UNIX_EPOCH.checked_add(Duration::from_millis(at_ms)).unwrap_or(UNIX_EPOCH);
    let exact = humantime::format_rfc3339_millis(at).to_string();
    let told = match at.duration_since(SystemTime::now()) {
        Ok(left) if left.as_secs() < 1 => "now".to_owned(),
        Ok(left) => format!("in {}", crate::console::html::duration(Duration::from_secs(left.as_secs()))),
        Err(_) => "overdue".to_owned(),
    };
    html! { time datetime=(exact) title=(exact) { (told) } }
}
