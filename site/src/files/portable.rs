//! Names of files that not every system can have, so that a site that was written on one can be checked out and built on another.

use crate::diagnostic::{Diagnostic, Position};
use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
};

/// What names a device on Windows, whatever its ending and its case (Microsoft, "Naming Files, Paths, and Namespaces").
const DEVICES: [&str; 6] = ["aux", "con", "conin$", "conout$", "nul", "prn"];
/// The devices that have a number: a digit, or one of the superscripts that Windows takes for one.
const NUMBERED: [&str; 2] = ["com", "lpt"];
const NUMBERS: &str = "123456789¹²³";
/// Characters that have a meaning of their own on Windows (the same document). `:` names a stream inside of a file.
const MEANING: &str = "<>:\"\\|?*";

/// Why Windows has no file of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unportable<'a> {
    /// The name, or the part before its first dot, is that of a device.
    Device(&'a str),
    /// The character means something else there.
    Character(char),
    /// The last character would be dropped.
    Ending(char),
}

impl fmt::Display for Unportable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(name) => write!(f, "`{name}` names a device there"),
            Self::Character(c) if c.is_control() => write!(f, "U+{:04X} stands in no name there", u32::from(*c)),
            Self::Character(c) => write!(f, "`{c}` stands in no name there"),
            Self::Ending(' ') => f.write_str("a space at the end of a name is dropped there"),
            Self::Ending(c) => write!(f, "a `{c}` at the end of a name is dropped there"),
        }
    }
}

/// Why Windows could not have a file of this path (`/`-separated); none if it could.
pub(crate) fn unportable(path: &str) -> Option<Unportable<'_>> {
    path.split('/').find_map(in_segment)
}

fn in_segment(name: &str) -> Option<Unportable<'_>> {
    if let Some(c) = name.chars().find(|c| MEANING.contains(*c) || *c < ' ') {
        return Some(Unportable::Character(c));
    }
    // Spaces before the ending do not count, either.
    let stem = name.split('.').next().unwrap_or(name).trim_end_matches(' ');
    if is_device(stem) {
        return Some(Unportable::Device(stem));
    }
    name.chars()
        .next_back()
        .filter(|last| matches!(last, '.' | ' ') && name != "." && name != "..")
        .map(Unportable::Ending)
}

fn is_device(stem: &str) -> bool {
    let numbered = || {
        let (name, number) = stem.split_at_checked(3)?;
        let mut numbers = number.chars();
        let is_one = numbers.next().is_some_and(|number| NUMBERS.contains(number)) && numbers.next().is_none();
        (is_one && NUMBERED.iter().any(|device| name.eq_ignore_ascii_case(device))).then_some(())
    };
    DEVICES.iter().any(|device| stem.eq_ignore_ascii_case(device)) || numbered().is_some()
}

/// What should be known of these paths, each of which comes once: names that Windows cannot have, and names that are one where case does not count (Windows and
/// macOS).
pub(crate) fn findings<'a>(paths: impl Iterator<Item = &'a str>) -> Vec<Diagnostic> {
    let (mut found, mut known) = (Vec::new(), BTreeMap::new());
    for path in paths {
        if let Some(why) = unportable(path) {
            let message = format!("Windows cannot have a file of this name: {why}");
            let finding = Diagnostic::warning("file/name", Position::START, message);
            found.push(finding.hint("rename it if the site is ever built or checked out there").at(path));
        }
        match known.entry(path.to_lowercase()) {
            Entry::Vacant(free) => {
                free.insert(path);
            }
            Entry::Occupied(other) => {
                let message = format!("on Windows and macOS this is the same file as `{}`", other.get());
                let finding = Diagnostic::warning("file/case", Position::START, message);
                found.push(finding.hint("rename one of them").at(path));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_windows_cannot_have_are_known() {
        for (path, why) in [
            ("aux", "`aux` names a device there"),
            ("a/AUX.lesson.md", "`AUX` names a device there"),
            ("con/index.md", "`con` names a device there"),
            ("nul .md", "`nul` names a device there"),
            ("com1.md", "`com1` names a device there"),
            ("lpt².md", "`lpt²` names a device there"),
            ("a:b.md", "`:` stands in no name there"),
            ("what?.md", "`?` stands in no name there"),
            ("a\\b.md", "`\\` stands in no name there"),
            ("a\tb.md", "U+0009 stands in no name there"),
            ("notes./a.md", "a `.` at the end of a name is dropped there"),
            ("notes /a.md", "a space at the end of a name is dropped there"),
        ] {
            assert_eq!(unportable(path).map(|why| why.to_string()).as_deref(), Some(why), "{path}");
        }
        for path in
            ["auxiliary.md", "com.md", "com0.md", "com10.md", "console/x.md", "a b.md", ".hidden", "ünï.md", "../a"]
        {
            assert_eq!(unportable(path), None, "{path}");
        }
    }

    #[test]
    fn names_that_differ_by_their_case_alone_are_told_once() {
        let found = findings(["a/Über.md", "a/über.md", "b.md"].into_iter());
        assert_eq!(found.len(), 1);
        assert!(
            found[0]
                .to_string()
                .contains("a/über.md:1:1: warning: on Windows and macOS this is the same file as `a/Über.md`"),
            "{}",
            found[0]
        );
    }
}
