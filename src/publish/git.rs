//! What a git checkout says about the site that is published from it.

use super::Listing;
use crate::git::{self, Uncommitted};
use pmx_model::Meta;
use pmx_site::Project;
use std::path::Path;

/// `commit` and `branch` of the checkout that has this folder. Empty without git, a checkout or a commit; without
/// `branch` while no branch is checked out.
#[must_use]
pub fn meta(folder: &Path) -> Meta {
    let mut meta = Meta::new();
    let Some(answer) = rev_parse(folder) else { return meta };
    let mut lines = answer.lines();
    if let Some(commit) = lines.next().filter(|line| !line.is_empty()) {
        meta.insert(String::from("commit"), commit.to_owned());
    }
    if let Some(branch) = lines.next().filter(|line| !line.is_empty() && *line != "HEAD") {
        meta.insert(String::from("branch"), branch.to_owned());
    }
    meta
}

/// What stands behind a commit whose checkout had been edited.
pub const WITH_CHANGES: &str = "+changes";

/// Whether what is built in this checkout is not what was committed: a Source of the build is edited or new, or any other file is, of
/// those that builds read. What Git ignores does not count, nor what is hidden or lies in the output, since no build reads that.
#[must_use]
pub fn has_changes(project: &Project, out: Option<&Path>, listing: &Listing) -> bool {
    let root = &project.source_root;
    let is_read = |file: &Uncommitted| {
        let is_seen = !file.path.split('/').any(|name| name.starts_with('.'))
            && out.is_none_or(|out| !root.join(&file.path).starts_with(out));
        is_seen && (file.is_gone || !file.path.ends_with(".md") || listing.has_source(&file.path))
    };
    let edited = git::uncommitted(root, ".").is_some_and(|files| files.iter().any(is_read));
    let config = project.config_file();
    let config = config.strip_prefix(&project.folder).ok().and_then(Path::to_str);
    let set = |config| git::uncommitted(&project.folder, config).is_some_and(|files| !files.is_empty());
    edited || config.is_some_and(set)
}

fn rev_parse(folder: &Path) -> Option<String> {
    String::from_utf8(git::ask(folder, &["rev-parse", "HEAD", "--abbrev-ref", "HEAD"])?).ok()
}
