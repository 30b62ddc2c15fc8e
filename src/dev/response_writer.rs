//! Answers on their way into Sources that their authors may be saving. An answer that was said to be written is in the Source then,
//! unless its author has saved it since; the author's save is never taken back (`pmx_site::replace` says how).

use pmx_site::paths::canonical;
use pmx_site::{EditError, Given, RecordError, Settings, UnlinkedFile};
use std::{
    io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

/// How long it is tried to get an answer into a Source that changes all the time.
const PATIENCE: Duration = Duration::from_secs(3);
/// For so long a Source that is gone, or has no such question, may be one that an editor is writing.
const DOUBT: Duration = Duration::from_millis(150);
/// How long it is waited until a Source is read again.
const AGAIN: Duration = Duration::from_millis(4);
/// For so long a file that came out of its place is looked at: an editor that opened it before may write into it until then.
const KEPT_FOR: Duration = Duration::from_secs(3);
/// How often they are looked at.
const CHECK_EVERY: Duration = Duration::from_millis(20);

/// An answer, and where it goes.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// The source root, without links in its path.
    pub(super) root: PathBuf,
    /// The Source, by its path below the root.
    pub(super) source: String,
    /// The question.
    pub(super) block: String,
    /// By their names.
    pub(super) answers: Vec<(String, Given)>,
    /// The run that it was given in.
    pub(super) run: String,
    /// How Sources are read.
    pub(super) settings: Settings,
}

/// Why an answer is not in its Source.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotWritten {
    #[error(transparent)]
    Refused(RecordError),
    #[error("The Source is being written by someone else; try again")]
    Changing,
    #[error("{0}")]
    Failed(String),
}

impl From<io::Error> for NotWritten {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Writes answers, one at a time.
#[derive(Debug, Default)]
pub(super) struct Writer(Arc<Mutex<Vec<Displaced>>>);

/// A file that came out of its place.
#[derive(Debug)]
struct Displaced {
    kept: UnlinkedFile,
    /// The answer for which it came out, and the Source with it; none where it made way for a save of the author's.
    written: Option<(Answer, Vec<u8>)>,
    since: Instant,
}

impl Writer {
    /// Writes an answer. It may take a moment while the author saves.
    pub(super) fn write(&self, answer: Answer) -> Result<(), NotWritten> {
        let mut displaced = lock(&self.0);
        let first = displaced.is_empty();
        let written = write(answer)?;
        displaced.push(written);
        drop(displaced);
        if first {
            self.check_until_empty();
        }
        Ok(())
    }

    /// Looks at what is displaced until nothing is.
    fn check_until_empty(&self) {
        let displaced = Arc::downgrade(&self.0);
        let checking = thread::Builder::new().name("answers".to_owned()).spawn(move || {
            loop {
                thread::sleep(CHECK_EVERY);
                // What is displaced when the server ends is looked at once more there.
                let Some(displaced) = Weak::upgrade(&displaced) else { return };
                let mut displaced = lock(&displaced);
                check(&mut displaced);
                if displaced.is_empty() {
                    return;
                }
            }
        });
        if let Err(error) = checking {
            tracing::warn!("nobody looks after files that were written to: {error}");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        check(&mut lock(&self.0));
    }
}

fn lock(displaced: &Mutex<Vec<Displaced>>) -> MutexGuard<'_, Vec<Displaced>> {
    displaced.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives back what an author has written into, with the answers in it that were written since; lets go of what nobody wrote into for long.
fn check(displaced: &mut Vec<Displaced>) {
    let mut at = 0;
    while at < displaced.len() {
        let place = displaced[at].kept.place().to_owned();
        // What pmx itself has put there is none of the author's saves.
        let here = displaced.iter().filter(|one| one.kept.place() == place);
        let ours: Vec<Vec<u8>> = here.filter_map(|one| Some(one.written.as_ref()?.1.clone())).collect();
        match displaced[at].kept.give_back_if_written(|there| ours.iter().any(|text| text == there)) {
            Ok(None) if displaced[at].since.elapsed() < KEPT_FOR => at += 1,
            Ok(None) => drop(displaced.remove(at)),
            Ok(Some(out)) => {
                displaced[at].since = Instant::now();
                write_again(displaced, at);
                displaced.push(Displaced { kept: out, written: None, since: Instant::now() });
                at += 1;
            }
            Err(error) if displaced[at].since.elapsed() < KEPT_FOR => {
                tracing::debug!("{}: what its author saved is not put back yet: {error}", place.display());
                at += 1;
            }
            Err(error) => {
                tracing::warn!("{}: what its author saved could not be put back: {error}", place.display());
                drop(displaced.remove(at));
            }
        }
    }
}

/// What came out for the answer at this index is back: that answer, and those after it, are not in the Source.
fn write_again(displaced: &mut Vec<Displaced>, at: usize) {
    let place = displaced[at].kept.place().to_owned();
    let here = displaced[at..].iter_mut().filter(|one| one.kept.place() == place);
    let lost: Vec<Answer> = here.filter_map(|one| Some(one.written.take()?.0)).collect();
    for answer in lost {
        let source = answer.source.clone();
        match write(answer) {
            Ok(written) => displaced.push(written),
            // The author has taken the question out.
            Err(error) => tracing::warn!("an answer to a question of {source} is not in it any more: {error}"),
        }
    }
}

fn write(answer: Answer) -> Result<Displaced, NotWritten> {
    let started = Instant::now();
    let mut doubted = None::<Instant>;
    loop {
        let in_doubt = || doubted.is_none_or(|since| since.elapsed() < DOUBT);
        match attempt(&answer) {
            Ok((text, kept)) if is_there(&answer, &text) => {
                return Ok(Displaced { kept, written: Some((answer, text)), since: Instant::now() });
            }
            // The author has saved meanwhile; or there was nothing to write into.
            Ok(_) | Err(NotWritten::Changing) => doubted = None,
            Err(NotWritten::Refused(RecordError::NoQuestion)) if in_doubt() => {
                doubted.get_or_insert_with(Instant::now);
            }
            Err(error) => return Err(error),
        }
        if started.elapsed() > PATIENCE {
            return Err(NotWritten::Changing);
        }
        thread::sleep(AGAIN);
    }
}

impl Answer {
    /// The file that the Source is now; none if there is none, or one outside of the root. Its author may replace a link by another.
    fn file(&self) -> Option<PathBuf> {
        let file = canonical(&self.root.join(&self.source)).ok()?;
        (file.starts_with(&self.root) && file.is_file()).then_some(file)
    }
}

fn is_there(answer: &Answer, text: &[u8]) -> bool {
    answer.file().and_then(|file| std::fs::read(file).ok()).is_some_and(|there| there == text)
}

fn attempt(answer: &Answer) -> Result<(Vec<u8>, UnlinkedFile), NotWritten> {
    let Answer { source, block, answers, run, settings, .. } = answer;
    let gone = || NotWritten::Refused(RecordError::NoQuestion);
    let file = answer.file().ok_or_else(gone)?;
    let before = match fs_err::read(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(gone()),
        before => before?,
    };
    let after = pmx_site::record(source, &before, block, answers, run, settings).map_err(NotWritten::Refused)?;
    match pmx_site::replace(&file, before, after.clone()) {
        Ok(kept) => Ok((after, kept)),
        Err(EditError::Changed(_)) => Err(NotWritten::Changing),
        // The name is free while the author's editor saves.
        Err(EditError::Write { source, .. }) if source.kind() == io::ErrorKind::NotFound => Err(NotWritten::Changing),
        Err(error) => Err(NotWritten::Failed(error.to_string())),
    }
}
