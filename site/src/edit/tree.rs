//! The files that may name each other, and what an address in one of them leads to.

use super::{
    markdown,
    pieces::ContainedText,
    reference::{Reference, Syntax},
    stylesheet,
};
use crate::{
    Settings,
    text::{
        self,
        address::{self, Address},
    },
};
use std::{borrow::Cow, collections::BTreeMap};

/// The extension of a Source.
pub(super) const SOURCE: &str = ".md";

/// All files, by their paths below one base, `/`-separated.
#[derive(Clone)]
pub(super) struct Tree<'a> {
    pub files: BTreeMap<String, &'a [u8]>,
    /// The source root below the base; empty if it is the base.
    pub root: &'a str,
    /// Whether something else is at a path below the base; it may lead out of it.
    pub elsewhere: &'a (dyn Fn(&str) -> bool + Sync),
    /// Which Source a wikilink names: from a Source's path below the source root, to another.
    pub wiki: &'a (dyn Fn(&str, &str) -> Option<String> + Sync),
    pub settings: &'a Settings,
}

/// Where an address leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ResolvedTarget {
    /// Below the base.
    pub target: String,
    /// Whether `.md` was left out.
    pub by_id: bool,
    pub rooted: bool,
}

/// What a file names.
pub(super) struct FileReferences<'a> {
    /// Its text, for which ranges count.
    pub text: Cow<'a, str>,
    pub references: Vec<Reference>,
    pub doubts: Vec<(usize, String)>,
    /// Why the file cannot be edited.
    pub fixed: Option<&'static str>,
}

/// Reads a file; `None` if it is of a kind that names no others.
pub(super) fn read<'a>(path: &str, bytes: &'a [u8], settings: &Settings) -> Option<FileReferences<'a>> {
    let is_source = path.ends_with(SOURCE);
    if !is_source && !path.ends_with(".css") {
        return None;
    }
    let text = text::decode(bytes);
    let fixed = match std::str::from_utf8(bytes) {
        Err(_) => Some("the file is not UTF-8"),
        // The parser counts it as three bytes.
        Ok(_) if text.contains('\0') => Some("the file has a NUL in it"),
        Ok(_) => None,
    };
    let (mut references, doubts) = if is_source {
        let document = markdown::read(path, &text, settings);
        (document.references, document.doubts)
    } else {
        let mut sheet = ContainedText::default();
        sheet.push(0, &text);
        (stylesheet::references(&sheet), Vec::new())
    };
    references.sort_by_key(|reference| reference.written.start);
    Some(FileReferences { text, references, doubts, fixed })
}

impl Tree<'_> {
    /// Where an address in a file leads, if anything is there.
    pub(super) fn lead(&self, from: &str, reference: &Reference) -> Option<ResolvedTarget> {
        self.lead_of(from, &reference.address, reference.by_id, reference.syntax)
    }

    pub(super) fn lead_of(&self, from: &str, written: &str, by_id: bool, syntax: Syntax) -> Option<ResolvedTarget> {
        if syntax == Syntax::Wiki {
            return self.named(from, written);
        }
        let Address::File(file) = address::classify(written) else { return None };
        let folder = if file.rooted { self.root } else { address::folder(from) };
        let target = join(folder, &file.path);
        let lead = |target: String, by_id: bool| ResolvedTarget { target, by_id, rooted: file.rooted };
        if self.files.contains_key(&target) {
            return Some(lead(target, false));
        }
        if by_id && !target.is_empty() && self.files.contains_key(&format!("{target}{SOURCE}")) {
            return Some(lead(format!("{target}{SOURCE}"), true));
        }
        // A rooted address of something else is a route.
        (!file.rooted && (self.elsewhere)(&target)).then(|| lead(target, false))
    }

    /// What double brackets lead to. Files outside of the source root have none.
    fn named(&self, from: &str, written: &str) -> Option<ResolvedTarget> {
        let name = written.split('#').next().unwrap_or_default();
        let target = join(self.root, &(self.wiki)(below(self.root, from)?, name)?);
        Some(ResolvedTarget { target, by_id: !name.trim().ends_with(SOURCE), rooted: false })
    }
}

/// A path of the base as one of the source root.
pub(super) fn below<'p>(root: &str, path: &'p str) -> Option<&'p str> {
    match root {
        "" => Some(path),
        root => path.strip_prefix(root)?.strip_prefix('/'),
    }
}

/// `path` from `folder` on, without `.` and with `..` only at the start.
pub(super) fn join(folder: &str, path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in folder.split('/').chain(path.split('/')) {
        match segment {
            "" | "." => {}
            ".." if segments.last().is_some_and(|last| *last != "..") => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    segments.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_lead_above_the_base() {
        assert_eq!(join("a/b", "../c/./d.md"), "a/c/d.md");
        assert_eq!(join("a", "../../x/../y.md"), "../y.md");
        assert_eq!(join("", "x//y/"), "x/y");
    }
}
