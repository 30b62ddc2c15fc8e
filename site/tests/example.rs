//! The crate's example does what it says.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

#[path = "../examples/build.rs"]
#[allow(dead_code, reason = "the example's `main`")]
mod build;

use std::{fs, path::Path};

fn printed(folder: &Path, out: Option<&Path>) -> String {
    let mut talk = Vec::new();
    build::run(folder, out, &mut talk).unwrap();
    String::from_utf8(talk).unwrap()
}

#[test]
fn the_example_builds_a_site_in_memory_and_into_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("paths")).unwrap();
    fs::write(folder.path().join("paths/index.path.md"), "# Home\n\n[[Nobody]]\n").unwrap();
    let in_memory = printed(folder.path(), None);
    let page = "index.path/index.path.html";
    assert!(in_memory.contains(page) && in_memory.contains("\n1 pages, "), "{in_memory}");
    assert!(in_memory.ends_with(", 0 written\n"), "{in_memory}");
    assert!(!folder.path().join(".pathmx").exists(), "nothing is left behind");

    let out = folder.path().join("out");
    assert!(!printed(folder.path(), Some(&out)).ends_with(", 0 written\n"));
    assert!(fs::read_to_string(out.join(page)).unwrap().contains("Home"));
    assert!(printed(folder.path(), Some(&out)).ends_with(", 0 written\n"), "what is there is not written again");
}
