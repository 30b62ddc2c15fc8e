//! Files that stand beside a Source while it is written: `.<name>.<process>-<number>.new` before, `.<name>.<process>-<number>.old` after.
//! No build reads them and no watcher tells of them; what a killed process left is swept by the next one.

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

/// Those of this process: whoever had its number before may have left others.
static OWN: LazyLock<Mutex<HashSet<PathBuf>>> = LazyLock::new(Mutex::default);

/// What such a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// What is to stand at the place.
    New,
    /// What stood there.
    Old,
}

impl Kind {
    const fn ending(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Old => "old",
        }
    }
}

/// A file beside a place, removed when this is dropped.
#[derive(Debug)]
pub(super) struct Beside(PathBuf);

impl Beside {
    /// A name that nobody else uses. Nothing has it yet.
    pub(super) fn name(place: &Path, kind: Kind) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let mut name = OsString::from(".");
        name.push(place.file_name().unwrap_or_default());
        name.push(format!(".{}-{number}.{}", std::process::id(), kind.ending()));
        let path = place.with_file_name(name);
        own().insert(path.clone());
        Self(path)
    }

    /// The file itself, with these bytes and the rights of what stands at the place. Nothing that has the name, and no link, is followed.
    pub(super) fn write(place: &Path, bytes: &[u8]) -> io::Result<Self> {
        let new = Self::name(place, Kind::New);
        let mut file = fs::File::create_new(&new.0)?;
        io::Write::write_all(&mut file, bytes)?;
        file.set_permissions(fs::metadata(place)?.permissions())?;
        Ok(new)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// The same file after its folder, or it alone, was moved.
    pub(super) fn moved_to(&mut self, path: PathBuf) {
        let mut own = own();
        own.remove(&self.0);
        own.insert(path.clone());
        self.0 = path;
    }

    /// Gives the file another name.
    pub(super) fn rename(&mut self, to: Self) -> io::Result<()> {
        fs::rename(&self.0, &to.0)?;
        own().remove(&self.0);
        // The name goes with this one.
        self.0.clone_from(&to.0);
        std::mem::forget(to);
        Ok(())
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
struct Named<'a> {
    /// The name of the place.
    place: &'a str,
    process: u32,
    kind: Kind,
}

fn parse(name: &str) -> Option<Named<'_>> {
    let (rest, kind) = [Kind::New, Kind::Old]
        .into_iter()
        .find_map(|kind| Some((name.strip_prefix('.')?.strip_suffix(kind.ending())?.strip_suffix('.')?, kind)))?;
    let (place, number) = rest.rsplit_once('.')?;
    // Earlier versions gave no number beside that of the process.
    let (process, number) = number.split_once('-').unwrap_or((number, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let process = process.parse().ok().filter(|_| is_number(process) && is_number(number))?;
    (!place.is_empty()).then_some(Named { place, process, kind })
}

/// Whether a file of this name stands beside a Source while that is written.
pub(in crate::site) fn is_beside(name: &str) -> bool {
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
                clear(&entry.path(), named.kind, &folder.join(OsStr::new(named.place)));
            }
        }
    }
}

fn clear(left: &Path, kind: Kind, place: &Path) {
    let gone = fs::symlink_metadata(place).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    let cleared = match kind {
        Kind::Old if gone => super::exchange::put_new(left, place),
        _ => fs::remove_file(left),
    };
    match cleared {
        Ok(()) => tracing::info!("{}: left by a process that is gone, and swept", left.display()),
        Err(error) => tracing::warn!("{}: left by a process that is gone: {error}", left.display()),
    }
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
        for name in [".a.md.12.old", ".a.md.12.new", ".a.md.12-3.old", ".a.12.new", "..x.1-0.new"] {
            assert!(is_beside(name), "{name}");
        }
        for name in [
            "a.md.12.old",
            ".a.md.old",
            ".12.old",
            ".a.md.x.old",
            ".a.md.12.bak",
            ".a.md.1-2-3.old",
            ".a.md.-1.old",
            ".a.+1.old",
        ] {
            assert!(!is_beside(name), "{name}");
        }
    }

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
        let own = Beside::write(&at("a.md"), b"new").unwrap();
        fs::write(at(&format!(".lost.md.{dead}-1.old")), "the only copy").unwrap();
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
    }
}
