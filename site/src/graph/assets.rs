//! Files that are not Sources: each gets its hash into its name, so that it can be kept for ever.

use super::{
    Target,
    asset::{Asset, AssetContext, BesideSources},
    bundle::{self, Bundle},
};
use crate::{
    browser::{self, ThemeFile},
    diagnostic::{Diagnostic, Positions},
    files::blobs::Blobs,
    project::Project,
    scan::{self, Snapshot},
    text::{
        address::{self, Address},
        css,
    },
};
use pmx_model::File;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

/// The assets of a site, by their path below the source root.
#[derive(Debug, Default)]
pub(crate) struct Assets {
    by_path: BTreeMap<String, Asset>,
    bundle: Bundle,
    pub findings: Vec<Diagnostic>,
}

impl Assets {
    /// Takes in these files, and what they name.
    pub(crate) fn gather<'a>(
        project: &Project,
        snapshot: &Snapshot,
        blobs: &Blobs,
        sources: &BesideSources<'_>,
        paths: impl Iterator<Item = &'a str>,
    ) -> Self {
        let mut assets = Self::default();
        let site = &AssetContext { sources, project, snapshot, blobs };
        let paths: BTreeSet<&str> = paths.collect();
        assets.bundle = Bundle::of(site, paths.iter().copied(), &mut assets.findings);
        for path in paths {
            // A picture has a name of its own beside, with its own hash; a module that is there twice would be two.
            if !(bundle::is_bundled(path) && assets.bundle.get(path).is_some()) {
                assets.add(site, path, &mut Vec::new());
            }
        }
        assets
    }

    /// All of them.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Asset> {
        self.by_path.values().chain(self.bundle.files())
    }

    /// Their paths below the source root.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        let bundled = self.bundle.paths().filter(|path| !self.by_path.contains_key(*path));
        self.by_path.keys().map(String::as_str).chain(bundled)
    }

    /// The asset of a path; none if it could not be read.
    pub(crate) fn get(&self, path: &str) -> Option<&Asset> {
        self.by_path.get(path).or_else(|| self.bundle.get(path))
    }

    /// These assets and all that they name, by file name.
    pub(crate) fn closure<'a>(&'a self, paths: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, &'a Asset> {
        let mut open: Vec<&str> = paths.collect();
        let mut seen = BTreeSet::new();
        let mut bundled = Vec::new();
        let mut files = BTreeMap::new();
        while let Some(path) = open.pop() {
            if !seen.insert(path) {
                continue;
            }
            if let Some(asset) = self.by_path.get(path) {
                open.extend(asset.uses.iter().map(String::as_str));
                files.insert(asset.file.as_str(), asset);
            } else {
                bundled.push(path);
            }
        }
        files.extend(self.bundle.closure(bundled).into_iter().map(|asset| (asset.file.as_str(), asset)));
        files
    }

    /// `stack`: the stylesheets on the way here. A stylesheet that names one of them would need its own hash.
    fn add(&mut self, site: &AssetContext<'_>, path: &str, stack: &mut Vec<String>) -> Option<String> {
        if let Some(known) = self.by_path.get(path) {
            return Some(known.file.clone());
        }
        let file = site.snapshot.files().get(path)?;
        let sheet = if crate::text::css::is_sheet(path) {
            file.bytes().and_then(|(blob, _)| std::str::from_utf8(blob).ok())
        } else {
            None
        };
        let asset = match sheet {
            Some(text) => {
                stack.push(path.to_owned());
                let mut uses = Vec::new();
                let mut positions = Positions::of(text);
                let text = css::rewrite(text, |reference| {
                    let found = self.follow(site, &mut positions, reference, stack);
                    found.map(|(path, address)| {
                        uses.push(path);
                        address
                    })
                });
                stack.pop();
                let content = site.blobs.put(css::in_room(&text).into_owned().into_bytes());
                Asset::made(path, content, uses)
            }
            None => {
                let content = file.hand_over(site.blobs)?;
                Asset::kept(path, content, file.content.clone())
            }
        };
        let file = asset.file.clone();
        self.by_path.insert(path.to_owned(), asset);
        Some(file)
    }

    /// The asset that a stylesheet names: its path, and its address from the stylesheet.
    fn follow(
        &mut self,
        site: &AssetContext<'_>,
        positions: &mut Positions<'_>,
        reference: &css::CssUrl,
        stack: &mut Vec<String>,
    ) -> Option<(String, String)> {
        let Address::File(file) = address::classify(&reference.target) else { return None };
        let sheet = stack.last()?.clone();
        let folder = if file.rooted { "" } else { address::folder(&sheet) };
        let wanted = address::resolve(folder, &file.path);
        let mut finding = |code, message: String| {
            Diagnostic::warning(code, positions.at(reference.range.start), message).at(site.project.show(&sheet))
        };
        let files = site.snapshot.files();
        let Some(wanted) = wanted.filter(|wanted| files.get(wanted).is_some_and(scan::File::is_readable)) else {
            let message = format!("there is no file `{}`", reference.target);
            self.findings.push(finding("asset/missing", message));
            return None;
        };
        if stack.contains(&wanted) {
            let message = format!("`{wanted}` imports itself through this stylesheet");
            self.findings.push(finding("asset/cycle", message));
            return None;
        }
        let found = self.add(site, &wanted, stack)?;
        // All assets lie in one folder.
        let address = format!("{}{}", address::encode_path(address::name(&found)), file.suffix);
        Some((wanted, address))
    }
}

/// A file of pmx itself, as an asset.
pub(crate) fn of_theme(file: &ThemeFile, blobs: &Blobs) -> Asset {
    let content = blobs.put(file.bytes.to_vec());
    Asset::made(file.name, content, Vec::new())
}

/// A file that pmx makes of Sources, as an asset.
pub(crate) fn generated(name: &str, bytes: Vec<u8>, blobs: &Blobs) -> Asset {
    let content = blobs.put(bytes);
    Asset::made(name, content, Vec::new())
}

/// What pages need of pmx itself.
#[derive(Debug)]
pub(crate) struct ThemeAssets {
    pub base_css: Asset,
    pub live_js: Asset,
    pub player_js: Asset,
    pub runtime_js: Asset,
    /// Only in a Path of which a page shows what is to be ticked off.
    pub completion_js: Asset,
    pub favicon: Asset,
}

impl ThemeAssets {
    pub(crate) fn new(blobs: &Blobs) -> Self {
        Self {
            base_css: of_theme(&browser::BASE_CSS, blobs),
            live_js: of_theme(&browser::LIVE_JS, blobs),
            player_js: of_theme(&browser::PLAYER_JS, blobs),
            runtime_js: of_theme(&browser::RUNTIME_JS, blobs),
            completion_js: of_theme(&browser::COMPLETION_JS, blobs),
            favicon: of_theme(&browser::FAVICON, blobs),
        }
    }

    /// All of them; the Player and the live client only if pages come with them.
    pub(crate) fn all(&self, player: bool, live: bool) -> impl Iterator<Item = &Asset> {
        [&self.base_css, &self.runtime_js, &self.favicon]
            .into_iter()
            .chain(player.then_some(&self.player_js))
            .chain(live.then_some(&self.live_js))
    }
}

/// Mermaid, for pages whose diagrams are drawn in the browser: its bytes are made when a build first needs them.
pub(crate) fn mermaid_js(blobs: &Blobs) -> Asset {
    static KNOWN: OnceLock<File> = OnceLock::new();
    if let Some(content) = KNOWN.get()
        && blobs.contains(&content.hash)
    {
        return Asset::made("mermaid.js", *content, Vec::new());
    }
    let asset = generated("mermaid.js", browser::mermaid_js(), blobs);
    KNOWN.get_or_init(|| asset.content);
    asset
}

/// The path of the asset that a target names.
pub(crate) fn asset_path(target: &Target) -> Option<&str> {
    match target {
        Target::Asset { path, .. } => Some(path),
        _ => None,
    }
}
