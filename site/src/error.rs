use crate::{
    diagnostic::Position,
    files::{folder::FolderError, portable::unportable},
};
use pmx_model::{Hash, ManifestError, RootsError, RoutesError};
use std::path::{Path, PathBuf};

/// Why a site cannot be found, read or written. What is wrong *in* a Source is a [`super::Diagnostic`] instead.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// A folder without a config and without an entry.
    #[error("{} is no site", folder.display())]
    NoSite {
        /// The folder.
        folder: PathBuf,
        /// The files that would have made it one.
        looked_for: Vec<String>,
    },
    /// An entry that was asked for does not exist.
    #[error("there is no entry {}", path.display())]
    NoEntry {
        /// As it was asked for.
        path: PathBuf,
        /// The nearest name beside it.
        nearest: Option<String>,
    },
    /// An entry that is no Markdown file.
    #[error("the entry {} is no Markdown file", .0.display())]
    NotMarkdown(PathBuf),
    /// More than one folder, or a folder beside files.
    #[error("{} is a folder: name one folder, or entry files", .0.display())]
    FolderAmongEntries(PathBuf),
    /// An entry that lies elsewhere than the Sources.
    #[error("the entry {} lies outside of the source folder {}", entry.display(), source_root.display())]
    OutsideRoot {
        /// The entry.
        entry: PathBuf,
        /// Where Sources are.
        source_root: PathBuf,
    },
    /// More entries than a deploy can have roots.
    #[error("{0} entries, at most {max} are allowed", max = pmx_model::MAX_ROOTS)]
    TooManyEntries(usize),
    /// A config that cannot be used.
    #[error("{}:{}:{}: {message}", path.display(), position.line, position.column)]
    Config {
        /// The config file.
        path: PathBuf,
        /// The place in it.
        position: Position,
        /// What is the matter with it.
        message: String,
        /// What could be done about it.
        cure: Option<String>,
    },
    /// More files than any site has: the source folder is surely another one than meant.
    #[error("{} holds more than {max} files", folder.display())]
    TooManyFiles {
        /// The source folder.
        folder: PathBuf,
        /// The limit.
        max: usize,
    },
    /// More folders than any site has, or links that lead to the same ones over and over.
    #[error("{} holds more than {max} folders", folder.display())]
    TooManyFolders {
        /// The source folder.
        folder: PathBuf,
        /// The limit.
        max: usize,
    },
    /// More bytes than any site has.
    #[error("{} holds more than {max} bytes", folder.display())]
    TooManyBytes {
        /// The source folder.
        folder: PathBuf,
        /// The limit.
        max: u64,
    },
    /// Folders in folders beyond all reason.
    #[error("{} lies more than {max} folders deep", folder.display())]
    TooDeep {
        /// The folder.
        folder: PathBuf,
        /// The limit.
        max: usize,
    },
    /// A config that names something outside of its checkout.
    #[error(
        "{}:{}:{}: {said} leads to {}, out of {}",
        config.display(), position.line, position.column, target.display(), checkout.display()
    )]
    LeadsOut {
        /// The config file.
        config: PathBuf,
        /// The place in it.
        position: Position,
        /// What it says there.
        said: String,
        /// Where that leads.
        target: PathBuf,
        /// The folder that it may not leave.
        checkout: PathBuf,
        /// How the user says that it may.
        way: &'static str,
    },
    /// A link that is part of a checkout and leads out of it: an entry, the source folder, a folder on the way.
    #[error("{} leads to {}, out of {}", link.display(), target.display(), checkout.display())]
    LinkLeadsOut {
        /// The link.
        link: PathBuf,
        /// Where it leads.
        target: PathBuf,
        /// The folder that it may not leave.
        checkout: PathBuf,
    },
    /// A link leads to the output folder, or is it, and nobody named it.
    #[error("the output folder {} is not written to: {} is a link", out.display(), link.display())]
    OutputThroughLink {
        /// The output folder.
        out: PathBuf,
        /// The link.
        link: PathBuf,
    },
    /// A link in an output folder, where a folder is needed.
    #[error("{} is a link, and none is followed in an output folder", .0.display())]
    LinkInOutput(PathBuf),
    /// The output would lie over the Sources.
    #[error("the output folder {} holds the Sources themselves", .0.display())]
    OutputOverSources(PathBuf),
    /// Reading failed.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// What was read.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Writing failed.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// What was written.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file of the output that Windows would take for something else: a device, a stream in another file. Nothing is written.
    #[error("cannot write {0}: {why}", why = unportable(.0).map_or_else(String::new, |why| format!("on Windows, {why}")))]
    Unportable(String),
    /// A file of the site was not the same when it was looked at and when it was copied.
    #[error("{} changed while the site was built", .0.display())]
    Changed(PathBuf),
    /// Pages with these hashes were kept from an earlier build, and the output has lost them. Whoever has the cache builds again.
    #[error("{} pages of an earlier build are gone", .0.len())]
    NotHeld(Vec<Hash>),
    /// A folder that holds no build.
    #[error("{} holds no build", .0.display())]
    NotBuilt(PathBuf),
    /// A document of a build that is not one.
    #[error("{}: {message}", path.display())]
    Document {
        /// The document.
        path: PathBuf,
        /// What is the matter with it.
        message: String,
    },
}

impl SiteError {
    pub(super) fn read(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        |source| Self::Read { path, source }
    }

    pub(super) fn write(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        |source| Self::Write { path, source }
    }

    /// Something in a folder cannot be read.
    pub(super) fn unreadable(error: FolderError) -> Self {
        match error {
            FolderError::Link(path) => Self::LinkInOutput(path),
            FolderError::Io { path, source } => Self::Read { path, source },
        }
    }

    /// Something in a folder cannot be written.
    pub(super) fn unwritable(error: FolderError) -> Self {
        match error {
            FolderError::Link(path) => Self::LinkInOutput(path),
            FolderError::Io { path, source } => Self::Write { path, source },
        }
    }

    pub(super) fn document(path: &Path, reason: impl Into<Reason>) -> Self {
        Self::Document { path: path.to_owned(), message: reason.into().0 }
    }

    /// What could be done about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoSite { looked_for, .. } => {
                format!("none of these exists: {}; or name an entry: pmx build <file>.md", looked_for.join(", "))
            }
            Self::NoEntry { nearest: Some(nearest), .. } => format!("did you mean {nearest}?"),
            Self::NoEntry { .. } => "name an entry Source, or a folder that has paths/index.path.md".to_owned(),
            Self::OutsideRoot { .. } => "`sourceDir` in the config says where Sources are".to_owned(),
            Self::TooManyFiles { .. } | Self::TooManyFolders { .. } | Self::TooManyBytes { .. } => {
                "set `sourceDir` in pmx's config (pathmx.config.md) to the folder of the Sources".to_owned()
            }
            Self::TooDeep { .. } => {
                "move it, or leave it out: hidden folders and node_modules are not looked into".to_owned()
            }
            Self::Config { cure, .. } => return cure.clone(),
            Self::LeadsOut { way, .. } => (*way).to_owned(),
            Self::LinkLeadsOut { target, .. } => {
                format!("if you trust it, name that itself on the command line: {}", target.display())
            }
            Self::OutputThroughLink { .. } => {
                "name the folder on the command line with --out or --outdir if it is meant, or remove the link"
                    .to_owned()
            }
            Self::LinkInOutput(_) => "pmx did not make it: remove it, or choose another output folder".to_owned(),
            Self::OutputOverSources(_) => "choose another folder with --out".to_owned(),
            Self::Unportable(_) => "give the Source, the asset or the Path another name".to_owned(),
            Self::Changed(_) | Self::NotHeld(_) => "run the command again".to_owned(),
            Self::NotBuilt(_) | Self::Document { .. } => "run pmx build first".to_owned(),
            _ => return None,
        })
    }
}

/// Why a document is refused, as a sentence.
pub(super) struct Reason(String);

macro_rules! reasons {
    ($($error:ty),*) => {$(
        impl From<$error> for Reason {
            fn from(error: $error) -> Self {
                Self(error.to_string())
            }
        }
    )*};
}
reasons!(serde_json::Error, RootsError, RoutesError, ManifestError);
