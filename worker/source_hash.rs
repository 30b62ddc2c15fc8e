//! The hash of all that decides the bytes of the Worker's wasm: the crate's sources, its part of the lock file, the profile and
//! the flags. Included by the tool that stamps the wasm and by the test that compares.

use sha2::{Digest as _, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

/// Name of the custom section that carries the stamp.
pub(crate) const SECTION: &str = "pmx-build";

/// The hash of the Worker's sources in this workspace, as hex. Line ends count as LF.
///
/// # Errors
/// A file that cannot be read.
pub(crate) fn source_hash(workspace: &Path) -> io::Result<String> {
    let mut files = vec![workspace.join("worker/Cargo.toml"), workspace.join("worker/build.sh")];
    collect(&workspace.join("worker/src"), &mut files)?;
    files.sort();
    let mut digest = Sha256::new();
    let mut add = |name: &str, text: &str| {
        digest.update(format!("{name}\n{}\n", text.len()));
        digest.update(text);
    };
    for file in files {
        let name = file.strip_prefix(workspace).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        add(&name, &fs::read_to_string(&file)?.replace("\r\n", "\n"));
    }
    let manifest = fs::read_to_string(workspace.join("Cargo.toml"))?.replace("\r\n", "\n");
    for section in ["[workspace.package]", "[workspace.dependencies]", "[profile.release]", "[profile.worker]"] {
        let text = manifest.split_once(section).map_or("", |(_, rest)| rest.split("\n[").next().unwrap_or(rest));
        add(section, &used(section, text));
    }
    let lock = fs::read_to_string(workspace.join("Cargo.lock"))?.replace("\r\n", "\n");
    add("Cargo.lock", &locked(&lock, "pmx-worker"));
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// Of the workspace's dependencies only those that the Worker names; other sections whole.
fn used(section: &str, text: &str) -> String {
    const WORKER: [&str; 4] = ["serde =", "serde_json =", "sha2 =", "thiserror ="];
    let kept = |line: &&str| section != "[workspace.dependencies]" || WORKER.iter().any(|name| line.starts_with(name));
    text.lines().filter(kept).map(|line| format!("{line}\n")).collect()
}

/// The entries of the lock file that a package needs, itself and its dependencies' dependencies.
fn locked(lock: &str, package: &str) -> String {
    let mut entries: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for entry in lock.split("[[package]]").skip(1) {
        let name = entry.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"')).unwrap_or_default();
        entries.entry(name).or_default().push(entry);
    }
    let (mut needed, mut open) = (BTreeSet::new(), vec![package]);
    while let Some(name) = open.pop() {
        if !needed.insert(name) {
            continue;
        }
        for entry in entries.get(name).into_iter().flatten() {
            let list =
                entry.split_once("dependencies = [").map_or("", |(_, rest)| rest.split(']').next().unwrap_or(""));
            open.extend(list.lines().filter_map(|line| line.trim().strip_prefix('"')?.split(['"', ' ']).next()));
        }
    }
    needed.iter().flat_map(|name| entries.get(name).into_iter().flatten()).copied().collect()
}
