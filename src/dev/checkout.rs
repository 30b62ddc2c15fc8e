//! Whether Git is changing the files right now.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// No checkout is waited for longer: what Git left behind when it was ended looks the same.
pub(super) const LONGEST: Duration = Duration::from_secs(30);

/// Whether Git holds its lock on the checkout that a folder lies in: while it switches branches, merges, rebases, commits.
pub(super) fn is_under_way(folder: &Path) -> bool {
    let lock = folder.ancestors().find_map(git_folder).map(|git| git.join("index.lock"));
    let age = lock.and_then(|lock| fs::metadata(lock).ok()?.modified().ok()?.elapsed().ok());
    age.is_some_and(|age| age < LONGEST)
}

/// Where Git keeps the state of the checkout whose top this is. In a worktree `.git` is a file that says it.
fn git_folder(top: &Path) -> Option<PathBuf> {
    let git = top.join(".git");
    let kind = fs::metadata(&git).ok()?;
    if kind.is_dir() {
        return Some(git);
    }
    let text = fs::read_to_string(&git).ok()?;
    Some(top.join(text.strip_prefix("gitdir:")?.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_is_under_way_while_git_holds_its_lock() {
        let folder = tempfile::tempdir().unwrap();
        let (site, git) = (folder.path().join("a/site"), folder.path().join(".git"));
        fs::create_dir_all(&site).unwrap();
        assert!(!is_under_way(&site));
        fs::create_dir(&git).unwrap();
        assert!(!is_under_way(&site));
        fs::write(git.join("index.lock"), "").unwrap();
        assert!(is_under_way(&site));
        // A worktree has a lock of its own.
        fs::create_dir_all(git.join("worktrees/a")).unwrap();
        fs::write(folder.path().join("a/.git"), "gitdir: ../.git/worktrees/a\n").unwrap();
        assert!(!is_under_way(&site));
        fs::write(git.join("worktrees/a/index.lock"), "").unwrap();
        assert!(is_under_way(&site));
    }
}
