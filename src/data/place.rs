//! Which state folder is used, and whether it may be without being asked for.

use crate::{
    error::{Error, Result},
    git,
};
use pmx_site::paths::canonical;
use pmx_site::{CONFIGS, SiteError};
use std::path::{Path, PathBuf};

/// Where state goes, in the folder of the project.
pub const STATE_FOLDER: &str = ".pathmx-state";

/// The folder whose state is meant, absolute and without links in its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The folder.
    pub folder: PathBuf,
    /// What it is.
    pub kind: HomeKind,
}

/// What the folder is whose state is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HomeKind {
    /// A project.
    Project,
    /// One whose config lists several projects.
    Workspace,
    /// No project: any folder.
    Folder,
}

impl Home {
    /// The folder of the project that `named` is, or lies in; a folder that is in none stands for itself.
    ///
    /// # Errors
    /// There is no such path, or a link of a checkout leads from there out of it.
    pub fn of(named: &Path) -> Result<Self> {
        let unusable = |error: std::io::Error| Error::new(format!("{}: {error}", named.display()));
        pmx_site::no_link_leads_out(&std::path::absolute(named).map_err(unusable)?)?;
        let exact = canonical(named).map_err(unusable)?;
        let start = if exact.is_dir() { exact } else { exact.parent().unwrap_or(&exact).to_owned() };
        if pmx_site::workspace_list(&start).ok().flatten().is_some() {
            return Ok(Self { folder: start, kind: HomeKind::Workspace });
        }
        let project = |folder| Self { folder, kind: HomeKind::Project };
        match pmx_site::locate(&pmx_site::Options { cwd: start.clone(), entries: Vec::new() }) {
            Ok(found) => Ok(project(found.folder)),
            Err(SiteError::NoSite { .. }) => Ok(Self { folder: start, kind: HomeKind::Folder }),
            // A config that cannot be read just now is the project's all the same.
            Err(_) => {
                let has_config = |folder: &&Path| CONFIGS.iter().any(|name| folder.join(name).is_file());
                let folder = start.ancestors().find(has_config).map(Path::to_owned);
                Ok(folder.map_or(Self { folder: start, kind: HomeKind::Folder }, project))
            }
        }
    }

    /// The state folder, if no other is named.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.folder.join(STATE_FOLDER)
    }
}

/// The state folder: the one that was named, else the default one, unless that came from somebody else. What is in a state folder is
/// served, and answers for the sites in it; so one that came with a checkout, belongs to another user, or is a link to elsewhere is used
/// when the command line names it, and not before.
///
/// # Errors
/// The default folder is somebody else's.
pub fn choose(named: Option<&Path>, default: PathBuf) -> Result<PathBuf> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    // What is not there yet is made by whoever asks.
    let Ok(metadata) = default.symlink_metadata() else { return Ok(default) };
    let place = default.display();
    let refused = |what: &str| {
        Err(Error::new(format!("{place} {what}, and is not used without being asked for"))
            .hint(format!("`--state {place}` uses it; what is in it is served then"))
            .hint("another folder, which need not exist, is one's own: `--state <DIR>`"))
    };
    if metadata.is_symlink() {
        return refused("is a link");
    }
    if !is_own(&metadata) {
        return refused("belongs to another user");
    }
    if canonical(&default).is_ok_and(|exact| git::tracks(&exact)) {
        return refused("came with the checkout");
    }
    Ok(default)
}

#[cfg(unix)]
fn is_own(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    metadata.uid() == rustix::process::geteuid().as_raw()
}

/// Who owns a folder is not asked here: profiles of other users cannot be written.
#[cfg(not(unix))]
fn is_own(_: &std::fs::Metadata) -> bool {
    true
}
