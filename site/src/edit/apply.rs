//! A plan on disk: all of it or nothing.

use super::error::EditError;
use crate::files::{
    beside::{Beside, BesideKind},
    exchange::{self, DetachedFile, ExchangeError, put_new},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A file's new bytes.
#[derive(Clone, Debug)]
pub(super) struct Write {
    /// Where the file is now.
    pub path: PathBuf,
    /// Where it is after the move.
    pub target: PathBuf,
    pub before: Vec<u8>,
    pub after: Vec<u8>,
}

/// What happens besides writing.
#[derive(Clone, Debug)]
pub(super) enum ApplyStep {
    /// Nothing moves.
    Stay,
    /// A file or a folder moves.
    Move(PathBuf, PathBuf),
    /// A file goes.
    Remove(PathBuf),
}

/// What was done so far, and how it is undone.
enum Done {
    Folder(PathBuf),
    Moved(PathBuf, PathBuf),
    Written(DetachedFile),
    Removed { path: PathBuf, backup: Beside },
}

/// Does it. Every new text is written beside its file before the first file is touched; if anything fails, or an author saves one of the
/// files meanwhile, all is put back. The files that stood at the places, for whoever looks at them for longer.
pub(super) fn apply(writes: &[Write], step: &ApplyStep) -> Result<Vec<DetachedFile>, EditError> {
    let mut done = Vec::new();
    match carry_out(writes, step, &mut done).and_then(|()| settle(&mut done)) {
        // A copy that stays is a nuisance, and no reason to take everything back: it goes when it is dropped.
        Ok(taken) => Ok(taken),
        Err(failure) => {
            let mut lost = Vec::new();
            for one in done.into_iter().rev() {
                one.undo(&mut lost);
            }
            Err(match failure {
                Failure::Changed(path) => EditError::Changed(path.display().to_string()),
                Failure::Io(what, source) if lost.is_empty() => EditError::Write { what, source },
                Failure::Io(what, source) => EditError::HalfWay { what, source, lost },
            })
        }
    }
}

enum Failure {
    Changed(PathBuf),
    Io(String, io::Error),
}

fn io_error<'a>(what: &'a str, path: &'a Path) -> impl FnOnce(io::Error) -> Failure + 'a {
    move |source| Failure::Io(format!("cannot {what} {}", path.display()), source)
}

fn refused<'a>(path: &'a Path) -> impl FnOnce(ExchangeError) -> Failure + 'a {
    move |refused| match refused {
        ExchangeError::Changed => Failure::Changed(path.to_owned()),
        ExchangeError::Io(source) => io_error("write", path)(source),
    }
}

fn carry_out(writes: &[Write], step: &ApplyStep, done: &mut Vec<Done>) -> Result<(), Failure> {
    let mut staged = Vec::with_capacity(writes.len());
    for write in writes {
        let now = fs::read(&write.path).map_err(io_error("read", &write.path))?;
        if now != write.before {
            return Err(Failure::Changed(write.path.clone()));
        }
        staged.push(
            Beside::write(&write.path, &write.after, &write.before).map_err(io_error("write beside", &write.path))?,
        );
    }
    match step {
        ApplyStep::Stay => {}
        ApplyStep::Move(from, to) => {
            make_folders(to.parent().unwrap_or(to), done)?;
            put_new(from, to).map_err(io_error("move", from))?;
            done.push(Done::Moved(from.clone(), to.clone()));
        }
        ApplyStep::Remove(path) => {
            let backup = Beside::name(path, BesideKind::Old);
            put_new(path, backup.path()).map_err(io_error("remove", path))?;
            done.push(Done::Removed { path: path.clone(), backup });
        }
    }
    for (write, mut new) in writes.iter().zip(staged) {
        // Staged files of a folder that moved, moved with it; of a file that moved by itself, the new text stayed behind.
        if !new.path().exists()
            && let Some(name) = new.path().file_name()
        {
            new.moved_to(write.target.with_file_name(name));
        }
        if !write.target.exists() {
            return Err(io_error("write", &write.target)(io::ErrorKind::NotFound.into()));
        }
        let taken = exchange::put(new, &write.target, &write.before, &write.after).map_err(refused(&write.target))?;
        done.push(Done::Written(taken));
    }
    Ok(())
}

/// Waits for editors that were about to write into the files that came out.
fn settle(done: &mut Vec<Done>) -> Result<Vec<DetachedFile>, Failure> {
    let mut taken = Vec::new();
    let mut others = Vec::new();
    for one in done.drain(..) {
        match one {
            Done::Written(one) => taken.push(one),
            other => others.push(other),
        }
    }
    let changed = DetachedFile::settle(&mut taken);
    if changed.is_ok() {
        return Ok(taken);
    }
    done.extend(others);
    done.extend(taken.into_iter().map(Done::Written));
    changed.map(|()| Vec::new()).map_err(|place| refused(&place.0)(place.1))
}

fn make_folders(folder: &Path, done: &mut Vec<Done>) -> Result<(), Failure> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|folder| !folder.exists()).collect();
    for folder in missing.into_iter().rev() {
        fs::create_dir(folder).map_err(io_error("make", folder))?;
        done.push(Done::Folder(folder.to_owned()));
    }
    Ok(())
}

impl Done {
    fn undo(self, lost: &mut Vec<String>) {
        let (undone, path) = match self {
            Self::Folder(path) => {
                let _ = fs::remove_dir(&path);
                return;
            }
            Self::Moved(from, to) => (put_new(&to, &from), to),
            Self::Written(mut taken) => (taken.give_back(), taken.place().to_owned()),
            Self::Removed { path, backup } => (put_new(backup.path(), &path), path),
        };
        if undone.is_err() {
            lost.push(path.display().to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(folder: &Path) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                found.extend(texts(&path).into_iter().map(|(file, text)| (format!("{name}/{file}"), text)));
            } else {
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
        found.sort();
        found
    }

    fn site() -> tempfile::TempDir {
        let site = tempfile::tempdir().unwrap();
        fs::create_dir(site.path().join("d")).unwrap();
        for name in ["a", "b", "d/c"] {
            fs::write(site.path().join(name), name).unwrap();
        }
        site
    }

    fn write(site: &Path, path: &str, target: &str) -> Write {
        let after = format!("new {path}").into_bytes();
        Write { path: site.join(path), target: site.join(target), before: path.as_bytes().to_vec(), after }
    }

    #[test]
    fn a_folder_moves_with_its_new_texts() {
        let site = site();
        let writes = [write(site.path(), "a", "a"), write(site.path(), "d/c", "x/e/c")];
        apply(&writes, &ApplyStep::Move(site.path().join("d"), site.path().join("x/e"))).unwrap();
        let expected = [("a", "new a"), ("b", "b"), ("x/e/c", "new d/c")];
        assert_eq!(texts(site.path()), expected.map(|(path, text)| (path.to_owned(), text.to_owned())));
    }

    #[test]
    fn a_failure_leaves_everything_as_it_was() {
        let site = site();
        let before = texts(site.path());
        let move_b = ApplyStep::Move(site.path().join("b"), site.path().join("y/b"));
        // The last file changed meanwhile; then the target of the last write is no file; then the target is taken.
        let mut stale = [write(site.path(), "a", "a"), write(site.path(), "d/c", "d/c")];
        stale[1].before.clear();
        assert!(matches!(apply(&stale, &move_b), Err(EditError::Changed(_))));
        let lost = [write(site.path(), "a", "a"), write(site.path(), "b", "nowhere/b")];
        assert!(matches!(apply(&lost, &move_b), Err(EditError::Write { .. })));
        let lost = [write(site.path(), "a", "a"), write(site.path(), "d/c", "nowhere/c")];
        assert!(matches!(apply(&lost, &ApplyStep::Remove(site.path().join("b"))), Err(EditError::Write { .. })));
        let taken = ApplyStep::Move(site.path().join("b"), site.path().join("d/c"));
        assert!(matches!(apply(&[write(site.path(), "a", "a")], &taken), Err(EditError::Write { .. })));
        assert_eq!(texts(site.path()), before);
    }
}
