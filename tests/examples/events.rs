//! The lines of `pmx dev --json` and the faults of `--simulate`, beside the tables that tell of them.

use super::{
    none, page,
    support::{Pmx, process::pmx, put},
    variants::program_text,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

const LOOP: &str = "examples/handbook/paths/edit-loop.guide.md";
/// How long an event may take.
const DEADLINE: Duration = Duration::from_secs(60);

/// Events that take a slow build or a person to come about; only their names are looked at.
const RARE: [&str; 4] = ["building", "mending", "held-back", "rolled-back"];

/// The keys of each event that was seen.
type Keys = BTreeMap<String, BTreeSet<String>>;

fn watch(dev: &mut Pmx, until: &str, keys: &mut Keys) {
    loop {
        let event = dev.try_event(DEADLINE).unwrap_or_else(|| panic!("no `{until}`; seen: {keys:?}"));
        let kind = note(&event, keys);
        if kind == until {
            return;
        }
    }
}

fn note(event: &Value, keys: &mut Keys) -> String {
    let kind = event["event"].as_str().unwrap().to_owned();
    keys.entry(kind.clone()).or_default().extend(event.as_object().unwrap().keys().cloned());
    kind
}

/// Everything that can happen to a site, and to a folder of sites.
fn happenings() -> Keys {
    let mut keys = Keys::new();
    let start = |arguments: &[&str], folder: &Path, keys: &mut Keys| {
        let mut command = pmx();
        command.args(["dev", "--json", "--port", "0"]).args(arguments).current_dir(folder);
        let (dev, ready) = Pmx::start_ready(command);
        note(&ready, keys);
        dev
    };
    let folder = tempfile::tempdir().unwrap();
    let entry = "# Start\n\n[A page](./a.md)\n";
    put(folder.path(), "paths/index.path.md", entry);
    put(folder.path(), "paths/a.md", "# A\n");
    let mut dev = start(&[], folder.path(), &mut keys);
    // Answered once the first build is published.
    assert_eq!(dev.client.get("localhost", "/a").status, 200);
    put(folder.path(), "paths/a.md", "# A\n\n[nothing](./nothing.md)\n");
    watch(&mut dev, "published", &mut keys);
    put(folder.path(), "paths/a.md", "---\na: [\n---\n\n# A\n");
    watch(&mut dev, "kept", &mut keys);
    put(folder.path(), "paths/a.md", "# A\n\n[nothing](./nothing.md)\n");
    watch(&mut dev, "unchanged", &mut keys);
    put(folder.path(), "paths/lonely.md", "# Lonely\n");
    watch(&mut dev, "unlinked", &mut keys);
    drop(dev);

    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "one/paths/index.path.md", entry);
    put(folder.path(), "one/paths/a.md", "# A\n");
    let mut dev = start(&["--multi-site"], folder.path(), &mut keys);
    assert_eq!(dev.client.get("one.localhost", "/a").status, 200);
    put(folder.path(), "two/paths/index.path.md", "# Two\n");
    watch(&mut dev, "site-added", &mut keys);
    fs::remove_dir_all(folder.path().join("two")).unwrap();
    watch(&mut dev, "site-removed", &mut keys);
    put(folder.path(), "three/pathmx.config.md", "---\nmarkdown: 3\n---\n");
    watch(&mut dev, "failed", &mut keys);
    keys
}

#[test]
fn every_event_of_dev_has_the_fields_that_are_told() {
    let seen = happenings();
    let mut found = Vec::new();
    let mut told = BTreeSet::new();
    let page = page::named(LOOP);
    for row in page.rows.iter().filter(|row| row.head.first().is_some_and(|head| head == "`event`")) {
        let fields: BTreeSet<String> = row.cells[2].spans.iter().cloned().collect();
        for event in &row.cells[0].spans {
            told.insert(event.clone());
            let Some(keys) = seen.get(event) else {
                if RARE.contains(&event.as_str()) {
                    continue;
                }
                found.push(format!("{}: `{event}` was not seen", page.at(row.line)));
                continue;
            };
            let all = ["event", "time", "site"].map(str::to_owned);
            let keys: BTreeSet<String> = keys.iter().filter(|key| !all.contains(key)).cloned().collect();
            if keys != fields {
                found.push(format!("{}: `{event}` has {keys:?}, told are {fields:?}", page.at(row.line)));
            }
        }
    }
    let program = program_text("src/dev");
    let names = program.split("tell(\"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned);
    let names: BTreeSet<String> = names.chain(seen.into_keys()).collect();
    found.extend(names.difference(&told).map(|event| format!("`{event}` is not told")));
    none("events are not as they are told", &found);
}

fn is_fault(word: &str) -> bool {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    word == "seed" || (word.contains('-') && word.chars().all(letters))
}

#[test]
fn the_faults_that_can_be_simulated_are_those_that_are_told() {
    let page = page::named(LOOP);
    let told: BTreeSet<&str> = page
        .section("Bad weather")
        .split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|span| page.spans.iter().find(|known| known.text == span))
        .map(|span| span.text.as_str())
        .filter(|span| is_fault(span))
        .collect();
    let hint = pmx().args(["serve", "--simulate", "no-such-fault=1", "--port", "0"]).output().unwrap();
    let said = String::from_utf8_lossy(&hint.stderr).into_owned();
    let list = said.split("hint:").nth(1).unwrap_or_else(|| panic!("no hint: {said}"));
    let words = list.split([',', ' ', '\n']).filter_map(|word| word.split('=').next());
    let known: BTreeSet<&str> = words.filter(|word| is_fault(word)).collect();
    assert!(known.len() > 5, "{said}");
    assert_eq!(told, known, "{LOOP}");
}
