//! The cache as a file: written whole under another name and then moved, so that processes may share it; read only if it is
//! exactly what this very program wrote for this folder, under the key of this user. Pages come out of it unseen, so one that a checkout
//! brings along counts for nothing.

use crate::{
    files::{
        folder::{Folder, FolderError},
        seal::{Key, SEAL, Seal},
    },
    project::{Project, checkout::CACHE_FOLDER},
    source::Settings,
};
use pmx_model::Hash;
use std::{
    io::{self, Write as _},
    path::Path,
    time::UNIX_EPOCH,
};

const FILE: &str = "build.bin";
/// The Cache Directory Tagging Specification's, so that backups leave the folder out; and what keeps Git out of it.
const MARKS: [(&str, &str); 2] = [
    (
        "CACHEDIR.TAG",
        "Signature: 8a477f597d28d172789f06886806bc55\n# What pmx keeps between builds; it can be deleted.\n",
    ),
    (".gitignore", "*\n"),
];
/// Magic and the program's key; then come the records, and the code over all of it.
const HEAD: usize = 8 + 32;
const MAGIC: &[u8; 8] = b"pmxcache";
/// What the file is sealed as.
const PURPOSE: &str = "pmx cache 1";
/// The largest file that is read, in bytes: a hundred thousand Sources, the most that a site may have, at the 4 kB that one takes.
const MAX_FILE: u64 = 512 * 1024 * 1024;
/// The largest record, in bytes: more than a Source of 25 MiB leaves behind, whose text is not in it.
const MAX_RECORD: usize = 32 * 1024 * 1024;

/// What is said of a file whose records cannot be read.
const DAMAGED: &str = "damaged";

/// A record of the file: its length (32 bit, little endian), both names in postcard, and the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StepRecord<'a> {
    /// The step of a build that left it, and of what: a Path, for example.
    pub step: &'a str,
    pub of: &'a str,
    /// Known to that step alone.
    pub bytes: &'a [u8],
}

/// What the last process left, as `understand` reads the records; none, if that does not know them.
pub(super) fn load<T>(project: &Project, key: &Key, understand: impl Fn(&[StepRecord<'_>]) -> Option<T>) -> Option<T> {
    let bytes = file(&project.folder).map_err(|error| error.to_string());
    let bytes = bytes.and_then(|bytes| bytes.ok_or_else(|| "there is none".to_owned()));
    let seal = key.seal(PURPOSE, &project.folder);
    let understood = bytes.and_then(|bytes| {
        let records = read(&bytes, program(&project.settings), seal)?;
        understand(&records).ok_or_else(|| DAMAGED.to_owned())
    });
    match understood {
        Ok(loaded) => Some(loaded),
        Err(why) => {
            tracing::debug!("{}: {why}; everything is built", project.folder.join(CACHE_FOLDER).display());
            None
        }
    }
}

/// The bytes of the file; none, if there is no cache.
fn file(project: &Path) -> Result<Option<Vec<u8>>, FolderError> {
    let project = Folder::open(project).map_err(|source| FolderError::Io { path: project.to_owned(), source })?;
    match project.enter(CACHE_FOLDER)? {
        Some(folder) => folder.read(FILE, MAX_FILE),
        None => Ok(None),
    }
}

/// Takes a record.
type Put<'p> = dyn FnMut(&StepRecord<'_>) -> io::Result<()> + 'p;

/// Saves the records that `each` hands out; whether that worked.
pub(super) fn save(project: &Project, key: &Key, each: impl Fn(&mut Put<'_>) -> io::Result<()>) -> bool {
    match write(&project.folder, program(&project.settings), key, each) {
        Ok(()) => true,
        Err(why) => {
            let folder = project.folder.join(CACHE_FOLDER);
            tracing::debug!("{}: {why}; the next build starts from nothing", folder.display());
            false
        }
    }
}

/// Only a program that makes the same of the same text may go on from the cache: this file, or a copy of it.
fn program(settings: &Settings) -> Hash {
    let program = std::env::current_exe().and_then(std::fs::metadata).ok();
    let modified = program.as_ref().and_then(|meta| meta.modified().ok()?.duration_since(UNIX_EPOCH).ok());
    let size = program.map_or(0, |meta| meta.len());
    Hash::of(format!("{} {size} {modified:?} {settings:?}", env!("CARGO_PKG_VERSION")).as_bytes())
}

fn read(bytes: &[u8], program: Hash, mut seal: Seal) -> Result<Vec<StepRecord<'_>>, String> {
    let (sealed, code) = bytes.split_last_chunk::<SEAL>().ok_or("too short")?;
    let (head, mut payload) = sealed.split_at_checked(HEAD).ok_or("too short")?;
    if &head[..8] != MAGIC || head[8..] != program.as_bytes()[..] {
        return Err("left by another program".to_owned());
    }
    seal.update(sealed);
    if !seal.is(code) {
        return Err("damaged, or not left by this user".to_owned());
    }
    let mut records = Vec::new();
    while let Some((length, rest)) = payload.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let (record, rest) = rest.split_at_checked(length).ok_or("cut short")?;
        if length > MAX_RECORD {
            return Err(DAMAGED.to_owned());
        }
        let ((step, of), bytes) = postcard::take_from_bytes(record).map_err(|_| DAMAGED)?;
        records.push(StepRecord { step, of, bytes });
        payload = rest;
    }
    Ok(records)
}

fn write(project: &Path, program: Hash, key: &Key, each: impl Fn(&mut Put<'_>) -> io::Result<()>) -> io::Result<()> {
    let folder = Folder::open(project)?.enter_or_make(CACHE_FOLDER).map_err(io::Error::other)?;
    for (name, text) in MARKS {
        if folder.look(name)?.is_none() {
            folder.create(name, text.as_bytes())?;
        }
    }
    folder.sweep();
    let mut temporary = folder.temporary()?;
    let mut file = io::BufWriter::with_capacity(256 * 1024, temporary.file());
    write_all(&mut file, program, key.seal(PURPOSE, project), each)?;
    file.flush()?;
    drop(file);
    temporary.persist(&folder, FILE)
}

fn write_all(
    file: &mut impl io::Write,
    program: Hash,
    mut seal: Seal,
    each: impl Fn(&mut Put<'_>) -> io::Result<()>,
) -> io::Result<()> {
    for part in [&MAGIC[..], program.as_bytes()] {
        seal.update(part);
        file.write_all(part)?;
    }
    // One by one: all at once would take as much memory as the file.
    each(&mut |StepRecord { step, of, bytes }| {
        let names = postcard::to_allocvec(&(step, of)).map_err(io::Error::other)?;
        let length = names.len() + bytes.len();
        if length > MAX_RECORD {
            // It is made anew.
            return Ok(());
        }
        let length = u32::try_from(length).map_err(io::Error::other)?.to_le_bytes();
        for part in [&length[..], &names, bytes] {
            seal.update(part);
            file.write_all(part)?;
        }
        Ok(())
    })?;
    file.write_all(&seal.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const RECORDS: [StepRecord<'static>; 3] = [
        StepRecord { step: "graph", of: "", bytes: b"a Source" },
        StepRecord { step: "path", of: "index.path", bytes: b"a page" },
        StepRecord { step: "path", of: "index.path", bytes: b"" },
    ];

    fn each(put: &mut Put<'_>) -> io::Result<()> {
        RECORDS.iter().try_for_each(put)
    }

    fn user() -> Key {
        Key::new([1; 32])
    }

    /// Whether what is there is what was saved.
    fn kept(project: &Path, key: &Key) -> Result<(), String> {
        let bytes = file(project).map_err(|error| error.to_string())?.ok_or("none")?;
        let records = read(&bytes, program(&Settings::default()), key.seal(PURPOSE, project))?;
        assert_eq!(records, RECORDS);
        Ok(())
    }

    fn save_in(project: &Path) -> std::path::PathBuf {
        write(project, program(&Settings::default()), &user(), each).unwrap();
        project.join(CACHE_FOLDER).join(FILE)
    }

    #[test]
    fn what_was_saved_is_loaded_and_the_folder_says_that_it_is_a_cache() {
        let project = tempfile::tempdir().unwrap();
        let folder = project.path().join(CACHE_FOLDER);
        save_in(project.path());
        kept(project.path(), &user()).unwrap();
        assert!(fs::read_to_string(folder.join("CACHEDIR.TAG")).unwrap().starts_with("Signature: 8a477f597d28d172"));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 3, "nothing is left lying around");
        // A folder of an earlier version gets what it lacks, and one that has it keeps it.
        fs::write(folder.join("CACHEDIR.TAG"), "mine").unwrap();
        fs::remove_file(folder.join(".gitignore")).unwrap();
        save_in(project.path());
        assert_eq!(fs::read_to_string(folder.join(".gitignore")).unwrap(), "*\n");
        assert_eq!(fs::read_to_string(folder.join("CACHEDIR.TAG")).unwrap(), "mine");
    }

    #[test]
    fn a_cache_that_is_cut_short_damaged_or_of_another_program_is_none() {
        let project = tempfile::tempdir().unwrap();
        let path = save_in(project.path());
        let whole = fs::read(&path).unwrap();
        let seal = || user().seal(PURPOSE, project.path());
        assert!(read(&whole, program(&Settings::default()), seal()).is_ok());
        assert!(read(&whole, Hash::of(b"another"), seal()).is_err());
        for length in 0..whole.len() {
            assert!(read(&whole[..length], program(&Settings::default()), seal()).is_err(), "cut to {length}");
        }
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            assert!(read(&bytes, program(&Settings::default()), seal()).is_err(), "another byte at {at}");
        }
    }

    #[test]
    fn a_cache_of_another_user_or_of_another_folder_is_none() {
        let (project, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = save_in(project.path());
        assert!(kept(project.path(), &user()).is_ok());
        assert!(kept(project.path(), &Key::new([2; 32])).is_err());
        let copy = save_in(other.path());
        fs::copy(path, copy).unwrap();
        assert!(kept(other.path(), &user()).is_err());
    }

    /// A file with these records that bears the user's code.
    fn sealed(project: &Path, records: &[Vec<u8>]) {
        let mut bytes = [&MAGIC[..], program(&Settings::default()).as_bytes()].concat();
        for record in records {
            bytes.extend(u32::try_from(record.len()).unwrap().to_le_bytes());
            bytes.extend(record);
        }
        let mut seal = user().seal(PURPOSE, project);
        seal.update(&bytes);
        bytes.extend(seal.finish());
        fs::write(project.join(CACHE_FOLDER).join(FILE), bytes).unwrap();
    }

    #[test]
    fn what_is_no_record_is_damaged_even_under_the_right_key() {
        let project = tempfile::tempdir().unwrap();
        save_in(project.path());
        let record = |StepRecord { step, of, bytes }| [&postcard::to_allocvec(&(step, of)).unwrap(), bytes].concat();
        sealed(project.path(), &RECORDS.map(record));
        kept(project.path(), &user()).unwrap();
        sealed(project.path(), &[vec![0xff; 9]]);
        assert_eq!(kept(project.path(), &user()).unwrap_err(), "damaged");
        sealed(project.path(), &[vec![0; MAX_RECORD + 1]]);
        assert_eq!(kept(project.path(), &user()).unwrap_err(), "damaged");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_or_a_pipe_in_the_place_of_the_cache_is_neither_read_nor_written_through() {
        use std::os::unix::fs::symlink;
        let (project, away) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let write_in = |project: &Path| write(project, program(&Settings::default()), &user(), each);
        symlink(away.path(), project.path().join(CACHE_FOLDER)).unwrap();
        assert!(write_in(project.path()).is_err() && kept(project.path(), &user()).is_err());
        assert_eq!(fs::read_dir(away.path()).unwrap().count(), 0);
        fs::remove_file(project.path().join(CACHE_FOLDER)).unwrap();
        fs::create_dir(project.path().join(CACHE_FOLDER)).unwrap();
        fs::write(away.path().join("notes"), "mine").unwrap();
        let file = project.path().join(CACHE_FOLDER).join(FILE);
        symlink(away.path().join("notes"), &file).unwrap();
        assert!(kept(project.path(), &user()).is_err());
        write_in(project.path()).unwrap();
        assert!(kept(project.path(), &user()).is_ok());
        assert_eq!(fs::read_to_string(away.path().join("notes")).unwrap(), "mine");
        fs::remove_file(&file).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&file).status().unwrap().success());
        assert!(kept(project.path(), &user()).is_err());
        write_in(project.path()).unwrap();
        fs::File::options().write(true).open(&file).unwrap().set_len(MAX_FILE + 1).unwrap();
        assert!(kept(project.path(), &user()).is_err());
    }
}
