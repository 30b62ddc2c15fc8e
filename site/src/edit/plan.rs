//! What a move or a removal does to the files that name the moved or removed one. No disk: from bytes to bytes.

use super::{
    reference::{Reference, Removal, Syntax},
    spelling,
    tree::{self, FileReferences, ResolvedTarget, SOURCE, Tree},
};
use crate::{
    diagnostic::{Diagnostic, Position},
    graph::wiki::Names,
    scan::Snapshot,
    source,
    text::{self, address},
};
use rayon::prelude::*;
use std::{collections::BTreeMap, ops::Range};

/// The code of places that were left as they are.
const LEFT: &str = "edit/not-rewritten";

/// What happens to a file, or to a folder with all in it. Paths are below the tree's base.
#[derive(Clone, Copy, Debug)]
pub(super) enum Task<'a> {
    Move { from: &'a str, to: &'a str },
    Remove(&'a str),
}

/// A file with other bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// Where it is before anything is moved.
    pub path: String,
    pub before: Vec<u8>,
    pub after: Vec<u8>,
    /// In order, each with the bytes that it replaces.
    pub edits: Vec<(Range<usize>, String)>,
    /// How many references were rewritten or taken out.
    pub references: usize,
}

/// All that a task does besides moving or removing.
#[derive(Clone, Debug, Default)]
pub(super) struct Effects {
    pub changes: Vec<Change>,
    /// Places that name what is gone from there and could not be edited.
    pub left: Vec<Diagnostic>,
}

impl Task<'_> {
    /// Where a path is afterwards; `None`: nowhere.
    pub(super) fn after(&self, path: &str) -> Option<String> {
        match self {
            Self::Move { from, to } => Some(shifted(path, from, to).unwrap_or_else(|| path.to_owned())),
            Self::Remove(gone) => (path != *gone).then(|| path.to_owned()),
        }
    }

    /// Where a path was before.
    fn before(&self, path: &str) -> String {
        match self {
            Self::Move { from, to } => shifted(path, to, from).unwrap_or_else(|| path.to_owned()),
            Self::Remove(_) => path.to_owned(),
        }
    }

    /// A part of the old name that every mention of it has, however it is escaped.
    fn mark(&self) -> &str {
        let (Self::Move { from: path, .. } | Self::Remove(path)) = self;
        let words = address::name(path).split(|c: char| !c.is_ascii_alphanumeric());
        words.max_by_key(|word| word.len()).unwrap_or_default()
    }
}

/// `path` below `to` if it is `from` or below it.
fn shifted(path: &str, from: &str, to: &str) -> Option<String> {
    let rest = path.strip_prefix(from)?;
    (rest.is_empty() || rest.starts_with('/')).then(|| format!("{to}{rest}"))
}

/// What a task does. `lists`: the file, if any, whose list items go with their links.
pub(super) fn effects(tree: &Tree<'_>, task: Task<'_>, lists: Option<&str>) -> Effects {
    let elsewhere = |path: &str| (tree.elsewhere)(&task.before(path));
    let files: BTreeMap<String, &[u8]> =
        tree.files.iter().filter_map(|(path, bytes)| Some((task.after(path)?, *bytes))).collect();
    let renamed = renamed(&files, tree.root);
    let names = Names::new(&renamed);
    let wiki = |from: &str, name: &str| {
        names.find(from, name).or_else(|| names.file(from, name)).map(|found| found.path.to_owned())
    };
    let after = Tree { files, elsewhere: &elsewhere, wiki: &wiki, ..tree.clone() };
    let work = |(path, bytes): (&String, &&[u8])| {
        let place = task.after(path)?;
        let reading = tree::read(path, bytes, tree.settings)?;
        let mut file =
            PlannedFile { tree, after: &after, task, path, place, reading, edits: Vec::new(), left: Vec::new() };
        let references = match task {
            Task::Move { .. } => file.follow(),
            Task::Remove(gone) => file.unlink(gone, lists == Some(path)),
        };
        file.check_against_the_builder(bytes);
        Some(file.done(bytes, references))
    };
    let all: Vec<(Option<Change>, Vec<Diagnostic>)> = tree.files.par_iter().filter_map(work).collect();
    let mut effects = Effects::default();
    for (change, left) in all {
        effects.changes.extend(change);
        effects.left.extend(left);
    }
    effects.left.sort();
    effects.left.dedup();
    effects
}

/// The Sources under their new names, if any of them names another in double brackets.
fn renamed(files: &BTreeMap<String, &[u8]>, root: &str) -> Snapshot {
    let names_any = files.values().any(|bytes| bytes.windows(2).any(|pair| pair == b"[["));
    let sources = files.iter().filter(|_| names_any);
    Snapshot::of(sources.filter_map(|(path, bytes)| Some((tree::below(root, path)?.to_owned(), bytes.to_vec()))))
}

/// A file while it is looked through.
struct PlannedFile<'a> {
    tree: &'a Tree<'a>,
    after: &'a Tree<'a>,
    task: Task<'a>,
    path: &'a str,
    /// Where it is afterwards.
    place: String,
    reading: FileReferences<'a>,
    edits: Vec<(Range<usize>, String)>,
    left: Vec<Diagnostic>,
}

impl PlannedFile<'_> {
    /// Gives every address that leads elsewhere after the move its new spelling; how many.
    fn follow(&mut self) -> usize {
        let mut expected = Vec::new();
        let mut edits = Vec::new();
        for reference in &self.reading.references {
            let mut address = reference.address.clone();
            if let Some(lead) = self.tree.lead(self.path, reference)
                && let Some(target) = self.task.after(&lead.target)
                && let stale = !self.leads(reference, &reference.address, &target)
                && (stale || self.is_shortest(reference, &lead))
            {
                match self.rewritten(reference, &lead, &target) {
                    Some((_, new)) if new == address => {}
                    Some((edit, new)) if self.reading.fixed.is_none() => {
                        edits.push(edit);
                        address = new;
                    }
                    _ if !stale => {}
                    _ => {
                        let why = self.reading.fixed.unwrap_or("the new path cannot be written there");
                        self.left.push(self.left_over(reference.written.start, &reference.address, why));
                    }
                }
            }
            expected.push(address);
        }
        if edits.is_empty() {
            return 0;
        }
        let count = edits.len();
        // Read again, the file must say what was meant everywhere.
        let text = edited(&self.reading.text, &edits);
        let again = tree::read(self.path, text.as_bytes(), self.tree.settings);
        let same = again.is_some_and(|again| again.references.iter().map(|r| &r.address).eq(&expected));
        if !same {
            for (range, _) in edits {
                let written = self.reading.text[range.clone()].to_owned();
                self.left.push(self.left_over(range.start, &written, "what stands around it would change its meaning"));
            }
            return 0;
        }
        self.edits = edits;
        count
    }

    /// Whether an address of a file that moves is written in the shortest way. It is in the new place too, so that the way
    /// back restores it.
    fn is_shortest(&self, reference: &Reference, lead: &ResolvedTarget) -> bool {
        let old = reference.address.trim();
        let path = &old[..old.find(['?', '#']).unwrap_or(old.len())];
        let target = lead.target.strip_suffix(SOURCE).filter(|_| lead.by_id).unwrap_or(&lead.target);
        self.place != self.path
            && !lead.rooted
            && reference.syntax != Syntax::Wiki
            && spelling::relative(reference.syntax, path, address::folder(self.path), target) == path
    }

    /// Whether an address leads to `target` after the move.
    fn leads(&self, reference: &Reference, written: &str, target: &str) -> bool {
        let lead = self.after.lead_of(&self.place, written, reference.by_id, reference.syntax);
        lead.is_some_and(|lead| lead.target == target)
    }

    /// The edit that makes a reference lead to `target`, and its address then.
    fn rewritten(
        &self,
        reference: &Reference,
        lead: &ResolvedTarget,
        target: &str,
    ) -> Option<((Range<usize>, String), String)> {
        let syntax = reference.syntax;
        let old = reference.address.trim();
        let (path, suffix) = match syntax {
            Syntax::Wiki => old.split_at(old.find('#').unwrap_or(old.len())),
            _ => old.split_at(old.find(['?', '#']).unwrap_or(old.len())),
        };
        let shorter = target.strip_suffix(SOURCE).filter(|_| lead.by_id);
        let shorter = shorter.filter(|_| syntax != Syntax::Wiki);
        for name in shorter.into_iter().chain([target]) {
            let new = self.spelled(syntax, path, lead, name)?;
            let address = format!("{new}{suffix}");
            let raw = &self.reading.text[reference.written.clone()];
            let edit = match raw.strip_suffix(suffix) {
                Some(kept) => {
                    let start = reference.written.start;
                    (start..start + kept.len(), syntax.escape(&new).into_owned())
                }
                None => (reference.written.clone(), syntax.escape(&address).into_owned()),
            };
            if self.leads(reference, &address, target) && syntax.unescape(&syntax.escape(&new)) == new {
                return Some((edit, address));
            }
        }
        None
    }

    fn spelled(&self, syntax: Syntax, old: &str, lead: &ResolvedTarget, target: &str) -> Option<String> {
        let below_root = tree::below(self.after.root, target);
        if syntax == Syntax::Wiki {
            return self.named(old, below_root?);
        }
        Some(match below_root.filter(|_| lead.rooted) {
            Some(target) => spelling::rooted(syntax, old, target),
            None => spelling::relative(syntax, old, address::folder(&self.place), target),
        })
    }

    /// The shortest name that means a Source after the move, in the manner of the old one: a path stays a path, a name with its
    /// type keeps it.
    fn named(&self, old: &str, target: &str) -> Option<String> {
        let id = target.strip_suffix(SOURCE).unwrap_or(target);
        let file = address::name(target);
        if id == target {
            let meant = |name: &&str| (self.after.wiki)(tree::below(self.after.root, &self.place)?, name);
            let names = if old.contains('/') { [target, file] } else { [file, target] };
            return names.into_iter().find(|name| meant(name).as_deref() == Some(target)).map(str::to_owned);
        }
        let stem = file.split('.').next().unwrap_or(file);
        let names = match old.trim() {
            old if old.contains('/') => [id, target, target],
            old if old.ends_with(SOURCE) => [file, target, target],
            old if old.contains('.') => [address::name(id), id, target],
            _ => [stem, address::name(id), id],
        };
        let meant = Some(target.to_owned());
        let from = tree::below(self.after.root, &self.place)?;
        names.into_iter().find(|name| (self.after.wiki)(from, name) == meant).map(str::to_owned)
    }

    /// Takes out every reference to a file; how many. `items`: a list item goes with its link.
    fn unlink(&mut self, gone: &str, items: bool) -> usize {
        let leads =
            |reference: &&Reference| self.tree.lead(self.path, reference).is_some_and(|lead| lead.target == gone);
        let text = &self.reading.text;
        let found: Vec<&Reference> = self.reading.references.iter().filter(leads).collect();
        let mut cuts = Vec::new();
        let mut count = 0;
        for reference in &found {
            let whole_list = reference
                .list
                .as_ref()
                .filter(|list| found.iter().filter(|other| other.list.as_ref() == Some(*list)).count() == list.members);
            let why = match (&reference.removal, self.reading.fixed) {
                (_, Some(why)) => why,
                (Removal::Keep(why), None) => *why,
                (Removal::Cut(ranges), None) => {
                    count += 1;
                    match whole_list {
                        Some(list) => cuts.push(list.whole.clone()),
                        None if items => cuts.push(line_of(text, reference.written.start)),
                        None => cuts.extend(ranges.iter().cloned()),
                    }
                    continue;
                }
            };
            self.left.push(self.left_over(reference.written.start, &reference.address, why));
        }
        self.edits = merged(text, cuts).into_iter().map(|range| (range, String::new())).collect();
        count
    }

    /// What the builder follows and nothing here found is said, never passed over.
    fn check_against_the_builder(&mut self, bytes: &[u8]) {
        let mut missed: Vec<(Position, String, Syntax)> = Vec::new();
        for (line, address) in &self.reading.doubts {
            let position = Position { line: *line, column: 1 };
            missed.extend([Syntax::Destination, Syntax::Wiki].map(|syntax| (position, address.clone(), syntax)));
        }
        let moves = self.place != self.path;
        if self.path.ends_with(SOURCE) && (moves || self.reading.text.contains(self.task.mark())) {
            let known = |target: &str| self.reading.references.iter().any(|r| r.address.trim() == target.trim());
            let links = source::parse(self.path, bytes, self.tree.settings).links.into_iter();
            // A name is no address; where the scan does not find one, the parser's tree has said so.
            let links = links.filter(|link| !link.place.is_name() && !known(&link.target));
            missed.extend(links.map(|link| (link.position, link.target, Syntax::Destination)));
        }
        for (position, address, syntax) in missed {
            let Some(lead) = self.tree.lead_of(self.path, &address, true, syntax) else { continue };
            let now = self.after.lead_of(&self.place, &address, true, syntax);
            let stays = now.is_some_and(|now| Some(now.target) == self.task.after(&lead.target));
            if !stays {
                let finding = said(position, &address, "its exact place is not clear");
                self.left.push(finding.at(self.place.clone()));
            }
        }
    }

    fn left_over(&self, at: usize, written: &str, why: &str) -> Diagnostic {
        said(Position::of(&self.reading.text, at), written, why).at(self.place.clone())
    }

    fn done(self, bytes: &[u8], references: usize) -> (Option<Change>, Vec<Diagnostic>) {
        let change = std::str::from_utf8(bytes).ok().filter(|_| !self.edits.is_empty()).map(|file| {
            let edits = in_file(file, &self.edits);
            Change {
                path: self.path.to_owned(),
                before: bytes.to_owned(),
                after: edited(file, &edits).into_bytes(),
                edits,
                references,
            }
        });
        (change, self.left)
    }
}

/// What is said of a file that is a link: its text belongs to another place.
pub(super) fn through_a_link(change: &Change) -> Diagnostic {
    let text = String::from_utf8_lossy(&change.before);
    let (range, _) = change.edits.first().cloned().unwrap_or_default();
    let written = text.get(range.clone()).unwrap_or_default();
    said(Position::of(&text, range.start), written, "the file is a symbolic link").at(change.path.clone())
}

fn said(position: Position, written: &str, why: &str) -> Diagnostic {
    Diagnostic::warning(LEFT, position, format!("`{written}` was not rewritten: {why}"))
}

/// Edits of a text as edits of the file that it is in.
fn in_file(file: &str, edits: &[(Range<usize>, String)]) -> Vec<(Range<usize>, String)> {
    let places = text::OffsetMap::of(file);
    edits.iter().map(|(range, new)| (places.range(range), text::as_in(file, new).into_owned())).collect()
}

fn edited(text: &str, edits: &[(Range<usize>, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (range, new) in edits {
        out.push_str(text.get(from..range.start).unwrap_or_default());
        out.push_str(new);
        from = range.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

/// The line of a byte, with its end.
fn line_of(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    start..text[at..].find('\n').map_or(text.len(), |end| at + end + 1)
}

/// Cuts in order, each byte once; a line of which nothing is left goes with its end.
fn merged(text: &str, mut cuts: Vec<Range<usize>>) -> Vec<Range<usize>> {
    cuts.sort_by_key(|cut| (cut.start, cut.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for cut in cuts.into_iter().filter(|cut| !cut.is_empty()) {
        match merged.last_mut() {
            Some(last) if cut.start <= last.end => last.end = last.end.max(cut.end),
            _ => merged.push(cut),
        }
    }
    for cut in &mut merged {
        if text[..cut.end].ends_with('\n') {
            continue;
        }
        let line = line_of(text, cut.start).start..line_of(text, cut.end).end;
        if text[line.start..cut.start].trim().is_empty() && text[cut.end..line.end].trim().is_empty() {
            *cut = line;
        }
    }
    merged
}

#[cfg(test)]
mod tests;
