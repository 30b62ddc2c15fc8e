//! Files that name others by addresses that are not written anew: scripts with their imports, and HTML of its own, as in frames.
//!
//! They are published with all that they name in one folder, in which each has the place that it has in the source folder: so their
//! addresses stay true, whatever a script makes of them, and a module that several import is one. The folder's name has a hash of it all.

use super::asset::{Asset, AssetContext, DIGITS};
use crate::{
    diagnostic::{Diagnostic, Positions},
    scan,
    source::EXTENSION,
    text::{
        address::{self, Address},
        css, decode,
        html::{self, Part, addresses},
        script,
    },
};
use pmx_model::{Hash, check_path};
use sha2::{Digest as _, Sha256};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
};

/// Files with more bytes than this are not looked through for what they name: libraries in one piece, which name nothing.
const MAX_READ: u64 = 2 << 20;

/// The files, by their paths below the source root.
#[derive(Debug, Default)]
pub(super) struct Bundle {
    members: BTreeMap<String, Asset>,
}

/// An address in a file.
struct NamedAddress<'t> {
    target: Cow<'t, str>,
    at: usize,
    /// Whether something is missing without it; what a reader follows, or a script may not need, is only taken along.
    is_needed: bool,
}

impl Bundle {
    /// Of those of the paths that name other files, and of all that they name.
    pub(super) fn of<'p>(
        site: &AssetContext<'_>,
        paths: impl Iterator<Item = &'p str>,
        findings: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut uses: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut open: Vec<String> = Vec::new();
        for path in paths.filter(|path| is_bundled(path)) {
            let named = named(site, path, findings);
            if !named.is_empty() {
                open.extend(named.iter().cloned());
                uses.insert(path.to_owned(), named);
            }
        }
        while let Some(path) = open.pop() {
            if let Entry::Vacant(place) = uses.entry(path) {
                let named = named(site, place.key(), findings);
                open.extend(named.iter().cloned());
                place.insert(named);
            }
        }
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

fn ends_with(path: &str, endings: &[&str]) -> bool {
    let name = path.to_ascii_lowercase();
    endings.iter().any(|ending| name.ends_with(ending))
}

/// Whether a file is read for what it names, and keeps its place beside that.
pub(super) fn is_bundled(path: &str) -> bool {
    is_page(path) || is_script(path)
}

fn is_page(path: &str) -> bool {
    ends_with(path, &[".html", ".htm", ".xhtml"])
}

fn is_script(path: &str) -> bool {
    ends_with(path, &[".js", ".mjs"])
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

/// The files of the site that a file names; says what is not there.
fn named(site: &AssetContext<'_>, path: &str, findings: &mut Vec<Diagnostic>) -> Vec<String> {
    let Some(text) = text(site, path) else { return Vec::new() };
    let mut found = BTreeSet::new();
    let files = site.snapshot.files();
    let is_there = |path: &str| files.get(path).is_some_and(scan::File::is_readable) && check_path(path);
    let mut positions = Positions::of(&text);
    for NamedAddress { target, at, is_needed } in addresses_in(path, &text) {
        let Address::File(file) = address::classify(&target) else { continue };
        let folder = if file.rooted { "" } else { address::folder(path) };
        let wanted = address::resolve(folder, &file.path);
        let there = wanted.as_deref().filter(|wanted| is_there(wanted) && !wanted.ends_with(EXTENSION));
        let mut say = |message: String, hint: Option<String>| {
            let finding = Diagnostic::warning("asset/missing", positions.at(at), message);
            let finding = finding.at(site.project.show(path));
            findings.push(match hint {
                Some(hint) => finding.hint(hint),
                None => finding,
            });
        };
        match there {
            Some(there) if file.rooted && is_needed => {
                let relative = super::relative_link(path, there);
                let message = format!("`{target}` begins at the top of the site, where no files are published");
                say(message, Some(format!("write it from the folder of this file: `{relative}`")));
            }
            Some(there) if !file.rooted => {
                found.insert(there.to_owned());
            }
            // What begins at the top may be an address of the server.
            None if is_needed && !file.rooted => say(format!("there is no file `{target}`"), None),
            _ => {}
        }
    }
    found.remove(path);
    found.into_iter().collect()
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

fn addresses_in<'t>(path: &str, text: &'t str) -> Vec<NamedAddress<'t>> {
    if is_script(path) {
        imports(text, 0).collect()
    } else if is_page(path) {
        of_page(text)
    } else {
        sheet(text, 0).collect()
    }
}

fn imports(script: &str, from: usize) -> impl Iterator<Item = NamedAddress<'_>> {
    script::imports(script).into_iter().filter(|import| import.is_relative() || import.target.starts_with('/')).map(
        move |import| NamedAddress {
            target: Cow::Borrowed(import.target),
            at: from + import.at,
            is_needed: import.kind != script::Kind::Address,
        },
    )
}

fn sheet(css: &str, from: usize) -> impl Iterator<Item = NamedAddress<'_>> {
    css::references(css).into_iter().map(move |reference| NamedAddress {
        target: Cow::Owned(reference.target),
        at: from + reference.range.start,
        is_needed: true,
    })
}

/// What HTML names. With a `<base>`, its addresses count from elsewhere.
fn of_page(text: &str) -> Vec<NamedAddress<'_>> {
    let parts = html::scan(text).parts;
    let is_base = |attribute: &html::RawAttribute<'_>| {
        attribute.tag.eq_ignore_ascii_case("base") && attribute.name.eq_ignore_ascii_case("href")
    };
    if parts.iter().filter_map(Part::attribute).any(is_base) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        match part {
            Part::Sheet(range) => found.extend(sheet(&text[range.clone()], range.start)),
            Part::Script(range) => found.extend(imports(&text[range.clone()], range.start)),
            Part::Attribute(attribute) => {
                let Some(held) = addresses::held(text, &parts, number) else { continue };
                let value = html::unescape(&text[attribute.value.clone()]);
                let is_linked = attribute.tag.eq_ignore_ascii_case("link");
                for item in addresses::items(&value, held.form) {
                    let written = &value[item.address];
                    let target = if held.form == addresses::AddressSyntax::Style {
                        css::unquoted(written)
                    } else {
                        written.to_owned()
                    };
                    let is_needed = !held.is_followed || is_linked && is_part(&target);
                    found.push(NamedAddress { target: Cow::Owned(target), at: attribute.value.start, is_needed });
                }
            }
        }
    }
    found
}

/// Whether what a `<link>` names is a part of the page, by its ending.
fn is_part(target: &str) -> bool {
    ends_with(target.split(['?', '#']).next().unwrap_or_default(), &[".css", ".js", ".mjs"])
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
