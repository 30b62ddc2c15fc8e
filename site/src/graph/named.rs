//! Where a name in double brackets leads, and what is said of it.

use super::{
    Target,
    suggest::Suggest,
    targets::{readable, relative_link, usable},
    wiki::NamedSource,
};
use crate::{
    diagnostic::Diagnostic,
    scan::Snapshot,
    source::{self, EXTENSION, Link, Place, media::no_embed},
    text::address,
};

/// What a name of the Source at `path` leads to: a Source, else any other file; a medium is no Source.
pub(super) fn lead(
    snapshot: &Snapshot,
    suggest: &Suggest<'_>,
    path: &str,
    link: &Link,
) -> (Target, Option<Diagnostic>) {
    let (name, fragment) = link.target.split_once('#').unwrap_or((&link.target, ""));
    let warning = |code, message: String| Diagnostic::warning(code, link.position, message);
    let source = if link.place == Place::Medium { None } else { suggest.names.find(path, name) };
    // A name may have a `#` itself.
    let file = || {
        let whole = suggest.names.file(path, &link.target).map(|found| (found, ""));
        whole.or_else(|| suggest.names.file(path, name).map(|found| (found, fragment)))
    };
    let (found, target) = match source {
        Some(found) => {
            let fragment = source::slug(fragment);
            let suffix = if fragment.is_empty() { fragment } else { format!("#{fragment}") };
            (found, usable(snapshot, found.path).map(|id| Target::Page { id, suffix }))
        }
        None => {
            let Some((found, fragment)) = file() else {
                return (Target::AsWritten, Some(missing(suggest, link, name)));
            };
            let suffix = if fragment.is_empty() { String::new() } else { format!("#{fragment}") };
            let target = || Target::Asset { path: found.path.to_owned(), suffix };
            (found, readable(snapshot, found.path).map(|()| target()))
        }
    };
    match target {
        Err(message) => (Target::AsWritten, Some(warning("link/unusable", message))),
        Ok(Target::Page { id, suffix }) if link.place == Place::Embed => {
            let to = address::encode_path(&relative_link(path, found.path)).into_owned();
            let finding = no_embed(&link.target, link.position);
            let finding = finding.hint(format!("to take the Source in, write `[@include: {}]({to})`", name.trim()));
            (Target::Page { id, suffix }, Some(finding))
        }
        Ok(target) => (target, found.rival.map(|rival| ambiguous(link, name, found, rival))),
    }
}

fn missing(suggest: &Suggest<'_>, link: &Link, name: &str) -> Diagnostic {
    let nearest_file = || suggest.nearest(name.trim()).map(address::name);
    if link.place == Place::Medium {
        let message = format!("no file is called `{}`", link.target.trim());
        let finding = Diagnostic::warning("asset/missing", link.position, message);
        return match nearest_file() {
            Some(nearest) => finding.hint(format!("did you mean `![[{nearest}]]`?")),
            None => finding,
        };
    }
    let message = format!("no Source is called `{}`", name.trim());
    let finding = Diagnostic::warning("link/unresolved", link.position, message);
    let nearest = suggest.names.nearest(name).or_else(|| nearest_file().map(str::to_owned));
    match nearest {
        Some(nearest) => finding.hint(format!("did you mean `[[{nearest}]]`?")),
        None => finding,
    }
}

/// Says that a name may mean something else that is as near.
fn ambiguous(link: &Link, name: &str, found: NamedSource<'_>, rival: &str) -> Diagnostic {
    let message = format!("`{}` may mean `{}` or `{rival}`, and leads to the first", name.trim(), found.path);
    let finding = Diagnostic::warning("link/ambiguous", link.position, message);
    let sign = if link.place == Place::Wiki { "" } else { "!" };
    let path = found.path.strip_suffix(EXTENSION).unwrap_or(found.path);
    finding.hint(format!("write the path: `{sign}[[{path}]]`"))
}
