//! Whether the system tells anything at all of a folder.

use crate::error::Error;
use std::{fs, path::Path};

/// What the name of the file begins with that is written to see whether this is told. It ends as what no build reads.
pub(super) const NAME: &str = ".pmx-probe-";
const ENDING: &str = ".tmp";
/// Kinds of mounts whose files are changed by other machines, or from outside of a container, without the system being told.
const FOREIGN: [&str; 12] =
    ["9p", "afpfs", "cifs", "drvfs", "fakeowner", "nfs", "nfs4", "prl_fs", "smb3", "smbfs", "vboxsf", "virtiofs"];
/// How kinds of mounts begin that are served by programs.
const SERVED: [&str; 4] = ["fuse.grpcfuse", "fuse.osxfs", "fuse.sshfs", "fuse.vmhgfs"];

/// Writes a file that nobody reads, and removes it, with those of processes that ended in between. Whether that was possible.
pub(super) fn write(folder: &Path) -> bool {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if is_it(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
    // A new file with a name that nobody could know, so that nothing is written through what is there.
    let probe = tempfile::Builder::new().prefix(NAME).suffix(ENDING).tempfile_in(folder);
    probe.and_then(tempfile::NamedTempFile::close).is_ok()
}

/// Whether a path is that of the file.
pub(super) fn is_it(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(NAME) && name.ends_with(ENDING))
}

/// The kind of the mount in which a folder is, if others may change its files unnoticed. Only Linux tells.
pub(super) fn foreign(folder: &Path) -> Option<String> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    foreign_in(&fs::read_to_string("/proc/self/mountinfo").ok()?, folder)
}

/// `mountinfo`: as proc(5) describes it.
fn foreign_in(mountinfo: &str, folder: &Path) -> Option<String> {
    let mount = |line: &str| {
        let (place, kind) = line.split_once(" - ")?;
        let place = place.split(' ').nth(4)?.replace("\\040", " ");
        folder.starts_with(&place).then(|| (place.len(), kind.split(' ').next().unwrap_or_default().to_owned()))
    };
    // Of two mounts at one place the later one is in front.
    let (_, kind) = mountinfo.lines().filter_map(mount).max_by_key(|(length, _)| *length)?;
    let is_foreign = FOREIGN.contains(&&*kind) || SERVED.iter().any(|served| kind.starts_with(served));
    is_foreign.then_some(kind)
}

/// What is said of a folder that tells nothing.
pub(super) fn silent(folder: &Path) -> Error {
    Error::new(format!("the system says nothing of changes in {}", folder.display()))
        .hint("let pmx look at the files every so often: `--poll`")
}

/// What is said of a mount that others change.
pub(super) fn changed_by_others(folder: &Path, kind: &str) -> Error {
    let message =
        format!("{} is on a {kind} mount: of changes from its other side the system says nothing", folder.display());
    Error::new(message).hint("if your edits are not seen at once: `--poll`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_that_others_change_is_known_by_its_kind() {
        let mounts = "22 1 254:0 / / rw - ext4 /dev/root rw\n\
                      30 22 0:25 / /mnt/c rw,noatime - 9p C:\\134 rw\n\
                      31 22 0:26 / /home/x/my\\040site rw shared:2 - fuse.sshfs host: rw\n\
                      32 22 0:27 / /home/x/mine rw - fuse.encfs x rw\n";
        for (folder, kind) in [
            ("/mnt/c/site", Some("9p")),
            ("/mnt/cc/site", None),
            ("/home/x/my site/paths", Some("fuse.sshfs")),
            ("/home/x/mine", None),
            ("/home", None),
        ] {
            assert_eq!(foreign_in(mounts, Path::new(folder)).as_deref(), kind, "{folder}");
        }
    }

    #[test]
    fn the_file_is_gone_at_once_and_no_build_would_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let of_a_killed_process = folder.path().join(format!("{NAME}56IxRc{ENDING}"));
        fs::write(of_a_killed_process, "").unwrap();
        assert!(write(folder.path()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(
            pmx_site::is_passing(&format!("{NAME}7{ENDING}")) && is_it(&folder.path().join(format!("{NAME}7{ENDING}")))
        );
        assert!(!write(Path::new("/nonexistent")));
    }
}
