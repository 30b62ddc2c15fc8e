//! Which state folder is used, and whether it may be without being asked for.

use crate::{
    error::{Error, Result},
    git,
    paths::canonical,
};
use std::path::{Path, PathBuf};

/// The state folder: the one that was named, else the default one, unless that came from somebody else. What is in a state folder is
/// served, and answers for the sites in it; so one that came with a checkout, belongs to another user, or is a link to elsewhere is used
/// when the command line names it, and not before.
///
/// # Errors
/// The default folder is somebody else's.
pub fn choose(named: Option<&Path>, default: PathBuf) -> Result<PathBuf> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    // What is not there yet is made by whoever asks.
    let Ok(metadata) = default.symlink_metadata() else { return Ok(default) };
    let place = default.display();
    let refused = |what: &str| {
        Err(Error::new(format!("{place} {what}, and is not used without being asked for"))
            .hint(format!("`--state {place}` uses it; what is in it is served then"))
            .hint("another folder, which need not exist, is one's own: `--state <DIR>`"))
    };
    if metadata.is_symlink() {
        return refused("is a link");
    }
    if !is_own(&metadata) {
        return refused("belongs to another user");
    }
    if canonical(&default).is_ok_and(|exact| git::tracks(&exact)) {
        return refused("came with the checkout");
    }
    Ok(default)
}

#[cfg(unix)]
fn is_own(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    metadata.uid() == rustix::process::geteuid().as_raw()
}

/// Who owns a folder is not asked here: profiles of other users cannot be written.
#[cfg(not(unix))]
fn is_own(_: &std::fs::Metadata) -> bool {
    true
}
