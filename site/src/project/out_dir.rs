//! Which folder a build goes to, and whether links may lead there.

use crate::{
    error::SiteError,
    files::folder::{Folder, FolderError},
};
use std::path::{Path, PathBuf};

/// The folder that takes a build where nobody says another one.
pub(crate) const DEFAULT: &str = ".pathmx";
/// The list of what pmx wrote into an output folder. The scanner stays out of folders that have one.
pub(crate) const RECEIPT: &str = ".pmx-outputs";
/// Keeps `git add` out of a folder, the file itself with it.
const GITIGNORE: (&str, &[u8]) = (".gitignore", b"*\n");

/// An output folder. It need not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutDir {
    path: PathBuf,
    /// The folder below which no link leads to it; none, if the user named the output folder and it may be what it is.
    anchor: Option<PathBuf>,
    /// Whether Git is to be kept out of it.
    private: bool,
}

impl OutDir {
    /// A folder that the user named on the command line: links on the way there are followed, none below it.
    #[must_use]
    pub fn named(path: &Path) -> Self {
        Self { path: path.to_owned(), anchor: None, private: false }
    }

    /// `.pathmx` in the folder that the user works in; Git is kept out of it.
    #[must_use]
    pub fn default_in(folder: &Path) -> Self {
        Self { path: folder.join(DEFAULT), anchor: Some(folder.to_owned()), private: true }
    }

    /// A folder that a config names. `path` lies below `anchor`, and no link may lead there.
    pub(crate) fn configured(anchor: &Path, path: &Path) -> Self {
        Self { path: path.to_owned(), anchor: Some(anchor.to_owned()), private: false }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens it; none, if it is not there.
    ///
    /// # Errors
    /// A link leads there though the user did not name it, or it cannot be opened.
    pub fn open(&self) -> Result<Option<Folder>, SiteError> {
        let Some((anchor, below)) = self.below() else {
            return match Folder::open(&self.path) {
                Ok(folder) => Ok(Some(folder)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(SiteError::read(&self.path)(error)),
            };
        };
        let anchor = Folder::open(anchor).map_err(SiteError::read(anchor))?;
        anchor.descend(below).map_err(|error| self.refused(error, SiteError::unreadable))
    }

    /// Opens it, after it was made if it was not there.
    pub(crate) fn make(&self) -> Result<Folder, SiteError> {
        let Some((anchor, below)) = self.below() else {
            return Folder::make(&self.path).map_err(SiteError::write(&self.path));
        };
        let anchor = Folder::open(anchor).map_err(SiteError::write(anchor))?;
        let folder = anchor.descend_or_make(below).map_err(|error| self.refused(error, SiteError::unwritable))?;
        if self.private && matches!(folder.look(GITIGNORE.0), Ok(None)) {
            // Without it the build is as good.
            let _ = folder.create(GITIGNORE.0, GITIGNORE.1);
        }
        Ok(folder)
    }

    fn below(&self) -> Option<(&Path, &Path)> {
        let anchor = self.anchor.as_deref()?;
        Some((anchor, self.path.strip_prefix(anchor).ok()?))
    }

    fn refused(&self, error: FolderError, otherwise: impl FnOnce(FolderError) -> SiteError) -> SiteError {
        match error {
            FolderError::Link(link) => SiteError::OutputThroughLink { out: self.path.clone(), link },
            error => otherwise(error),
        }
    }
}
