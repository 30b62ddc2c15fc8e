//! Repairs a state folder: sets damaged databases aside, and removes rows without their bytes and files that nothing names.

use super::Finding;
use crate::{
    durable_object::{alarm_index::AlarmIndex, namespace_key::NamespaceKey},
    faults::Faults,
    kv::{Kv, KvError},
    profile::Profile,
    r2::{R2, R2Error},
    state_dir::{
        StateDir, StateError,
        folder::Folder,
        layout::{self, ASIDE, SIDE_FILES},
    },
    world::clock::Clock,
};
use serde::Serialize;
use std::{fmt, io};

/// One thing that was done. Paths are below the state folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "did", rename_all = "kebab-case")]
pub enum Repaired {
    /// A damaged database has another name now, and a fresh one its place.
    SetAside {
        /// The database.
        file: String,
        /// Its new name.
        to: String,
    },
    /// A key is gone: what it stood for was.
    Removed {
        /// `kv` or `r2`.
        store: &'static str,
        /// The key.
        key: String,
    },
    /// A file that nothing named is gone.
    Swept {
        /// The file.
        file: String,
    },
}

impl fmt::Display for Repaired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetAside { file, to } => write!(f, "set {file} aside as {to}"),
            Self::Removed { store, key } => write!(f, "removed `{key}` from {store}"),
            Self::Swept { file } => write!(f, "removed {file}"),
        }
    }
}

/// Why a folder cannot be repaired.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// A file cannot be renamed or removed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A store cannot be opened, though nothing was found wrong with it.
    #[error(transparent)]
    State(#[from] StateError),
    /// KV fails.
    #[error(transparent)]
    Kv(#[from] KvError),
    /// R2 fails.
    #[error(transparent)]
    R2(#[from] R2Error),
}

/// Repairs what [`check`](super::check) has found in this folder: damaged databases are set aside under a name with `stamp`, keys that
/// have lost what they stand for are removed, and what nothing names is swept. What is not of pmx stays. Each site gets back what it has
/// lost by being published again. What was done.
///
/// # Errors
/// If a file cannot be changed; what was done until then stays.
pub fn repair(state: &StateDir, findings: &[Finding], stamp: &str) -> Result<Vec<Repaired>, RepairError> {
    let mut repaired = Vec::new();
    for finding in findings {
        if let Finding::DamagedDatabase { file, .. } = finding {
            let to = set_aside(state, file, stamp)?;
            repaired.push(Repaired::SetAside { file: file.clone(), to });
        }
    }
    // The stores remove what is gone, cut short or left over when they are opened, and the rest when it is read.
    let clock = Clock::system();
    let kv = Kv::open(state, &clock, &Faults::none(), Profile::default())?;
    let r2 = R2::open(state, &clock, Profile::default())?;
    for finding in findings {
        match finding {
            Finding::Lost { store, key, .. } => {
                match *store {
                    "kv" => kv.delete(key)?,
                    _ => r2.delete(key)?,
                }
                repaired.push(Repaired::Removed { store, key: key.clone() });
            }
            Finding::LeftOver { file } => repaired.push(Repaired::Swept { file: file.clone() }),
            Finding::DamagedDatabase { .. } | Finding::Stray { .. } => {}
        }
    }
    if repaired.iter().any(|done| !matches!(done, Repaired::Swept { .. })) {
        r2.renew_epoch()?;
    }
    // Made anew from the objects, if it was set aside.
    for namespace in namespaces(state)? {
        AlarmIndex::open(state, &namespace, &clock)?;
    }
    Ok(repaired)
}

/// The namespaces that have a folder, and the bundled Worker's.
fn namespaces(state: &StateDir) -> io::Result<Vec<NamespaceKey>> {
    let folders = state.object_folders()?.into_iter().filter(|folder| folder != layout::BUNDLED_FOLDER);
    Ok(folders.map(NamespaceKey::new).chain([NamespaceKey::bundled()]).collect())
}

/// Renames a database and what belongs to it; its new name.
fn set_aside(state: &StateDir, file: &str, stamp: &str) -> io::Result<String> {
    let (folders, name) = file.rsplit_once('/').unwrap_or(("", file));
    let new = format!("{name}{ASIDE}{stamp}");
    let rename = |folder: &Folder| {
        for suffix in SIDE_FILES {
            match folder.rename(&format!("{name}{suffix}"), folder, &format!("{new}{suffix}")) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        folder.rename(name, folder, &new)
    };
    let mut below: Option<Folder> = None;
    for part in folders.split('/').filter(|part| !part.is_empty()) {
        below = Some(below.as_ref().unwrap_or(state.root()).open_folder(part)?);
    }
    rename(below.as_ref().unwrap_or(state.root()))?;
    Ok(if folders.is_empty() { new } else { format!("{folders}/{new}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{check::check, kv, r2};
    use std::{fs, path::Path};

    const LARGE: usize = 64 * 1024 + 1;

    /// A state with a value of each size in each store, that nobody has open.
    fn state(folder: &Path) {
        let state = StateDir::open(folder).unwrap();
        let clock = Clock::system();
        let kv = Kv::open(&state, &clock, &Faults::none(), Profile::default()).unwrap();
        let r2 = R2::open(&state, &clock, Profile::default()).unwrap();
        for (key, size) in [("small", 5), ("large", LARGE)] {
            kv.put(key, &vec![1; size], kv::PutOptions::default()).unwrap();
            r2.put(key, &vec![2; size], r2::PutOptions::default()).unwrap();
        }
        drop(AlarmIndex::open(&state, &NamespaceKey::bundled(), &clock).unwrap());
    }

    fn found(folder: &Path) -> Vec<Finding> {
        check(&StateDir::open_for_reading(folder).unwrap()).unwrap()
    }

    fn blob(folder: &Path, store: &str) -> std::path::PathBuf {
        let shard = fs::read_dir(folder.join("blobs").join(store)).unwrap().next().unwrap().unwrap().path();
        fs::read_dir(shard).unwrap().next().unwrap().unwrap().path()
    }

    #[test]
    fn parts_of_an_upload_that_goes_on_are_neither_lost_nor_left_over() {
        let folder = tempfile::tempdir().unwrap();
        state(folder.path());
        let open = || R2::open(&StateDir::open(folder.path()).unwrap(), &Clock::system(), Profile::default()).unwrap();
        let bucket = open();
        let id = bucket.create_multipart_upload("large", &r2::Metadata::default()).unwrap();
        let mut part = bucket.upload_part("large", &id, 1, LARGE as u64).unwrap();
        part.write(&vec![3; LARGE]).unwrap();
        let part = part.finish().unwrap();
        drop(bucket);
        assert_eq!(found(folder.path()), []);
        open().complete_multipart_upload("large", &id, &[part]).unwrap();
        assert_eq!(found(folder.path()), [], "nor is the object that they have become");
    }

    #[test]
    fn a_whole_state_has_nothing_to_find() {
        let folder = tempfile::tempdir().unwrap();
        state(folder.path());
        assert_eq!(found(folder.path()), []);
        drop(StateDir::open(folder.path()).unwrap());
        assert_eq!(found(folder.path()), []);
    }

    #[test]
    fn whatever_is_damaged_is_found_and_repaired() {
        type Damage = fn(&Path);
        let cases: [(&str, Damage); 10] = [
            ("kv.sqlite is damaged", |folder| fs::write(folder.join("kv.sqlite"), "garbage of no use").unwrap()),
            ("r2.sqlite is damaged", |folder| {
                let file = fs::File::options().write(true).open(folder.join("r2.sqlite")).unwrap();
                file.set_len(file.metadata().unwrap().len() / 2).unwrap();
            }),
            ("do/alarms.sqlite is damaged", |folder| {
                fs::write(folder.join("do/alarms.sqlite"), vec![7; 9000]).unwrap()
            }),
            ("do/SpaceDO/ab.sqlite is damaged", |folder| {
                fs::create_dir_all(folder.join("do/SpaceDO")).unwrap();
                fs::write(folder.join("do/SpaceDO/ab.sqlite"), "garbage").unwrap();
            }),
            ("r2 has lost `large`: its file is gone", |folder| fs::remove_file(blob(folder, "r2")).unwrap()),
            ("r2 has lost `large`: its bytes are not", |folder| fs::write(blob(folder, "r2"), vec![3; LARGE]).unwrap()),
            ("kv has lost `large`: its bytes are not", |folder| fs::write(blob(folder, "kv"), vec![3; LARGE]).unwrap()),
            ("kv has lost `large`: its file has 3 bytes", |folder| fs::write(blob(folder, "kv"), "cut").unwrap()),
            ("blobs/r2/ff/00000000000000ff is left over", |folder| {
                fs::create_dir_all(folder.join("blobs/r2/ff")).unwrap();
                fs::write(folder.join("blobs/r2/ff/00000000000000ff"), "nobody's").unwrap();
            }),
            ("blobs/tmp/r2-00000000000000ff is left over", |folder| {
                fs::write(folder.join("blobs/tmp/r2-00000000000000ff"), "half").unwrap();
            }),
        ];
        for (words, damage) in cases {
            let folder = tempfile::tempdir().unwrap();
            state(folder.path());
            damage(folder.path());
            let findings = found(folder.path());
            let said: Vec<_> = findings.iter().map(ToString::to_string).collect();
            assert!(said.iter().any(|said| said.contains(words)), "{words}: {said:?}");
            let held = StateDir::open(folder.path()).unwrap();
            let repaired = repair(&held, &findings, "20260101T000000Z").unwrap();
            assert!(!repaired.is_empty(), "{words}");
            drop(held);
            assert_eq!(found(folder.path()), [], "{words}");
            state(folder.path());
        }
    }

    #[test]
    fn what_is_not_of_pmx_is_told_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        state(folder.path());
        for stray in
            ["notes.txt", "blobs/mine", "blobs/r2/notes.txt", "blobs/tmp/7", "do/notes.txt", "do/SpaceDO/notes.txt"]
        {
            let path = folder.path().join(stray);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "mine").unwrap();
        }
        fs::create_dir_all(folder.path().join("blobs/r2/ff/00000000000000ff/mine")).unwrap();
        fs::create_dir_all(folder.path().join("blobs/tmp/r2-00000000000000ff/mine")).unwrap();
        let findings = found(folder.path());
        assert_eq!(findings.len(), 8, "{findings:?}");
        assert!(findings.iter().all(|finding| matches!(finding, Finding::Stray { .. })), "{findings:?}");
        let held = StateDir::open(folder.path()).unwrap();
        assert_eq!(repair(&held, &findings, "x").unwrap(), []);
        drop(held);
        assert_eq!(found(folder.path()), findings);
    }
}
