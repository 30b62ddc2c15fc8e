//! The words for work on a project's files.

use super::{LogFormat, Term};
use clap::Args;
use pmx_site::BasePath;
use std::path::PathBuf;

/// `pmx init`
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The folder to write into; it may be missing
    #[arg(value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// Overwrite the files that this command writes, and no others
    #[arg(long)]
    pub force: bool,
}

/// `pmx build`
#[derive(Clone, Debug, Default, Args)]
pub struct BuildArgs {
    /// Entry Sources, or a folder that has one [default: what the config names, else paths/index.path.md]
    #[arg(value_name = "PATH")]
    pub entries: Vec<PathBuf>,
    /// Where the built files go [default: what the config says, else .pathmx in the project; with --static dist]
    #[arg(short, long, value_name = "DIR", alias = "outdir")]
    pub out: Option<PathBuf>,
    /// Write a folder for any host of plain files: GitHub Pages, an object store, a web server
    #[arg(long = "static")]
    pub static_files: bool,
    /// With --static: the path below which the host has the site, such as /course/
    #[arg(long, value_name = "PATH", requires = "static_files")]
    pub base: Option<BasePath>,
    /// Remove what was built before first
    #[arg(long)]
    pub clean: bool,
    /// Build pages with the Player, which is the default
    #[arg(long, overrides_with = "no_player", hide = true)]
    pub player: bool,
    /// Build pages without the Player
    #[arg(long)]
    pub no_player: bool,
}

/// `pmx check`
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Entry Sources, or a folder that has one [default: what the config names, else paths/index.path.md]
    #[arg(value_name = "PATH")]
    pub entries: Vec<PathBuf>,
    /// Fail on warnings too
    #[arg(long)]
    pub strict: bool,
    /// Name the Sources that no link leads to
    #[arg(long)]
    pub unreachable: bool,
    /// How findings are printed: `json` is the same as --json
    #[arg(long, value_name = "FORMAT", hide = true)]
    pub format: Option<LogFormat>,
}

/// `pmx tree`
#[derive(Debug, Args)]
pub struct TreeArgs {
    /// Entry Sources, or a folder that has one [default: what the config names, else paths/index.path.md]
    #[arg(value_name = "PATH")]
    pub entries: Vec<PathBuf>,
}

/// `pmx query`
#[derive(Debug, Args)]
pub struct QueryArgs {
    /// What a Source must meet: key=value, key!=value (* is anything), or a word of its title, description, path or tags
    #[arg(value_name = "CONDITION")]
    pub terms: Vec<Term>,
    /// An entry Source, or a folder that has one; may be repeated [default: what the config names, else paths/index.path.md]
    #[arg(long = "entry", value_name = "PATH")]
    pub entries: Vec<PathBuf>,
}

/// `pmx route`
#[derive(Debug, Args)]
pub struct RouteArgs {
    /// A Source's path or id, or a route
    pub query: String,
    /// Where the built files are [default: where `build` puts them]
    #[arg(short, long, value_name = "DIR", alias = "outdir")]
    pub out: Option<PathBuf>,
    /// Put this before the route
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
}

/// `pmx new`
#[derive(Debug, Args)]
pub struct NewArgs {
    /// Its kind, such as lesson, guide, path, project, lab, assessment, component, talk
    pub kind: String,
    /// Its title; the file is named after it
    pub title: String,
    /// The folder that it goes into, from here or from the source folder [default: here, or the source folder]
    #[arg(long = "in", value_name = "DIR")]
    pub folder: Option<String>,
    /// Add a link to it in this Source, at the end of its last list of links
    #[arg(long, value_name = "SOURCE")]
    pub link: Option<String>,
}

/// `pmx mv`
#[derive(Debug, Args)]
pub struct MvArgs {
    /// What to move: a path from here or from the source folder, or a Source's id
    pub old: String,
    /// Where to: named the same way as the old place
    pub new: String,
    /// Say what would change and change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}

/// `pmx rm`
#[derive(Debug, Args)]
pub struct RmArgs {
    /// What to delete: a path from here or from the source folder, or a Source's id
    pub file: String,
    /// Say what would change and change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}
