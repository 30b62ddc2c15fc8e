//! The committed wasm is the one that the sources make.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

#[path = "../worker/source_hash.rs"]
mod source_hash;

use std::path::Path;

const WASM: &str = "worker/dist/pmx_worker.wasm";

fn wasm() -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(WASM)).unwrap()
}

#[test]
fn the_committed_wasm_was_built_from_these_sources() {
    let expected = source_hash::source_hash(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let wasm = wasm();
    let stamp =
        std::str::from_utf8(custom_section(&wasm, source_hash::SECTION).expect("the wasm carries no stamp")).unwrap();
    let line = stamp.lines().find_map(|line| line.strip_prefix("source-sha256=")).unwrap();
    assert_eq!(line, expected, "sources and wasm have parted: run worker/build.sh and commit {WASM}");
    assert!(stamp.lines().any(|line| line.starts_with("compiler=") && line.len() > 12), "{stamp}");
}

#[test]
fn no_local_path_is_in_the_wasm() {
    let wasm = wasm();
    for path in ["/root/", "/home/", "/Users/", "/tmp/", ".cargo/registry", ":\\Users\\", env!("CARGO_MANIFEST_DIR")] {
        let found = wasm.windows(path.len()).any(|window| window == path.as_bytes());
        assert!(!found, "`{path}` is in {WASM}");
    }
}

#[test]
fn the_hash_of_the_sources_sees_every_crate_that_is_taken_by_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        (
            "Cargo.toml",
            "[workspace.dependencies]\nserde = \"1\"\ntokio = \"1\"\nmodel = { path = \"worker/model\" }\nother = { path = \"other\" }\n\
             \n[patch.crates-io]\nserde = { path = \"patched\" }\n\n[profile.dev]\ndebug = 1\n",
        ),
        ("Cargo.lock", ""),
        ("worker/build.sh", ""),
        ("worker/Cargo.toml", "[dependencies]\nserde.workspace = true\nedge = { path = \"edge\" }\n"),
        ("worker/src/lib.rs", ""),
        ("worker/edge/Cargo.toml", "[dependencies]\nmodel.workspace = true\n"),
        ("worker/edge/src/lib.rs", ""),
        ("worker/model/Cargo.toml", ""),
        ("worker/model/src/below/file.rs", ""),
        ("patched/Cargo.toml", ""),
        ("patched/src/lib.rs", ""),
        ("patched/build.rs", ""),
        ("other/Cargo.toml", ""),
        ("other/src/lib.rs", ""),
    ];
    for (name, text) in files {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let before = source_hash::source_hash(folder.path()).unwrap();
    // Whether a change of the file changes the hash. What the Worker does not depend on has no part in it.
    let changes = |name: &str, from: &str, to: &str| {
        let file = folder.path().join(name);
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, if from.is_empty() { format!("{text}{to}") } else { text.replace(from, to) }).unwrap();
        let after = source_hash::source_hash(folder.path()).unwrap();
        std::fs::write(&file, text).unwrap();
        after != before
    };
    for (name, _) in files.iter().filter(|(name, _)| !name.starts_with("Cargo.") && !name.starts_with("other/")) {
        assert!(changes(name, "", "# more\n"), "{name}");
    }
    assert!(changes("Cargo.toml", "serde = \"1\"", "serde = \"2\""));
    assert!(!changes("Cargo.toml", "tokio = \"1\"", "tokio = \"2\""));
    assert!(!changes("Cargo.toml", "debug = 1", "debug = 2"));
    assert!(!changes("other/src/lib.rs", "", "more"));
}

/// The value of a custom section.
fn custom_section<'a>(wasm: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut rest = wasm.get(8..)?;
    while let Some((&id, after)) = rest.split_first() {
        let (size, after) = leb128(after)?;
        let (section, next) = after.split_at_checked(size)?;
        if id == 0 {
            let (length, body) = leb128(section)?;
            let (found, value) = body.split_at_checked(length)?;
            if found == name.as_bytes() {
                return Some(value);
            }
        }
        rest = next;
    }
    None
}

fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (at, byte) in bytes.iter().enumerate().take(5) {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}
