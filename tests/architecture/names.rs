//! A type's name means one thing in its crate.

use crate::imports::{root, sources, without_tests};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// The folders of crates, and the names that several of their types bear: one idea in each of the places that has it.
const SHARED: [(&str, &[&str]); 6] = [
    // What the clones of a handle share; a terminal per system.
    ("src", &["Inner", "TerminalMode"]),
    // What a step of building remembers, and writes down; a node of HTML and of the graph of Sources.
    ("site/src", &["Memory", "Node", "Saved"]),
    ("worker/src", &[]),
    ("worker/edge/src", &[]),
    ("worker/model/src", &[]),
    // What the clones of a handle share; the same of KV and of R2.
    ("emulator/src", &["Inner", "ListOptions", "Method", "Page", "PutOptions", "Reader", "Store"]),
];

#[test]
fn a_name_of_a_type_means_one_thing_in_its_crate() {
    for (folder, shared) in SHARED {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in sources(&root().join(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            for name in types(&text) {
                found.entry(name.to_owned()).or_default().push(file.display().to_string());
            }
        }
        found.retain(|_, files| files.len() > 1);
        let names: BTreeSet<&str> = found.keys().map(String::as_str).collect();
        let shared: BTreeSet<&str> = shared.iter().copied().collect();
        let more: Vec<_> = found.iter().filter(|(name, _)| !shared.contains(name.as_str())).collect();
        assert!(more.is_empty(), "several types of {folder} have one name: {more:#?}");
        assert_eq!(names, shared, "names of {folder} that are shared no more");
    }
}

/// The types of a file, without those of its tests and those in functions.
fn types(text: &str) -> impl Iterator<Item = &str> {
    without_tests(text).lines().filter_map(|line| {
        let line = match line.strip_prefix("pub") {
            Some(rest) if rest.starts_with('(') => rest.split_once(") ")?.1,
            Some(rest) => rest.trim_start(),
            None => line,
        };
        let (kind, rest) = line.split_once(' ')?;
        matches!(kind, "struct" | "enum" | "trait" | "type" | "union")
            .then(|| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next())?
    })
}

#[test]
fn types_are_found_however_visible_they_are() {
    let text = "pub struct A;\npub(in crate::x) enum B<T> {\n    struct Inside;\n}\ntype C = u8;\n#[cfg(test)]\nmod tests;\nunion E {}\n#[cfg(test)]\nmod more {\nstruct D;\n";
    assert_eq!(types(text).collect::<Vec<_>>(), ["A", "B", "C", "E"]);
}
