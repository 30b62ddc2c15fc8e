//! `related` of a frontmatter, where it names nothing.

use super::suggest::Suggest;
use crate::{
    diagnostic::{Diagnostic, Position},
    source::{self, EXTENSION, Source},
    text::{
        address::{self, Address},
        keys,
    },
};

/// What is said of the entries of `related` for which there is no file; `bytes` are those of the Source at `path`.
pub(super) fn missing(suggest: &Suggest<'_>, path: &str, source: &Source, bytes: &[u8]) -> Vec<Diagnostic> {
    source.related().filter_map(|written| one(suggest, path, written, bytes)).collect()
}

fn one(suggest: &Suggest<'_>, path: &str, written: &str, bytes: &[u8]) -> Option<Diagnostic> {
    let Address::File(file) = address::classify(written) else { return None };
    let places = address::related(path, &file);
    let is_there = |path: &String| suggest.has(path) || suggest.has(&format!("{path}{EXTENSION}"));
    if places.iter().any(is_there) {
        return None;
    }
    let text = source::decode(bytes);
    let key = keys::place(&text, &["related"]);
    let at = text[key..].find(written).map_or(key, |at| key + at);
    let finding = Diagnostic::warning(
        "related/unresolved",
        Position::of(&text, at),
        format!("`related` names `{written}`, and there is no such Source"),
    );
    let wanted = places
        .first()
        .map(|wanted| if wanted.ends_with(EXTENSION) { wanted.clone() } else { format!("{wanted}{EXTENSION}") });
    Some(match wanted.and_then(|wanted| suggest.nearest(&wanted)) {
        Some(nearest) => finding.hint(format!("did you mean `{}`?", super::relative_link(path, nearest))),
        None => finding,
    })
}
