//! What the files of a crate import, as far as their text says it.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Names from a crate's root down: `["kv", "engine", "Store"]` of `crate::kv::engine::Store`.
pub(crate) type ModulePath = Vec<String>;

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of production code below a folder: tests in files of their own (`tests.rs`, `tests/`) are none.
pub(crate) fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            found.extend(sources(&path));
        } else if name.ends_with(".rs") && name != "tests.rs" {
            found.push(path);
        }
    }
    found
}

/// A file's text without the module of tests at its end.
pub(crate) fn without_tests(text: &str) -> &str {
    let mut from = 0;
    while let Some(at) = text[from..].find("#[cfg(test)]\nmod ").map(|at| at + from) {
        let line = text[at..].lines().nth(1).unwrap_or_default();
        if line.ends_with('{') {
            return &text[..at];
        }
        from = at + 1;
    }
    text
}

/// What stands directly below a folder, a folder or a file without its ending, that holds the file `inside` it.
pub(crate) fn part(inside: &Path) -> String {
    let first = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.strip_suffix(".rs").map_or(first.clone(), str::to_owned)
}

/// The module that a file is; `inside` is its place below the crate's `src`.
pub(crate) fn module(inside: &Path) -> ModulePath {
    let stem = inside.with_extension("");
    let mut module: ModulePath = stem.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        module.pop();
    }
    module
}

/// The paths that the code of a module names through `crate::…` and `super::…`, from the crate's root.
pub(crate) fn paths(module: &[String], text: &str) -> Vec<ModulePath> {
    let code: String = text.lines().map(without_comment).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for (at, keyword) in code.match_indices("crate::").chain(code.match_indices("super::")) {
        let before = code[..at].chars().next_back();
        // `in crate::x` of a visibility is no import.
        if before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == ':')
            || code[..at].ends_with("(in ")
        {
            continue;
        }
        let (mut base, mut rest) = (module.to_vec(), &code[at..]);
        if keyword == "crate::" {
            (base, rest) = (Vec::new(), &rest[keyword.len()..]);
        }
        while let Some(below) = rest.strip_prefix("super::") {
            base.pop();
            rest = below;
        }
        read_tree(rest, &base, &mut found);
    }
    found.into_iter().map(|(_, path)| path).collect()
}

/// The paths that the `use` declarations of a module name from that module down, by what they are called there: `value::Rows` of
/// `pub use value::{Rows as R}`, by `R`.
pub(crate) fn own_paths(text: &str) -> Vec<(String, ModulePath)> {
    let code: String = text.lines().map(without_comment).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for (at, keyword) in code.match_indices("use ") {
        if at == 0 || code[..at].ends_with(['\n', ' ']) {
            let tree = &code[at + keyword.len()..];
            read_tree(tree.strip_prefix("self::").unwrap_or(tree), &[], &mut found);
        }
    }
    found
}

/// Adds the paths of a tree of imports, `a::{b, c::d}`, below `base`, and what each is called; answers what stands after the tree.
fn read_tree<'a>(tree: &'a str, base: &[String], found: &mut Vec<(String, ModulePath)>) -> &'a str {
    let tree = tree.trim_start();
    if let Some(mut list) = tree.strip_prefix('{') {
        loop {
            // Behind the last comma there is no further path.
            if let Some(rest) = list.trim_start().strip_prefix('}') {
                return rest;
            }
            list = read_tree(list, base, found).trim_start();
            match list.strip_prefix(',') {
                Some(next) => list = next,
                None => return list.strip_prefix('}').unwrap_or(list),
            }
        }
    }
    let (name, rest) = word(tree);
    let path = [base, &[name.to_owned()]].concat();
    if let Some(below) = rest.strip_prefix("::") {
        return read_tree(below, &path, found);
    }
    let (called, rest) = rest.trim_start().strip_prefix("as ").map_or((name, rest), word);
    found.push((called.to_owned(), path));
    rest
}

/// The word that a text begins with, and the rest.
fn word(text: &str) -> (&str, &str) {
    text.split_at(text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len()))
}

/// A line without its comment and its strings; a guess that is good enough for lines that name paths.
fn without_comment(line: &str) -> String {
    let line = line.split("//").next().unwrap_or_default();
    line.split('"').step_by(2).collect()
}
