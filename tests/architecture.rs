//! The map leads somewhere: every path that the documents name exists.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

use std::path::Path;

#[test]
fn every_path_that_the_documents_name_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for document in ["ARCHITECTURE.md", "README.md", "worker/ABI.md"] {
        let text = std::fs::read_to_string(root.join(document)).unwrap();
        let quoted = text.split('`').skip(1).step_by(2);
        let linked = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for path in quoted.chain(linked) {
            let first = path.split('/').next().unwrap_or_default();
            let is_path = path.contains('/') && !path.contains([' ', '<', '*', ':', '{']);
            if is_path && matches!(first, "src" | "worker" | "emulator" | "tests" | "examples" | ".ci" | "benches") {
                assert!(root.join(path).exists(), "{document} names `{path}`, which is not there");
            }
        }
    }
}
