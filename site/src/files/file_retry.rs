//! Files that another program holds open for a moment: an editor that saves, a virus scanner, an indexer. On Windows such a file can be
//! neither read nor replaced meanwhile; elsewhere it can, and nothing here waits.

use std::{fs, io, path::Path, thread, time::Duration};
use tempfile::NamedTempFile;

/// The first pause; each is twice as long as the one before. A scanner is through with a small file in about this time.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
/// The last pause: all together wait for half a second. Who holds a file longer than that works with it.
const LAST_PAUSE: Duration = Duration::from_millis(256);
/// What Windows says of a file that is held: `ERROR_ACCESS_DENIED` (of one that is about to go, or that is replaced),
/// `ERROR_SHARING_VIOLATION`, `ERROR_LOCK_VIOLATION` (Microsoft, "System Error Codes").
const HELD: [i32; 3] = [5, 32, 33];

/// Does it, again and again while the system says that another program holds the file, for half a second at most.
///
/// # Errors
/// What the last try answered.
pub fn while_held<T>(act: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let is_held = |error: &io::Error| cfg!(windows) && error.raw_os_error().is_some_and(|code| HELD.contains(&code));
    retry(act, is_held, thread::sleep)
}

fn retry<T>(
    mut act: impl FnMut() -> io::Result<T>,
    is_held: impl Fn(&io::Error) -> bool,
    wait: impl Fn(Duration),
) -> io::Result<T> {
    let mut pause = FIRST_PAUSE;
    loop {
        match act() {
            Err(error) if pause <= LAST_PAUSE && is_held(&error) => wait(pause),
            done => return done,
        }
        pause *= 2;
    }
}

/// Renames a file or folder; a file that is at the new place is replaced.
///
/// # Errors
/// As [`fs::rename`], the last time.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    while_held(|| fs::rename(from, to))
}

/// What is in a file.
///
/// # Errors
/// As [`fs::read`], the last time.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    while_held(|| fs::read(path))
}

/// Gives a temporary file its name; a file of that name is replaced.
///
/// # Errors
/// As [`NamedTempFile::persist`], the last time; the temporary file is gone then.
pub fn persist(file: NamedTempFile, to: &Path) -> io::Result<fs::File> {
    let mut file = Some(file);
    while_held(|| {
        let unnamed = file.take().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        unnamed.persist(to).map_err(|refused| {
            file = Some(refused.file);
            refused.error
        })
    })
}

/// Removes a folder with all that is in it.
///
/// # Errors
/// As [`fs::remove_dir_all`], the last time.
pub fn remove_dir_all(folder: &Path) -> io::Result<()> {
    while_held(|| fs::remove_dir_all(folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::{Cell, RefCell};

    /// How long it is waited for a file that is held this often, and whether it worked in the end.
    fn held(times: usize) -> (Duration, bool) {
        let (tries, waited) = (Cell::new(0), RefCell::new(Duration::ZERO));
        let act = || {
            tries.set(tries.get() + 1);
            if tries.get() <= times { Err(io::Error::from_raw_os_error(32)) } else { Ok(()) }
        };
        let done = retry(act, |error| error.raw_os_error() == Some(32), |pause| *waited.borrow_mut() += pause);
        (waited.into_inner(), done.is_ok())
    }

    #[test]
    fn a_file_that_is_held_for_a_moment_is_replaced_and_one_that_stays_held_is_given_up() {
        assert_eq!(held(0), (Duration::ZERO, true));
        assert_eq!(held(2), (Duration::from_millis(3), true));
        assert_eq!(held(1000), (Duration::from_millis(511), false));
    }

    #[test]
    fn what_is_no_matter_of_others_fails_at_once() {
        let missing = || Err::<(), _>(io::Error::from(io::ErrorKind::NotFound));
        let wait = |_| panic!("waited");
        assert!(retry(missing, |error| error.raw_os_error() == Some(32), wait).is_err());
    }

    /// A program that shares nothing of the file with others, as editors do while they save.
    #[test]
    #[cfg(windows)]
    fn a_file_that_another_program_holds_is_replaced_once_it_is_free() {
        use std::os::windows::fs::OpenOptionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (new, place) = (folder.path().join("new"), folder.path().join("place"));
        fs::write(&new, "new").unwrap();
        fs::write(&place, "old").unwrap();
        let holder = RefCell::new(Some(fs::File::options().read(true).share_mode(0).open(&place).unwrap()));
        let waits = Cell::new(0);
        let wait = |_| {
            waits.set(waits.get() + 1);
            if waits.get() == 3 {
                holder.take();
            }
        };
        let is_held = |error: &io::Error| error.raw_os_error().is_some_and(|code| HELD.contains(&code));
        retry(|| fs::rename(&new, &place), is_held, wait).unwrap();
        assert_eq!(fs::read_to_string(&place).unwrap(), "new");
    }

    #[test]
    fn a_temporary_file_takes_the_place_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a");
        fs::write(&place, "old").unwrap();
        persist(NamedTempFile::new_in(folder.path()).unwrap(), &place).unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"");
        rename(&place, &folder.path().join("b")).unwrap();
        assert!(!place.exists() && folder.path().join("b").exists());
    }
}
