//! A link to a folder leads to the Source that stands for it.

use super::relative_link;
use crate::{
    diagnostic::Diagnostic,
    scan::Snapshot,
    source::{EXTENSION, Link, Place},
};

/// What a folder's own Source begins with.
const INDEX: &str = "index.";
/// The one that is meant most likely if a folder has several.
const PATH: &str = "index.path.md";

/// The path of the only index of a folder. A warning if a link of the Source at `from` leads to a folder that has none, or several;
/// neither, if `wanted` is no folder with files.
pub(super) fn index<'s>(
    snapshot: &'s Snapshot,
    from: &str,
    link: &Link,
    wanted: &str,
) -> Result<Option<&'s str>, Diagnostic> {
    if !matches!(link.place, Place::Anchor | Place::Request | Place::Include) {
        return Ok(None);
    }
    let folder = if wanted.is_empty() { String::new() } else { format!("{wanted}/") };
    let below = |start: &str| snapshot.files().range(start.to_owned()..).map(|(path, _)| path.as_str());
    if !below(&folder).next().is_some_and(|path| path.starts_with(&folder)) {
        return Ok(None);
    }
    let begin = format!("{folder}{INDEX}");
    let found: Vec<&str> = below(&begin)
        .take_while(|path| path.starts_with(&begin))
        .filter(|path| path.ends_with(EXTENSION) && !path[begin.len()..].contains('/'))
        .collect();
    let finding = |message: String| Diagnostic::warning("link/unresolved", link.position, message);
    let shown = if wanted.is_empty() { "of the Sources" } else { wanted };
    match found[..] {
        [only] => Ok(Some(only)),
        [] => Err(finding(format!("the folder `{shown}` has no `index.*.md` to which a link to it could lead"))
            .hint(format!("add `{folder}{PATH}`, or link to a Source of the folder"))),
        [first, ..] => {
            let meant = found.iter().find(|path| path.ends_with(PATH)).copied().unwrap_or(first);
            let finding = finding(format!("the folder `{shown}` has {} Sources `index.*.md`", found.len()));
            Err(finding.hint(format!("did you mean `{}`?", relative_link(from, meant))))
        }
    }
}
