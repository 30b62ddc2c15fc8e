//! A new Source, with a link to it in another one where that is asked for.

use super::{
    EditError, EditOrSite,
    kinds::{self, KINDS},
    list_link::with_link,
    locate,
    reference::Syntax,
    slug::slug,
    spelling,
};
use crate::{
    error::SiteError,
    files::paths::canonical,
    project::{Project, relative, slashed},
    scan,
    text::{address, nearest},
};
use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// The longest title, in characters: a heading of some lines.
const MAX_TITLE: usize = 200;
/// The longest kind, in bytes.
const MAX_KIND: usize = 32;

/// What a person asks for.
#[derive(Clone, Copy, Debug)]
pub struct SourceRequest<'a> {
    /// The kind: what stands between the name and `.md`.
    pub kind: &'a str,
    /// The title.
    pub title: &'a str,
    /// The folder, from the working directory or from the source root; none for the working directory.
    pub folder: Option<&'a str>,
    /// The Source that is to link to it.
    pub link: Option<&'a str>,
}

/// Why no Source is made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// A title without a letter or a digit.
    #[error("`{0}` gives no name for a file: a title has a letter or a digit in it")]
    NoName(String),
    /// A title of a page's length.
    #[error("a title has at most {MAX_TITLE} characters, this one has {0}")]
    LongTitle(usize),
    /// What no kind can be.
    #[error("`{kind}` is no kind of Source")]
    Kind {
        /// As it was asked for.
        kind: String,
        /// The likest one.
        nearest: Option<&'static str>,
    },
    /// There is no place for the link.
    #[error("{0} has no place where a link would be read as one")]
    NoPlace(String),
    /// The Source that is to link is no Source.
    #[error("{0} is no Source")]
    NoSource(String),
    /// The place, or the Source that is to link, is not to be had.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The site cannot be read.
    #[error(transparent)]
    Site(#[from] SiteError),
}

impl From<EditOrSite> for CreateError {
    fn from(error: EditOrSite) -> Self {
        match error {
            EditOrSite::Edit(error) => Self::Edit(error),
            EditOrSite::Site(error) => Self::Site(error),
        }
    }
}

impl CreateError {
    /// What could be done about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Edit(error) => return error.hint(),
            Self::Site(error) => return error.hint(),
            Self::LongTitle(_) => return None,
            Self::NoName(_) => "a file is named after its title".to_owned(),
            Self::Kind { nearest: Some(nearest), .. } => format!("did you mean {nearest}?"),
            Self::Kind { .. } => {
                format!("a kind is a word in lower case, such as {}; `config` is not a Source", KINDS[..5].join(", "))
            }
            Self::NoPlace(_) => "write the link by hand; without --link the Source is made alone".to_owned(),
            Self::NoSource(_) => "--link names a Markdown file of this site".to_owned(),
        })
    }
}

/// A new Source, thought through. Nothing has been written yet.
#[derive(Clone, Debug)]
pub struct NewSource {
    path: PathBuf,
    text: String,
    link: Option<Linking>,
    /// Where it will be, as a person in the working directory names it.
    pub shown: String,
    /// Its id.
    pub id: String,
}

/// The Source that links to the new one.
#[derive(Clone, Debug)]
struct Linking {
    path: PathBuf,
    shown: String,
    before: Vec<u8>,
    after: Vec<u8>,
}

/// Thinks through a new Source of the site.
///
/// # Errors
/// The title or the kind gives no name, the place is taken or outside of the Sources, or the link has no place.
pub fn plan_source(project: &Project, cwd: &Path, wanted: &SourceRequest<'_>) -> Result<NewSource, CreateError> {
    let snapshot = scan::scan(project, None)?;
    let cwd = canonical(cwd).map_err(SiteError::read(cwd))?;
    let title = wanted.title.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let title = title.collect::<Vec<_>>().join(" ");
    let length = title.chars().count();
    if length > MAX_TITLE {
        return Err(CreateError::LongTitle(length));
    }
    check_kind(wanted.kind)?;
    let slug = slug(&title).ok_or_else(|| CreateError::NoName(wanted.title.to_owned()))?;
    let folder = locate::folder_for(project, &cwd, wanted.folder);
    let path = folder.join(format!("{slug}.{}.md", wanted.kind));
    locate::free_place(project, &cwd, &path)?;
    let below = slashed(path.strip_prefix(&project.source_root).unwrap_or(&path));
    let link = match wanted.link {
        Some(asked) => Some(linking(project, &snapshot, &cwd, asked, (&title, &below))?),
        None => None,
    };
    let text = kinds::text(wanted.kind, &title, &slug);
    let id = below.strip_suffix(".md").unwrap_or(&below).to_owned();
    Ok(NewSource { shown: relative(&cwd, &path), path, text, link, id })
}

/// Any word may be a kind; one that is nearly a known one is a slip of the finger.
fn check_kind(kind: &str) -> Result<(), CreateError> {
    if KINDS.contains(&kind) {
        return Ok(());
    }
    let nearest = nearest::likest(&kind.to_lowercase(), KINDS.iter().map(|kind| (*kind, *kind)));
    let nearest = nearest.and_then(|nearest| KINDS.into_iter().find(|kind| *kind == nearest));
    let plain = kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let is_word = plain && kind.len() <= MAX_KIND && kind.starts_with(|c: char| c.is_ascii_lowercase());
    if is_word && nearest.is_none() && !matches!(kind, "config" | "md") {
        return Ok(());
    }
    Err(CreateError::Kind { kind: kind.to_owned(), nearest })
}

fn linking(
    project: &Project,
    snapshot: &scan::Snapshot,
    cwd: &Path,
    asked: &str,
    (title, target): (&str, &str),
) -> Result<Linking, CreateError> {
    let path = locate::file_of(project, snapshot, cwd, asked)?;
    let shown = relative(cwd, &path);
    if path.extension().is_none_or(|extension| extension != "md") {
        return Err(CreateError::NoSource(shown));
    }
    let before = fs::read(&path).map_err(SiteError::read(&path))?;
    let Ok(file) = std::str::from_utf8(&before) else { return Err(CreateError::NoPlace(shown)) };
    let from = slashed(path.strip_prefix(&project.source_root).unwrap_or(&path));
    let address = spelling::relative(Syntax::Destination, "./", address::folder(&from), target);
    // What ends with a slash is written so, and a Source is no folder.
    let address = address.trim_end_matches('/');
    let after = with_link(&from, file, title, address, &project.settings);
    let after = after.ok_or_else(|| CreateError::NoPlace(shown.clone()))?;
    Ok(Linking { path, shown, before, after: after.into_bytes() })
}

impl NewSource {
    /// Who links to it, as a person in the working directory names it.
    #[must_use]
    pub fn linked_from(&self) -> Option<&str> {
        self.link.as_ref().map(|link| link.shown.as_str())
    }

    /// Writes it, then the link: both, or nothing.
    ///
    /// # Errors
    /// The place is taken meanwhile, the other Source changed, or the disk refuses.
    pub fn apply(&self) -> Result<(), EditError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AlreadyExists => EditError::Exists(self.shown.clone()),
            _ => EditError::Write { what: format!("cannot write {}", self.shown), source },
        };
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut file = fs::File::create_new(&self.path).map_err(failed)?;
        let written = file.write_all(self.text.as_bytes()).map_err(failed);
        drop(file);
        let link = |link: &Linking| super::replace(&link.path, link.before.clone(), link.after.clone()).map(drop);
        let done = written.and_then(|()| self.link.as_ref().map_or(Ok(()), link));
        if done.is_err() {
            let _ = fs::remove_file(&self.path);
        }
        done
    }
}
