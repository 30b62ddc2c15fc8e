//! Which hidden folders the site's own links lead into.

use super::{File, walk::WalkedFolder};
use crate::{
    project::Project,
    source::{self, EXTENSION},
    text::{
        address::{self, Address},
        css::{self, is_sheet},
    },
};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Where a text leads.
enum NamedTarget {
    /// To what is at this path below the source root.
    At(String),
    /// To the file whose path ends like this: a name in double brackets.
    Ending(String),
}

/// Those of `hidden` into which a link of a Source or an address in a stylesheet among `files` leads, by name. What is written about a
/// folder is no link: prose and code name folders that are none of the site's. Only texts in which the name of a hidden folder stands,
/// and those in such a folder, are parsed.
pub(super) fn named<'a>(
    project: &Project,
    hidden: impl IntoIterator<Item = &'a WalkedFolder>,
    files: &BTreeMap<String, File>,
) -> BTreeSet<&'a str> {
    let folders: Vec<&str> = hidden.into_iter().map(|folder| folder.name.as_str()).collect();
    let outer: BTreeSet<&str> = folders.iter().map(|folder| outermost(folder)).collect();
    if outer.is_empty() {
        return BTreeSet::new();
    }
    let words: BTreeSet<String> = outer
        .iter()
        .map(|folder| address::name(folder))
        .flat_map(|name| [format!("{name}/"), format!("{}/", address::encode_path(name))])
        .collect();
    let leads = files.par_iter().flat_map_iter(|(path, file)| {
        let bytes = file.bytes().filter(|_| path.ends_with(EXTENSION) || is_sheet(path));
        let text = bytes.and_then(|(bytes, _)| std::str::from_utf8(bytes).ok());
        let is_within = || outer.iter().any(|folder| is_in(folder, path));
        let text = text.filter(|text| words.iter().any(|word| text.contains(word.as_str())) || is_within());
        text.map_or_else(Vec::new, |text| leads(project, path, text))
    });
    let leads: Vec<NamedTarget> = leads.collect();
    folders.into_iter().filter(|folder| leads.iter().any(|lead| lead.is_into(folder))).collect()
}

impl NamedTarget {
    /// Whether it leads to a folder or to something below it.
    fn is_into(&self, folder: &str) -> bool {
        match self {
            Self::At(path) => path == folder || is_in(folder, path),
            Self::Ending(name) => name.match_indices('/').any(|(end, _)| {
                let before = &name[..end];
                folder.strip_suffix(before).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
            }),
        }
    }
}

fn leads(project: &Project, path: &str, text: &str) -> Vec<NamedTarget> {
    if is_sheet(path) {
        return css::references(text).iter().filter_map(|reference| at(path, &reference.target)).collect();
    }
    let source = source::parse(path, text.as_bytes(), &project.settings);
    let lead = |link: &source::Link| -> Vec<NamedTarget> {
        match link.place.is_name() {
            true => {
                let name = link.target.split('#').next().unwrap_or_default().trim().trim_start_matches('/');
                let beside = address::resolve(address::folder(path), name).map(NamedTarget::At);
                beside.into_iter().chain([NamedTarget::Ending(name.to_owned())]).collect()
            }
            false => at(path, &link.target).into_iter().collect(),
        }
    };
    source.links.iter().flat_map(lead).collect()
}

/// Where an address in the file at `path` leads.
fn at(path: &str, target: &str) -> Option<NamedTarget> {
    let Address::File(file) = address::classify(target) else { return None };
    address::resolve(if file.rooted { "" } else { address::folder(path) }, &file.path).map(NamedTarget::At)
}

fn is_in(folder: &str, path: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// The path of a hidden folder as far as the first name in it that hides it.
fn outermost(folder: &str) -> &str {
    let ends = folder.match_indices('/').map(|(end, _)| end).chain([folder.len()]);
    ends.map(|end| &folder[..end]).find(|path| address::name(path).starts_with('.')).unwrap_or(folder)
}
