//! Files that editors, browsers, desktops and pmx itself leave beside others for a while.

use crate::files::beside::is_beside;

/// Endings of copies, of what is being written or downloaded.
const ENDINGS: [&str; 10] =
    ["~", ".bak", ".bck", ".orig", ".tmp", ".part", ".crdownload", "___jb_tmp___", "___jb_old___", ".kate-swp"];
/// What Vim creates to see whether it may, and what desktops keep in every folder.
const NAMES: [&str; 4] = ["4913", ".DS_Store", "Thumbs.db", "desktop.ini"];

/// Whether a file of this name is none that an author wrote: a swap file, a lock, a backup, a file on its way. No build reads such
/// a file, and what happens to it is no reason to look.
#[must_use]
pub fn is_passing(name: &str) -> bool {
    let is_emacs = name.starts_with(".#") || (name.starts_with('#') && name.ends_with('#') && name.len() > 1);
    // Vim counts from `.swp` down to `.swa`, and probes with `.swx`.
    let is_vim = || {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let swap = matches!(ending.as_bytes(), [b's', b'w', b'a'..=b'z']);
        swap && (name.starts_with('.') || matches!(ending, "swp" | "swo" | "swx"))
    };
    is_emacs
        || name.starts_with(".goutputstream-")
        || NAMES.contains(&name)
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
        || is_vim()
        || is_beside(name)
}

#[cfg(test)]
mod tests {
    use super::is_passing;

    #[test]
    fn what_editors_leave_is_no_file_of_the_site() {
        for name in [
            "a.md~",
            ".#a.md",
            "#a.md#",
            ".a.md.swp",
            ".a.md.swo",
            ".a.md.swx",
            "a.swp",
            ".swp",
            "4913",
            "a.bak",
            "a.md.bck",
            "a.md.orig",
            "a.md.41.tmp",
            "a.md___jb_tmp___",
            "a.md___jb_old___",
            ".goutputstream-X1Y2Z3",
            "film.mp4.part",
            "x.zip.crdownload",
            ".a.md.kate-swp",
            ".DS_Store",
            ".a.md.4711.old",
            ".a.md.4711-3-0123456789abcdef-0123456789abcdef.new",
        ] {
            assert!(is_passing(name), "{name}");
        }
        for name in
            ["a.md", "#a.md", "#", "game.swf", ".htaccess", "4913.md", "backup.md", "tmp", "a.tmp.md", ".gitignore"]
        {
            assert!(!is_passing(name), "{name}");
        }
    }
}
