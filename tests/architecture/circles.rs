//! The files of a folder do not import one another in a circle.
//!
//! A folder's own file (`mod.rs`) stands for the folder: the files beside it may use what it declares. What it only hands on from one of them
//! counts as that one's.

use crate::{
    directions::{Directions, circle},
    imports::{ModulePath, module, own_paths, part, paths, root, sources, without_tests},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// Crates all of whose folders are free of circles.
const CRATES: [&str; 1] = ["emulator/src"];

#[test]
fn files_of_a_folder_do_not_import_one_another_in_a_circle() {
    for name in CRATES {
        let src = root().join(name);
        let files = read(&src);
        for folder in folders(&files) {
            let found = circle(&imports(&folder, &files));
            assert_eq!(found, None, "{name}/{}", folder.join("/"));
        }
    }
}

#[test]
fn a_circle_is_noticed_however_it_is_written() {
    let of = |texts: &[(&str, &str)]| {
        let files = texts.iter().map(|(path, text)| (Path::new(path).to_owned(), (*text).to_owned())).collect();
        circle(&imports(&["a".to_owned()], &files))
    };
    let low = ("a/low.rs", "use super::high::High;");
    for high in [
        "use super::low::Low;",
        "use super::{low::Low, other};",
        "use crate::a::low::Low;",
        "use crate::{a::{low::{Low as L, M}}, b};",
        "fn high() -> crate::a::low::Low { todo!() }",
    ] {
        assert_eq!(of(&[low, ("a/high.rs", high)]).as_deref(), Some("high -> low -> high"), "{high}");
    }
    let handed_on = ("a/mod.rs", "mod high;\nmod low;\npub(crate) use low::{Low, M as N};");
    for high in ["use super::Low;", "use super::N;", "use crate::a::{Low, other};"] {
        assert!(of(&[low, handed_on, ("a/high.rs", high)]).is_some(), "{high}");
    }
    // A folder beside a file is a part as the file is.
    assert!(of(&[low, ("a/high/mod.rs", ""), ("a/high/part.rs", "use super::super::low::Low;")]).is_some());
    for fine in ["use super::Declared;", "use super::other::low;", "// super::low::Low", "use crate::b::low::Low;"] {
        assert_eq!(of(&[low, handed_on, ("a/high.rs", fine)]), None, "{fine}");
    }
    let test = "#[cfg(test)]\nmod tests {\n    use super::super::low::Low;\n}\n";
    assert_eq!(of(&[low, ("a/high.rs", test)]), None);
}

/// Files by their place below `src`.
type Files = BTreeMap<std::path::PathBuf, String>;

fn read(src: &Path) -> Files {
    let inside = |file: &Path| file.strip_prefix(src).unwrap().to_owned();
    sources(src).iter().map(|file| (inside(file), fs::read_to_string(file).unwrap())).collect()
}

/// All folders that hold files, as modules; the crate's root is the empty path.
fn folders(files: &Files) -> BTreeSet<ModulePath> {
    let parents = files.keys().flat_map(|file| file.ancestors().skip(1));
    parents.map(module).collect()
}

/// Which parts of a folder each of its parts imports.
fn imports(folder: &[String], files: &Files) -> Directions {
    let below: std::path::PathBuf = folder.iter().collect();
    let inside = |file: &Path| file.strip_prefix(&below).ok().map(Path::to_owned);
    let parts: BTreeSet<String> = files
        .keys()
        .filter_map(|file| inside(file))
        .filter(|file| !is_own_file(file))
        .map(|file| part(&file))
        .collect();
    // Names that the folder's own file takes from a part.
    let mut handed_on = BTreeMap::new();
    for (file, text) in files {
        if inside(file).is_some_and(|file| is_own_file(&file)) {
            for (name, path) in own_paths(without_tests(text)) {
                if path.first().is_some_and(|first| parts.contains(first)) {
                    handed_on.insert(name, path[0].clone());
                }
            }
        }
    }
    let mut found = Directions::new();
    for (file, text) in files {
        let Some(inside) = inside(file).filter(|file| !is_own_file(file)) else { continue };
        let part = part(&inside);
        let named = paths(&module(file), without_tests(text)).into_iter().filter_map(|path| {
            let name = path.strip_prefix(folder)?.first()?;
            handed_on.get(name).or(Some(name)).filter(|name| parts.contains(*name)).cloned()
        });
        found.entry(part.clone()).or_default().extend(named.filter(|name| *name != part));
    }
    found
}

fn is_own_file(inside: &Path) -> bool {
    ["mod.rs", "lib.rs", "main.rs"].iter().any(|own| inside == Path::new(own))
}
