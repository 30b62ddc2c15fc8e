//! Every finding that a build can have: the whole line as the command prints it, on a site that has nothing else wrong.

mod component;
mod file;
mod own_page;
mod site;
mod source;
mod steps;

use super::*;
use std::{collections::BTreeSet, fmt::Write as _};

/// What is said about a site, one finding per line, hints below theirs.
fn said(files: &[(&str, &str)]) -> String {
    let folder = site_of(files);
    let mut out = String::new();
    for finding in &built(folder.path()).diagnostics {
        writeln!(out, "{finding}").unwrap();
    }
    out
}

fn lines(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A site of one Source.
fn said_of(source: &str) -> String {
    said(&[("paths/index.path.md", source)])
}

#[test]
fn every_finding_has_its_test() {
    let read = |folder: &str| {
        let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
        let mut text = String::new();
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
                let source = fs::read_to_string(&path).unwrap();
                text.push_str(source.split("#[cfg(test)]\nmod tests {").next().unwrap());
            }
        }
        text
    };
    let (sources, tests) = (read("site/src"), read("tests/build/diagnostics"));
    let makes = [
        "Diagnostic::warning(",
        "Diagnostic::error(",
        ".warning(",
        ".warn(",
        ".tell(",
        ".tell_with(",
        "warn(",
        "refuse(",
    ];
    let mut missing = Vec::new();
    for make in makes {
        for call in sources.split(make).skip(1) {
            let Some(code) = call.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next()) else {
                continue;
            };
            let is_code =
                code.contains('/') && code.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'/' | b'-'));
            if is_code && !tests.contains(&format!("[{code}]")) {
                missing.push(code);
            }
        }
    }
    missing.sort_unstable();
    missing.dedup();
    assert!(missing.is_empty(), "no test in tests/build/diagnostics shows {missing:?}");
}

/// The rule is in the handbook, with the codes of all errors: a code is an error there and in the program, or in neither.
#[test]
fn the_handbook_names_every_error_and_nothing_else_is_one() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut open = vec![top.join("site/src")];
    let mut ranked = BTreeSet::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let constant = |name: &str| {
            let written = source.split(&format!("const {name}: &str = \"")).nth(1)?;
            Some(written.split('"').next().unwrap().to_owned())
        };
        for call in source.split("Diagnostic::error(").skip(1) {
            let first = call.trim_start().split([',', ')']).next().unwrap();
            ranked.insert(match first.strip_prefix('"') {
                Some(code) => code.trim_end_matches('"').to_owned(),
                // One of another file is named where that is.
                None => constant(first).unwrap_or_else(|| "build/unusable".to_owned()),
            });
        }
    }
    // How an error is made, not one.
    ranked.remove("code");
    let chapter = fs::read_to_string(top.join("examples/handbook/paths/commands.reference.md")).unwrap();
    let section = chapter.split("\n## Errors and warnings\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.map(|row| row.split('|').nth(1).unwrap());
    let named: BTreeSet<String> =
        cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect();
    similar_asserts::assert_eq!(ranked, named);
}
