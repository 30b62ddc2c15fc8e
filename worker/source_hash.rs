//! The hash of all that decides the bytes of the Worker's wasm: the sources of its crate and of every crate that it takes by a path,
//! patches, its part of the lock file, the profile and the flags. Included by the tool that stamps the wasm and by the test that compares.

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
    let manifest = text(&workspace.join("Cargo.toml"))?;
    let (packages, names) = packages(workspace, &manifest)?;
    let mut files = vec![workspace.join("worker/build.sh")];
    for package in &packages {
        files.push(package.join("Cargo.toml"));
        files.extend(Some(package.join("build.rs")).filter(|file| file.exists()));
        collect(&package.join("src"), &mut files)?;
    }
    files.sort();
    let mut digest = Sha256::new();
    let mut add = |name: &str, text: &str| {
        digest.update(format!("{name}\n{}\n", text.len()));
        digest.update(text);
    };
    for file in files {
        let name = file.strip_prefix(workspace).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        add(&name, &text(&file)?);
    }
    for (section, lines) in sections(&manifest) {
        let counts = matches!(section, "workspace.package" | "profile.release" | "profile.worker");
        if counts || section.starts_with("patch.") {
            add(section, &lines.join("\n"));
        } else if section == "workspace.dependencies" {
            let used = lines.into_iter().filter(|line| key(line).is_some_and(|key| names.contains(key)));
            add(section, &used.collect::<Vec<_>>().join("\n"));
        }
    }
    add("Cargo.lock", &locked(&text(&workspace.join("Cargo.lock"))?, "pmx-worker"));
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn text(file: &Path) -> io::Result<String> {
    Ok(fs::read_to_string(file)?.replace("\r\n", "\n"))
}

/// The folders of the Worker's crate, of all that it depends on by a path and of patches, and the names of everything that these depend on.
fn packages(workspace: &Path, manifest: &str) -> io::Result<(BTreeSet<PathBuf>, BTreeSet<String>)> {
    let (mut shared, mut open) = (BTreeMap::new(), vec![workspace.join("worker")]);
    for (section, lines) in sections(manifest) {
        for line in lines {
            if section == "workspace.dependencies" {
                shared.extend(key(line).zip(path_in(line)));
            } else if section.starts_with("patch.") {
                open.extend(path_in(line).map(|path| workspace.join(path)));
            }
        }
    }
    let (mut packages, mut names) = (BTreeSet::new(), BTreeSet::new());
    while let Some(package) = open.pop() {
        if !packages.insert(package.clone()) {
            continue;
        }
        let manifest = text(&package.join("Cargo.toml"))?;
        let depends =
            |section: &str| section.split('.').any(|part| matches!(part, "dependencies" | "build-dependencies"));
        for line in sections(&manifest).into_iter().filter(|(section, _)| depends(section)).flat_map(|(_, lines)| lines)
        {
            let Some(name) = key(line) else { continue };
            names.insert(name.to_owned());
            let own = path_in(line).map(|path| package.join(path));
            open.extend(own.or_else(|| Some(workspace.join(shared.get(name)?))));
        }
    }
    Ok((packages, names))
}

/// The sections of a manifest, each with its lines.
fn sections(manifest: &str) -> Vec<(&str, Vec<&str>)> {
    let (mut sections, mut name, mut lines) = (Vec::new(), "", Vec::new());
    for line in manifest.lines() {
        match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(next) => sections.push((std::mem::replace(&mut name, next), std::mem::take(&mut lines))),
            None => lines.push(line),
        }
    }
    sections.push((name, lines));
    sections
}

/// What a line of a manifest sets: `serde` of `serde.workspace = true`.
fn key(line: &str) -> Option<&str> {
    let name = line.split_once('=')?.0.split('.').next()?.trim();
    (!name.is_empty() && !name.starts_with('#')).then_some(name)
}

/// The `path = "…"` of a dependency.
fn path_in(line: &str) -> Option<&str> {
    line.split_once("path = \"")?.1.split('"').next()
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
