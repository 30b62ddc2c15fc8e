//! A Source gets other bytes while its author may be saving it: the author's save always wins.
//!
//! Between the moment at which a file is read and the one at which its new text is put in its place, an editor may save. Nothing that is
//! looked at before can rule that out, so it is looked at after: the new file and the one at the place change places in one step
//! (`renameat2` with `RENAME_EXCHANGE`, `renamex_np` with `RENAME_SWAP`), and what came out is compared with what was read. If it is
//! something else, it goes back, and the new text is made again from it. A save may come in these ways:
//!
//! - **Another file is put at the name** (renamed, moved, linked): it is what comes out of the exchange, or it takes the place of ours
//!   afterwards. While an author's file goes back, a newer one may have come to the place: it comes out then, is known by being none of
//!   ours, and goes back in turn, until what comes out is what was put there.
//! - **The file is written into**: an editor that opened it before the exchange goes on writing into what came out. So that file keeps a
//!   name beside the place for a moment ([`DetachedFile`]); when its bytes change, it goes back with all that the editor still writes. After
//!   that it has no name and is held open for a while ([`UnlinkedFile`]): what is written into it then is copied to the place. The same holds
//!   for a file of ours that came out: it may have been opened while it was at the place.
//! - **The name is free for a moment** (Vim renames the file and creates it anew): the exchange fails, and the caller reads again.
//!
//! A file goes back by an exchange as well, so that no step overwrites anything. What is left is an editor that opens a file, waits for
//! longer than it is looked at, and only then writes.
//!
//! Where a file system knows no exchange (NFS, some of FUSE; Windows), three steps do the same that overwrite nothing either: what
//! stands at the place gets another name, the new file is linked to the name unless somebody has it, and the first is given back
//! otherwise. For some microseconds nothing stands at the place then.

use super::{
    beside::{Beside, BesideKind},
    file_retry::{read, rename, while_held},
};
use std::{
    fs,
    io::{self, Read as _, Seek as _},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

/// How often an author's file goes back at most when newer ones keep coming: at some microseconds each, no editor does.
const MAX_RETURNS: usize = 1000;
/// How long a name may be free while an editor saves.
const FREE: Duration = Duration::from_millis(200);
/// How often it is looked whether it is taken again.
const LOOK: Duration = Duration::from_millis(1);
/// When a file that came out is looked at before an edit is said to be made: an editor that was about to write has written.
const SETTLING: [Duration; 4] =
    [Duration::from_millis(1), Duration::from_millis(2), Duration::from_millis(4), Duration::from_millis(8)];

/// Why the new text is not at the place.
#[derive(Debug)]
pub(crate) enum ExchangeError {
    /// The author saved; what they saved is at the place.
    Changed,
    Io(io::Error),
}

impl From<io::Error> for ExchangeError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists => Self::Changed,
            _ => Self::Io(error),
        }
    }
}

/// A file that came out of its place, and has a name beside it until this is dropped.
#[derive(Debug)]
pub(crate) struct DetachedFile {
    place: PathBuf,
    file: Beside,
    /// What was in it when it came out.
    bytes: Vec<u8>,
    /// What was put in its place.
    put: Vec<u8>,
}

/// A file that came out of its place and has no name any more.
#[derive(Debug)]
pub struct UnlinkedFile {
    place: PathBuf,
    file: fs::File,
    /// What was in it when it was looked at last.
    bytes: Vec<u8>,
}

/// Puts a new file in the place of one that holds `before`, or leaves the place to its author.
pub(crate) fn put(new: Beside, place: &Path, before: &[u8], after: &[u8]) -> Result<DetachedFile, ExchangeError> {
    swap(new.path(), place)?;
    let bytes = read(new.path())?;
    let mut taken = DetachedFile { place: place.to_owned(), file: new, bytes, put: after.to_vec() };
    if taken.bytes != before {
        taken.give_back()?;
        return Err(ExchangeError::Changed);
    }
    Ok(taken)
}

impl DetachedFile {
    pub(crate) fn place(&self) -> &Path {
        &self.place
    }

    /// Whether somebody has written into it since it came out.
    fn is_written_to(&self) -> bool {
        read(self.file.path()).is_ok_and(|bytes| bytes != self.bytes)
    }

    /// Waits for a moment in which editors that were about to write into these do so.
    ///
    /// # Errors
    /// One did: what it writes into is at its place again, which is named, and is none of these any more.
    pub(crate) fn settle(all: &mut Vec<Self>) -> Result<(), (PathBuf, ExchangeError)> {
        for pause in SETTLING {
            if all.is_empty() {
                break;
            }
            thread::sleep(pause);
            if let Some(written) = all.iter().position(Self::is_written_to) {
                let mut written = all.remove(written);
                let refused = written.give_back().map_or_else(ExchangeError::from, |()| ExchangeError::Changed);
                return Err((written.place, refused));
            }
        }
        Ok(())
    }

    /// Takes its name.
    pub(crate) fn keep(self) -> io::Result<UnlinkedFile> {
        let Self { place, file, bytes, .. } = self;
        Ok(UnlinkedFile { place, file: fs::File::open(file.path())?, bytes })
    }

    /// Puts it back, and whatever newer file of the author's comes out in turn. In the end this is what came out last: ours, or what
    /// the author's newest save has replaced.
    pub(crate) fn give_back(&mut self) -> io::Result<()> {
        let mut free_since = None;
        for _ in 0..MAX_RETURNS {
            let back = read(self.file.path())?;
            match swap(self.file.path(), &self.place) {
                Ok(()) => {}
                // A file that was created meanwhile is newer than this one.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    if free_since.get_or_insert_with(Instant::now).elapsed() < FREE {
                        thread::sleep(LOOK);
                        if self.place.exists() {
                            // The author's editor had moved what was there, and has created it anew.
                            return Ok(());
                        }
                        continue;
                    }
                    return match put_new(self.file.path(), &self.place) {
                        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                        put => put,
                    };
                }
                Err(error) => return Err(error),
            }
            let came = read(self.file.path())?;
            self.bytes.clone_from(&came);
            if came == self.put {
                return Ok(());
            }
            self.put = back;
        }
        Ok(())
    }
}

impl UnlinkedFile {
    /// The place that it came out of.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Copies to its place what somebody has written into it: the author's save, in a file that is at the place no more. A save at the
    /// place that is not older stays. `is_ours` knows what pmx has put there. What came out of the place, if this was done.
    ///
    /// # Errors
    /// The disk refuses; it is tried again at the next call.
    pub fn give_back_if_written(&mut self, is_ours: impl Fn(&[u8]) -> bool) -> io::Result<Option<Self>> {
        let written = self.read()?;
        // An editor that has emptied it is about to write.
        if written == self.bytes || written.is_empty() {
            return Ok(None);
        }
        let there = match read(&self.place) {
            // It is being saved, or was removed since: both are newer.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            there => there?,
        };
        let is_newer =
            || Ok::<bool, io::Error>(fs::metadata(&self.place)?.modified()? >= self.file.metadata()?.modified()?);
        if there != self.bytes && !is_ours(&there) && is_newer()? {
            self.bytes = written;
            return Ok(None);
        }
        let copy = Beside::write(&self.place, &written, &there)?;
        swap(copy.path(), &self.place)?;
        let bytes = read(copy.path())?;
        let mut out = DetachedFile { place: self.place.clone(), file: copy, bytes, put: written.clone() };
        if out.bytes != there && !is_ours(&out.bytes) {
            out.give_back()?;
        }
        self.bytes = written;
        out.keep().map(Some)
    }

    fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(self.bytes.len());
        self.file.rewind()?;
        self.file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Has two files change places.
pub(crate) fn swap(one: &Path, other: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    {
        use rustix::{
            fs::{CWD, RenameFlags, renameat_with},
            io::Errno,
        };
        match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
            // The file system, or the kernel, knows no exchange.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            done => return done.map_err(Into::into),
        }
    }
    swap_in_steps(one, other)
}

/// As [`swap`], where the system has no one step for it. What is at `other` in between is found by [`put_new`], and stays there.
fn swap_in_steps(one: &Path, other: &Path) -> io::Result<()> {
    let mut aside = Beside::name(other, BesideKind::Old);
    rename(other, aside.path())?;
    match put_new(one, other) {
        Ok(()) => {
            rename(aside.path(), one)?;
            aside.moved_to(one.to_owned());
            std::mem::forget(aside);
            Ok(())
        }
        Err(error) => {
            // Either somebody has created a file there, which is newer than what this one holds, or it goes back.
            match put_new(aside.path(), other) {
                Err(back) if back.kind() != io::ErrorKind::AlreadyExists => {
                    // It is the only copy: it keeps its name, and the next start puts it back.
                    std::mem::forget(aside);
                    Err(back)
                }
                _ => Err(error),
            }
        }
    }
}

/// Gives a file a name that nobody has.
pub(crate) fn put_new(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    {
        use rustix::{
            fs::{CWD, RenameFlags, renameat_with},
            io::Errno,
        };
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            done => return done.map_err(Into::into),
        }
    }
    match fs::hard_link(from, to) {
        Ok(()) => while_held(|| fs::remove_file(from)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists || to.exists() => {
            Err(io::Error::from(io::ErrorKind::AlreadyExists))
        }
        // A file system without links (FAT): the best that can be done.
        Err(_) => rename(from, to),
    }
}
