//! Files that name others by addresses that are not written anew: scripts with their imports, and HTML of its own, as in frames.
//!
//! They are published with all that they name in one folder, in which each has the place that it has in the source folder: so their
//! addresses stay true, whatever a script makes of them, and a module that several import is one. The folder's name has a hash of it all.

use super::{
    asset::{Asset, AssetContext, DIGITS},
    mentions::{self, MadeAddress, Mentions, NamedAddress, Need},
};
use crate::{
    diagnostic::{Diagnostic, Positions},
    scan,
    source::EXTENSION,
    text::{
        address::{self, Address},
        css, decode, import_map,
    },
};
use pmx_model::{Hash, check_path};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

/// Files with more bytes than this are not looked through for what they name: libraries in one piece, which name nothing.
const MAX_READ: u64 = 2 << 20;

/// The files, by their paths below the source root.
#[derive(Debug, Default)]
pub(super) struct Bundle {
    members: BTreeMap<String, Asset>,
}

impl Bundle {
    /// Of those of the paths that name other files, and of all that they name.
    pub(super) fn of<'p>(
        site: &AssetContext<'_>,
        paths: impl Iterator<Item = &'p str>,
        findings: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut reader = Reader { site, findings, doubts: Vec::new(), has_import_map: site.sources.have_import_map };
        // What names nothing is a member only if it is named.
        let read = paths.filter(|path| is_bundled(path)).map(|path| (path.to_owned(), reader.named(path)));
        let (mut alone, mut uses): (BTreeMap<_, _>, BTreeMap<_, _>) = read.partition(|(_, named)| named.is_empty());
        let mut open: Vec<String> = uses.values().flatten().cloned().collect();
        while let Some(path) = open.pop() {
            if let Entry::Vacant(place) = uses.entry(path) {
                let named = alone.remove(place.key()).unwrap_or_else(|| reader.named(place.key()));
                open.extend(named.iter().cloned());
                place.insert(named);
            }
        }
        reader.settle(&uses);
        let mut members: BTreeMap<String, Asset> = BTreeMap::new();
        let mut hasher = Sha256::new();
        for (path, uses) in uses {
            let Some(file) = site.snapshot.files().get(&path) else { continue };
            let Some(content) = file.hand_over(site.blobs) else { continue };
            hasher.update(path.as_bytes());
            hasher.update([0]);
            hasher.update(content.hash.as_bytes());
            let mut asset = Asset::kept(&path, content, file.content.clone());
            asset.uses = uses;
            members.insert(path, asset);
        }
        let folder = format!("assets/bundle.{}", Hash::from_bytes(hasher.finalize().into()).short(DIGITS));
        let shared = shared_folder(members.keys()).to_owned();
        for (path, asset) in &mut members {
            asset.file = format!("{folder}/{}", path[shared.len()..].trim_start_matches('/'));
        }
        Self { members }
    }

    pub(super) fn get(&self, path: &str) -> Option<&Asset> {
        self.members.get(path)
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    pub(super) fn files(&self) -> impl Iterator<Item = &Asset> {
        self.members.values()
    }

    /// These files and all that they name.
    pub(super) fn closure<'b>(&'b self, mut open: Vec<&'b str>) -> Vec<&'b Asset> {
        let mut seen = BTreeSet::new();
        let mut files = Vec::new();
        while let Some(path) = open.pop() {
            if seen.insert(path)
                && let Some(asset) = self.get(path)
            {
                open.extend(asset.uses.iter().map(String::as_str));
                files.push(asset);
            }
        }
        files
    }
}

/// Whether a file is read for what it names, and keeps its place beside that.
pub(super) fn is_bundled(path: &str) -> bool {
    mentions::is_page(path) || mentions::is_script(path)
}

/// The folder that all paths have in common.
fn shared_folder<'p>(mut paths: impl Iterator<Item = &'p String>) -> &'p str {
    let Some(first) = paths.next() else { return "" };
    let is_in = |path: &str, folder: &str| {
        folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    };
    paths.fold(address::folder(first), |mut folder, path| {
        while !is_in(path, folder) {
            folder = address::folder(folder);
        }
        folder
    })
}

/// Reads files for what they name, and says what is not there.
struct Reader<'s, 'f> {
    site: &'s AssetContext<'s>,
    findings: &'f mut Vec<Diagnostic>,
    doubts: Vec<Doubt>,
    has_import_map: bool,
}

/// What may be wrong with a file: that is decided when all files are known.
struct Doubt {
    path: String,
    about: DoubtKind,
    finding: Diagnostic,
}

enum DoubtKind {
    /// Files whose path begins and ends so may not be published.
    Made { start: String, end: String },
    /// A name may be in no import map.
    Bare,
}

impl Reader<'_, '_> {
    /// The files of the site that a file names.
    fn named(&mut self, path: &str) -> Vec<String> {
        let Some(text) = text(self.site, path) else { return Vec::new() };
        self.has_import_map |= import_map::may_be_in(&text);
        let Mentions { addresses, made, bare, base } = mentions::of(path, &text);
        let shown = self.site.project.show(path);
        let mut positions = Positions::of(&text);
        let mut finding = |code, at, message: String| {
            let finding = Diagnostic::warning(code, positions.at(at), message);
            finding.at(&*shown)
        };
        let folder = match base.as_ref().map(|(base, at)| (base_folder(path, base), at)) {
            None | Some((PageBase::Below(None), _)) => address::folder(path).to_owned(),
            Some((PageBase::Below(Some(folder)), _)) => folder,
            Some((PageBase::Elsewhere, _)) => return Vec::new(),
            Some((PageBase::Outside, at)) => {
                if addresses.iter().any(|named| is_relative(&named.target)) {
                    let message = "this `<base href>` leads out of the files that are published, so nothing is that this page names";
                    let hint = "take it out, or write it from the folder of this file: `./`";
                    self.findings.push(finding("source/base", *at, message.to_owned()).hint(hint));
                }
                return Vec::new();
            }
        };
        let files = self.site.snapshot.files();
        let is_there = |path: &str| files.get(path).is_some_and(scan::File::is_readable) && check_path(path);
        let mut found = BTreeSet::new();
        for NamedAddress { target, at, need } in addresses {
            let Address::File(file) = address::classify(&target) else { continue };
            let wanted = address::resolve(if file.rooted { "" } else { &folder }, &file.path);
            let there = wanted.as_deref().filter(|wanted| is_there(wanted) && !wanted.ends_with(EXTENSION));
            let said = match there {
                Some(there) if file.rooted && need != Need::Maybe => {
                    let relative = super::relative_link(&address::join(&folder, "x"), there);
                    let message = format!("`{target}` begins at the top of the site, where no files are published");
                    let said = finding("asset/missing", at, message);
                    Some(said.hint(format!("write it from the folder of this file: `{relative}`")))
                }
                Some(there) if !file.rooted => {
                    found.insert(there.to_owned());
                    None
                }
                None if !file.rooted && need != Need::Maybe => {
                    let wanted = wanted.as_deref();
                    Some(match wanted.and_then(|wanted| self.source(wanted)) {
                        Some((source, Some(page))) => {
                            let message =
                                format!("`{target}` leads nowhere: `{source}` is a Source, whose page is elsewhere");
                            finding("asset/missing", at, message)
                                .hint(format!("write the address of the page: `{page}`"))
                        }
                        Some((source, None)) => {
                            let message = format!("`{target}` leads nowhere: `{source}` is a Source, and has no page");
                            finding("asset/missing", at, message)
                                .hint("pages are made of Sources to which another one links")
                        }
                        None => {
                            let said = finding("asset/missing", at, format!("there is no file `{target}`"));
                            let index = wanted
                                .map(|wanted| address::join(wanted, "index.html"))
                                .filter(|index| is_there(index));
                            match index {
                                Some(index) => said.hint(format!(
                                    "folders have no page: write `{}`",
                                    super::relative_link(&address::join(&folder, "x"), &index)
                                )),
                                None => said,
                            }
                        }
                    })
                }
                // What begins at the top may be an address of the server.
                _ => None,
            };
            self.findings.extend(said);
        }
        let mut known = BTreeSet::new();
        for MadeAddress { start, end, at } in made {
            if !known.insert((start.to_string(), end)) {
                continue;
            }
            let (above, name) = start.rsplit_once('/').unwrap_or(("", &start));
            let Some(above) = address::resolve(&folder, above) else { continue };
            let message =
                format!("what begins with `{start}` is put together while this runs, so pmx does not follow it");
            let about = DoubtKind::Made { start: address::join(&above, name), end: end.to_owned() };
            self.doubts.push(Doubt { path: path.to_owned(), about, finding: finding("script/import", at, message) });
        }
        for (name, at) in bare {
            let message = format!("`{name}` is the address of no file, and no import map of the site gives it one");
            let said = finding("script/import", at, message);
            let said =
                said.hint(format!("write the address of a file, `./{name}.js`, or that of a server, `https://…`"));
            self.doubts.push(Doubt { path: path.to_owned(), about: DoubtKind::Bare, finding: said });
        }
        found.remove(path);
        found.into_iter().collect()
    }

    /// The Source that an address in a file may mean, and the address of its page.
    fn source(&self, wanted: &str) -> Option<(String, Option<String>)> {
        let files = self.site.snapshot.files();
        let named = [wanted.to_owned(), format!("{wanted}{EXTENSION}"), address::join(wanted, INDEX)];
        let source = named.into_iter().find(|path| path.ends_with(EXTENSION) && files.contains_key(path))?;
        let page = (self.site.sources.page)(&source);
        Some((source, page))
    }

    /// Says of the files that are parts of pages what is true of their doubts. `uses`: all files of the bundle, and what they name.
    fn settle(self, uses: &BTreeMap<String, Vec<String>>) {
        let mut shown = BTreeSet::new();
        let mut open: Vec<&str> = self.site.sources.shown.iter().copied().collect();
        while let Some(path) = open.pop() {
            if shown.insert(path) {
                open.extend(uses.get(path).into_iter().flatten().map(String::as_str));
            }
        }
        for Doubt { path, about, finding } in self.doubts {
            if !shown.contains(path.as_str()) {
                continue;
            }
            match about {
                DoubtKind::Bare => self.findings.extend((!self.has_import_map).then_some(finding)),
                DoubtKind::Made { start, end } => {
                    let is_meant = |other: &str| {
                        let between =
                            other.strip_prefix(start.as_str()).and_then(|rest| rest.strip_suffix(end.as_str()));
                        between.is_some_and(|between| !between.is_empty() && !between.contains('/'))
                            && (!end.is_empty() || mentions::is_script(other))
                            && !other.ends_with(EXTENSION)
                    };
                    let files = self.site.snapshot.files().range(start.clone()..).map(|(path, _)| path.as_str());
                    let mut below = files.take_while(|path| path.starts_with(&start));
                    let missing = below.find(|other| is_meant(other) && *other != path && !uses.contains_key(*other));
                    self.findings.extend(missing.map(|missing| {
                        let address = super::relative_link(&path, missing);
                        finding.hint(format!(
                            "`new URL(\"{address}\", import.meta.url)` names a file that is to be published"
                        ))
                    }));
                }
            }
        }
    }
}

/// The Source that stands for a folder most likely.
const INDEX: &str = "index.path.md";

/// From where the addresses of a page with a `<base>` count.
enum PageBase {
    /// From a folder below the source root; none: from that of the page.
    Below(Option<String>),
    /// From where no files are published.
    Outside,
    /// From another site.
    Elsewhere,
}

/// What a `<base href>` of the page at a path says.
fn base_folder(path: &str, base: &str) -> PageBase {
    match address::classify(base) {
        Address::Elsewhere => PageBase::Elsewhere,
        Address::Here(_) => PageBase::Below(None),
        Address::File(file) if file.rooted => PageBase::Outside,
        Address::File(file) => {
            let is_folder = matches!(address::name(&file.path), "" | "." | "..");
            let folder = if is_folder { &file.path } else { address::folder(&file.path) };
            address::resolve(address::folder(path), folder)
                .map_or(PageBase::Outside, |folder| PageBase::Below(Some(folder)))
        }
    }
}

fn is_relative(target: &str) -> bool {
    matches!(address::classify(target), Address::File(file) if !file.rooted)
}

/// The text of a file that may name others.
fn text(site: &AssetContext<'_>, path: &str) -> Option<String> {
    if !(is_bundled(path) || css::is_sheet(path)) {
        return None;
    }
    let content = site.snapshot.files().get(path)?.hand_over(site.blobs)?;
    let bytes = (content.size <= MAX_READ).then(|| site.blobs.get(&content.hash))??;
    Some(decode(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_shared_by_all_paths_below_it() {
        let of = |paths: &[&str]| {
            let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
            shared_folder(paths.iter()).to_owned()
        };
        assert_eq!(of(&["a/b/c.js", "a/b/d/e.js"]), "a/b");
        assert_eq!(of(&["a/b.js", "ab.js"]), "");
        assert_eq!(of(&["a/b.js", "a/b/c.js"]), "a");
        assert_eq!(of(&[]), "");
    }
}
