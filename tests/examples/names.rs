//! Names and sentences in tables that the program has too: keys, variables, messages with their codes.

use super::{
    none,
    page::{self, Page},
    table,
    variants::program_text,
};
use std::{collections::BTreeSet, fs};

const HANDBOOK: &str = "examples/handbook/paths/";

fn chapter(name: &str) -> &'static Page {
    page::named(&format!("{HANDBOOK}{name}"))
}

/// The code in the first cells of the tables whose head begins so.
fn first_cells(page: &Page, head: &str) -> BTreeSet<String> {
    let rows = page.rows.iter().filter(|row| row.head.first().is_some_and(|first| first == head));
    rows.flat_map(|row| row.cells[0].spans.clone()).collect()
}

#[test]
fn the_keys_of_the_terminal_are_those_that_are_told() {
    let keys = fs::read_to_string(page::root().join("src/dev/terminal/keys.rs")).unwrap();
    // An arm for one key or for several.
    let arms =
        keys.lines().filter_map(|line| line.split_once(" => ")).filter(|(keys, _)| keys.trim().starts_with('\''));
    let known: BTreeSet<String> = arms
        .flat_map(|(keys, _)| keys.split('\'').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>())
        .filter(|key| key.len() == 1 && key.chars().all(|key| key.is_ascii_lowercase()))
        .collect();
    assert_eq!(first_cells(chapter("edit-loop.guide.md"), "Key"), known);
}

#[test]
fn the_variables_of_the_worker_are_those_that_are_told() {
    let worker = ["worker/src", "worker/edge/src"].map(program_text).concat();
    let read: BTreeSet<String> = worker
        .split("var(\"")
        .skip(1)
        .chain(worker.split("env(\"").skip(1))
        .filter_map(|rest| rest.split('"').next())
        .filter(|name| {
            name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_') && !name.is_empty()
        })
        .map(str::to_owned)
        .collect();
    assert!(read.contains("BASE_DOMAINS"), "{read:?}");
    let contract = page::named("worker/ABI.md");
    let names =
        contract.rows.iter().filter(|row| row.heading.contains("`env`")).flat_map(|row| row.cells[0].spans.clone());
    assert_eq!(names.collect::<BTreeSet<_>>(), read, "worker/ABI.md");
    // What is set for a local server only is of no use to who deploys.
    let told = first_cells(chapter("deploy-cloudflare.guide.md"), "Name");
    let unknown: Vec<_> = told.difference(&read).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn the_messages_and_codes_of_troubleshooting_are_the_program_s() {
    let program: String = ["src", "site/src", "worker/src", "worker/edge/src", "worker/model/src", "emulator/src"]
        .map(program_text)
        .concat();
    // Where a message has a value, its text has braces or ends; where a line of the source goes on, there is a backslash.
    let program: String = program.replace("\\\n", " ").split_whitespace().collect::<Vec<_>>().join(" ");
    let mut found = Vec::new();
    let page = chapter("troubleshooting.guide.md");
    for row in page.rows.iter().filter(|row| row.head.first().is_some_and(|head| head == "Message")) {
        for span in row.cells[0].spans.iter().filter(|span| !span.starts_with('*')) {
            let parts = span.split('…').map(|part| part.trim().trim_matches(',').trim()).filter(|part| part.len() > 3);
            for part in parts.filter(|part| !program.contains(part) && !table::COMPOSED.contains(part)) {
                // A number or a name in the middle is a value.
                let words: Vec<&str> =
                    part.split(|c: char| c.is_ascii_digit()).map(str::trim).filter(|word| word.len() > 3).collect();
                if words.len() < 2 || !words.iter().all(|word| program.contains(word)) {
                    found.push(format!("{}: nothing says {part:?}", page.at(row.line)));
                }
            }
        }
    }
    none("messages are not the program's", &found);
}
