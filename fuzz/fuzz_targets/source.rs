//! Any bytes as the entry of a site: it must be built, without a panic, in time that grows with them.
//!
//! From the root of the checkout, on stable Rust (`cargo install cargo-fuzz`, once):
//!
//! ```sh
//! RAYON_NUM_THREADS=1 cargo fuzz run --sanitizer none source fuzz/corpus/source fuzz/seeds/source -- -dict=fuzz/source.dict -max_len=4096 -timeout=10 -max_total_time=600
//! ```
//!
//! New inputs go to `fuzz/corpus`, which is not kept. What breaks is written to `fuzz/artifacts/source`; run it again with
//! `cargo fuzz run --sanitizer none source <file>`, make it small with `cargo fuzz tmin`, and give it a test.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pmx_site::{Cache, Options, Project, Snapshot};
use std::{fs, sync::OnceLock};

const COMPONENTS: &str = include_str!("parts.components.md");
const OTHER: &str = "# Other\n\n<!-- id: b -->\n\nText.\n\n---\n\n<!-- id: c -->\n\n[@include: back](./index.path.md)\n";
const CONFIG: &str = "---\nsourceDir: paths\n---\n\n## Paths\n\n- [Home](./paths/index.path.md)\n";

/// A folder with nothing but a config and an empty entry: the files that are built never lie on disk.
fn project() -> &'static Project {
    static PROJECT: OnceLock<Project> = OnceLock::new();
    PROJECT.get_or_init(|| {
        let folder = std::env::temp_dir().join("pmx-fuzz");
        fs::create_dir_all(folder.join("paths")).unwrap();
        fs::write(folder.join("pathmx.config.md"), CONFIG).unwrap();
        fs::write(folder.join("paths/index.path.md"), "").unwrap();
        pmx_site::locate(&Options { cwd: folder, entries: Vec::new() }).unwrap()
    })
}

fuzz_target!(|source: &[u8]| {
    let files = [
        ("index.path.md", source),
        ("parts.components.md", COMPONENTS.as_bytes()),
        ("other.md", OTHER.as_bytes()),
        ("a.css", b".x { color: red }".as_slice()),
    ];
    let snapshot = Snapshot::of(files.map(|(path, bytes)| (path.to_owned(), bytes.to_vec())));
    let mut cache = Cache::default();
    let first = pmx_site::build(project(), &snapshot, &mut cache);
    // What is kept for the next build must never show in what it gives.
    let second = pmx_site::build(project(), &snapshot, &mut cache);
    assert_eq!(first.outputs, second.outputs);
    assert_eq!(first.diagnostics, second.diagnostics);
    let page = first.outputs.get("index.path/index.path.html").and_then(|file| first.blobs.get(&file.hash));
    if let Some(page) = page {
        assert!(!page.contains(&0), "a mark of an address was left in the page");
    }
});
