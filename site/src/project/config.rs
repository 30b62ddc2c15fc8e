//! `pathmx.config.md`: settings in its frontmatter, entries as links in a list under `## Paths`.

use super::{
    checkout, config_checks,
    config_json::{self, JsonConfig},
    link::PublishLink,
    out_dir::OutDir,
};
use crate::{
    diagnostic::{Diagnostic, Position},
    error::SiteError,
    files::{folder::read_regular, paths::canonical},
    source::{self, Settings},
    text::address::{self, Address},
};
use comrak::{
    Arena,
    nodes::{LineColumn, NodeValue},
};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// Where a config may lie, below the folder of the project; the first one counts.
pub(crate) const NAMES: [&str; 2] = ["pathmx.config.md", "paths/config/index.config.md"];
/// All files that say something of a project.
pub const FILES: [&str; 3] = [NAMES[0], NAMES[1], config_json::NAME];
/// Headings whose list names the entries.
const HEADINGS: [&str; 3] = ["paths", "path entries", "build paths"];

/// The largest config, in bytes: it is a Source of settings and links, and the longest known has 6 kB.
const MAX_BYTES: u64 = 1024 * 1024;
/// What the entry of a folder may be called.
const ENTRIES_OF_FOLDERS: [&str; 2] = ["index.path.md", "index.md"];
/// How the user says that a config may lead elsewhere.
const NAME_SOURCES: &str = "name the entry or its folder on the command line to build what lies there";
const NAME_ENTRY: &str = "name a Source that is there, such as `paths/index.path.md`, from the folder of this config";
const NAME_OUTPUT: &str = "name the folder on the command line to write there: --out, or --outdir for publish";
const COPY_CONFIG: &str = "it is a link; put a copy in its place";
const NAME_SITES: &str =
    "serve that folder by naming it on the command line: pmx dev <folder>, or pmx dev --multi-site <folder>";

/// What a config says.
#[derive(Debug)]
pub(crate) struct Config {
    pub file: PathBuf,
    /// What it may not leave, without links.
    pub checkout: PathBuf,
    pub source_dir: Option<ConfigPath>,
    out_dir: Option<ConfigPath>,
    pub entries: Vec<ConfigPath>,
    /// The file that names them: this one, or one of another generation beside it.
    entries_file: PathBuf,
    /// Whether it is a config of this generation that names them: where a root without a handle is told.
    pub names_entries: bool,
    /// How Sources are read.
    pub settings: Settings,
    pub address: SiteAddress,
    pub link: PublishLink,
    /// What is not as it seems, without being wrong, each with the file that it is said of.
    pub findings: Vec<(PathBuf, Diagnostic)>,
    /// Folders and patterns of the sites of a workspace, and the place of their list.
    workspace: Option<(Vec<String>, Position)>,
}

/// A path in a config.
#[derive(Debug)]
pub(crate) struct ConfigPath {
    /// Absolute. It may not exist, and lead anywhere.
    pub path: PathBuf,
    /// How it is written there.
    pub text: String,
    pub position: Position,
}

/// What pages say of the site as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteAddress {
    /// Where the site will be: `https://` and a host. With it there are a sitemap and absolute links for previews.
    pub url: Option<String>,
    /// The language of Sources that do not say theirs, as `lang` has it.
    pub lang: Option<String>,
}

/// The config of a project folder, if it has one.
pub(crate) fn find(folder: &Path) -> Result<Option<Config>, SiteError> {
    let file = NAMES.iter().find(|name| folder.join(name).is_file());
    let older = config_json::find(folder, file.copied());
    let config = match file {
        Some(file) => Some(read(folder, folder.join(file))?),
        None if older.is_some() => Some(empty(folder)?),
        None => None,
    };
    Ok(config.map(|config| match older {
        Some(older) => config.beside(folder, older),
        None => config,
    }))
}

/// The config of a folder that has but one of another generation.
fn empty(folder: &Path) -> Result<Config, SiteError> {
    let home = canonical(folder).map_err(SiteError::read(folder))?;
    Ok(Config {
        file: folder.join(config_json::NAME),
        entries_file: folder.join(config_json::NAME),
        checkout: checkout::of(&home).to_owned(),
        source_dir: None,
        out_dir: None,
        entries: Vec::new(),
        names_entries: false,
        settings: Settings::default(),
        address: SiteAddress::default(),
        link: PublishLink::default(),
        workspace: None,
        findings: Vec::new(),
    })
}

impl Config {
    /// With what a config of another generation says beside it, as far as this one says nothing of it.
    fn beside(self, folder: &Path, older: JsonConfig) -> Self {
        let JsonConfig { roots, site, findings: told } = older;
        let file = folder.join(config_json::NAME);
        let mut findings = self.findings;
        findings.extend(told.into_iter().map(|finding| (file.clone(), finding)));
        let link = PublishLink { site: self.link.site.or(site), ..self.link };
        if !self.entries.is_empty() {
            return Self { link, findings, ..self };
        }
        let said = |(text, position): (String, Position)| ConfigPath { path: folder.join(&text), text, position };
        let entries: Vec<ConfigPath> = roots.into_iter().map(said).collect();
        let entries_file = if entries.is_empty() { self.entries_file } else { file };
        Self { entries, entries_file, link, findings, ..self }
    }

    /// The Source that an entry names, links followed.
    pub(crate) fn entry(&self, said: &ConfigPath) -> Result<PathBuf, SiteError> {
        let refuse = |what: &str, meant: Option<String>| {
            let cure = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => NAME_ENTRY.to_owned(),
            };
            Err(self.wrong(&self.entries_file, said, what, Some(cure)))
        };
        let Ok(exact) = canonical(&said.path) else {
            let meant = match said.text.contains('\\') {
                true => Some(said.text.replace('\\', "/")),
                false => super::nearest_beside(Path::new(&said.text), &said.path),
            };
            return refuse("names no file", meant);
        };
        let exact = self.source_of(&self.entries_file, said, exact)?;
        if exact.is_dir() {
            let index = ENTRIES_OF_FOLDERS.iter().find(|name| exact.join(name).is_file());
            return refuse("is a folder", index.map(|name| format!("{}/{name}", said.text.trim_end_matches('/'))));
        }
        let is_markdown = exact.is_file() && exact.extension().is_some_and(|extension| extension == "md");
        if is_markdown { Ok(exact) } else { refuse("is no Markdown file", None) }
    }

    /// The folder of the Sources, if it names one, links followed.
    pub(crate) fn source_folder(&self) -> Result<Option<PathBuf>, SiteError> {
        let Some(said) = &self.source_dir else { return Ok(None) };
        match canonical(&said.path) {
            Ok(exact) => self.source_of(&self.file, said, exact).map(Some),
            Err(_) => {
                let cure = "name a folder that is there, from the folder of this config".to_owned();
                Err(self.wrong(&self.file, said, "names no folder", Some(cure)))
            }
        }
    }

    /// A place into the checkout.
    fn source_of(&self, file: &Path, said: &ConfigPath, exact: PathBuf) -> Result<PathBuf, SiteError> {
        if !exact.starts_with(&self.checkout) {
            return Err(self.leads_out(file, &said.text, exact, said.position, NAME_SOURCES));
        }
        match checkout::reserved(&exact, &self.checkout) {
            Some(name) => Err(self.wrong(file, said, &format!("leads into {name}, where no Sources are"), None)),
            None => Ok(exact),
        }
    }

    /// What an entry outside of the Sources' folder is told with.
    pub(crate) fn outside(&self, said: &ConfigPath, source_root: &str) -> SiteError {
        let cure = "`sourceDir` in the frontmatter of pathmx.config.md says where Sources are".to_owned();
        let what = format!("lies outside of the source folder {source_root}");
        self.wrong(&self.entries_file, said, &what, Some(cure))
    }

    /// The output folder, if it names one: below the checkout, and neither over the site nor over what others keep there. Whether links
    /// lead there is seen when it is opened.
    pub(crate) fn output(&self, home: &Path, source_root: &Path) -> Result<Option<OutDir>, SiteError> {
        let Some(said) = &self.out_dir else { return Ok(None) };
        let path = checkout::clean(&said.path);
        if !path.starts_with(&self.checkout) {
            return Err(self.leads_out(&self.file, &said.text, path, said.position, NAME_OUTPUT));
        }
        if let Some(name) = checkout::reserved(&path, &self.checkout) {
            return Err(self.wrong(&self.file, said, &format!("leads into {name}, where no build goes"), None));
        }
        let holds = |what: &Path| what.starts_with(&path);
        if holds(home) || holds(source_root) || holds(&self.file) {
            return Err(self.wrong(&self.file, said, "holds the site itself", None));
        }
        Ok(Some(OutDir::configured(&self.checkout, &path)))
    }

    /// Whether it names several sites.
    pub(crate) const fn is_workspace(&self) -> bool {
        self.workspace.is_some()
    }

    fn leads_out(&self, file: &Path, said: &str, target: PathBuf, position: Position, way: &'static str) -> SiteError {
        let (config, checkout) = (file.to_owned(), self.checkout.clone());
        SiteError::LeadsOut { config, position, said: format!("`{said}`"), target, checkout, way }
    }

    fn wrong(&self, file: &Path, said: &ConfigPath, what: &str, cure: Option<String>) -> SiteError {
        let message = format!("`{}` {what}", said.text);
        SiteError::Config { path: file.to_owned(), position: said.position, message, cure }
    }
}

/// The `workspace` list of a folder's config: folders and patterns, of which each is a site.
///
/// # Errors
/// The config cannot be read, the list is none, or it names a folder outside of the config's checkout.
pub fn workspace_list(folder: &Path) -> Result<Option<Vec<String>>, SiteError> {
    let Some(config) = find(folder)? else { return Ok(None) };
    let Some((names, position)) = &config.workspace else { return Ok(None) };
    for name in names {
        let exact = canonical(&folder.join(name)).ok();
        if let Some(elsewhere) = exact.filter(|exact| !exact.starts_with(&config.checkout)) {
            let said = format!("workspace: {name}");
            return Err(config.leads_out(&config.file, &said, elsewhere, *position, NAME_SITES));
        }
    }
    Ok(Some(names.clone()))
}

fn read(folder: &Path, file: PathBuf) -> Result<Config, SiteError> {
    let home = canonical(folder).map_err(SiteError::read(folder))?;
    let checkout = checkout::of(&home).to_owned();
    let exact = canonical(&file).map_err(SiteError::read(&file))?;
    if !exact.starts_with(&checkout) {
        let said = "the config itself".to_owned();
        let position = Position::START;
        return Err(SiteError::LeadsOut { config: file, position, said, target: exact, checkout, way: COPY_CONFIG });
    }
    let bytes = read_regular(&exact, MAX_BYTES).map_err(SiteError::read(&file))?;
    let text = source::decode(&bytes);
    let front = source::frontmatter(&text);
    if let Some(error) = &front.error {
        let (position, cure) = (error.position, source::cure(&text, &front));
        return Err(SiteError::Config { path: file, position, message: error.message.clone(), cure });
    }
    let setting = |key: &str| {
        let dir = front.values.get(key)?.as_str()?;
        let position = source::key_position(&text, key);
        Some(ConfigPath { path: folder.join(dir), text: format!("{key}: {dir}"), position })
    };
    let beside = file.parent().unwrap_or(folder);
    let above = text[..front.body].bytes().filter(|byte| *byte == b'\n').count();
    let entry = |(text, position): (String, Position)| {
        let position = Position { line: above + position.line, ..position };
        ConfigPath { path: beside.join(&text), text, position }
    };
    let entries: Vec<ConfigPath> = entries(&text[front.body..]).into_iter().map(entry).collect();
    let wrong = |key: &str, message: String| {
        let position = source::key_position(&text, key);
        SiteError::Config { path: file.clone(), position, message, cure: None }
    };
    let settings = Settings::of(&front.values).map_err(|(key, message)| wrong(key, message))?;
    let link = PublishLink::of(&front.values).map_err(|message| wrong("pmx", message))?;
    let url = site_url(&front.values).map_err(|message| wrong("url", message))?;
    let lang = front.values.get("lang").and_then(|lang| lang.as_str()).map(str::to_owned);
    let address = SiteAddress { url, lang };
    let workspace = front.values.get("workspace").map(|list| {
        let names = list.as_array().map(|list| list.iter().map(|name| name.as_str().map(str::to_owned)).collect());
        let position = source::key_position(&text, "workspace");
        let names = names.flatten().map(|names| (names, position));
        names.ok_or_else(|| wrong("workspace", "`workspace` is a list of folders".to_owned()))
    });
    let workspace = workspace.transpose()?;
    let mut found = config_checks::findings(&front.values, &text[..front.body]);
    if front.body == 0 {
        found.extend(source::no_frontmatter(&text, config_checks::is_known));
    }
    Ok(Config {
        findings: found.into_iter().map(|finding| (file.clone(), finding)).collect(),
        entries_file: file.clone(),
        names_entries: !entries.is_empty(),
        settings,
        address,
        link,
        workspace,
        source_dir: setting("sourceDir"),
        out_dir: setting("outDir"),
        entries,
        checkout,
        file,
    })
}

/// The local Markdown links of the first list after a heading that announces entries, and their places.
fn entries(body: &str) -> Vec<(String, Position)> {
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, body, &source::options(&Settings::default()));
    let mut announced = false;
    for node in root.children() {
        match node.data().value {
            NodeValue::Heading(_) => {
                announced = HEADINGS.contains(&node.collect_text().trim().to_ascii_lowercase().as_str());
            }
            NodeValue::List(_) if announced => {
                return node
                    .descendants()
                    .filter_map(|inner| {
                        let inner = inner.data();
                        let NodeValue::Link(link) = &inner.value else { return None };
                        match address::classify(&link.url) {
                            Address::File(file) if file.path.ends_with(".md") => {
                                let LineColumn { line, column } = inner.sourcepos.start;
                                Some((file.path.into_owned(), Position { line, column }))
                            }
                            _ => None,
                        }
                    })
                    .collect();
            }
            _ => {}
        }
    }
    Vec::new()
}

/// The origin that a site will have: `url` of the config, else `publish.url`. `Err`: what is written is none.
fn site_url(config: &Map<String, Value>) -> Result<Option<String>, String> {
    let written = config.get("url").or_else(|| config.get("publish")?.get("url"));
    let Some(written) = written.filter(|value| !value.is_null()) else { return Ok(None) };
    let refuse = || format!("`url` is no address of a site: {written}; it is `https://` and a host, without a path");
    let text = written.as_str().ok_or_else(refuse)?.trim().trim_end_matches('/');
    let host = ["https://", "http://"].iter().find_map(|scheme| text.strip_prefix(scheme)).ok_or_else(refuse)?;
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if host.is_empty() || !host.chars().all(is_host) {
        return Err(refuse());
    }
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn entries_are_the_links_of_the_list_under_paths() {
        let text = "# Config\n\n- [no](./no.md)\n\n## Paths\n\nText.\n\n- [Home](./paths/index.path.md)\n\
                    - [Two](../two.path.md)\n- [Web](https://x.y/z.md)\n\n## Other\n\n- [no](./no.md)\n";
        let at = |line| Position { line, column: 3 };
        assert_eq!(entries(text), [("./paths/index.path.md".to_owned(), at(9)), ("../two.path.md".to_owned(), at(10))]);
    }

    fn url(config: &Value) -> Result<Option<String>, String> {
        site_url(config.as_object().unwrap())
    }

    #[test]
    fn a_site_knows_its_address_from_the_config_alone() {
        assert_eq!(url(&json!({})), Ok(None));
        assert_eq!(url(&json!({ "url": "https://a.b/" })), Ok(Some("https://a.b".to_owned())));
        assert_eq!(
            url(&json!({ "publish": { "url": "http://localhost:3000" } })).unwrap().unwrap(),
            "http://localhost:3000"
        );
        for bad in
            [json!("a.b"), json!("https://"), json!("https://a.b/c"), json!("https://a b"), json!("ftp://a"), json!(1)]
        {
            assert!(url(&json!({ "url": bad })).is_err());
        }
    }
}
