//! When the system last changed what it knows of a file: nobody sets that, so it tells a file from the one that it replaced though both
//! have one size and time.

use std::{fs, path::Path};

/// Whether every change of a file shows in [`of`]. Where it does not, a file that a hint names is read whatever its stamp says.
pub(super) const SHOWS_ALL: bool = cfg!(unix);

/// The time of the last change of the inode, in seconds and nanoseconds.
#[cfg(unix)]
pub(super) fn of(_: &Path, meta: &fs::Metadata) -> (i64, i64) {
    use std::os::unix::fs::MetadataExt as _;
    (meta.ctime(), meta.ctime_nsec())
}

/// The file's index in its volume and when it was made: what was moved here is another file. What was written in place shows in
/// neither. Zero where the file cannot be opened.
#[cfg(windows)]
pub(super) fn of(path: &Path, _: &fs::Metadata) -> (i64, i64) {
    use winapi_util::{Handle, file::information};
    let info = Handle::from_path(path).and_then(information);
    info.map_or((0, 0), |info| (info.file_index().cast_signed(), info.creation_time().unwrap_or(0).cast_signed()))
}

#[cfg(not(any(unix, windows)))]
pub(super) const fn of(_: &Path, _: &fs::Metadata) -> (i64, i64) {
    (0, 0)
}
