//! The cache as a file: written whole under another name and then moved, so that processes may share it; read only if it is
//! exactly what this very program wrote.

use super::CachedPage;
use crate::site::project::Project;
use pmx_worker::model::Hash;
use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

/// Beside the project's config.
const FOLDER: &str = ".pathmx-cache";
const FILE: &str = "build.bin";
/// The Cache Directory Tagging Specification's, so that backups leave the folder out.
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n# What pmx keeps between builds; it can be deleted.\n";
/// Magic and key before the payload, and the payload's hash.
const HEAD: usize = 8 + 32 + 32;
const MAGIC: &[u8; 8] = b"pmxcache";

/// The pages of the last process.
pub(super) fn load(project: &Project) -> Option<HashMap<String, CachedPage>> {
    let path = project.folder.join(FOLDER).join(FILE);
    match read(&path, key()) {
        Ok(pages) => Some(pages),
        Err(why) => {
            tracing::debug!("{}: {why}; everything is built", path.display());
            None
        }
    }
}

/// Whether it could be saved.
pub(super) fn save(project: &Project, pages: &HashMap<String, CachedPage>) -> bool {
    let folder = project.folder.join(FOLDER);
    match write(&folder, key(), pages) {
        Ok(()) => true,
        Err(why) => {
            tracing::debug!("{}: {why}; the next build starts from nothing", folder.display());
            false
        }
    }
}

/// Only a program that makes the same of the same text may go on from the cache: this file, or a copy of it.
fn key() -> Hash {
    let program = std::env::current_exe().and_then(fs::metadata).ok();
    let modified = program.as_ref().and_then(|meta| meta.modified().ok()?.duration_since(UNIX_EPOCH).ok());
    let size = program.map_or(0, |meta| meta.len());
    Hash::of(format!("{} {size} {modified:?}", env!("CARGO_PKG_VERSION")).as_bytes())
}

fn read(path: &Path, key: Hash) -> Result<HashMap<String, CachedPage>, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let (head, payload) = bytes.split_at_checked(HEAD).ok_or("too short")?;
    if &head[..8] != MAGIC || head[8..40] != key.as_bytes()[..] {
        return Err("left by another program".to_owned());
    }
    if head[40..] != Hash::of(payload).as_bytes()[..] {
        return Err("damaged".to_owned());
    }
    postcard::from_bytes(payload).map_err(|error| error.to_string())
}

fn write(folder: &Path, key: Hash, pages: &HashMap<String, CachedPage>) -> io::Result<()> {
    let quiet: HashMap<&String, &CachedPage> = pages.iter().filter(|(_, page)| page.findings.is_empty()).collect();
    let payload = postcard::to_allocvec(&quiet).map_err(io::Error::other)?;
    let bytes = [&MAGIC[..], key.as_bytes(), Hash::of(&payload).as_bytes(), &payload].concat();
    if !folder.is_dir() {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("CACHEDIR.TAG"), TAG)?;
        fs::write(folder.join(".gitignore"), "*\n")?;
    }
    let beside: PathBuf = folder.join(format!("{FILE}.{}.tmp", std::process::id()));
    let moved = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, folder.join(FILE)));
    if moved.is_err() {
        let _ = fs::remove_file(&beside);
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;
    use pmx_worker::model::File;
    use std::sync::Arc;

    fn pages() -> HashMap<String, CachedPage> {
        let file = |name: &str| File { hash: Hash::of(name.as_bytes()), size: 7 };
        let page = |id: &str| CachedPage {
            inputs: Hash::of(b"in"),
            html: file(id),
            markdown: file("md"),
            map: None,
            findings: Vec::new(),
            record: Arc::default(),
        };
        ["index.path/a", "index.path/b"].map(|id| (id.to_owned(), page(id))).into()
    }

    #[test]
    fn what_was_saved_is_loaded_and_the_folder_says_that_it_is_a_cache() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join(FOLDER);
        write(&folder, key(), &pages()).unwrap();
        assert_eq!(read(&folder.join(FILE), key()).unwrap(), pages());
        assert!(fs::read_to_string(folder.join("CACHEDIR.TAG")).unwrap().starts_with("Signature: 8a477f597d28d172"));
        assert_eq!(fs::read_to_string(folder.join(".gitignore")).unwrap(), "*\n");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 3, "nothing is left lying around");
    }

    #[test]
    fn a_cache_that_is_cut_short_damaged_or_of_another_program_is_none() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), key(), &pages()).unwrap();
        let path = folder.path().join(FILE);
        assert!(read(&path, Hash::of(b"another")).is_err());
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(read(&path, key()).is_err(), "cut to {length}");
        }
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            fs::write(&path, bytes).unwrap();
            assert!(read(&path, key()).is_err(), "another byte at {at}");
        }
        assert!(read(&folder.path().join("none"), key()).is_err());
    }
}
