//! Files that this process prints into: `pmx dev > paths/log.md`. To build what is printed would be to print again, for ever.

use std::{fs, path::PathBuf};

/// A file that stdout or stderr leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnOutput {
    /// Device and inode: the same under every name.
    id: (u64, u64),
    /// Where it was when it was opened, where the system tells.
    pub path: Option<PathBuf>,
}

impl OwnOutput {
    /// Those of this process; none where they are no files, and where the system does not tell files apart.
    #[must_use]
    pub fn of_process() -> Vec<Self> {
        #[cfg(unix)]
        {
            use std::os::fd::AsFd as _;
            let (stdout, stderr) = (std::io::stdout(), std::io::stderr());
            let mut found: Vec<Self> = [stdout.as_fd(), stderr.as_fd()].into_iter().filter_map(Self::of).collect();
            found.dedup_by(|one, other| one.id == other.id);
            found
        }
        #[cfg(not(unix))]
        Vec::new()
    }

    #[cfg(unix)]
    fn of(file: std::os::fd::BorrowedFd<'_>) -> Option<Self> {
        let meta = fs::File::from(file.try_clone_to_owned().ok()?).metadata().ok()?;
        let id = identity(&meta)?;
        // Linux, `proc_pid_fd(5)`. Elsewhere the file is known when it is seen, and cannot be named before.
        let path = fs::read_link(format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file))).ok();
        meta.is_file().then_some(Self { id, path })
    }

    /// Whether this is it.
    pub(crate) fn is(&self, meta: &fs::Metadata) -> bool {
        identity(meta) == Some(self.id)
    }
}

#[cfg(unix)]
fn identity(meta: &fs::Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((meta.dev(), meta.ino()))
}

#[cfg(not(unix))]
const fn identity(_: &fs::Metadata) -> Option<(u64, u64)> {
    None
}
