//! `/faults`: what is asked to go wrong, and a form for other wishes.

use crate::console::{
    call::{Call, Page},
    form::Fields,
    html::{Section, field},
    reply::{ReplyResult, RequestFailure},
};
use axum::http::StatusCode;
use maud::{Markup, html};
use pmx_emulator::faults::{FaultError, Faults};

/// A knob of `--simulate`: its name, what a value looks like, and what it does.
const KNOBS: [(&str, &str, &str); 12] = [
    ("kv-lag", "60s", "KV: readers see a write only after this time"),
    ("kv-error", "1%", "KV: the share of reads and writes that fail"),
    ("kv-latency", "20ms", "KV: how much longer they take"),
    (SWITCH, "on", "KV: a second write to a key within a second is refused"),
    ("r2-error", "1%", "R2: the share of calls that fail"),
    ("r2-latency", "10ms..50ms", "R2: how much longer they take"),
    ("do-error", "1%", "Objects: the share of calls that do not reach them"),
    ("do-latency", "20ms", "Objects: how much later their answers come"),
    ("do-evict", "5s", "Objects: an idle one loses its instance after this time"),
    ("socket-drop", "0.5%", "Sockets: the share of messages lost with their connection"),
    ("alarm-late", "10s", "Alarms come this much late"),
    ("seed", "7", "What chance begins with; the same seed fails in the same places"),
];
/// The knob that is on or off.
const SWITCH: &str = "kv-write-rate";
/// Plans to begin with.
const PLANS: [(&str, &str); 4] = [
    ("Far away", "kv-lag=60s,kv-latency=20ms..80ms,r2-latency=30ms..90ms,do-latency=50ms..150ms"),
    ("A bad day", "kv-error=2%,r2-error=1%,do-error=2%,socket-drop=1%"),
    ("Restless objects", "do-evict=1s,alarm-late=5s"),
    ("None", ""),
];

pub(in crate::console) fn page(call: &Call<'_>) -> Page {
    let plan = call.console.parts.control.emulator().faults().plan();
    let words = plan.to_string();
    let value = |name: &str| {
        let mut pairs = words.split(',').map(|word| word.split_once('=').unwrap_or((word, "on")));
        pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
    };
    let body = html! {
        div.head {
            div {
                h1 { "Faults" }
                p.sub { "What is slow or fails in the emulated bindings, to see what readers would see." }
            }
        }
        @if plan.is_empty() { div.note.good { p { "Nothing is asked to go wrong." } } }
        @else { div.note.warn { p { "In force, as " code.wrap { "pmx dev --simulate=" (words) } " sets it." } } }
        div.actions role="group" aria-label="Plans" {
            @for (name, words) in PLANS {
                form method="post" action="/faults" { (field("plan", words)) button type="submit" { (name) } }
            }
        }
        form.panel method="post" action="/faults" {
            div.knobs { @for (name, example, does) in KNOBS { (knob(name, example, does, value(name))) } }
            div.actions { button.primary type="submit" { "Set" } span.muted { "An empty field is no fault." } }
        }
    };
    Page::new(Section::Faults, "Faults", body)
}

fn knob(name: &str, example: &str, does: &str, now: Option<&str>) -> Markup {
    html! {
        label {
            b.mono { (name) }
            span { (does) }
            @if name == SWITCH {
                select name=(name) { option value="" { "off" } option value="on" selected[now.is_some()] { "on" } }
            } @else {
                input name=(name) value=(now.unwrap_or_default()) placeholder=(example) autocomplete="off" spellcheck="false";
            }
        }
    }
}

pub(in crate::console) fn set(call: &Call<'_>, form: &Fields) -> ReplyResult {
    let words: Vec<String> = if form.bytes("plan").is_some() {
        vec![form.text("plan")?.to_owned()]
    } else {
        let given = KNOBS.iter().map(|(name, ..)| (name, form.get(name).trim())).filter(|(_, value)| !value.is_empty());
        given.map(|(name, value)| format!("{name}={value}")).collect()
    };
    let refused = |error: FaultError| RequestFailure {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        message: error.to_string(),
        hints: vec![error.hint()],
    };
    let plan = Faults::parse(&words).map_err(refused)?;
    call.console.parts.control.emulator().faults().apply(plan);
    Ok(Call::done_at("/faults", &[("done", "faults")]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_knob_and_every_plan_is_one_that_the_emulator_knows() {
        for (name, example, _) in KNOBS {
            assert!(Faults::parse(&[format!("{name}={example}")]).is_ok(), "{name}");
        }
        for (name, words) in PLANS {
            assert_eq!(Faults::parse(&[words]).unwrap().is_empty(), words.is_empty(), "{name}");
        }
    }
}
