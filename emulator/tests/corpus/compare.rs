//! What differs, which differences are accepted, and which are still to be mended.

use crate::{host::Kind, record, script};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A difference from the platform that stays, and why.
#[derive(Debug, Deserialize)]
pub(crate) struct Accepted {
    /// `emulator`, `shim` or `both`.
    pub(crate) host: String,
    /// Names of steps, with their areas.
    pub(crate) steps: Vec<String>,
    pub(crate) reason: String,
}

impl Accepted {
    fn is_for(&self, kind: Kind, step: &str) -> bool {
        let is_host = self.host == kind.name() || (self.host == "both" && kind != Kind::Plain);
        is_host && self.steps.iter().any(|name| name == step)
    }
}

/// The table.
pub(crate) fn accepted() -> Vec<Accepted> {
    let text = fs_err::read_to_string(script::folder().join("accepted.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A difference of the emulator that is a mistake of it, not mended yet.
#[derive(Debug, Deserialize)]
pub(crate) struct Open {
    /// What the platform does.
    pub(crate) what: String,
    /// Names of steps, with their areas.
    pub(crate) steps: Vec<String>,
}

/// The list of them, which only gets shorter.
pub(crate) fn open() -> Vec<Open> {
    let text = fs_err::read_to_string(script::folder().join("open.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What the page begins with.
const HEAD: &str = "\
---
title: Differences from the platform
description: Where Workers see another thing in the emulator, or in Rust, than in Cloudflare's own runtime.
---

# Differences from the platform

One corpus of scripts is played on three hosts: in Cloudflare's open source runtime (workerd) in plain JavaScript, there again by a Worker in Rust, and in the
emulator by the same Worker. This page lists every step whose outcome is another one: why it stays so, or that it is to be mended. It is made by the test that compares them.
";

/// The handbook's page of them.
pub(crate) fn page(steps: usize) -> String {
    let mut page = format!("{HEAD}\n{steps} steps are compared.\n");
    for (host, title) in
        [("both", "In Rust, on both hosts"), ("shim", "In Rust, on Cloudflare"), ("emulator", "In the emulator")]
    {
        let accepted: Vec<_> = accepted().into_iter().filter(|one| one.host == host).collect();
        if accepted.is_empty() {
            continue;
        }
        page.push_str(&format!("\n---\n\n## {title}\n\n| Steps | Why they differ |\n| --- | --- |\n"));
        for Accepted { steps, reason, .. } in accepted {
            let steps: Vec<_> = steps.iter().map(|step| format!("`{step}`")).collect();
            page.push_str(&format!("| {} | {reason} |\n", steps.join(", ")));
        }
    }
    let open = open();
    if !open.is_empty() {
        page.push_str("\n---\n\n## Not the same yet\n\nThe emulator is to do these as the platform does.\n\n");
        page.push_str("| What the platform does | Steps |\n| --- | --- |\n");
        for Open { what, steps } in open {
            let steps: Vec<_> = steps.iter().map(|step| format!("`{step}`")).collect();
            page.push_str(&format!("| {what} | {} |\n", steps.join(", ")));
        }
    }
    page
}

/// One line for each step whose outcome is another one than the recorded and that no list has; and for each that a list has and that does
/// not differ.
pub(crate) fn differences(area: &str, kind: Kind, outcomes: &[(String, Value)]) -> Vec<String> {
    let recorded: BTreeMap<_, _> = record::read(area).into_iter().collect();
    let (accepted, open) = (accepted(), open());
    let mut lines = Vec::new();
    for (name, outcome) in outcomes {
        let step = format!("{area}/{name}");
        let expected = recorded.get(name).unwrap_or(&Value::Null);
        let is_accepted = accepted.iter().any(|one| one.is_for(kind, &step));
        let is_open = kind == Kind::Emulator && open.iter().any(|one| one.steps.contains(&step));
        match (outcome == expected, is_accepted, is_open) {
            (false, false, false) => lines.push(format!("{step}: {} {outcome} workerd {expected}", kind.name())),
            (true, true, _) => lines.push(format!("{step}: is accepted to differ in {}, and does not", kind.name())),
            (true, _, true) => lines.push(format!("{step}: is mended, so open.json is to be without it")),
            _ => {}
        }
    }
    lines
}
