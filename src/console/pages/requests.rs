//! `/requests`: the requests that ended last, with their calls of bindings along the time that they took.

use crate::console::{
    call::{Call, Page},
    html::{Section, clock, counted, duration, status},
};
use maud::{Markup, html};
use pmx_emulator::trace::{OpRecord, RequestRecord};
use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

/// Requests on the page.
const SHOWN: usize = 150;
/// Calls of one request that are listed.
const CALLS: usize = 100;
/// Width of a bar in its own units.
const WIDTH: u64 = 1000;
/// The least width of a call in a bar, so that it is seen.
const LEAST: u64 = 6;

/// What the form asks for.
struct Filter<'a> {
    host: &'a str,
    path: &'a str,
    status: &'a str,
    objects: bool,
    publishing: bool,
}

impl Filter<'_> {
    fn takes(&self, record: &RequestRecord) -> bool {
        let class = self.status.chars().next().and_then(|digit| digit.to_digit(10));
        (self.objects || !record.object)
            && (self.publishing || !is_publishing(record))
            && (self.host.is_empty() || host_of(record) == self.host)
            && (self.path.is_empty() || record.path.contains(self.path))
            && class.is_none_or(|class| u32::from(record.status / 100) == class)
    }
}

/// The host without its port.
fn host_of(record: &RequestRecord) -> &str {
    record.host.split(':').next().unwrap_or_default()
}

/// Whether pmx itself asked: publishes of this process go to the bare host without a port (`session/in_process.rs`).
fn is_publishing(record: &RequestRecord) -> bool {
    record.host == "localhost" && record.path.starts_with("/api/")
}

pub(in crate::console) fn page(call: &Call<'_>) -> Page {
    let trace = call.console.parts.control.emulator().trace();
    let recent = trace.recent();
    let query = |name| call.query.get(name);
    let filter = Filter {
        host: query("host"),
        path: query("path"),
        status: query("status"),
        objects: !query("objects").is_empty(),
        publishing: !query("publishing").is_empty(),
    };
    let shown: Vec<&Arc<RequestRecord>> =
        recent.iter().rev().filter(|record| filter.takes(record)).take(SHOWN).collect();
    let mut hosts: Vec<&str> = recent.iter().map(|record| host_of(record)).collect();
    hosts.sort_unstable();
    hosts.dedup();
    let body = html! {
        div.head {
            div { h1 { "Requests" } p.sub { "What the Worker answered, and what it asked of its bindings meanwhile." } }
            div.actions { button type="button" data-pause data-script hidden aria-pressed="false" { "Pause" } }
        }
        form.fields data-filter role="search" {
            label {
                span { "Host" }
                select name="host" {
                    option value="" { "all" }
                    @for host in hosts { option value=(host) selected[host == filter.host] { (host) } }
                }
            }
            label {
                span { "Status" }
                select name="status" {
                    option value="" { "all" }
                    @for class in ["2", "3", "4", "5", "0"] {
                        option value=(class) selected[class == filter.status] { @if class == "0" { "none" } @else { (class) "xx" } }
                    }
                }
            }
            label.grow { span { "Path contains" } input type="search" name="path" value=(filter.path) autocomplete="off" spellcheck="false" data-search; }
            label.check { input type="checkbox" name="objects" value="1" checked[filter.objects]; span { "events of objects" } }
            label.check { input type="checkbox" name="publishing" value="1" checked[filter.publishing]; span { "publishing" } }
            noscript { button type="submit" { "Filter" } }
        }
        p.keys {
            span.key.kv { "KV" } span.key.r2 { "R2" } span.key.do { "Durable Object" } span.key.other { "other" }
        }
        div.stream.reqs #requests data-live="requests" {
            @if shown.is_empty() {
                span.none { @if !trace.is_on() { "Requests are not recorded: pmx serve does so with -v." } @else if recent.is_empty() { "No request yet: open a site." } @else { "No request is like that." } }
            }
            @for record in shown { (one(record)) }
        }
    };
    Page::new(Section::Requests, "Requests", body)
}

fn one(record: &RequestRecord) -> Markup {
    let started = UNIX_EPOCH.checked_add(Duration::from_millis(record.started_ms)).unwrap_or(UNIX_EPOCH);
    let took = Duration::from_micros(record.took_us);
    html! {
        details #{ "r" (record.id) } {
            summary {
                (clock(started))
                span.mono { (record.method) }
                @if record.status == 0 { span.muted { "–" } } @else { (status(record.status)) }
                span.path title={ (record.host) (record.path) } { i { (host_of(record)) } (record.path) }
                (waterfall(record))
                span.num.nowrap { (duration(took)) }
            }
            div.more tabindex="0" role="group" aria-label={ "Calls of " (record.path) } {
                p.muted {
                    (counted(record.ops.len() + usize::try_from(record.more_ops).unwrap_or(0), "call"))
                    @if record.wait_us > 0 { " · waited " (duration(Duration::from_micros(record.wait_us))) " for its instance" }
                    @if record.object { " · event of a Durable Object" }
                }
                @if !record.ops.is_empty() {
                    table.tight {
                        thead { tr { th { "Call" } th { "Key" } th { "Outcome" } th.num { "At" } th.num { "Took" } th.bar-cell { "Time" } } }
                        tbody { @for op in record.ops.iter().take(CALLS) { (call_row(record, op)) } }
                    }
                }
            }
        }
    }
}

fn call_row(record: &RequestRecord, op: &OpRecord) -> Markup {
    let key: String = op.key.chars().take(120).collect();
    html! {
        tr {
            td.mono.nowrap { (op.op) }
            td.cell title=(op.key) { (key) }
            td.nowrap { @match op.outcome { "error" => span.minus { "error" }, other => (other) } @if op.cached { span.muted { " · memory" } } }
            td.num.nowrap { (duration(Duration::from_micros(op.at_us))) }
            td.num.nowrap { (duration(Duration::from_micros(op.took_us))) }
            td.bar-cell { (bars(std::slice::from_ref(op), whole(record), None)) }
        }
    }
}

/// The time that a request and its calls took together: calls may go on after the answer.
fn whole(record: &RequestRecord) -> u64 {
    let last = record.ops.iter().map(|op| op.at_us + op.took_us).max().unwrap_or(0);
    record.took_us.max(last).max(1)
}

fn waterfall(record: &RequestRecord) -> Markup {
    bars(&record.ops, whole(record), Some(record.took_us))
}

fn bars(ops: &[OpRecord], whole: u64, answered: Option<u64>) -> Markup {
    let scaled = |time: u64| time.saturating_mul(WIDTH) / whole;
    html! {
        svg.fall viewBox={ "0 0 " (WIDTH) " 14" } preserveAspectRatio="none" aria-hidden="true" {
            @if let Some(answered) = answered { rect.track x="0" y="6" width=(scaled(answered)) height="2" {} }
            @for op in ops {
                @let x = scaled(op.at_us).min(WIDTH - LEAST);
                rect.(kind(op)) x=(x) y="2" width=(scaled(op.took_us).clamp(LEAST, WIDTH - x)) height="10" rx="2" {}
            }
        }
    }
}

fn kind(op: &OpRecord) -> &'static str {
    match (op.outcome, op.op.split('.').next().unwrap_or_default()) {
        ("error", _) => "bad",
        (_, "kv") => "kv",
        (_, "r2") => "r2",
        (_, "object" | "sql" | "alarm" | "socket") => "do",
        _ => "other",
    }
}
