//! What differs, and which differences are accepted.

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
        (self.host == "both" || self.host == kind.name()) && self.steps.iter().any(|name| name == step)
    }
}

/// The table.
pub(crate) fn accepted() -> Vec<Accepted> {
    let text = fs_err::read_to_string(script::folder().join("accepted.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What the page begins with.
const HEAD: &str = "\
---
title: Differences from the platform
description: Where Workers see another thing in the emulator, or through the ABI, than in Cloudflare's own runtime, each with its reason.
---

# Differences from the platform

One corpus of scripts is played on three hosts: in Cloudflare's open source runtime (workerd) in plain JavaScript, there again by a Worker in Rust, and in the
emulator by the same Worker. This page lists every step whose outcome is another one, and why it stays so. It is made by the test that compares them.
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
    page
}

/// One line for each step whose outcome is another one than the recorded, and is not accepted; and for each that is accepted and does not
/// differ.
pub(crate) fn differences(area: &str, kind: Kind, outcomes: &[(String, Value)]) -> Vec<String> {
    let recorded: BTreeMap<_, _> = record::read(area).into_iter().collect();
    let accepted = accepted();
    let mut lines = Vec::new();
    for (name, outcome) in outcomes {
        let step = format!("{area}/{name}");
        let expected = recorded.get(name).unwrap_or(&Value::Null);
        let is_accepted = accepted.iter().any(|one| one.is_for(kind, &step));
        match (outcome == expected, is_accepted) {
            (false, false) => lines.push(format!("{step}: {} {outcome} workerd {expected}", kind.name())),
            (true, true) => lines.push(format!("{step}: is accepted to differ in {}, and does not", kind.name())),
            _ => {}
        }
    }
    lines
}
