//! `pathmx.config.md`: settings in its frontmatter, entries as links in a list under `## Paths`.

use super::{
    address::{self, Address},
    documents,
    error::SiteError,
    link::Link,
    source::{self, Settings},
};
use comrak::{Arena, nodes::NodeValue};
use std::path::{Path, PathBuf};

/// Where a config may lie, below the folder of the project; the first one counts.
pub(super) const NAMES: [&str; 2] = ["pathmx.config.md", "paths/config/index.config.md"];
/// Headings whose list names the entries.
const HEADINGS: [&str; 3] = ["paths", "path entries", "build paths"];

/// What a config says. All paths are absolute, and may not exist.
#[derive(Debug)]
pub(super) struct Config {
    pub file: PathBuf,
    pub source_dir: Option<PathBuf>,
    pub out_dir: Option<PathBuf>,
    pub entries: Vec<PathBuf>,
    /// How Sources are read.
    pub settings: Settings,
    pub address: SiteAddress,
    pub link: Link,
    /// Folders and patterns of the sites of a workspace.
    pub workspace: Option<Vec<String>>,
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
pub(super) fn find(folder: &Path) -> Result<Option<Config>, SiteError> {
    match NAMES.iter().map(|name| folder.join(name)).find(|path| path.is_file()) {
        Some(file) => read(folder, file).map(Some),
        None => Ok(None),
    }
}

/// The `workspace` list of a folder's config: folders and patterns, of which each is a site.
///
/// # Errors
/// The config cannot be read, or the list is none.
pub fn workspace_list(folder: &Path) -> Result<Option<Vec<String>>, SiteError> {
    Ok(find(folder)?.and_then(|config| config.workspace))
}

fn read(folder: &Path, file: PathBuf) -> Result<Config, SiteError> {
    let bytes = std::fs::read(&file).map_err(SiteError::read(&file))?;
    let text = String::from_utf8_lossy(&bytes);
    let front = source::frontmatter(&text);
    if let Some(error) = &front.error {
        return Err(SiteError::Config { path: file, line: error.position.line, message: error.message.clone() });
    }
    let setting = |key: &str| front.values.get(key).and_then(|value| value.as_str()).map(|dir| folder.join(dir));
    let beside = file.parent().unwrap_or(folder);
    let entries = entries(&text[front.body..]).into_iter().map(|link| beside.join(link)).collect();
    let wrong = |key: &str, message: String| {
        let line = source::key_position(&text, key).line;
        SiteError::Config { path: file.clone(), line, message }
    };
    let settings = Settings::of(&front.values).map_err(|(key, message)| wrong(key, message))?;
    let link = Link::of(&front.values).map_err(|message| wrong("pmx", message))?;
    let url = documents::site_url(&front.values).map_err(|message| wrong("url", message))?;
    let lang = front.values.get("lang").and_then(|lang| lang.as_str()).map(str::to_owned);
    let address = SiteAddress { url, lang };
    let workspace = front.values.get("workspace").map(|list| {
        let names = list.as_array().map(|list| list.iter().map(|name| name.as_str().map(str::to_owned)).collect());
        names.flatten().ok_or_else(|| wrong("workspace", "`workspace` is a list of folders".to_owned()))
    });
    let workspace = workspace.transpose()?;
    Ok(Config {
        settings,
        address,
        link,
        workspace,
        source_dir: setting("sourceDir"),
        out_dir: setting("outDir"),
        entries,
        file,
    })
}

/// The local Markdown links of the first list after a heading that announces entries.
fn entries(body: &str) -> Vec<String> {
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
                    .filter_map(|inner| match &inner.data().value {
                        NodeValue::Link(link) => match address::classify(&link.url) {
                            Address::File(file) if file.path.ends_with(".md") => Some(file.path.into_owned()),
                            _ => None,
                        },
                        _ => None,
                    })
                    .collect();
            }
            _ => {}
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::entries;

    #[test]
    fn entries_are_the_links_of_the_list_under_paths() {
        let text = "# Config\n\n- [no](./no.md)\n\n## Paths\n\nText.\n\n- [Home](./paths/index.path.md)\n\
                    - [Two](../two.path.md)\n- [Web](https://x.y/z.md)\n\n## Other\n\n- [no](./no.md)\n";
        assert_eq!(entries(text), ["./paths/index.path.md", "../two.path.md"]);
    }
}
