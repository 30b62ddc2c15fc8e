//! `/log`: what the Worker and pmx said.

use crate::{
    console::{
        call::{Call, Page},
        html::{Section, clock},
    },
    session::{LogEntry, WORKER},
};
use maud::html;
use std::sync::Arc;
use tracing::Level;

/// Lines on the page.
const SHOWN: usize = 300;

pub(in crate::console) fn page(call: &Call<'_>) -> Page {
    let (from, level, text) = (call.query.get("from"), call.query.get("level"), call.query.get("text"));
    let most = match level {
        "error" => Level::ERROR,
        "warn" => Level::WARN,
        "info" => Level::INFO,
        _ => Level::TRACE,
    };
    let lower = text.to_lowercase();
    let takes = |line: &&Arc<LogEntry>| {
        let is_worker = line.target == WORKER;
        (from.is_empty() || (from == WORKER) == is_worker)
            && line.level <= most
            && (lower.is_empty() || line.text.to_lowercase().contains(&lower))
    };
    let recent = call.console.parts.log.recent();
    let shown: Vec<_> = recent.iter().rev().filter(takes).take(SHOWN).collect();
    let body = html! {
        div.head {
            div { h1 { "Log" } p.sub { "The Worker's own lines, and what pmx says with " code { "-v" } "; the newest first." } }
            div.actions { button type="button" data-pause data-script hidden aria-pressed="false" { "Pause" } }
        }
        form.fields data-filter role="search" {
            label {
                span { "From" }
                select name="from" {
                    @for (value, label) in [("", "all"), (WORKER, "the Worker"), ("pmx", "pmx")] { option value=(value) selected[value == from] { (label) } }
                }
            }
            label {
                span { "At least" }
                select name="level" {
                    @for (value, label) in [("", "everything"), ("info", "info"), ("warn", "warnings"), ("error", "errors")] { option value=(value) selected[value == level] { (label) } }
                }
            }
            label.grow { span { "Contains" } input type="search" name="text" value=(text) autocomplete="off" spellcheck="false" data-search; }
            noscript { button type="submit" { "Filter" } }
        }
        div.stream.log #log data-live="log" {
            @if shown.is_empty() { span.none { @if recent.is_empty() { "Nothing was said yet, which is good." } @else { "No line is like that." } } }
            @for line in shown {
                div {
                    (clock(line.time))
                    span.status.(line.level) { (line.level) }
                    span.muted.wrap { (line.target) }
                    span.text { (line.text) }
                }
            }
        }
    };
    Page::new(Section::Log, "Log", body)
}
