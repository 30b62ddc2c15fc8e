//! Files that stand beside a Source while it is written. No build reads them and no watcher tells of them; what a killed process left is
//! swept by the next one.
//!
//! `.<name>.<process>-<number>-<digest>-<digest>.new` is a new text, or what came out of the place in exchange for it: the digests are
//! those of the new text and of what was read, so that either is told from a save of the author's that no process was left to put back.
//! `.<name>.<process>-<number>.old` is a file that is being removed. Earlier versions gave the process alone.

use super::exchange;
use pmx_model::Hash;
use std::{
    collections::{BTreeSet, HashSet},
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
    sync::{
        LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

/// A file that belongs to a process which lives is swept all the same after so long: its number is that of another one by now. Nothing
/// is kept beside a Source for more than some seconds.
const OLD: Duration = Duration::from_secs(3600);

/// Hex digits of a digest in a name.
const DIGEST: usize = 16;

/// Those of this process: whoever had its number before may have left others.
static OWN: LazyLock<Mutex<HashSet<PathBuf>>> = LazyLock::new(Mutex::default);

/// What such a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BesideKind {
    /// What is to stand at the place.
    New,
    /// What stood there.
    Old,
}

impl BesideKind {
    const fn ending(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Old => "old",
        }
    }
}

/// A file beside a place, removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Beside(PathBuf);

impl Beside {
    /// A name that nobody else uses. Nothing has it yet.
    pub(crate) fn name(place: &Path, kind: BesideKind) -> Self {
        Self::named(place, kind, "")
    }

    fn named(place: &Path, kind: BesideKind, digests: &str) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let mut name = OsString::from(".");
        name.push(place.file_name().unwrap_or_default());
        name.push(format!(".{}-{number}{digests}.{}", std::process::id(), kind.ending()));
        let path = place.with_file_name(name);
        own().insert(path.clone());
        Self(path)
    }

    /// The file itself, with these bytes and the rights of what stands at the place, which held `before`. Nothing that has the name, and
    /// no link, is followed.
    pub(crate) fn write(place: &Path, bytes: &[u8], before: &[u8]) -> io::Result<Self> {
        let new = Self::named(place, BesideKind::New, &format!("-{}-{}", digest(bytes), digest(before)));
        let mut file = fs::File::create_new(&new.0)?;
        io::Write::write_all(&mut file, bytes)?;
        file.set_permissions(fs::metadata(place)?.permissions())?;
        Ok(new)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The same file after its folder, or it alone, was moved.
    pub(crate) fn moved_to(&mut self, path: PathBuf) {
        let mut own = own();
        own.remove(&self.0);
        own.insert(path.clone());
        self.0 = path;
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Gone where it was given another name.
        let _ = fs::remove_file(&self.0);
        own().remove(&self.0);
    }
}

fn own() -> MutexGuard<'static, HashSet<PathBuf>> {
    OWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the name of such a file says.
struct BesideName<'a> {
    /// The name of the place.
    place: &'a str,
    process: u32,
    kind: BesideKind,
    /// Of the new text, and of what was read.
    digests: Option<(&'a str, &'a str)>,
}

/// As much of a text's hash as tells it from others by chance.
fn digest(bytes: &[u8]) -> String {
    Hash::of(bytes).short(DIGEST).to_owned()
}

fn parse(name: &str) -> Option<BesideName<'_>> {
    let (rest, kind) = [BesideKind::New, BesideKind::Old]
        .into_iter()
        .find_map(|kind| Some((name.strip_prefix('.')?.strip_suffix(kind.ending())?.strip_suffix('.')?, kind)))?;
    let (place, number) = rest.rsplit_once('.')?;
    let mut parts = number.split('-');
    let (process, number, new, before, rest) = (parts.next()?, parts.next(), parts.next(), parts.next(), parts.next());
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_digest = |text: &str| text.len() == DIGEST && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digests = new.zip(before);
    let is_ours = rest.is_none()
        && new.is_some() == before.is_some()
        && number.is_none_or(is_number)
        && digests.is_none_or(|(new, before)| is_digest(new) && is_digest(before));
    let process = process.parse().ok().filter(|_| is_number(process) && is_ours)?;
    (!place.is_empty()).then_some(BesideName { place, process, kind, digests })
}

/// Whether a file of this name stands beside a Source while that is written.
pub(crate) fn is_beside(name: &str) -> bool {
    parse(name).is_some()
}

/// Removes from these folders what processes left that are gone. What stood at a place where nothing stands any more goes back.
pub fn sweep<'a>(folders: impl IntoIterator<Item = &'a Path>) {
    for folder in folders.into_iter().collect::<BTreeSet<_>>() {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for entry in entries.filter_map(Result::ok) {
            let name = entry.file_name();
            // A link of such a name is none of pmx.
            if let Some(named) = name.to_str().and_then(parse)
                && entry.file_type().is_ok_and(|kind| kind.is_file())
                && is_left(&entry.path(), named.process)
            {
                clear(&entry.path(), &named, &folder.join(OsStr::new(named.place)));
            }
        }
    }
}

fn clear(left: &Path, named: &BesideName<'_>, place: &Path) {
    let gone = fs::symlink_metadata(place).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    let cleared = if named.kind == BesideKind::Old && gone {
        exchange::put_new(left, place)
    } else if named.digests.is_some_and(|digests| is_a_save(left, place, digests)) {
        exchange::swap(left, place).and_then(|()| fs::remove_file(left))
    } else {
        fs::remove_file(left)
    };
    match cleared {
        Ok(()) => tracing::info!("{}: left by a process that is gone, and swept", left.display()),
        Err(error) => tracing::warn!("{}: left by a process that is gone: {error}", left.display()),
    }
}

/// Whether a file is what its author saved while a process put a new text in its place, and that text is still there.
fn is_a_save(left: &Path, place: &Path, (new, before): (&str, &str)) -> bool {
    let of = |path: &Path| fs::read(path).ok().filter(|bytes| !bytes.is_empty()).map(|bytes| digest(&bytes));
    of(left).is_some_and(|left| left != new && left != before) && of(place).is_some_and(|there| there == new)
}

/// Whether the process that wrote a file is gone.
fn is_left(path: &Path, process: u32) -> bool {
    if process == std::process::id() {
        return !own().contains(path);
    }
    !lives(process) || age(path).is_some_and(|age| age > OLD)
}

#[cfg(unix)]
fn lives(process: u32) -> bool {
    use rustix::{
        io::Errno,
        process::{Pid, test_kill_process},
    };
    let process = i32::try_from(process).ok().and_then(Pid::from_raw);
    // One of another user lives, too.
    process.is_some_and(|process| test_kill_process(process) != Err(Errno::SRCH))
}

#[cfg(not(unix))]
const fn lives(_: u32) -> bool {
    // Not told; the age of the file does.
    true
}

/// How long ago a file got its name, or where the system does not tell, its content.
fn age(path: &Path) -> Option<Duration> {
    let meta = fs::symlink_metadata(path).ok()?;
    #[cfg(unix)]
    let since = {
        use std::os::unix::fs::MetadataExt as _;
        SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(meta.ctime()).ok()?)
    };
    #[cfg(not(unix))]
    let since = meta.modified().ok()?;
    SystemTime::now().duration_since(since).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_pattern_are_pmxs_own() {
        for name in [
            ".a.md.12.old",
            ".a.md.12.new",
            ".a.md.12-3.old",
            ".a.12.new",
            "..x.1-0.new",
            ".a.1-2-0123456789abcdef-0123456789abcdef.new",
        ] {
            assert!(is_beside(name), "{name}");
        }
        for name in [
            "a.md.12.old",
            ".a.md.old",
            ".12.old",
            ".a.md.x.old",
            ".a.md.12.bak",
            ".a.md.1-2-3.old",
            ".a.md.1-2-3-4.new",
            ".a.md.-1.old",
            ".a.+1.old",
        ] {
            assert!(!is_beside(name), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_the_dead_left_is_swept_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        // No system gives out so high a number (Linux: 2^22 at most).
        let dead = 2_000_000_000;
        let living = std::os::unix::process::parent_id();
        let (gone, stays) = (
            [
                format!(".a.md.{dead}.old"),
                format!(".a.md.{dead}-7.new"),
                format!(".a.md.{}-99999.old", std::process::id()),
            ],
            [format!(".a.md.{living}.old"), "a.md".to_owned(), format!("a.md.{dead}.old"), format!(".a.md.{dead}.bak")],
        );
        for name in gone.iter().chain(&stays) {
            fs::write(at(name), name).unwrap();
        }
        fs::create_dir(at(&format!(".d.{dead}.old"))).unwrap();
        std::os::unix::fs::symlink(at("a.md"), at(&format!(".l.{dead}.old"))).unwrap();
        let own = Beside::write(&at("a.md"), b"new", b"a.md").unwrap();
        fs::write(at(&format!(".lost.md.{dead}-1.old")), "the only copy").unwrap();
        // Killed between the exchange and the look at what came out.
        let name = |place: &str| format!(".{place}.{dead}-1-{}-{}.new", digest(b"new"), digest(b"read"));
        for (place, there, left) in [
            ("saved.md", "new", "the author's"),
            ("usual.md", "new", "read"),
            ("early.md", "read", "new"),
            ("later.md", "later", "x"),
        ] {
            fs::write(at(place), there).unwrap();
            fs::write(at(&name(place)), left).unwrap();
        }
        sweep([folder.path()]);
        for name in &gone {
            assert!(!at(name).exists(), "{name}");
        }
        for name in &stays {
            assert_eq!(fs::read_to_string(at(name)).unwrap(), *name);
        }
        assert!(
            own.path().exists() && at(&format!(".d.{dead}.old")).exists() && at(&format!(".l.{dead}.old")).exists()
        );
        assert_eq!(fs::read_to_string(at("lost.md")).unwrap(), "the only copy");
        for (place, text) in
            [("saved.md", "the author's"), ("usual.md", "new"), ("early.md", "read"), ("later.md", "later")]
        {
            assert_eq!(fs::read_to_string(at(place)).unwrap(), text);
            assert!(!at(&name(place)).exists(), "{place}");
        }
    }
}
