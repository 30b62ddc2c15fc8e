//! A state folder as one file: a tar whose first entry says what is in it.
//!
//! ```text
//! pmx-state.json      {"format": 1, "created": "…", "files": {"kv.sqlite": {"size": 1, "sha256": "…"}, …}}
//! version, kv.sqlite, r2.sqlite, do/…, blobs/…    as in a state folder
//! ```

use super::receipts;
use pmx_emulator::state_dir;
use pmx_model::Hash;
use pmx_site::file_retry;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, BufWriter, Read, Write},
    path::{Component, Path, PathBuf},
    time::SystemTime,
};
use tar::{Archive, Builder, EntryType, Header};

/// The first entry.
const CONTENTS: &str = "pmx-state.json";
/// The shape of the archive.
const FORMAT: u32 = 1;
/// Bytes of the first entry: a few hundred for each file, for a few hundred thousand files.
const MAX_CONTENTS: u64 = 64 * 1024 * 1024;
/// Bytes that are read at a time.
const CHUNK: usize = 64 * 1024;

#[derive(Debug, Serialize, Deserialize)]
struct Contents {
    format: u32,
    created: String,
    files: BTreeMap<String, ArchiveEntry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ArchiveEntry {
    size: u64,
    sha256: Hash,
}

/// Why an archive cannot be taken in. Nothing of it is then in use.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It is something else.
    #[error("it is no archive of `pmx state export`")]
    Foreign,
    /// A later pmx has made it.
    #[error("it has format {found}, and this pmx knows {FORMAT}")]
    Newer {
        /// Its format.
        found: u32,
    },
    /// It ends too early, or files are missing.
    #[error("it is cut off: `{missing}` is not in it")]
    CutOff {
        /// The first that is missing.
        missing: String,
    },
    /// Something in it that no export writes: a link, a path that leads out, a file that was not announced.
    #[error("it holds `{path}`, which is {what}")]
    Strange {
        /// The entry.
        path: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The disk refuses, or the archive cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Writes a folder that nobody changes meanwhile into `file`, which is replaced when all is written. Its size.
///
/// # Errors
/// If anything cannot be read or written; `file` is then as it was.
pub fn write(folder: &Path, file: &Path) -> io::Result<u64> {
    let mut files = BTreeMap::new();
    survey(folder, folder, &mut files)?;
    let created = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let contents = serde_json::to_vec_pretty(&Contents { format: FORMAT, created, files: files.clone() })?;
    let beside = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let temporary = tempfile::NamedTempFile::new_in(beside)?;
    let mut tar = Builder::new(BufWriter::new(temporary));
    append(&mut tar, CONTENTS, contents.len() as u64, contents.as_slice())?;
    for (path, entry) in &files {
        append(&mut tar, path, entry.size, File::open(folder.join(path))?)?;
    }
    let temporary = tar.into_inner()?.into_inner().map_err(io::IntoInnerError::into_error)?;
    temporary.as_file().sync_all()?;
    let bytes = temporary.as_file().metadata()?.len();
    file_retry::persist(temporary, file)?;
    Ok(bytes)
}

fn append(tar: &mut Builder<impl Write>, path: &str, size: u64, bytes: impl Read) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o600);
    tar.append_data(&mut header, path, bytes)
}

fn survey(root: &Path, folder: &Path, files: &mut BTreeMap<String, ArchiveEntry>) -> io::Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            survey(root, &path, files)?;
            continue;
        }
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        if is_ours(&name) {
            let (size, sha256) = copy(&mut fs_err::File::open(&path)?, &mut io::sink())?;
            files.insert(name, ArchiveEntry { size, sha256 });
        }
    }
    Ok(())
}

/// Unpacks an archive into an empty folder, and checks all of it: what is in it, whether it is whole, and every byte.
///
/// # Errors
/// [`ArchiveError`]; what the folder holds is then of no use.
pub fn unpack(file: &Path, folder: &Path) -> Result<(), ArchiveError> {
    let mut archive = Archive::new(BufReader::new(fs_err::File::open(file)?));
    let mut entries = archive.entries()?;
    let first = entries.next().ok_or(ArchiveError::Foreign)?.map_err(|_| ArchiveError::Foreign)?;
    if first.path_bytes() != CONTENTS.as_bytes() || first.header().entry_type() != EntryType::Regular {
        return Err(ArchiveError::Foreign);
    }
    let mut announced = announced(first)?;
    state_dir::create_empty(folder)?;
    for entry in entries {
        // The reader cannot tell a cut from garbage; what is missing is said below.
        let Ok(mut entry) = entry else { break };
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let strange = |what| ArchiveError::Strange { path: path.clone(), what };
        if entry.header().entry_type() != EntryType::Regular {
            return Err(strange("no plain file"));
        }
        if !is_ours(&path) {
            return Err(strange("no file of a state folder"));
        }
        let Some(expected) = announced.remove(&path) else { return Err(strange("not announced, or there twice")) };
        if entry.size() != expected.size {
            return Err(strange("of another size than announced"));
        }
        let target = folder.join(&path);
        if let Some(parent) = target.parent() {
            fs_err::create_dir_all(parent)?;
        }
        if path == "version" {
            // The one that was laid out.
            fs_err::remove_file(&target)?;
        }
        let mut target = fs_err::File::create_new(target)?;
        match copy(&mut entry, &mut target) {
            Ok((size, sha256)) if size == expected.size && sha256 == expected.sha256 => target.sync_all()?,
            Ok((size, _)) if size < expected.size => return Err(ArchiveError::CutOff { missing: path }),
            Ok(_) => return Err(strange("damaged")),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(ArchiveError::CutOff { missing: path });
            }
            Err(error) => return Err(error.into()),
        }
    }
    match announced.pop_first() {
        Some((missing, _)) => Err(ArchiveError::CutOff { missing }),
        None => Ok(()),
    }
}

fn announced(entry: tar::Entry<'_, impl Read>) -> Result<BTreeMap<String, ArchiveEntry>, ArchiveError> {
    if entry.size() > MAX_CONTENTS {
        return Err(ArchiveError::Foreign);
    }
    let size = entry.size();
    let mut bytes = Vec::new();
    entry.take(MAX_CONTENTS).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < size {
        return Err(ArchiveError::CutOff { missing: CONTENTS.to_owned() });
    }
    let found: serde_json::Value = serde_json::from_slice(&bytes).map_err(|_| ArchiveError::Foreign)?;
    match found["format"].as_u64() {
        Some(format) if format == u64::from(FORMAT) => {}
        Some(found) => return Err(ArchiveError::Newer { found: u32::try_from(found).unwrap_or(u32::MAX) }),
        None => return Err(ArchiveError::Foreign),
    }
    let contents: Contents = serde_json::from_value(found).map_err(|_| ArchiveError::Foreign)?;
    Ok(contents.files)
}

/// Whether a path is one of a state folder: what others put there is neither exported nor taken in.
fn is_ours(path: &str) -> bool {
    if path.contains('\\') || !Path::new(path).components().all(|part| matches!(part, Component::Normal(_))) {
        return false;
    }
    let parts: Vec<&str> = path.split('/').collect();
    let hex = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match parts.as_slice() {
        ["version" | "kv.sqlite" | "r2.sqlite"] | ["do", "alarms.sqlite"] => true,
        ["do", class, file] => {
            !class.is_empty()
                && class.bytes().all(|byte| byte.is_ascii_alphanumeric())
                && file.strip_suffix(".sqlite").is_some_and(hex)
        }
        ["blobs", "kv" | "r2", shard, file] => hex(shard) && hex(file),
        _ => false,
    }
}

/// Copies to the end: how many bytes, and their hash.
fn copy(from: &mut impl Read, to: &mut impl Write) -> io::Result<(u64, Hash)> {
    use sha2::Digest as _;
    let (mut hasher, mut size, mut chunk) = (sha2::Sha256::new(), 0, vec![0; CHUNK]);
    loop {
        let read = match from.read(&mut chunk) {
            Ok(0) => return Ok((size, Hash::from_bytes(hasher.finalize().into()))),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(&chunk[..read]);
        to.write_all(&chunk[..read])?;
        size += read as u64;
    }
}

/// Puts an unpacked folder in the place of a state folder that nobody owns. What was there is gone afterwards, but for what the system
/// does not let go of: the log names that. Should the change fail halfway, it is where it was.
///
/// # Errors
/// If the folders cannot be renamed.
pub fn replace(state: &Path, unpacked: &Path) -> io::Result<()> {
    let old = beside(state, "old")?;
    let had = match file_retry::rename(state, &old) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        renamed => renamed.map(|()| true)?,
    };
    if let Err(error) = file_retry::rename(unpacked, state) {
        if had && file_retry::rename(&old, state).is_err() {
            return Err(io::Error::other(format!("{error}; what was there is now {}", old.display())));
        }
        return Err(error);
    }
    if had {
        receipts::keep(&old, state)?;
    }
    if had && let Err(error) = file_retry::remove_dir_all(&old) {
        tracing::warn!("{} is of no use any more, and cannot be removed: {error}", old.display());
    }
    Ok(())
}

/// A name beside a folder that nothing has: renaming works only on one file system.
pub fn beside(state: &Path, what: &str) -> io::Result<PathBuf> {
    let mut name = state.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?.to_owned();
    name.push(format!(".{what}-{}", std::process::id()));
    let path = state.with_file_name(name);
    if path.exists() {
        fs_err::remove_dir_all(&path)?;
    }
    Ok(path)
}
