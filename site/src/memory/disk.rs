//! The cache as a file: written whole under another name and then moved, so that processes may share it; read only if it is
//! exactly what this very program wrote for this folder, under the key of this user. Pages come out of it unseen, so one that a checkout
//! brings along counts for nothing.

use super::packed;
use crate::{
    files::{
        folder::{Folder, FolderError},
        seal::{Key, SEAL, Seal},
    },
    graph::Sources,
    path::known::{CachedPage, KnownShards},
    project::{Project, checkout::CACHE_FOLDER},
    source::{Settings, Source},
};
use pmx_model::{File, Hash};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    collections::HashMap,
    io::{self, Write as _},
    path::Path,
    sync::Arc,
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

/// A record of the file, after its length (32 bit, little endian).
#[derive(Serialize, Deserialize)]
enum Saved<'a> {
    /// A page by its output path.
    Page(Cow<'a, str>, Cow<'a, CachedPage>),
    /// Path and hash of a Source, and its bytes in [`packed`].
    Source(&'a str, Hash, &'a [u8]),
    /// The search of a Path.
    Shards(Cow<'a, str>, Hash, Cow<'a, [File]>),
}

enum Read {
    Page(String, CachedPage),
    Source(String, (Hash, Arc<Source>)),
    Shards(String, (Hash, Vec<File>)),
}

type Loaded = (HashMap<String, CachedPage>, Sources, KnownShards);

/// The pages, Sources and shards of the last process.
pub(super) fn load(project: &Project, key: &Key) -> Option<Loaded> {
    let bytes = file(&project.folder).map_err(|error| error.to_string());
    let bytes = bytes.and_then(|bytes| bytes.ok_or_else(|| "there is none".to_owned()));
    let seal = key.seal(PURPOSE, &project.folder);
    match bytes.and_then(|bytes| read(&bytes, program(&project.settings), seal)) {
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

/// Whether it could be saved.
pub(super) fn save(project: &Project, key: &Key, everything: Everything<'_>) -> bool {
    match write(&project.folder, program(&project.settings), key, everything) {
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

fn read(bytes: &[u8], program: Hash, mut seal: Seal) -> Result<Loaded, String> {
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
            return Err("damaged".to_owned());
        }
        records.push(record);
        payload = rest;
    }
    let records: Option<Vec<Read>> = records.into_par_iter().map(record).collect();
    let (mut pages, mut sources, mut shards) = (HashMap::new(), Sources::new(), KnownShards::new());
    for record in records.ok_or("damaged")? {
        match record {
            Read::Page(path, page) => drop(pages.insert(path, page)),
            Read::Source(path, source) => drop(sources.insert(path, source)),
            Read::Shards(root, known) => drop(shards.insert(root, known)),
        }
    }
    Ok((pages, sources, shards))
}

fn record(bytes: &[u8]) -> Option<Read> {
    Some(match postcard::from_bytes(bytes).ok()? {
        Saved::Page(path, page) => Read::Page(path.into_owned(), page.into_owned()),
        Saved::Shards(root, digest, files) => Read::Shards(root.into_owned(), (digest, files.into_owned())),
        Saved::Source(path, hash, bytes) => Read::Source(path.to_owned(), (hash, Arc::new(packed::unpack(bytes)?))),
    })
}

/// All that is written.
type Everything<'a> = (&'a HashMap<String, CachedPage>, &'a Sources, &'a KnownShards);

fn write(project: &Path, program: Hash, key: &Key, everything: Everything<'_>) -> io::Result<()> {
    let folder = Folder::open(project)?.enter_or_make(CACHE_FOLDER).map_err(io::Error::other)?;
    for (name, text) in MARKS {
        if folder.look(name)?.is_none() {
            folder.create(name, text.as_bytes())?;
        }
    }
    folder.sweep();
    let mut temporary = folder.temporary()?;
    let mut file = io::BufWriter::with_capacity(256 * 1024, temporary.file());
    write_all(&mut file, program, key.seal(PURPOSE, project), everything)?;
    file.flush()?;
    drop(file);
    temporary.persist(&folder, FILE)
}

fn write_all(
    file: &mut impl io::Write,
    program: Hash,
    mut seal: Seal,
    (pages, sources, shards): Everything<'_>,
) -> io::Result<()> {
    for part in [&MAGIC[..], program.as_bytes()] {
        seal.update(part);
        file.write_all(part)?;
    }
    // One by one: all at once would take as much memory as the file.
    let mut put = |saved: &Saved<'_>| -> io::Result<()> {
        let record = postcard::to_allocvec(saved).map_err(io::Error::other)?;
        if record.len() > MAX_RECORD {
            // It is made anew.
            return Ok(());
        }
        let length = u32::try_from(record.len()).map_err(io::Error::other)?.to_le_bytes();
        for part in [&length[..], &record] {
            seal.update(part);
            file.write_all(part)?;
        }
        Ok(())
    };
    for (path, page) in pages {
        put(&Saved::Page(Cow::Borrowed(path), Cow::Borrowed(page)))?;
    }
    for (path, (hash, source)) in sources {
        if let Some(bytes) = packed::pack(source) {
            put(&Saved::Source(path, *hash, &bytes))?;
        }
    }
    for (root, (digest, files)) in shards {
        put(&Saved::Shards(Cow::Borrowed(root), *digest, Cow::Borrowed(files)))?;
    }
    file.write_all(&seal.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

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

    fn sources() -> Sources {
        let mut source = crate::source::parse("a.md", b"# A", &Settings::default());
        source.take_body();
        [("a.md".to_owned(), (Hash::of(b"# A"), Arc::new(source)))].into()
    }

    fn shards() -> KnownShards {
        [("index.path".to_owned(), (Hash::of(b"pages"), vec![File { hash: Hash::of(b"shard"), size: 5 }]))].into()
    }

    fn user() -> Key {
        Key::new([1; 32])
    }

    fn kept(project: &Path, key: &Key) -> Result<Loaded, String> {
        let bytes = file(project).map_err(|error| error.to_string())?.ok_or("none")?;
        read(&bytes, program(&Settings::default()), key.seal(PURPOSE, project))
    }

    fn save_in(project: &Path) -> std::path::PathBuf {
        write(project, program(&Settings::default()), &user(), (&pages(), &sources(), &shards())).unwrap();
        project.join(CACHE_FOLDER).join(FILE)
    }

    #[test]
    fn what_was_saved_is_loaded_and_the_folder_says_that_it_is_a_cache() {
        let project = tempfile::tempdir().unwrap();
        let folder = project.path().join(CACHE_FOLDER);
        save_in(project.path());
        let (read_pages, _, read_shards) = kept(project.path(), &user()).unwrap();
        assert_eq!((read_pages, read_shards), (pages(), shards()));
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
    fn what_nests_without_end_is_damaged_even_under_the_right_key() {
        let project = tempfile::tempdir().unwrap();
        save_in(project.path());
        let (path, (hash, source)) = sources().into_iter().next().unwrap();
        let good = packed::pack(&source).unwrap();
        // The values of a Source come first: a mapping of one, whose value nests.
        let nested = |depth: usize| {
            let empty = postcard::to_allocvec(&crate::text::plain::members(&serde_json::Map::new())).unwrap();
            assert!(good.starts_with(&empty), "{good:?}");
            let mut bytes = postcard::to_allocvec(&(depth + 3)).unwrap();
            bytes.extend([7, 1, 5, 1, b'a']);
            bytes.extend([6, 1].repeat(depth));
            bytes.push(0);
            bytes.extend(&good[empty.len()..]);
            postcard::to_allocvec(&Saved::Source(&path, hash, &bytes)).unwrap()
        };
        sealed(project.path(), &[nested(10)]);
        let (_, read, _) = kept(project.path(), &user()).unwrap();
        assert_eq!(read[&path].1.values["a"].to_string(), "[[[[[[[[[[null]]]]]]]]]]");
        sealed(project.path(), &[nested(1_000_000)]);
        assert_eq!(kept(project.path(), &user()).unwrap_err(), "damaged");
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
        let everything = || (pages(), sources(), shards());
        let write_in = |project: &Path| {
            let (pages, sources, shards) = everything();
            write(project, program(&Settings::default()), &user(), (&pages, &sources, &shards))
        };
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
