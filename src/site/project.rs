use super::{
    address,
    config::{self, SiteAddress},
    error::SiteError,
    source::Settings,
    suggest,
};
use crate::paths::canonical;
pub(super) use crate::paths::slashed;
use pmx_worker::model::{MAX_ROOTS, SiteName};
use std::path::{Path, PathBuf};

/// The folder that holds Sources by convention.
const SOURCE_FOLDER: &str = "paths";
/// The entries that a folder may have without saying so.
const ENTRIES: [&str; 3] = ["paths/index.path.md", "index.path.md", "index.md"];
/// The name of a site whose folder's name is none.
const UNNAMED: &str = "site";

/// What a person asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder in which the command runs.
    pub cwd: PathBuf,
    /// Entry files, or one folder; empty for what config and convention say.
    pub entries: Vec<PathBuf>,
}

/// A site on disk: where its Sources are and where its Paths start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// The folder's name as a DNS label: what the site may be called.
    pub name: String,
    /// The folder of the project, absolute: that of the config, else the one that was named or worked in.
    pub folder: PathBuf,
    /// The folder of the Sources, absolute.
    pub source_root: PathBuf,
    /// The folder of the Sources as a person in the working directory would name it.
    pub shown: String,
    /// The entries; the first is the default. Never empty.
    pub roots: Vec<Entry>,
    /// Where the config wants the output, absolute.
    pub out_dir: Option<PathBuf>,
    /// How Sources are read.
    pub settings: Settings,
    /// What pages say of the site as a whole.
    pub address: SiteAddress,
    /// Folders that are not looked into, absolute.
    pub exclude: Vec<PathBuf>,
    /// Whether pages come with the Player.
    pub player: bool,
    /// Whether `source-maps/` is written.
    pub source_maps: bool,
}

/// The Source that a Path starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path below the source root, `/`-separated.
    pub path: String,
}

impl Project {
    /// Where the output goes: `asked` below `cwd`, or what the config says if `asked` is the default.
    ///
    /// # Errors
    /// The Sources lie in that folder.
    pub fn out_dir(&self, cwd: &Path, asked: &Path) -> Result<PathBuf, SiteError> {
        let out = match &self.out_dir {
            Some(configured) if asked == Path::new(crate::cli::DEFAULT_OUT) => configured.clone(),
            _ => cwd.join(asked),
        };
        let exact = canonical(&out).unwrap_or_else(|_| out.clone());
        if self.source_root.starts_with(exact) { Err(SiteError::OutputOverSources(out)) } else { Ok(out) }
    }

    /// A Source's path as a person in the working directory would name it.
    #[must_use]
    pub fn show(&self, path: &str) -> String {
        if self.shown == "." { path.to_owned() } else { format!("{}/{path}", self.shown) }
    }
}

/// Finds the site: entry files or a folder if they are named, else the nearest config above `cwd`, else convention.
///
/// # Errors
/// There is no site, its config is broken, or an entry is not where Sources are.
pub fn locate(options: &Options) -> Result<Project, SiteError> {
    let cwd = canonical(&options.cwd).map_err(SiteError::read(&options.cwd))?;
    let mut files = Vec::new();
    for asked in &options.entries {
        let path = cwd.join(asked);
        match canonical(&path) {
            Ok(folder) if folder.is_dir() && options.entries.len() == 1 => return in_folder(&cwd, &folder, false),
            Ok(folder) if folder.is_dir() => return Err(SiteError::FolderAmongEntries(asked.clone())),
            Ok(file) => files.push(file),
            Err(_) => return Err(no_entry(asked, &path)),
        }
    }
    if files.is_empty() { in_folder(&cwd, &cwd, true) } else { with_files(&cwd, &files) }
}

/// The site of a folder; `upwards` also looks for a config in the folders above, up to the checkout's.
fn in_folder(cwd: &Path, folder: &Path, upwards: bool) -> Result<Project, SiteError> {
    if let Some((home, config)) = nearest_config(folder, upwards)? {
        return configured(cwd, &home, config);
    }
    let entry = ENTRIES.iter().map(|name| folder.join(name)).find(|path| path.is_file()).ok_or_else(|| {
        let names = config::NAMES.iter().chain(&ENTRIES).map(|&name| name.to_owned());
        SiteError::NoSite { folder: folder.to_owned(), looked_for: names.collect() }
    })?;
    let source_root = entry.parent().unwrap_or(folder).to_owned();
    Project::new(cwd, folder, source_root, &[entry])
}

fn configured(cwd: &Path, home: &Path, config: config::Config) -> Result<Project, SiteError> {
    let mut entries = Vec::new();
    for entry in &config.entries {
        entries.push(canonical(entry).map_err(|_| no_entry(entry, entry))?);
    }
    let source_root = match &config.source_dir {
        Some(dir) => canonical(dir).map_err(SiteError::read(dir))?,
        None => entries.first().map_or_else(|| home.join(SOURCE_FOLDER), |entry| conventional_root(home, entry)),
    };
    if entries.is_empty() {
        let names = ["index.path.md", "index.md"];
        let found = names.iter().map(|name| source_root.join(name)).find(|path| path.is_file());
        entries.push(found.ok_or_else(|| {
            SiteError::NoSite {
                folder: home.to_owned(),
                looked_for: std::iter::once(format!(
                    "a list of links under `## Paths` in {}",
                    relative(home, &config.file)
                ))
                .chain(names.iter().map(|name| relative(home, &source_root.join(name))))
                .collect(),
            }
        })?);
    }
    let project = Project::new(cwd, home, source_root, &entries)?;
    Ok(Project { out_dir: config.out_dir, settings: config.settings, address: config.address, ..project })
}

fn with_files(cwd: &Path, files: &[PathBuf]) -> Result<Project, SiteError> {
    let config = nearest_config(cwd, true)?;
    let first = &files[0];
    let (home, config) = match config {
        Some((home, config)) => (home, Some(config)),
        None if first.starts_with(cwd) => (cwd.to_owned(), None),
        None => {
            let root = conventional_root(first.parent().unwrap_or(first), first);
            let home = if root.ends_with(SOURCE_FOLDER) { root.parent().unwrap_or(&root) } else { &root };
            (home.to_owned(), None)
        }
    };
    let source_root = match config.as_ref().and_then(|config| config.source_dir.as_ref()) {
        Some(dir) => canonical(dir).map_err(SiteError::read(dir))?,
        None => conventional_root(if first.starts_with(cwd) { cwd } else { &home }, first),
    };
    let project = Project::new(cwd, &home, source_root, files)?;
    Ok(match config {
        Some(config) => {
            Project { out_dir: config.out_dir, settings: config.settings, address: config.address, ..project }
        }
        None => project,
    })
}

/// The source root that an entry implies: the first `paths` folder on the way from `base` down to it, else `base`.
fn conventional_root(base: &Path, entry: &Path) -> PathBuf {
    let Ok(below) = entry.strip_prefix(base) else { return base.to_owned() };
    let first = below.components().next();
    if first.is_some_and(|c| c.as_os_str() == SOURCE_FOLDER) && below.components().nth(1).is_some() {
        return base.join(SOURCE_FOLDER);
    }
    base.ancestors().find(|folder| folder.ends_with(SOURCE_FOLDER)).unwrap_or(base).to_owned()
}

fn nearest_config(folder: &Path, upwards: bool) -> Result<Option<(PathBuf, config::Config)>, SiteError> {
    for folder in folder.ancestors() {
        if let Some(config) = config::find(folder)? {
            return Ok(Some((folder.to_owned(), config)));
        }
        if !upwards || folder.join(".git").exists() {
            break;
        }
    }
    Ok(None)
}

impl Project {
    fn new(cwd: &Path, folder: &Path, source_root: PathBuf, entries: &[PathBuf]) -> Result<Self, SiteError> {
        if entries.len() > MAX_ROOTS {
            return Err(SiteError::TooManyEntries(entries.len()));
        }
        let mut roots = Vec::new();
        for entry in entries {
            let Ok(below) = entry.strip_prefix(&source_root) else {
                return Err(SiteError::OutsideRoot { entry: entry.clone(), source_root });
            };
            if !entry.is_file() || entry.extension().is_none_or(|e| e != "md") {
                return Err(SiteError::NotMarkdown(entry.clone()));
            }
            let root = Entry { path: slashed(below) };
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        Ok(Self {
            name: site_name(folder),
            folder: folder.to_owned(),
            shown: relative(cwd, &source_root),
            source_root,
            roots,
            out_dir: None,
            settings: Settings::default(),
            address: SiteAddress::default(),
            exclude: Vec::new(),
            player: true,
            source_maps: false,
        })
    }
}

fn no_entry(asked: &Path, path: &Path) -> SiteError {
    let beside = path.parent().and_then(|folder| std::fs::read_dir(folder).ok());
    let names: Vec<String> =
        beside.into_iter().flatten().flatten().filter_map(|e| e.file_name().into_string().ok()).collect();
    let wanted = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let nearest = suggest::likest(wanted, names.iter().map(|name| (name.as_str(), name.as_str())));
    let nearest = nearest.map(|name| slashed(&asked.with_file_name(name)));
    SiteError::NoEntry { path: asked.to_owned(), nearest }
}

/// `path` as seen from `cwd`; absolute when it lies elsewhere.
pub(super) fn relative(cwd: &Path, path: &Path) -> String {
    match path.strip_prefix(cwd) {
        Ok(below) if below.as_os_str().is_empty() => ".".to_owned(),
        Ok(below) => slashed(below),
        Err(_) => slashed(path),
    }
}

/// A name for the site from its folder: letters and digits stay, all else becomes single hyphens.
#[must_use]
pub fn site_name(folder: &Path) -> String {
    let shown = if folder.ends_with(SOURCE_FOLDER) { folder.parent().unwrap_or(folder) } else { folder };
    let text = slashed(shown);
    let mut label = String::new();
    for c in address::name(&text).chars() {
        if c.is_ascii_alphanumeric() {
            label.push(c.to_ascii_lowercase());
        } else if !label.is_empty() && !label.ends_with('-') {
            label.push('-');
        }
    }
    label.truncate(63);
    let label = label.trim_end_matches('-');
    label.parse::<SiteName>().map_or_else(|_| UNNAMED.to_owned(), |name| name.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_the_site_its_name_if_it_can() {
        for (folder, name) in
            [("/x/My Site_2", "my-site-2"), ("/x/paths", "x"), ("/x/www", "site"), ("/", "site"), ("/x/--é--", "site")]
        {
            assert_eq!(site_name(Path::new(folder)), name, "{folder}");
        }
        assert_eq!(site_name(Path::new(&format!("/{}", "a-".repeat(60)))).len(), 63);
    }
}
