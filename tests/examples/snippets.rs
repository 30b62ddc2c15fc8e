//! Blocks in other languages: each has a way to be held against the program, or stands in the table with a reason.

use super::{
    none,
    page::{self, Fence, Page},
    sources, table,
    variants::program_text,
};
use std::fs;

/// Languages whose blocks other tests take.
const ELSEWHERE: [&str; 2] = ["yaml", "json"];
/// Languages of parts of a Source: the site that the page belongs to is built with them.
const PARTS: [&str; 4] = ["html", "css", "js", "mermaid"];

#[test]
fn every_block_is_held_against_the_program_or_excused_by_name() {
    let mut found = Vec::new();
    for page in page::all() {
        for fence in &page.fences {
            if let Err(why) = look(page, fence) {
                found.push(format!("{}: a block of `{}`: {why}", page.at(fence.line), fence.language));
            }
        }
    }
    none("blocks are wrong, or nothing runs them", &found);
}

fn look(page: &Page, fence: &Fence) -> Result<(), String> {
    let language = fence.language.as_str();
    let listed = page::SHELL.iter().chain(&sources::LANGUAGES).chain(&ELSEWHERE);
    if listed.into_iter().any(|known| *known == language)
        || (PARTS.contains(&language) && page.path.starts_with("examples/"))
    {
        return Ok(());
    }
    let excused = |(path, of, begins, _): &&(&str, &str, &str, &str)| {
        page.path == *path && language == *of && fence.text.trim_start().starts_with(begins)
    };
    if table::READ_ONLY.iter().any(|entry| excused(&entry)) {
        return Ok(());
    }
    match language {
        "toml" => settings(fence),
        "rust" => part_of_example(fence),
        "http" => headers(fence),
        "text" => shown(fence),
        _ => Err("no test takes it; see `tests/examples/table.rs`".to_owned()),
    }
}

/// Settings of the bundle, and of the Worker that is an example: files of theirs have each, switched on or as a comment.
fn settings(fence: &Fence) -> Result<(), String> {
    let files =
        ["worker/shim/wrangler.toml", "examples/counter/wrangler.toml", "examples/counter/Cargo.toml", "Cargo.toml"];
    let ours = files.map(|file| fs::read_to_string(page::root().join(file)).unwrap()).concat();
    let key = |line: &str| line.trim_start_matches(['#', ' ']).split('=').next().unwrap_or_default().trim().to_owned();
    for line in fence.text.lines().map(key).filter(|line| !line.is_empty()) {
        if !ours.lines().any(|known| key(known) == line) {
            return Err(format!("none of {files:?} has `{line}`"));
        }
    }
    Ok(())
}

/// Rust of a README is that of an example which is compiled.
fn part_of_example(fence: &Fence) -> Result<(), String> {
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    let examples = ["emulator/examples", "emulator/src", "examples/counter", "worker/edge/examples"].map(program_text);
    let example = squeezed(&examples.concat());
    match fence.text.lines().find(|line| !example.contains(&squeezed(line))) {
        Some(line) => Err(format!("`{}` is not in the example", line.trim())),
        None => Ok(()),
    }
}

/// Names of headers are those that the Worker writes.
fn headers(fence: &Fence) -> Result<(), String> {
    let worker = ["worker/src", "worker/edge/src"].map(program_text).concat();
    let mut names = fence.text.lines().filter_map(|line| line.split_once(": ")).map(|(name, _)| name);
    names.try_for_each(|name| match worker.contains(&format!("\"{name}\"")) {
        true => Ok(()),
        false => Err(format!("the Worker knows no header `{name}`")),
    })
}

/// Text is the usage of a command, or names of folders that the program leaves.
fn shown(fence: &Fence) -> Result<(), String> {
    let program = ["src", "site/src"].map(program_text).concat();
    let usage = super::options::program().render_usage().to_string();
    for line in fence.text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let folder = line.strip_suffix('/').is_some_and(|folder| program.contains(&format!("\"{folder}\"")));
        if !usage.contains(line) && !folder {
            return Err(format!("`{line}` is neither a usage nor a folder of pmx"));
        }
    }
    Ok(())
}

#[test]
fn every_name_that_a_call_of_cargo_or_npm_takes_is_there() {
    let manifest = fs::read_to_string(page::root().join("Cargo.toml")).unwrap();
    let is_target = |kind: &str, name: &str| {
        page::root().join(format!("{kind}/{name}.rs")).exists()
            || page::root().join(format!("{kind}/{name}/main.rs")).exists()
            || ["emulator", "site"]
                .iter()
                .any(|crate_| page::root().join(format!("{crate_}/{kind}/{name}.rs")).exists())
    };
    let mut found = Vec::new();
    for page in page::all() {
        let lines = page.fences.iter().filter(|fence| page::SHELL.contains(&fence.language.as_str()));
        let lines = lines.flat_map(|fence| fence.text.lines().map(move |line| (fence.line, line.to_owned())));
        let calls = lines.chain(page.spans.iter().map(|span| (span.line, span.text.clone())));
        for (line, call) in calls.filter(|(_, call)| call.starts_with("cargo ") || call.starts_with("npm ")) {
            let words: Vec<&str> = call.split_whitespace().take_while(|word| *word != "--").collect();
            for pair in words.windows(2) {
                let exists = match *pair {
                    ["--bench", name] => is_target("benches", name) && manifest.contains(&format!("name = \"{name}\"")),
                    ["--example", name] => is_target("examples", name),
                    ["--test", name] => is_target("tests", name),
                    ["--prefix", folder] => page::root().join(folder).join("package.json").exists(),
                    ["-p", package] => {
                        let has = |folder: String| page::root().join(folder).join("Cargo.toml").exists();
                        package == "pmx"
                            || has(package.trim_start_matches("pmx-").to_owned())
                            || has(format!("examples/{package}"))
                    }
                    _ => true,
                };
                if !exists {
                    found.push(format!("{}: `{call}`: there is no {}", page.at(line), pair[1]));
                }
            }
        }
    }
    none("calls name what is not there", &found);
}
