//! The `.gitignore` of a project: that what pmx makes is no part of it.

use pmx_site::{Folder, FolderError};
use std::io;

/// The file.
pub(super) const NAME: &str = ".gitignore";
/// What pmx makes in a project's folder. Each of these folders has a `.gitignore` of its own, too; who reads this file sees it at once.
const MADE: [&str; 3] = [".pathmx", ".pathmx-cache", ".pathmx-state"];
/// The largest file that is added to: 1 MiB, far above what anybody writes.
const MAX: u64 = 1024 * 1024;

/// What became of the file.
pub(super) enum Ignoring {
    /// It is new.
    Written,
    /// It is there, and has these lines more.
    Added(Vec<String>),
    /// All that was to be in it is in it.
    Complete,
}

/// Why it cannot be added to.
#[derive(Debug, thiserror::Error)]
pub(super) enum IgnoringError {
    /// It is a link, a folder, or larger than [`MAX`].
    #[error(transparent)]
    Kept(#[from] FolderError),
    /// The disk refuses.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Lets the file name all that pmx makes: its missing lines are added at its end, and nothing else changes.
///
/// # Errors
/// It is no file, or it cannot be written; it is as it was then.
pub(super) fn complete(folder: &Folder) -> Result<Ignoring, IgnoringError> {
    let before = folder.read(NAME, MAX)?;
    let (text, added) = completed(before.as_deref().unwrap_or_default());
    if added.is_empty() {
        return Ok(Ignoring::Complete);
    }
    folder.replace(folder, NAME, &text)?;
    Ok(if before.is_some() { Ignoring::Added(added) } else { Ignoring::Written })
}

/// The file with the lines that it lacks, and these.
fn completed(before: &[u8]) -> (Vec<u8>, Vec<String>) {
    let lines = || before.split(|byte| *byte == b'\n').map(|line| line.trim_ascii());
    let missing = MADE.iter().filter(|name| !lines().any(|line| names(line, name)));
    let added: Vec<String> = missing.map(|name| format!("{name}/")).collect();
    let mut text = before.to_vec();
    // As the author ends lines.
    let end: &[u8] = if before.windows(2).any(|pair| pair == b"\r\n") { b"\r\n" } else { b"\n" };
    if !text.is_empty() && !text.ends_with(b"\n") && !added.is_empty() {
        text.extend_from_slice(end);
    }
    for line in &added {
        text.extend_from_slice(line.as_bytes());
        text.extend_from_slice(end);
    }
    (text, added)
}

/// Whether a line names this folder in the project's folder, to have it ignored or to have it after all (`!.pathmx`): its author has
/// thought of it then (gitignore(5)).
fn names(line: &[u8], name: &str) -> bool {
    let line = line.strip_prefix(b"!").unwrap_or(line);
    let line = line.strip_prefix(b"**/").or_else(|| line.strip_prefix(b"/")).unwrap_or(line);
    let line = line.strip_suffix(b"/").or_else(|| line.strip_suffix(b"/*")).unwrap_or(line);
    line == name.as_bytes() || line == b".pathmx*"
}

#[cfg(test)]
mod tests {
    use super::completed;

    #[test]
    fn lines_are_added_at_the_end_and_nothing_else_changes() {
        let all = ".pathmx/\n.pathmx-cache/\n.pathmx-state/\n";
        for (before, after) in [
            ("", all.to_owned()),
            (all, all.to_owned()),
            ("target", format!("target\n{all}")),
            (
                "# mine\n\n/.pathmx\n**/.pathmx-state/*\n",
                "# mine\n\n/.pathmx\n**/.pathmx-state/*\n.pathmx-cache/\n".to_owned(),
            ),
            ("a\r\n.pathmx/\r\n", "a\r\n.pathmx/\r\n.pathmx-cache/\r\n.pathmx-state/\r\n".to_owned()),
            (".pathmx*\n", ".pathmx*\n".to_owned()),
            ("!.pathmx\n#.pathmx-cache\n", "!.pathmx\n#.pathmx-cache\n.pathmx-cache/\n.pathmx-state/\n".to_owned()),
        ] {
            assert_eq!(String::from_utf8(completed(before.as_bytes()).0).unwrap(), after, "{before:?}");
        }
        assert!(completed(b"\xff\n").0.starts_with(b"\xff\n"), "bytes that are no text stay");
    }
}
