use std::path::PathBuf;

/// Why a file is not moved or removed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// Neither a file nor a Source is called so.
    #[error("there is no file and no Source `{asked}`")]
    NotFound {
        /// As it was asked for.
        asked: String,
        /// The nearest name.
        nearest: Option<String>,
    },
    /// The place is not below the source root.
    #[error("{} lies outside of the source folder {}", path.display(), root.display())]
    Outside {
        /// The place.
        path: PathBuf,
        /// The source root.
        root: PathBuf,
    },
    /// Something is at the new place already.
    #[error("{0} exists already")]
    Exists(String),
    /// Old and new are the same.
    #[error("{0} is there already")]
    Same(String),
    /// The new name has another extension.
    #[error("{old} cannot become {new}: the extension says what kind of file it is")]
    Extension {
        /// The old path.
        old: String,
        /// The new path.
        new: String,
    },
    /// A folder into itself.
    #[error("{0} cannot be moved into itself")]
    IntoItself(String),
    /// The source root, or a folder that holds it.
    #[error("{0} is the source folder itself")]
    Root(String),
    /// A folder where a file is needed.
    #[error("{0} is a folder")]
    Folder(String),
    /// A symbolic link.
    #[error("{0} is a symbolic link")]
    SymbolicLink(String),
    /// The new place is one that no build looks at, or that cannot be published.
    #[error("{0} would not be part of the site")]
    Unseen(String),
    /// The entry of the site, which nothing else names.
    #[error("{0} is the entry of the site")]
    Entry(String),
    /// A file changed while the edit was made.
    #[error("{0} changed meanwhile")]
    Changed(String),
    /// Writing failed; everything is as it was.
    #[error("{what}: {source}; everything is as it was")]
    Write {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// Writing failed, and so did taking it back.
    #[error("{what}: {source}; these could not be put back: {}", lost.join(", "))]
    HalfWay {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: std::io::Error,
        /// What is not as it was.
        lost: Vec<String>,
    },
}

impl EditError {
    /// What could be done about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotFound { nearest: Some(nearest), .. } => format!("did you mean {nearest}?"),
            Self::NotFound { .. } => "name it by its path, or by its id: the path below the source folder without `.md`".to_owned(),
            Self::Outside { .. } => "both places must lie below the source folder".to_owned(),
            Self::Exists(_) => "choose another name, or remove that one first".to_owned(),
            Self::Extension { old, new } => {
                let extension = old.rsplit_once('.').map_or("", |(_, extension)| extension);
                format!("did you mean {new}.{extension}?")
            }
            Self::Root(_) => "move what is in it, or change `sourceDir` in the config".to_owned(),
            Self::Folder(_) => "remove its files one by one, so that each link is looked at".to_owned(),
            Self::SymbolicLink(_) => "move or remove the file that it leads to".to_owned(),
            Self::Unseen(_) => {
                "hidden folders, node_modules and output folders are left out; a path has at most 1024 bytes and no control characters".to_owned()
            }
            Self::Entry(_) => "list the entry under `## Paths` in pathmx.config.md first".to_owned(),
            Self::Changed(_) => "run the command again".to_owned(),
            Self::HalfWay { .. } => "compare these files with your version control".to_owned(),
            Self::Same(_) | Self::IntoItself(_) | Self::Write { .. } => return None,
        })
    }
}
