//! Paths that are compared with each other and read by people, the same way on every system.

use std::{
    io,
    path::{Component, Path, PathBuf, Prefix},
};

/// Where a path leads: absolute and without links, as [`std::fs::canonicalize`] says it, but on Windows in the form that people and
/// other programs write (`C:\site`, `\\server\share\site`), not in the one that begins with `\\?\`. Two paths are compared only if
/// both come from here: to Rust the two forms are different paths. What has no short form (a name that Windows reserves, more than
/// 260 characters on a drive) keeps the long one.
///
/// # Errors
/// As [`std::fs::canonicalize`].
pub fn canonical(path: &Path) -> io::Result<PathBuf> {
    dunce::canonicalize(path).map(short_share)
}

/// `dunce` leaves folders of the network in their long form.
fn short_share(path: PathBuf) -> PathBuf {
    let mut components = path.components();
    let Some(Component::Prefix(prefix)) = components.next() else { return path };
    let Prefix::VerbatimUNC(server, share) = prefix.kind() else { return path };
    let mut short = std::ffi::OsString::from(r"\\");
    short.push(server);
    short.push(r"\");
    short.push(share);
    let mut short = PathBuf::from(short);
    short.push(r"\");
    for component in components.filter(|component| *component != Component::RootDir) {
        // A name that means something else without `\\?\`.
        if component.as_os_str().to_str().and_then(super::portable::unportable).is_some() {
            return path;
        }
        short.push(component);
    }
    short
}

/// A path as a person in the working directory would write it.
pub fn from_here(cwd: &Path, path: &Path) -> String {
    let below: PathBuf = path.strip_prefix(cwd).unwrap_or(path).components().collect();
    below.display().to_string()
}

/// A path with `/` between its segments, as it stands in Sources, documents and lines that people read.
pub fn slashed(path: &Path) -> String {
    let mut out = String::new();
    for component in path.components() {
        if !out.is_empty() && !out.ends_with('/') {
            out.push('/');
        }
        match component {
            Component::RootDir if out.is_empty() => out.push('/'),
            Component::RootDir => {}
            Component::Prefix(prefix) => out.push_str(&prefix_of(prefix.kind(), &prefix.as_os_str().to_string_lossy())),
            _ => out.push_str(&component.as_os_str().to_string_lossy()),
        }
    }
    out
}

/// The drive or share that a path of Windows begins with.
fn prefix_of(kind: Prefix<'_>, written: &str) -> String {
    match kind {
        Prefix::VerbatimDisk(drive) | Prefix::Disk(drive) => format!("{}:", char::from(drive)),
        Prefix::VerbatimUNC(server, share) | Prefix::UNC(server, share) => {
            format!("//{}/{}", server.to_string_lossy(), share.to_string_lossy())
        }
        _ => written.replace('\\', "/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shown_with_one_slash_between_its_segments() {
        for (path, shown) in [("/", "/"), ("/a/b", "/a/b"), ("a//b/./c", "a/b/c"), ("../a", "../a"), ("", "")] {
            assert_eq!(slashed(Path::new(path)), shown, "{path}");
        }
    }

    #[test]
    fn a_drive_and_a_share_are_shown_without_the_marks_of_long_paths() {
        let (server, share) = ("nas".as_ref(), "sites".as_ref());
        for (kind, shown) in [
            (Prefix::VerbatimDisk(b'C'), "C:"),
            (Prefix::Disk(b'C'), "C:"),
            (Prefix::VerbatimUNC(server, share), "//nas/sites"),
            (Prefix::UNC(server, share), "//nas/sites"),
        ] {
            assert_eq!(prefix_of(kind, ""), shown);
        }
    }

    #[test]
    #[cfg(windows)]
    fn no_path_of_this_system_is_shown_in_its_long_form() {
        for (path, shown) in [
            (r"\\?\C:\site\paths", "C:/site/paths"),
            (r"C:\site", "C:/site"),
            (r"\\?\UNC\nas\sites\a", "//nas/sites/a"),
            (r"\\nas\sites\a", "//nas/sites/a"),
        ] {
            assert_eq!(slashed(Path::new(path)), shown);
        }
        assert_eq!(short_share(r"\\?\UNC\nas\sites\a".into()), Path::new(r"\\nas\sites\a"));
        assert_eq!(short_share(r"\\?\UNC\nas\sites\aux".into()), Path::new(r"\\?\UNC\nas\sites\aux"));
        let folder = tempfile::tempdir().unwrap();
        assert!(!canonical(folder.path()).unwrap().to_str().unwrap().starts_with(r"\\?\"));
    }

    #[test]
    fn a_folder_s_exact_path_is_where_links_to_it_lead() {
        let folder = tempfile::tempdir().unwrap();
        let exact = canonical(folder.path()).unwrap();
        assert_eq!(canonical(&folder.path().join(".")).unwrap(), exact);
        assert!(canonical(&folder.path().join("none")).is_err());
    }
}
