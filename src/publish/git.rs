//! What a git checkout says about the site that is published from it.

use crate::git;
use pmx_worker::model::Meta;
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

fn rev_parse(folder: &Path) -> Option<String> {
    String::from_utf8(git::ask(folder, &["rev-parse", "HEAD", "--abbrev-ref", "HEAD"])?).ok()
}
