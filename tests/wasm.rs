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
