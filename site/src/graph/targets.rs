//! Where each link of a Source leads, and what is said of one that leads nowhere.

use super::{Target, folder, named, routes::Addressing, suggest::Suggest};
use crate::{
    diagnostic::{Diagnostic, Position},
    scan::{Content, Snapshot, Unread},
    source::{EXTENSION, Link, Place},
    text::address::{self, Address, FileAddress},
};
use pmx_model::{MAX_BLOB, check_path};

/// Where a link of the Source at `path` leads, and what is wrong with it.
pub(super) fn lead(
    snapshot: &Snapshot,
    suggest: &Suggest<'_>,
    addressing: Addressing,
    path: &str,
    link: &Link,
) -> (Target, Option<Diagnostic>) {
    if link.place.is_name() {
        return named::lead(snapshot, suggest, path, link);
    }
    let Address::File(file) = address::classify(&link.target) else { return (Target::AsWritten, None) };
    let suffix = file.suffix.to_owned();
    let folder = if file.rooted { "" } else { address::folder(path) };
    let Some(wanted) = address::resolve(folder, &file.path) else {
        let message = format!("`{}` leads out of the source folder", link.target);
        return (Target::AsWritten, Some(Diagnostic::warning("link/outside", link.position, message)));
    };
    if file.rooted && wanted.is_empty() {
        return (Target::Home { suffix }, None);
    }
    let is_there = |path: &String| snapshot.files().contains_key(path);
    let source = |id: &str| Some(format!("{id}{EXTENSION}")).filter(is_there);
    let named = || match link.place {
        Place::Anchor | Place::Request | Place::Include => source(&wanted)
            .or_else(|| file.rooted.then(|| addressing.sources(&wanted).find_map(|id| source(&id))).flatten()),
        _ => None,
    };
    let found = if is_there(&wanted) { Some(wanted.clone()) } else { named() };
    let found = match found {
        Some(found) => found,
        // A rooted address of something else is a route.
        None if file.rooted => return (Target::Address { path: format!("/{wanted}"), suffix }, None),
        None => match folder::index(snapshot, path, link, &wanted) {
            Ok(Some(index)) => index.to_owned(),
            Ok(None) => return (Target::AsWritten, missing(suggest, path, link, &file, &wanted)),
            Err(finding) => return (Target::AsWritten, Some(finding)),
        },
    };
    let target = if found.ends_with(EXTENSION) {
        usable(snapshot, &found).map(|id| Target::Page { id, suffix })
    } else {
        readable(snapshot, &found).map(|()| Target::Asset { path: found, suffix })
    };
    match target {
        Ok(target) => (target, None),
        Err(message) => (Target::AsWritten, Some(Diagnostic::warning("link/unusable", link.position, message))),
    }
}

/// The id of a Source that can be built.
pub(super) fn usable(snapshot: &Snapshot, path: &str) -> Result<String, String> {
    readable(snapshot, path)?;
    match path.strip_suffix(EXTENSION) {
        Some(id) if check_path(&format!("{id}.html")) => Ok(id.to_owned()),
        _ => Err(format!("`{path}` has a name that cannot be published")),
    }
}

pub(super) fn readable(snapshot: &Snapshot, path: &str) -> Result<(), String> {
    match snapshot.files().get(path).map(|file| &file.content) {
        Some(Content::Bytes(..) | Content::OnDisk { .. }) => Ok(()),
        Some(Content::TooLarge(size)) => Err(format!("`{path}` has {size} bytes, at most {MAX_BLOB} can be published")),
        Some(Content::Unreadable(why)) => Err(format!("`{path}` cannot be read: {why}")),
        None => Err(format!("`{path}` does not exist")),
    }
}

fn missing(suggest: &Suggest<'_>, path: &str, link: &Link, file: &FileAddress<'_>, wanted: &str) -> Option<Diagnostic> {
    let (code, what) = match &link.place {
        // Where it is used, it is a link of its own; what pmx makes of `@styles` is said by the pages.
        Place::Definition { label } if !label.starts_with('@') || is_style(label) => return None,
        Place::Resource | Place::Sheet | Place::Document => ("asset/missing", "file"),
        // Where components are defined, these are resources as well, and one finding is enough.
        Place::Definition { label } if is_resource(label) => ("asset/missing", "file"),
        _ if file.path.ends_with(EXTENSION) => ("link/unresolved", "Source"),
        _ => ("link/unresolved", "file"),
    };
    if let Some((name, why)) = suggest.unread(wanted) {
        return Some(not_read(name, why, wanted, link.position));
    }
    let finding = Diagnostic::warning(code, link.position, format!("there is no {what} `{wanted}`"));
    let slashed = file.path.replace('\\', "/");
    let slashed = address::resolve(if file.rooted { "" } else { address::folder(path) }, &slashed);
    let slashed = slashed.filter(|slashed| *slashed != wanted);
    let meant = slashed.and_then(|slashed| {
        [slashed.clone(), format!("{slashed}{EXTENSION}")].into_iter().find(|path| suggest.has(path))
    });
    if let Some(meant) = meant {
        let hint = format!("did you mean `{}`? Addresses have slashes on every system", relative_link(path, &meant));
        return Some(finding.hint(hint));
    }
    if let Some(same) = suggest.same_name(wanted) {
        let hint = format!(
            "there is one whose name looks the same and is written in another normal form of Unicode: give the file `{}` the name that stands here",
            address::encode_path(same)
        );
        return Some(finding.hint(hint));
    }
    let nearest = suggest.nearest(wanted).or_else(|| suggest.nearest(&format!("{wanted}{EXTENSION}")));
    Some(match nearest {
        Some(nearest) => finding.hint(format!("did you mean `{}`?", relative_link(path, nearest))),
        None => finding,
    })
}

/// What is said of an address below a name that is not read.
fn not_read(name: &str, why: Unread, wanted: &str, position: Position) -> Diagnostic {
    match why {
        Unread::Outside => {
            let message =
                format!("`{name}` is a symbolic link that leads out of the source folder, so nothing is read there");
            let finding = Diagnostic::warning("link/outside", position, message);
            finding.hint(format!("put a copy of it in the place of the link, to show `{wanted}`"))
        }
        Unread::Private => {
            let message =
                format!("`{name}` is not published: names that begin with a dot are those of settings and secrets");
            Diagnostic::warning("link/private", position, message)
                .hint("copy what readers may have to a file with another name")
        }
    }
}

/// Whether a definition with this label names a file for a component.
fn is_resource(label: &str) -> bool {
    ["@script", "@asset", "@data"].iter().any(|kind| label.strip_prefix(kind).is_some_and(|rest| rest.starts_with('.')))
}

/// Whether a definition with this label brings a stylesheet.
fn is_style(label: &str) -> bool {
    ["@styles", "@root.styles"]
        .iter()
        .any(|style| label.strip_prefix(style).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

/// How the Source at `from` would link to `to`.
pub(crate) fn relative_link(from: &str, to: &str) -> String {
    let here: Vec<&str> = address::folder(from).split('/').filter(|segment| !segment.is_empty()).collect();
    let there: Vec<&str> = to.split('/').collect();
    let shared = here.iter().zip(&there).take_while(|(a, b)| a == b).count();
    let up = "../".repeat(here.len() - shared);
    format!("{}{}", if up.is_empty() { "./" } else { &up }, there[shared..].join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggestion_is_written_as_a_link() {
        assert_eq!(relative_link("a/b/x.md", "a/c/y.md"), "../c/y.md");
        assert_eq!(relative_link("a/x.md", "a/y.md"), "./y.md");
        assert_eq!(relative_link("x.md", "a/y.md"), "./a/y.md");
    }
}
