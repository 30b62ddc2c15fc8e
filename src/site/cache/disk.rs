//! The cache as a file: written whole under another name and then moved, so that processes may share it; read only if it is
//! exactly what this very program wrote.

use super::{CachedPage, KnownShards, Sources, packed};
use crate::{
    file_retry::rename,
    site::{
        project::Project,
        source::{Settings, Source},
    },
};
use pmx_worker::model::{File, Hash};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{
    borrow::Cow,
    collections::HashMap,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::UNIX_EPOCH,
};

/// Beside the project's config.
const FOLDER: &str = ".pathmx-cache";
const FILE: &str = "build.bin";
/// The Cache Directory Tagging Specification's, so that backups leave the folder out.
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n# What pmx keeps between builds; it can be deleted.\n";
/// Magic and key; then come the records, and their hash.
const HEAD: usize = 8 + 32;
const MAGIC: &[u8; 8] = b"pmxcache";

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
pub(super) fn load(project: &Project) -> Option<Loaded> {
    let path = project.folder.join(FOLDER).join(FILE);
    match read(&path, key(&project.settings)) {
        Ok(loaded) => Some(loaded),
        Err(why) => {
            tracing::debug!("{}: {why}; everything is built", path.display());
            None
        }
    }
}

/// Whether it could be saved.
pub(super) fn save(
    project: &Project,
    pages: &HashMap<String, CachedPage>,
    sources: &Sources,
    shards: &KnownShards,
) -> bool {
    let folder = project.folder.join(FOLDER);
    match write(&folder, key(&project.settings), (pages, sources, shards)) {
        Ok(()) => true,
        Err(why) => {
            tracing::debug!("{}: {why}; the next build starts from nothing", folder.display());
            false
        }
    }
}

/// Only a program that makes the same of the same text may go on from the cache: this file, or a copy of it.
fn key(settings: &Settings) -> Hash {
    let program = std::env::current_exe().and_then(fs::metadata).ok();
    let modified = program.as_ref().and_then(|meta| meta.modified().ok()?.duration_since(UNIX_EPOCH).ok());
    let size = program.map_or(0, |meta| meta.len());
    Hash::of(format!("{} {size} {modified:?} {settings:?}", env!("CARGO_PKG_VERSION")).as_bytes())
}

fn read(path: &Path, key: Hash) -> Result<Loaded, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let (head, rest) = bytes.split_at_checked(HEAD).ok_or("too short")?;
    let (mut payload, hash) = rest.split_last_chunk::<32>().ok_or("too short")?;
    if &head[..8] != MAGIC || head[8..] != key.as_bytes()[..] {
        return Err("left by another program".to_owned());
    }
    if hash != Hash::of(payload).as_bytes() {
        return Err("damaged".to_owned());
    }
    let mut records = Vec::new();
    while let Some((length, rest)) = payload.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let (record, rest) = rest.split_at_checked(length).ok_or("cut short")?;
        records.push(record);
        payload = rest;
    }
    let records: Vec<Read> = records.into_par_iter().filter_map(record).collect();
    let (mut pages, mut sources, mut shards) = (HashMap::new(), Sources::new(), KnownShards::new());
    for record in records {
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

fn write(folder: &Path, key: Hash, everything: Everything<'_>) -> io::Result<()> {
    if !folder.is_dir() {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("CACHEDIR.TAG"), TAG)?;
        fs::write(folder.join(".gitignore"), "*\n")?;
    }
    let beside: PathBuf = folder.join(format!("{FILE}.{}.tmp", std::process::id()));
    let written = write_all(&beside, key, everything).and_then(|()| rename(&beside, &folder.join(FILE)));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write_all(path: &Path, key: Hash, (pages, sources, shards): Everything<'_>) -> io::Result<()> {
    let mut file = io::BufWriter::with_capacity(256 * 1024, fs::File::create(path)?);
    let mut hasher = Sha256::new();
    file.write_all(MAGIC)?;
    file.write_all(key.as_bytes())?;
    // One by one: all at once would take as much memory as the file.
    let mut put = |saved: &Saved<'_>| -> io::Result<()> {
        let record = postcard::to_allocvec(saved).map_err(io::Error::other)?;
        let length = u32::try_from(record.len()).map_err(io::Error::other)?.to_le_bytes();
        for part in [&length[..], &record] {
            hasher.update(part);
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
    file.write_all(&hasher.finalize())?;
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let mut source = crate::site::source::parse("a.md", b"# A", &Settings::default());
        source.take_body();
        [("a.md".to_owned(), (Hash::of(b"# A"), Arc::new(source)))].into()
    }

    fn shards() -> KnownShards {
        [("index.path".to_owned(), (Hash::of(b"pages"), vec![File { hash: Hash::of(b"shard"), size: 5 }]))].into()
    }

    #[test]
    fn what_was_saved_is_loaded_and_the_folder_says_that_it_is_a_cache() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join(FOLDER);
        write(&folder, key(&Settings::default()), (&pages(), &sources(), &shards())).unwrap();
        let (read_pages, _, read_shards) = read(&folder.join(FILE), key(&Settings::default())).unwrap();
        assert_eq!((read_pages, read_shards), (pages(), shards()));
        assert!(fs::read_to_string(folder.join("CACHEDIR.TAG")).unwrap().starts_with("Signature: 8a477f597d28d172"));
        assert_eq!(fs::read_to_string(folder.join(".gitignore")).unwrap(), "*\n");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 3, "nothing is left lying around");
    }

    #[test]
    fn a_cache_that_is_cut_short_damaged_or_of_another_program_is_none() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), key(&Settings::default()), (&pages(), &sources(), &shards())).unwrap();
        let path = folder.path().join(FILE);
        assert!(read(&path, Hash::of(b"another")).is_err());
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(read(&path, key(&Settings::default())).is_err(), "cut to {length}");
        }
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            fs::write(&path, bytes).unwrap();
            assert!(read(&path, key(&Settings::default())).is_err(), "another byte at {at}");
        }
        assert!(read(&folder.path().join("none"), key(&Settings::default())).is_err());
    }
}
