//! The addresses in raw HTML and in component usages.

use super::{
    pieces::ContainedText,
    reference::{Reference, Removal, Syntax},
};
use crate::text::html::{
    self,
    addresses::{AddressSyntax, AddressUse, held, items},
};
use std::ops::Range;

/// The addresses in the attributes of a fragment.
pub(super) fn references(fragment: &ContainedText) -> Vec<Reference> {
    let text = fragment.text.as_str();
    let mut found = Vec::new();
    let parts = html::scan(text).parts;
    for (number, part) in parts.iter().enumerate() {
        let (Some(attribute), Some(held)) = (part.attribute(), held(text, &parts, number)) else { continue };
        let quote = if attribute.quoted { text[..attribute.value.start].chars().next_back() } else { None };
        let syntax = match held.form {
            AddressSyntax::Address | AddressSyntax::Words | AddressSyntax::Refresh => Syntax::Attribute(quote),
            AddressSyntax::Candidates => Syntax::Candidate(quote),
            // What stands in another language is left to its author.
            AddressSyntax::Style | AddressSyntax::Document => continue,
        };
        let place =
            AddressAttribute { text, tag: attribute.tag, name: attribute.name, value: attribute.value.clone(), quote };
        let of_text = |range: Range<usize>| attribute.value.start + range.start..attribute.value.start + range.end;
        let items = items(&text[attribute.value.clone()], held.form);
        for (index, item) in items.iter().enumerate() {
            let (address, whole) = (of_text(item.address.clone()), of_text(item.whole.clone()));
            // With the comma before it, or the one after the first.
            let cut = match (held.form, index, items.get(1)) {
                (_, 0, None) => place.removed(),
                (AddressSyntax::Candidates, 0, Some(next)) => whole.start..of_text(next.address.clone()).start,
                (AddressSyntax::Candidates, ..) => whole.start - 1..whole.end,
                _ => whole,
            };
            found.push(Reference {
                address: syntax.unescape(&text[address.clone()]),
                written: fragment.range(&address),
                syntax,
                by_id: held.purpose != AddressUse::Part,
                removal: Removal::Cut(vec![fragment.range(&cut)]),
                list: None,
            });
        }
    }
    found
}

/// An attribute with an address.
struct AddressAttribute<'a> {
    text: &'a str,
    tag: &'a str,
    name: &'a str,
    value: Range<usize>,
    quote: Option<char>,
}

impl AddressAttribute<'_> {
    /// What goes with the address: an image whole, of all else the attribute with the space before it.
    fn removed(&self) -> Range<usize> {
        let offset = |part: &str| part.as_ptr() as usize - self.text.as_ptr() as usize;
        let end = self.value.end + self.quote.map_or(0, char::len_utf8);
        if self.tag.eq_ignore_ascii_case("img") {
            return offset(self.tag) - 1..self.tag_end(end.min(self.text.len()));
        }
        let start = self.text[..offset(self.name)].trim_end().len();
        start..end.min(self.text.len())
    }

    fn tag_end(&self, from: usize) -> usize {
        let mut quote = None;
        for (at, c) in self.text[from..].char_indices() {
            match (quote, c) {
                (None, '>') => return from + at + 1,
                (None, '"' | '\'') => quote = Some(c),
                (Some(open), c) if open == c => quote = None,
                _ => {}
            }
        }
        self.text.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<Reference> {
        let mut pieces = ContainedText::default();
        pieces.push(0, text);
        references(&pieces)
    }

    fn removed(text: &str) -> Vec<String> {
        of(text)
            .into_iter()
            .map(|reference| match reference.removal {
                Removal::Cut(cuts) => {
                    let mut out = text.to_owned();
                    for cut in cuts.into_iter().rev() {
                        out.replace_range(cut, "");
                    }
                    out
                }
                Removal::Keep(why) => why.to_owned(),
            })
            .collect()
    }

    #[test]
    fn addresses_are_found_in_every_attribute_that_has_one() {
        let text = "<a href='./a.md'><img src=i.png srcset=\" a.png 1x, b&amp;c.png 2x\"><x-card href=\"c.md\" />";
        let found: Vec<_> = of(text).into_iter().map(|r| (r.address, text[r.written].to_owned(), r.by_id)).collect();
        let expected = [
            ("./a.md", "./a.md", true),
            ("i.png", "i.png", false),
            ("a.png", "a.png", false),
            ("b&c.png", "b&amp;c.png", false),
            ("c.md", "c.md", true),
        ];
        assert_eq!(found, expected.map(|(a, w, by)| (a.to_owned(), w.to_owned(), by)));
    }

    #[test]
    fn an_image_goes_whole_and_a_link_keeps_its_text() {
        assert_eq!(removed("<a class=x href=\"a.md\" id='b'>t</a>"), ["<a class=x id='b'>t</a>"]);
        assert_eq!(removed("a <img alt='>' src=a.png> b"), ["a  b"]);
        assert_eq!(
            removed("<source srcset='a.png 1x, b.png 2x'>"),
            ["<source srcset='b.png 2x'>", "<source srcset='a.png 1x'>"]
        );
        assert_eq!(removed("<source srcset=a.png x>"), ["<source x>"]);
    }
}
