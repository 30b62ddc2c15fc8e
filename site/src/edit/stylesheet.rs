//! The addresses in a stylesheet.

use super::{
    pieces::ContainedText,
    reference::{Reference, Removal, Syntax},
};
use crate::text::css;

/// The addresses of a stylesheet, or of a part of a file that is one.
pub(super) fn references(sheet: &ContainedText) -> Vec<Reference> {
    let text = sheet.text.as_str();
    let mut found = Vec::new();
    for reference in css::references(text) {
        let written = &text[reference.range.clone()];
        let quote = written.chars().next().filter(|c| matches!(c, '"' | '\''));
        let mut range = reference.range.clone();
        if let Some(quote) = quote {
            range.start += 1;
            if !range.is_empty() && text[range.clone()].ends_with(quote) {
                range.end -= 1;
            }
        }
        let before = text[..reference.range.start].trim_end();
        let url = before.strip_suffix('(').and_then(|before| {
            let name = before.get(before.len().checked_sub(3)?..)?;
            name.eq_ignore_ascii_case("url").then(|| before[..before.len() - 3].trim_end())
        });
        let before = url.unwrap_or(before);
        let import = before
            .len()
            .checked_sub("@import".len())
            .filter(|at| before.get(*at..).is_some_and(|word| word.eq_ignore_ascii_case("@import")));
        let removal = match (import, text[reference.range.end..].find(';')) {
            (Some(start), Some(end)) => Removal::Cut(vec![sheet.range(&(start..reference.range.end + end + 1))]),
            _ => Removal::Keep("only its author can say what a stylesheet should show instead"),
        };
        found.push(Reference {
            address: reference.target,
            written: sheet.range(&range),
            syntax: Syntax::Stylesheet(quote),
            by_id: false,
            removal,
            list: None,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_stand_between_their_quotes_and_an_import_goes_whole() {
        let text = "@import \"a.css\" screen; @import url( b.css );\na { b: URL('c d.png') }";
        let mut pieces = ContainedText::default();
        pieces.push(0, text);
        let found: Vec<_> = references(&pieces)
            .into_iter()
            .map(|r| {
                let cut = match r.removal {
                    Removal::Cut(cuts) => text[cuts[0].clone()].to_owned(),
                    Removal::Keep(_) => "kept".to_owned(),
                };
                (text[r.written].to_owned(), cut)
            })
            .collect();
        let expected =
            [("a.css", "@import \"a.css\" screen;"), ("b.css", "@import url( b.css );"), ("c d.png", "kept")];
        assert_eq!(found, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }
}
