//! The map leads somewhere: every path that the documents name exists, and imports run one way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod circles;
mod directions;
mod imports;
mod names;
mod seams;

use std::path::Path;

#[test]
fn every_path_that_the_documents_name_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for document in ["ARCHITECTURE.md", "README.md", "SECURITY.md", "worker/ABI.md"] {
        let text = std::fs::read_to_string(root.join(document)).unwrap();
        let quoted = text.split('`').skip(1).step_by(2);
        let linked = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for path in quoted.chain(linked) {
            // A test is named by its file and its own name.
            let path = path.split("::").next().unwrap_or_default();
            let first = path.split('/').next().unwrap_or_default();
            let is_path = path.contains('/') && !path.contains([' ', '<', '*', ':', '{']);
            if is_path
                && matches!(first, "src" | "site" | "worker" | "emulator" | "tests" | "examples" | ".ci" | "benches")
            {
                assert!(root.join(path).exists(), "{document} names `{path}`, which is not there");
            }
        }
    }
}

#[test]
fn every_threat_has_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).skip(2).collect();
    assert!(rows.len() > 20, "{}", rows.len());
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        assert_eq!(cells.len(), 3, "{row}");
        let tests: Vec<&str> = cells[2].split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "no test looks: {row}");
        for test in tests {
            let (file, name) = test.split_once("::").unwrap_or_else(|| panic!("no file and name: {test}"));
            let source = std::fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            let defined = source.find(&format!("fn {name}(")).unwrap_or_else(|| panic!("there is no test {test}"));
            let before = source[..defined].trim_end().rsplit("\n\n").next().unwrap_or_default();
            assert!(
                before.contains("#[test]") || before.contains("::test") || source.contains("proptest! {"),
                "{test} is no test"
            );
        }
    }
}
