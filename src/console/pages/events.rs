//! `/events`: what happened to the sites, the newest first, with what open pages were told.

use crate::console::{
    call::{Call, Page},
    html::{Section, clock, counted, pill},
};
use humantime::parse_rfc3339;
use maud::{Markup, html};
use serde_json::Value;

/// Names in a line.
const NAMES: usize = 6;

pub(in crate::console) fn page(call: &Call<'_>) -> Page {
    let session = call.console.parts.control.session();
    let (site, kind) = (call.query.get("site"), call.query.get("event"));
    let matches = |event: &Value, name: &str, wanted: &str| wanted.is_empty() || event[name] == wanted;
    let recent: Vec<Value> = session.recent().iter().map(|record| record.to_json()).collect();
    let shown: Vec<_> = recent.iter().rev().filter(|e| matches(e, "site", site) && matches(e, "event", kind)).collect();
    let mut kinds: Vec<&str> = recent.iter().filter_map(|event| event["event"].as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let body = html! {
        div.head {
            div {
                h1 { "Events" }
                p.sub { "The lines of " code { "--json" } "; also as server-sent events at " code { "/api/events" } "." }
            }
            div.actions { button type="button" data-pause data-script hidden aria-pressed="false" { "Pause" } }
        }
        form.fields data-filter {
            label {
                span { "Site" }
                select name="site" {
                    option value="" { "all" }
                    @for known in session.sites() { option value=(known.name) selected[known.name.as_str() == site] { (known.name) } }
                }
            }
            label {
                span { "Event" }
                select name="event" {
                    option value="" { "all" }
                    @for known in kinds { option value=(known) selected[known == kind] { (known) } }
                }
            }
            noscript { button type="submit" { "Filter" } }
        }
        div.stream.events #events data-live="events" {
            @if shown.is_empty() { span.none { "Nothing yet." } }
            @for event in shown {
                div {
                    @match event["time"].as_str().and_then(|time| parse_rfc3339(time).ok()) { Some(time) => (clock(time)), None => span {} }
                    span { (named(event["event"].as_str().unwrap_or_default())) }
                    span.name { @if let Some(site) = event["site"].as_str() { a href={ "/sites/" (site) } { (site) } } }
                    span.wrap { (said(event)) }
                }
            }
        }
    };
    Page::new(Section::Events, "Events", body)
}

fn named(event: &str) -> Markup {
    let kind = match event {
        "published" | "ready" | "site-added" => "good",
        "error" | "failed" => "bad",
        "warning" | "kept" | "site-removed" => "warn",
        "rolled-back" => "accent",
        _ => "plain-pill",
    };
    pill(kind, event)
}

/// The rest of an event: a sentence where it is known, its JSON where it is not.
fn said(event: &Value) -> Markup {
    let text = |name: &str| event[name].as_str().unwrap_or_default();
    let names = |name: &str| {
        let all: Vec<&str> = event[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let more = all.len().saturating_sub(NAMES);
        let mut told = all.iter().take(NAMES).copied().collect::<Vec<_>>().join(", ");
        if more > 0 {
            told.push_str(&format!(" and {more} more"));
        }
        told
    };
    match text("event") {
        "error" | "warning" if event["path"].is_string() => html! {
            span.mono { (text("path")) ":" (event["line"]) } " " (text("message"))
        },
        "error" | "failed" => html! { (text("message")) },
        "built" => {
            let number = |name: &str| usize::try_from(event[name].as_u64().unwrap_or_default()).unwrap_or_default();
            let mut parts =
                vec![format!("{} changed", counted(number("changed"), "file")), counted(number("pages"), "page")];
            parts.extend(event["ms"].as_f64().map(|ms| format!("{ms:.0} ms")));
            parts.extend(
                ["error", "warning"]
                    .map(|of| (number(&format!("{of}s")), of))
                    .into_iter()
                    .filter(|(n, _)| *n > 0)
                    .map(|(n, of)| counted(n, of)),
            );
            html! { (names("names")) @if !names("names").is_empty() { " " } span.muted { (parts.join(" · ")) } }
        }
        "published" => html! {
            (names("sources")) @if names("sources").is_empty() { (names("paths")) }
            span.muted.mono { " " (text("deployId").get(..8).unwrap_or_default()) }
        },
        _ => {
            let mut rest = event.clone();
            if let Some(rest) = rest.as_object_mut() {
                rest.retain(|name, value| {
                    let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
                    !empty && !matches!(name.as_str(), "event" | "site" | "time")
                });
            }
            let shown: Vec<String> = rest
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, value)| format!("{name} {}", plain(value)))
                .collect();
            html! { span.muted { (shown.join(" · ")) } }
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => {
            number.as_f64().filter(|n| n.fract() != 0.0).map_or_else(|| number.to_string(), |n| format!("{n:.1}"))
        }
        Value::Array(all) => all.iter().take(NAMES).map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
