//! The states of a component: `states="a | b"` in order, `states="a, b"` to choose from.

use crate::{
    diagnostic::{Diagnostic, Position},
    text::{dom::Element, html},
};
use std::borrow::Cow;

/// Turns `states` and `initial-state` of a root into what Beats and the Player read: `data-pathmx-states`, the states
/// with the separator that says of which kind they are, and `data-state`, absent as long as there is none.
pub(super) fn apply(root: &mut Element<'_>, name: &str, position: Position, findings: &mut Vec<Diagnostic>) {
    let written = root.remove("states").map(|attribute| attribute.value.unwrap_or_default());
    let initial = root.remove("initial-state").map(|attribute| attribute.value.unwrap_or_default());
    let mut warn = |code: &'static str, message: String| {
        findings.push(Diagnostic::warning(code, position, message));
    };
    let written = written.filter(|states| !states.trim().is_empty());
    let Some(written) = written else {
        // The script may declare the states.
        if let Some(initial) = initial {
            root.set("data-pathmx-initial-state", initial);
        }
        return;
    };
    if written.contains('|') && written.contains(',') {
        return warn(
            "literate/states-mixed",
            format!("the states of `{name}` are divided by `|` and by `,`: `|` is for an order, `,` for a choice"),
        );
    }
    let separator = if written.contains('|') { '|' } else { ',' };
    let mut states: Vec<String> = Vec::new();
    for state in written.split(separator) {
        // Two quotes say that there is none.
        let state =
            Some(state.trim()).filter(|state| !matches!(*state, "&quot;&quot;" | "''")).unwrap_or("").to_owned();
        if states.contains(&state) {
            warn("literate/states-duplicate", format!("the state `{state}` of `{name}` is listed twice"));
            continue;
        }
        if !state.is_empty() && state.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
            warn("literate/states-numeric", format!("a state of `{name}` is a number, `{state}`: states have names"));
        }
        states.push(state);
    }
    if states.len() == 1 {
        warn("literate/states-single", format!("`{name}` has one state only, `{}`", states[0]));
    }
    let start = match initial.as_deref().map(str::trim) {
        None => states[0].clone(),
        // No state at first.
        Some("") => String::new(),
        Some(initial) if states.iter().any(|state| state == initial) => initial.to_owned(),
        Some(initial) => {
            let message = format!("`{}` is no state of `{name}`", html::unescape(initial));
            warn("literate/state-initial-out-of-domain", message);
            states[0].clone()
        }
    };
    let joint = if separator == '|' { " | " } else { ", " };
    root.set("data-pathmx-states", states.join(joint));
    if start.is_empty() {
        root.remove("data-state");
    } else {
        root.set("data-state", Cow::Owned(start));
    }
}
