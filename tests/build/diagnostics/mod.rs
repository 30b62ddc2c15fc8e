//! Every finding that a build can have: the whole line as the command prints it, on a site that has nothing else wrong.

mod component;
mod file;
mod site;
mod source;
mod steps;

use super::*;
use std::fmt::Write as _;

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
    let (sources, tests) = (read("src/site"), read("tests/build/diagnostics"));
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
