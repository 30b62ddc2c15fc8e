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

/// Each object has an instance of its own, and an isolate's 128 MB are for all that live in it.
#[test]
fn the_wasm_is_small_begins_small_and_cannot_grow_without_end() {
    const PAGE: usize = 64 * 1024;
    let wasm = wasm();
    assert!(wasm.len() <= 3 * 1024 * 1024, "{} bytes", wasm.len());
    let (_, memories) = sections(&wasm).find(|(id, _)| *id == MEMORIES).unwrap();
    let (count, memory) = leb128(memories).unwrap();
    assert_eq!((count, memory[0]), (1, 1), "one memory, with a maximum");
    let (initial, rest) = leb128(&memory[1..]).unwrap();
    let (most, _) = leb128(rest).unwrap();
    assert!(initial <= 8, "{initial} pages at the start");
    assert_eq!(most * PAGE, 64 * 1024 * 1024);
}

#[test]
fn the_wasm_asks_for_the_imports_of_the_abi_and_for_no_others() {
    let abi = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("worker/ABI.md")).unwrap();
    let wasm = wasm();
    let (_, imports) = sections(&wasm).find(|(id, _)| *id == IMPORTS).unwrap();
    let (count, mut rest) = leb128(imports).unwrap();
    for _ in 0..count {
        let (module, after) = name(rest).unwrap();
        let (import, after) = name(after).unwrap();
        assert_eq!(module, "pmx", "{import}");
        assert!(abi.contains(&format!("| `{import}(")), "{import} is not in ABI.md");
        let (kind, after) = after.split_first().unwrap();
        assert_eq!(*kind, 0, "{import} is a function");
        rest = leb128(after).unwrap().1;
    }
}

const CUSTOM: u8 = 0;
const IMPORTS: u8 = 2;
const MEMORIES: u8 = 5;

/// The sections of a wasm, each with its id.
fn sections(wasm: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = wasm.get(8..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (&id, after) = rest.split_first()?;
        let (size, after) = leb128(after)?;
        let (section, next) = after.split_at_checked(size)?;
        rest = next;
        Some((id, section))
    })
}

/// The value of a custom section.
fn custom_section<'a>(wasm: &'a [u8], wanted: &str) -> Option<&'a [u8]> {
    sections(wasm).filter(|(id, _)| *id == CUSTOM).find_map(|(_, section)| {
        let (found, value) = name(section)?;
        (found == wanted).then_some(value)
    })
}

fn name(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = leb128(bytes)?;
    let (name, rest) = rest.split_at_checked(length)?;
    Some((std::str::from_utf8(name).ok()?, rest))
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
