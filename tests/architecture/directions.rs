//! Imports run one way: between the crates of the workspace, and between the parts of each.
//!
//! A part is what stands directly below a crate's `src`: a folder, or a file without one. The table says which parts each may name;
//! whatever is not in it fails, so does a row that nothing needs any more, and a table with a circle. Unit tests in files of their own
//! (`tests.rs`, `tests/`) may name anything.

use crate::imports::{module, part, paths, root, sources};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// The table, with a section for the workspace and for each crate whose parts have directions.
const TABLE: &str = include_str!("directions.txt");
const FOLDERS: [&str; 5] = ["src", "site/src", "emulator/src", "worker/src", "worker/edge/src"];

/// Which parts each part names.
pub(crate) type Directions = BTreeMap<String, BTreeSet<String>>;

#[test]
fn crates_depend_on_each_other_as_the_table_says() {
    let root = root();
    let mut found = Directions::new();
    for manifest in fs::read_to_string(root.join("Cargo.lock")).unwrap().split("[[package]]") {
        let Some(name) = quoted(manifest, "name = ") else { continue };
        // What comes from a registry has a source.
        if manifest.contains("\nsource = ") {
            continue;
        }
        let named = manifest.split_once("dependencies = [").map_or("", |(_, list)| list);
        let named = named.lines().filter_map(|line| line.trim().strip_prefix('"')?.split(['"', ' ']).next());
        found.insert(name.to_owned(), named.map(str::to_owned).collect());
    }
    let ours: BTreeSet<String> = found.keys().cloned().collect();
    for (name, named) in &mut found {
        named.retain(|other| ours.contains(other) && other != name);
    }
    hold("workspace", &found);
}

#[test]
fn parts_of_a_crate_name_each_other_as_the_table_says() {
    for folder in FOLDERS {
        let mut found = Directions::new();
        for file in sources(&root().join(folder)) {
            let inside = file.strip_prefix(root().join(folder)).unwrap();
            let part = part(inside);
            let named = named(inside, &fs::read_to_string(&file).unwrap());
            found.entry(part).or_default().extend(named);
        }
        let parts: BTreeSet<String> = found.keys().cloned().collect();
        for (part, named) in &mut found {
            named.retain(|name| name != part && parts.contains(name));
        }
        found.retain(|part, named| part != "lib" && part != "main" && !named.is_empty());
        hold(folder, &found);
    }
}

#[test]
fn a_wrong_import_is_noticed() {
    let file = Path::new("console/pages/about.rs");
    for wrong in [
        "use crate::dev::Control;",
        "use crate::{report, dev};",
        "use crate::{\n    report::{self, Line},\n    dev::{Control, status::Status},\n};",
        "use super::super::super::dev::Control;",
        "fn about() -> crate::dev::Control { todo!() }",
        "pub(in crate::console) use crate::dev as loops;",
    ] {
        assert!(named(file, wrong).contains("dev"), "{wrong}");
    }
    for fine in ["// as crate::dev does", "use super::routes::dev;", "use other::dev;", "let x = \"crate::dev\";"] {
        assert!(!named(file, fine).contains("dev"), "{fine}");
    }
    let allowed = table("console: report");
    let found = Directions::from([("console".to_owned(), ["dev".to_owned(), "report".to_owned()].into())]);
    assert_eq!(differences(&allowed, &found), ["`console` names `dev`"]);
    assert_eq!(differences(&allowed, &Directions::new()), ["nothing in `console` names `report`: the row may go"]);
    assert_eq!(circle(&table("a: b c\nb: c\nc: a")).as_deref(), Some("a -> b -> c -> a"));
    assert_eq!(circle(&table("a: b c\nb: c")), None);
}

fn hold(of: &str, found: &Directions) {
    let allowed = &section(of);
    if std::env::var_os("PMX_SHOW_DIRECTIONS").is_some() {
        for (part, named) in found {
            eprintln!("{of}: {part}: {}", named.iter().cloned().collect::<Vec<_>>().join(" "));
        }
    }
    assert_eq!(circle(allowed), None, "{of}: the table has a circle");
    let differences = differences(allowed, found);
    assert!(differences.is_empty(), "{of}:\n{}", differences.join("\n"));
}

fn differences(allowed: &Directions, found: &Directions) -> Vec<String> {
    let none = BTreeSet::new();
    let of = |directions: &Directions, part: &str| directions.get(part).unwrap_or(&none).clone();
    let wrong = found.iter().flat_map(|(part, named)| {
        named.difference(&of(allowed, part)).map(|name| format!("`{part}` names `{name}`")).collect::<Vec<_>>()
    });
    let idle = allowed.iter().flat_map(|(part, named)| {
        named
            .difference(&of(found, part))
            .map(|name| format!("nothing in `{part}` names `{name}`: the row may go"))
            .collect::<Vec<_>>()
    });
    wrong.chain(idle).collect()
}

fn section(of: &str) -> Directions {
    let (_, section) = TABLE.split_once(&format!("[{of}]\n")).unwrap_or_else(|| panic!("no section for {of}"));
    table(section.split("\n[").next().unwrap_or_default())
}

/// `part: what it may name`, a row each; `#` begins a comment.
fn table(text: &str) -> Directions {
    let rows = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    rows.filter_map(|row| row.split_once(':'))
        .map(|(part, named)| (part.trim().to_owned(), named.split_whitespace().map(str::to_owned).collect()))
        .collect()
}

/// The first circle that is found, as `a -> b -> a`.
pub(crate) fn circle(directions: &Directions) -> Option<String> {
    fn walk(part: &str, directions: &Directions, way: &mut Vec<String>, done: &mut BTreeSet<String>) -> Option<String> {
        if let Some(start) = way.iter().position(|before| before == part) {
            return Some(format!("{} -> {part}", way[start..].join(" -> ")));
        }
        if !done.insert(part.to_owned()) {
            return None;
        }
        way.push(part.to_owned());
        let found = directions.get(part).into_iter().flatten().find_map(|next| walk(next, directions, way, done));
        way.pop();
        found
    }
    let mut done = BTreeSet::new();
    directions.keys().find_map(|part| walk(part, directions, &mut Vec::new(), &mut done))
}

fn quoted<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.split_once(&format!("{key}\""))?.1.split('"').next()
}

/// The parts that a file names.
fn named(inside: &Path, text: &str) -> BTreeSet<String> {
    paths(&module(inside), text).into_iter().filter_map(|path| path.into_iter().next()).collect()
}
