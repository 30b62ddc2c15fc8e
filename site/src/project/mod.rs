pub(crate) mod checkout;
pub(crate) mod config;
pub(crate) mod config_checks;
pub(crate) mod config_json;
pub(crate) mod hosting;
pub(crate) mod link;
pub(crate) mod named;
pub(crate) mod out_dir;
pub(crate) mod own_output;
pub(super) use crate::files::paths::slashed;
use crate::{
    diagnostic::Diagnostic,
    error::SiteError,
    files::paths::canonical,
    source::Settings,
    text::{address, nearest},
};
use config::SiteAddress;
use hosting::Hosting;
use link::PublishLink;
use named::no_link_leads_out;
use out_dir::{OutDir, RECEIPT};
use own_output::OwnOutput;
use pmx_model::{MAX_ROOTS, SiteName};
use std::path::{Path, PathBuf};

/// The folder that holds Sources by convention.
pub(super) const SOURCE_FOLDER: &str = "paths";
/// The entries that a folder may have without saying so; the first that is there counts.
const ENTRIES: [&str; 4] = ["paths/index.path.md", "paths/index.md", "index.path.md", "index.md"];
/// So many names are looked at to see whether a folder holds Sources; one with more is something, and no place for a build.
const MAX_LOOKED_AT: usize = 10_000;
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
    /// Whether its config names them.
    pub is_configured: bool,
    /// What could be the entry by convention, had not another one come first: paths as a person in the working directory names them.
    pub passed_over: Vec<String>,
    /// Where the config wants the output.
    pub out_dir: Option<OutDir>,
    /// How Sources are read.
    pub settings: Settings,
    /// What pages say of the site as a whole.
    pub address: SiteAddress,
    /// Where it is published.
    pub link: PublishLink,
    /// What the author should know of its config, or of one of another generation.
    pub config_findings: Vec<Diagnostic>,
    /// Folders that are not looked into, absolute.
    pub exclude: Vec<PathBuf>,
    /// Files that are not read, since this process prints into them.
    pub own_output: Vec<OwnOutput>,
    /// Whether pages come with the Player.
    pub player: bool,
    /// Whether `source-maps/` is written.
    pub source_maps: bool,
    /// Who will serve the build.
    pub hosting: Hosting,
    /// Whether pages ask search engines not to list them.
    pub unlisted: bool,
}

/// The Source that a Path starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path below the source root, `/`-separated.
    pub path: String,
}

impl Project {
    /// Where the output goes: `asked` below `cwd`, else what the config says, else `.pathmx` in the project's folder.
    ///
    /// # Errors
    /// The Sources lie in that folder, or nobody asked for it, and there are some that pmx did not write.
    pub fn out_dir(&self, cwd: &Path, asked: Option<&Path>) -> Result<OutDir, SiteError> {
        let out = match (asked, &self.out_dir) {
            (Some(asked), _) => OutDir::named(&cwd.join(asked)),
            (None, Some(configured)) => configured.clone(),
            (None, None) => OutDir::default_in(&self.folder),
        };
        let path = out.path();
        let exact = canonical(path).unwrap_or_else(|_| path.to_owned());
        let over = self.source_root.starts_with(exact)
            || self.out_dir.as_ref() == Some(&out) && path.starts_with(&self.source_root) && holds_sources(path);
        if over { Err(SiteError::OutputOverSources(path.to_owned())) } else { Ok(out) }
    }

    /// Where the files for a host of plain files go: `asked` below `cwd`, else `name` in the project's folder, where no link may lead to it.
    ///
    /// # Errors
    /// As [`Self::out_dir`].
    pub fn static_dir(&self, cwd: &Path, asked: Option<&Path>, name: &str) -> Result<OutDir, SiteError> {
        let own = OutDir::configured(&self.folder, &self.folder.join(name));
        Self { out_dir: Some(own), ..self.clone() }.out_dir(cwd, asked)
    }

    /// What the author should know of files below the source root that are not read since this process prints into them.
    #[must_use]
    pub fn own_output_warning(&self) -> Option<String> {
        let inside = |output: &OwnOutput| Some(output.path.as_ref()?.strip_prefix(&self.source_root).ok()?.to_owned());
        let name = slashed(&self.own_output.iter().find_map(inside)?);
        Some(format!("{} is no part of the site: this process prints into it", self.show(&name)))
    }

    /// The config, or the place of the one that the project could have.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        let mut places = config::NAMES.iter().map(|name| self.folder.join(name));
        places.find(|path| path.is_file()).unwrap_or_else(|| self.folder.join(config::NAMES[0]))
    }

    /// The path below the source root of a file that is there.
    #[must_use]
    pub fn source_at(&self, path: &Path) -> Option<String> {
        let path = canonical(path).ok().filter(|path| path.is_file())?;
        path.strip_prefix(&self.source_root).ok().map(slashed)
    }

    /// A Source's path as a person in the working directory would name it.
    #[must_use]
    pub fn show(&self, path: &str) -> String {
        if self.shown == "." { path.to_owned() } else { format!("{}/{path}", self.shown) }
    }
}

/// Finds the site: upwards from the named files or folder, else from `cwd`, to the folder that is a project. Where the command runs changes
/// how files are named to the person, and nothing else.
///
/// # Errors
/// There is no site, its config is broken, or an entry is not where Sources are.
pub fn locate(options: &Options) -> Result<Project, SiteError> {
    let cwd = canonical(&options.cwd).map_err(SiteError::read(&options.cwd))?;
    let mut files = Vec::new();
    for asked in &options.entries {
        let path = cwd.join(asked);
        no_link_leads_out(&path)?;
        match canonical(&path) {
            Ok(folder) if folder.is_dir() && options.entries.len() == 1 => return in_folder(&cwd, &folder),
            Ok(folder) if folder.is_dir() => return Err(SiteError::FolderAmongEntries(asked.clone())),
            Ok(file) => files.push(file),
            Err(_) => return Err(no_entry(asked, &path)),
        }
    }
    if files.is_empty() { in_folder(&cwd, &cwd) } else { with_files(&cwd, &files) }
}

/// The site that a file or folder lies in, if `named` from `cwd` is one; else that of `cwd`.
///
/// # Errors
/// As [`locate`].
pub fn locate_around(cwd: &Path, named: &str) -> Result<Project, SiteError> {
    let cwd = canonical(cwd).map_err(SiteError::read(cwd))?;
    let named = cwd.join(named);
    let folder = named.parent().filter(|_| named.symlink_metadata().is_ok());
    folder.map_or(Ok(()), no_link_leads_out)?;
    let around = folder.and_then(|folder| canonical(folder).ok());
    match around.map(|folder| in_folder(&cwd, &folder)) {
        // It is a word that happens to name a file somewhere: a route, an id.
        None | Some(Err(SiteError::NoSite { .. })) => in_folder(&cwd, &cwd),
        Some(found) => found,
    }
}

/// The site that a folder is, or lies in.
fn in_folder(cwd: &Path, folder: &Path) -> Result<Project, SiteError> {
    let home = home(folder)?;
    if let Some(config) = home.config {
        return configured(cwd, &home.folder, config);
    }
    let entry = entry_of(&home.folder).ok_or_else(|| {
        let names = config::NAMES.iter().chain(&ENTRIES).map(|&name| name.to_owned());
        SiteError::NoSite { folder: folder.to_owned(), looked_for: names.collect() }
    })?;
    let source_root = checkout::sources(entry.parent().unwrap_or(folder), checkout::of(&home.folder))?;
    let entry = source_root.join(entry.file_name().unwrap_or_default());
    Ok(Project::new(cwd, &home.folder, source_root, &[entry])?.by_convention(cwd, &home.folder))
}

/// The folder of a project.
struct Home {
    folder: PathBuf,
    config: Option<config::Config>,
}

/// The folder of the project that `start` lies in, else `start` itself.
fn home(start: &Path) -> Result<Home, SiteError> {
    Ok(home_of(start)?.unwrap_or_else(|| Home { folder: start.to_owned(), config: None }))
}

/// The nearest folder above `start`, itself included and no further than its checkout, that has a config, or a `paths` folder that holds an
/// entry or `start`. Else `start` itself, if it has an entry. The config of a workspace claims none of the sites below it.
fn home_of(start: &Path) -> Result<Option<Home>, SiteError> {
    // A folder with an entry of its own stands by itself, unless one above it claims it.
    let own = entry_of(start).is_some();
    for folder in start.ancestors() {
        match config::find(folder)? {
            Some(config) if folder != start && config.is_workspace() => break,
            Some(config) => return Ok(Some(Home { folder: folder.to_owned(), config: Some(config) })),
            None => {}
        }
        let has_entry = || ENTRIES.iter().any(|name| name.starts_with(SOURCE_FOLDER) && folder.join(name).is_file());
        if start.starts_with(folder.join(SOURCE_FOLDER)) || (folder == start || !own) && has_entry() {
            return Ok(Some(Home { folder: folder.to_owned(), config: None }));
        }
        if folder.join(".git").symlink_metadata().is_ok() {
            break;
        }
    }
    Ok(own.then(|| Home { folder: start.to_owned(), config: None }))
}

/// The entry that a folder has by convention.
fn entry_of(folder: &Path) -> Option<PathBuf> {
    ENTRIES.iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

fn configured(cwd: &Path, home: &Path, config: config::Config) -> Result<Project, SiteError> {
    let mut entries = Vec::new();
    for said in &config.entries {
        entries.push(config.entry(said)?);
    }
    // Without a word about Sources the config changes nothing of what convention says.
    let by_convention = entry_of(home).filter(|_| entries.is_empty());
    let (is_configured, has_entries) = (config.names_entries, !entries.is_empty());
    let source_root = match (config.source_folder()?, entries.first(), &by_convention) {
        (Some(folder), ..) => folder,
        (None, Some(entry), _) => conventional_root(home, entry),
        (None, None, Some(entry)) => entry.parent().unwrap_or(home).to_owned(),
        (None, None, None) => home.join(SOURCE_FOLDER),
    };
    let source_root =
        if source_root.exists() { checkout::sources(&source_root, &config.checkout)? } else { source_root };
    if let Some((said, _)) = config.entries.iter().zip(&entries).find(|(_, entry)| !entry.starts_with(&source_root)) {
        return Err(config.outside(said, &relative(cwd, &source_root)));
    }
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
    match has_entries {
        true => Project { is_configured, ..project }.with(cwd, config),
        false => project.by_convention(cwd, home).with(cwd, config),
    }
}

fn with_files(cwd: &Path, files: &[PathBuf]) -> Result<Project, SiteError> {
    let first = &files[0];
    let Home { folder, config } = home(first.parent().unwrap_or(first))?;
    let said = config.as_ref().map_or(Ok(None), config::Config::source_folder)?;
    let source_root = said.unwrap_or_else(|| conventional_root(&folder, first));
    let project = Project::new(cwd, &folder, source_root, files)?;
    match config {
        Some(config) => project.with(cwd, config),
        None => Ok(project),
    }
}

/// The source root that an entry implies: the `paths` folder of the project if it lies in that, else the project's folder.
fn conventional_root(home: &Path, entry: &Path) -> PathBuf {
    let paths = home.join(SOURCE_FOLDER);
    if entry.starts_with(&paths) { paths } else { home.to_owned() }
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
            // By a link it could be any file.
            let target = canonical(entry).map_err(SiteError::read(entry))?;
            if !target.starts_with(&source_root) {
                return Err(SiteError::LinkLeadsOut { link: entry.clone(), target, checkout: source_root });
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
            is_configured: false,
            passed_over: Vec::new(),
            out_dir: None,
            settings: Settings::default(),
            address: SiteAddress::default(),
            link: PublishLink::default(),
            config_findings: Vec::new(),
            exclude: Vec::new(),
            own_output: OwnOutput::of_process(),
            player: true,
            source_maps: false,
            hosting: Hosting::default(),
            unlisted: false,
        })
    }
}

impl Project {
    /// With the other entries that its folder has. One that is none because of its folder is no entry, but may lie beside the Sources.
    fn by_convention(self, cwd: &Path, home: &Path) -> Self {
        let chosen = self.source_root.join(&self.roots[0].path);
        let beside = ["index.path.md", "index.md"].iter().map(|name| self.source_root.join(name));
        let all = ENTRIES.iter().map(|name| home.join(name)).chain(beside);
        let mut passed_over: Vec<String> = all
            .filter(|path| path.is_file() && canonical(path).is_ok_and(|exact| exact != chosen))
            .map(|path| relative(cwd, &path))
            .collect();
        passed_over.sort();
        passed_over.dedup();
        Self { passed_over, ..self }
    }

    /// With what its config says.
    fn with(self, cwd: &Path, config: config::Config) -> Result<Self, SiteError> {
        let out_dir = config.output(&self.folder, &self.source_root)?;
        let of = |(file, finding): (PathBuf, Diagnostic)| finding.at(relative(cwd, &file));
        let config_findings = config.findings.into_iter().map(of).collect();
        let config::Config { settings, address, link, .. } = config;
        Ok(Self { out_dir, settings, address, link, config_findings, ..self })
    }
}

/// Whether there are Sources in a folder that has no build in it.
fn holds_sources(folder: &Path) -> bool {
    if folder.join(RECEIPT).symlink_metadata().is_ok() {
        return false;
    }
    let mut open = vec![folder.to_owned()];
    let mut left = MAX_LOOKED_AT;
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let (Ok(kind), Some(rest)) = (entry.file_type(), left.checked_sub(1)) else { return true };
            left = rest;
            if kind.is_file() && entry.path().extension().is_some_and(|extension| extension == "md") {
                return true;
            }
            if kind.is_dir() {
                open.push(entry.path());
            }
        }
    }
    false
}

fn no_entry(asked: &Path, path: &Path) -> SiteError {
    SiteError::NoEntry { path: asked.to_owned(), nearest: nearest_beside(asked, path) }
}

/// The name beside a path that is nearly its own, written as the path was `asked` for.
fn nearest_beside(asked: &Path, path: &Path) -> Option<String> {
    let beside = path.parent().and_then(|folder| std::fs::read_dir(folder).ok());
    let names: Vec<String> =
        beside.into_iter().flatten().flatten().filter_map(|e| e.file_name().into_string().ok()).collect();
    let wanted = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let nearest = nearest::likest(wanted, names.iter().map(|name| (name.as_str(), name.as_str())));
    nearest.map(|name| slashed(&asked.with_file_name(name)))
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
