//! Any bytes as the entry of a site: it must be built, without a panic, in time that grows with them.
//!
//! From the root of the checkout, on stable Rust (`cargo install cargo-fuzz`, once):
//!
//! ```sh
//! cargo fuzz run --sanitizer none source fuzz/corpus/source fuzz/seeds/source -- -dict=fuzz/source.dict -max_len=4096 -timeout=10 -max_total_time=600
//! ```
//!
//! New inputs go to `fuzz/corpus`, which is not kept. What breaks is written to `fuzz/artifacts/source`; run it again with
//! `cargo fuzz run --sanitizer none source <file>`, make it small with `cargo fuzz tmin`, and give it a test.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pmx::site::{self, Cache, Entry, Project, Snapshot};
use std::path::PathBuf;

const COMPONENTS: &str = include_str!("parts.components.md");
const OTHER: &str = "# Other\n\n<!-- id: b -->\n\nText.\n\n---\n\n<!-- id: c -->\n\n[@include: back](./index.path.md)\n";

fuzz_target!(|source: &[u8]| {
    let project = Project {
        name: "fuzz".to_owned(),
        folder: PathBuf::from("/site"),
        source_root: PathBuf::from("/site/paths"),
        shown: "paths".to_owned(),
        roots: vec![Entry { path: "index.path.md".to_owned() }],
        out_dir: None,
        exclude: Vec::new(),
    };
    let files = [
        ("index.path.md", source),
        ("parts.components.md", COMPONENTS.as_bytes()),
        ("other.md", OTHER.as_bytes()),
        ("a.css", b".x { color: red }".as_slice()),
    ];
    let snapshot = Snapshot::of(files.map(|(path, bytes)| (path.to_owned(), bytes.to_vec())));
    let mut cache = Cache::default();
    let first = site::build(&project, &snapshot, &mut cache);
    // What is kept for the next build must never show in what it gives.
    let second = site::build(&project, &snapshot, &mut cache);
    assert_eq!(first.outputs, second.outputs);
    assert_eq!(first.diagnostics, second.diagnostics);
    let page = first.outputs.get("index.path/index.path.html").and_then(|hash| first.blobs.get(hash));
    if let Some(page) = page {
        assert!(!page.contains(&0), "a mark of an address was left in the page");
    }
});
