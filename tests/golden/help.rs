//! The help of every command, and that none is without golden output.

use crate::{
    record::{Record, path, updates},
    scene::Scene,
};
use clap::{Command, CommandFactory as _};
use std::fs;

/// Every command below `pmx`, by its words; whether it has others below it.
fn commands(command: &Command, above: &str, into: &mut Vec<(String, bool)>) {
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        let name = format!("{above} {}", below.get_name()).trim().to_owned();
        into.push((name.clone(), below.has_subcommands()));
        commands(below, &name, into);
    }
}

fn all() -> Vec<(String, bool)> {
    let mut all = Vec::new();
    commands(&pmx::cli::Cli::command(), "", &mut all);
    all
}

#[test]
fn help_of_every_command_is_as_it_was() {
    let mut scene = Scene::new();
    let mut record = Record::of("help/pmx");
    for line in ["pmx --help", "pmx -h", "pmx", "pmx --version", "pmx help publish", "pmx build --version"] {
        record.call(&mut scene, "elsewhere", line);
    }
    record.check();
    for (command, _) in all() {
        let mut record = Record::of(&format!("help/{command}"));
        record.call(&mut scene, "elsewhere", &format!("pmx {command} --help"));
        record.check();
    }
}

#[test]
fn what_is_no_call_is_told_with_what_was_meant() {
    let mut scene = Scene::new();
    let mut record = Record::of("usage");
    for line in [
        "pmx biuld",
        "pmx build --owt x",
        "pmx build --out",
        "pmx serve --port x",
        "pmx dev --site a --multi-site",
        "pmx kv",
        "pmx new lesson",
        "pmx do sql chess",
        "pmx build --base /x/",
        "pmx --log-format xml build",
        "pmx kv list --limit 0",
    ] {
        record.call(&mut scene, "site", line);
    }
    record.check();
}

#[test]
fn every_command_has_golden_output() {
    if updates() {
        // The files are being written.
        return;
    }
    let lacking: Vec<String> = all()
        .into_iter()
        .filter(|(command, has_others)| {
            let calls = fs::read_to_string(path(&command.replace(' ', "-"))).unwrap_or_default();
            !has_others && !calls.lines().any(|line| line.contains(" $ ") && line.split(' ').any(|word| word == "-q"))
        })
        .map(|(command, _)| format!("pmx {command}"))
        .collect();
    assert!(
        lacking.is_empty(),
        "no calls of {} in tests/golden, one with `-q` among them: write a test that records some, and run PMX_UPDATE_GOLDEN=1 cargo test --test golden",
        lacking.join(", ")
    );
}
