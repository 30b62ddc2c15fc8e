//! Stamps a freshly built wasm: `stamp <workspace> <wasm in> <wasm out> <compiler version>`.
//!
//! Drops the names and producers sections, adds the hash of the sources and the compiler's version.
#![allow(missing_docs, clippy::print_stdout, reason = "a tool of the build")]

#[path = "../source_hash.rs"]
mod source_hash;

use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [workspace, input, output, compiler] = arguments.as_slice() else {
        return Err("usage: stamp <workspace> <wasm in> <wasm out> <compiler version>".into());
    };
    let hash = source_hash::source_hash(Path::new(workspace))?;
    let stamp = format!("source-sha256={hash}\ncompiler={compiler}\n");
    let wasm = fs::read(input)?;
    let mut stamped = without_custom_sections(&wasm).ok_or("not a wasm module")?;
    append_section(&mut stamped, source_hash::SECTION, stamp.as_bytes());
    fs::write(output, &stamped)?;
    println!("{output}: {} bytes, source {}", stamped.len(), &hash[..16]);
    Ok(())
}

fn without_custom_sections(wasm: &[u8]) -> Option<Vec<u8>> {
    let (head, mut rest) = wasm.split_at_checked(8)?;
    let mut out = head.to_vec();
    while let Some((&id, after)) = rest.split_first() {
        let mut size = 0;
        let mut used = 0;
        for byte in after {
            size |= usize::from(byte & 0x7f) << (7 * used);
            used += 1;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let (section, next) = rest.split_at_checked(1 + used + size)?;
        if id != 0 {
            out.extend_from_slice(section);
        }
        rest = next;
    }
    Some(out)
}

fn append_section(wasm: &mut Vec<u8>, name: &str, value: &[u8]) {
    let mut body = Vec::new();
    leb128(&mut body, name.len());
    body.extend_from_slice(name.as_bytes());
    body.extend_from_slice(value);
    wasm.push(0);
    leb128(wasm, body.len());
    wasm.extend_from_slice(&body);
}

fn leb128(out: &mut Vec<u8>, mut value: usize) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            return out.push(byte);
        }
        out.push(byte | 0x80);
    }
}
