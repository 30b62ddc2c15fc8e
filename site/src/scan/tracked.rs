//! Files that are looked at again and again.

use super::{Content, File, Snapshot, Unread, changed, named, scan, walk};
use crate::{error::SiteError, project::Project, text::address};
use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    path::Path,
    sync::Arc,
};

/// A snapshot that follows the files, and how it differs from what it was when it was last taken in.
#[derive(Clone, Debug, Default)]
pub struct Tracked {
    snapshot: Arc<Snapshot>,
    /// What was in the files that are different now.
    before: BTreeMap<String, Option<Content>>,
    revision: u64,
}

/// What was in the files before [`Tracked::taken`].
#[derive(Debug)]
pub struct Before(BTreeMap<String, Option<Content>>);

impl Tracked {
    /// The files as they were seen last.
    #[must_use]
    pub const fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// Paths of the files that were added, changed or removed since [`Tracked::taken`], sorted.
    pub fn changed(&self) -> impl ExactSizeIterator<Item = &str> {
        self.before.keys().map(String::as_str)
    }

    /// Another number after each look that found something else than the look before.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// The snapshot is taken in as it is. What [`Tracked::not_taken`] needs.
    pub fn taken(&mut self) -> Before {
        Before(mem::take(&mut self.before))
    }

    /// It was not taken in after all.
    pub fn not_taken(&mut self, before: Before) {
        self.before.extend(before.0);
        self.forget_reverted();
    }

    /// Files that had content and have vanished, or are empty (`true`). An editor may be about to write them.
    pub fn doubtful(&self) -> impl Iterator<Item = (&str, bool)> {
        self.before.iter().filter_map(|(name, before)| {
            before.as_ref().filter(|before| !is_empty(before))?;
            match self.snapshot.files.get(name) {
                None => Some((name.as_str(), false)),
                Some(file) => is_empty(&file.content).then_some((name.as_str(), true)),
            }
        })
    }

    /// Looks at everything again.
    ///
    /// # Errors
    /// As [`scan`]; nothing is taken in then.
    pub fn look_everywhere(&mut self, project: &Project) -> Result<(), SiteError> {
        let now = scan(project, Some(&self.snapshot))?;
        let changed: Vec<String> = now.changes(&self.snapshot).into_iter().map(str::to_owned).collect();
        self.revision += u64::from(!changed.is_empty());
        let before = mem::replace(&mut self.snapshot, Arc::new(now));
        for name in changed {
            let content = before.files.get(&name).map(|file| file.content.clone());
            self.before.entry(name).or_insert(content);
        }
        self.forget_reverted();
        Ok(())
    }

    /// Looks at these places alone, absolute paths: what is there now, with all below it. Links that lead there are looked at, too.
    ///
    /// # Errors
    /// As [`scan`].
    pub fn look_at<'a>(&mut self, project: &Project, paths: impl Iterator<Item = &'a Path>) -> Result<(), SiteError> {
        let mut names = BTreeSet::new();
        for path in paths {
            let Some(own) = below(&project.source_root, path) else { continue };
            let aliases = self.snapshot.links.iter().filter_map(|(link, target)| match below(target, path)? {
                rest if rest.is_empty() => Some(link.clone()),
                rest => Some(format!("{link}/{rest}")),
            });
            names.extend(std::iter::once(own).chain(aliases).map(|name| self.reachable(name)));
        }
        if names.contains("") {
            return self.look_everywhere(project);
        }
        for name in names {
            self.look_at_name(project, &name)?;
        }
        self.forget_reverted();
        Ok(())
    }

    /// The name itself, or, if it is in a folder that is not known yet, the one on the way there that is in a known folder.
    fn reachable(&self, mut name: String) -> String {
        if walk::is_mark(address::name(&name)) {
            name.truncate(address::folder(&name).len());
        }
        while !name.is_empty() {
            let folder = address::folder(&name);
            if self.snapshot.folders.contains_key(folder) {
                break;
            }
            name.truncate(folder.len());
        }
        name
    }

    fn look_at_name(&mut self, project: &Project, name: &str) -> Result<(), SiteError> {
        let Some(folder) = self.snapshot.folders.get(address::folder(name)) else { return Ok(()) };
        let found = walk::look_at(project, folder, address::name(name))?;
        // Who says where to look knows of a change: if the stamp of a file may be as before all the same, the file is read.
        let is_read = !changed::SHOWS_ALL && found.files.iter().any(|(path, ..)| path == name);
        let now = Snapshot::of_found(found, (!is_read).then_some(&self.snapshot));
        let below = format!("{name}/");
        let is_old = |path: &str| path == name || path.starts_with(&below);
        let snapshot = Arc::make_mut(&mut self.snapshot);
        snapshot.folders.retain(|path, _| !is_old(path));
        snapshot.links.retain(|path, _| !is_old(path));
        let hidden: BTreeSet<String> =
            snapshot.hidden.extract_if(.., |path, _| is_old(path)).map(|(path, _)| path).collect();
        let unread: BTreeMap<String, Unread> = snapshot.unread.extract_if(.., |path, _| is_old(path)).collect();
        // Sorted by bytes: what is below a name stands together, but not always behind the name itself.
        let old =
            snapshot.files.range(below.clone()..).map(|(path, _)| path).take_while(|path| path.starts_with(&below));
        let old: Vec<String> = std::iter::once(name.to_owned()).chain(old.cloned()).collect();
        let was = old.into_iter().filter_map(|path| snapshot.files.remove_entry(&path));
        let mut was: BTreeMap<String, File> = was.collect();
        for (path, file) in &now.files {
            let before = was.remove(path);
            if before.as_ref().map(|before| &before.content) != Some(&file.content) {
                self.revision += 1;
                self.before.entry(path.clone()).or_insert(before.map(|before| before.content));
            }
        }
        for (path, before) in was {
            self.revision += 1;
            self.before.entry(path).or_insert(Some(before.content));
        }
        self.revision += u64::from(now.unread != unread);
        // Why a hidden folder is looked into may be a text that is new, or that the folder itself is.
        let new = now.hidden.values().filter(|folder| !hidden.contains(&folder.name));
        let is_named = !named::named(project, snapshot.hidden.values().chain(now.hidden.values()), &now.files)
            .is_empty()
            || !named::named(project, new, &snapshot.files).is_empty();
        snapshot.add(now);
        if is_named {
            return self.look_everywhere(project);
        }
        Ok(())
    }

    fn forget_reverted(&mut self) {
        let now = &self.snapshot.files;
        self.before.retain(|name, before| now.get(name).map(|file| &file.content) != before.as_ref());
    }
}

fn is_empty(content: &Content) -> bool {
    matches!(content, Content::Bytes(bytes, _) if bytes.is_empty())
}

/// `/`-separated; none if it is elsewhere, or no text.
fn below(folder: &Path, path: &Path) -> Option<String> {
    let rest: &Path = path.strip_prefix(folder).ok()?;
    let parts: Option<Vec<&str>> = rest.iter().map(|part| part.to_str()).collect();
    Some(parts?.join("/"))
}
