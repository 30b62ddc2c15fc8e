//! What is served: one site, or all below a folder.

use crate::{
    cli,
    error::{Error, Result},
};
use pmx_model::SiteName;
use pmx_site::paths::canonical;
use pmx_site::{Options, Project};
use std::path::{Path, PathBuf};

/// The name of a site whose folder has none that a site can have.
const UNNAMED: &str = "site";

/// What is served.
pub(super) enum Scope {
    /// One site, at the bare host too.
    One {
        name: SiteName,
        /// How the project was found.
        options: Options,
        project: Box<Project>,
    },
    /// Every site below this folder, absolute and without links in its path.
    Many(PathBuf),
}

impl Scope {
    /// What the command asks for; a folder whose config has a `workspace` list is several sites by itself.
    pub(super) fn of(command: &cli::DevArgs) -> Result<Self> {
        let cwd = std::env::current_dir()
            .map_err(|error| Error::new(format!("the working directory cannot be read: {error}")))?;
        if let Some(folder) = &command.multi_site {
            return Ok(Self::Many(workspace(&cwd, folder)?));
        }
        let named = command.entry.as_deref().unwrap_or(Path::new("."));
        if command.site.is_none() && named.is_dir() && pmx_site::workspace_list(named)?.is_some() {
            return Ok(Self::Many(workspace(&cwd, named)?));
        }
        let options = Options { cwd, entries: command.entry.iter().cloned().collect() };
        let project = Box::new(pmx_site::locate(&options)?);
        let name = match &command.site {
            Some(name) => name.parse().map_err(Error::usage)?,
            // A folder may be called what no site can be called.
            None => project.name.parse().or_else(|_| UNNAMED.parse()).map_err(Error::new)?,
        };
        Ok(Self::One { name, options, project })
    }

    /// The folder that the state lies in, if no other is asked for.
    pub(super) fn folder(&self) -> &Path {
        match self {
            Self::One { project, .. } => &project.folder,
            Self::Many(folder) => folder,
        }
    }

    /// The site of the bare host.
    pub(super) const fn default_site(&self) -> Option<&SiteName> {
        match self {
            Self::One { name, .. } => Some(name),
            Self::Many(_) => None,
        }
    }
}

fn workspace(cwd: &Path, folder: &Path) -> Result<PathBuf> {
    let unusable = |why: &dyn std::fmt::Display| {
        Error::new(format!("{}: {why}", folder.display())).hint("`--multi-site` names the folder that the sites are in")
    };
    pmx_site::no_link_leads_out(&cwd.join(folder))?;
    let exact = canonical(folder).map_err(|error| unusable(&error))?;
    if exact.is_dir() { Ok(exact) } else { Err(unusable(&"it is no folder")) }
}
