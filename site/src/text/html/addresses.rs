//! Which attributes hold addresses, and how: after the index of attributes of the HTML standard, SVG 2 and the Open Graph protocol.

use super::{Part, RawAttribute, css};
use std::ops::Range;

/// Attributes of SVG whose value is that of the CSS property with this name, which may have a `url(…)`.
const PRESENTATION: [&str; 10] =
    ["clip-path", "cursor", "fill", "filter", "marker", "marker-end", "marker-mid", "marker-start", "mask", "stroke"];
/// What a `<meta>` is about whose `content` is an address.
const META: [&str; 20] = [
    "image",
    "logo",
    "msapplication-tileimage",
    "og:audio",
    "og:audio:secure_url",
    "og:audio:url",
    "og:image",
    "og:image:secure_url",
    "og:image:url",
    "og:url",
    "og:video",
    "og:video:secure_url",
    "og:video:url",
    "thumbnail",
    "thumbnailurl",
    "twitter:image",
    "twitter:image:src",
    "twitter:player",
    "twitter:player:stream",
    "twitter:url",
];

/// How many attributes before and after the `content` of a `<meta>` are looked at: it has three at the most.
const MAX_BESIDE: usize = 16;

/// What an attribute's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddressSyntax {
    Address,
    /// Addresses with white space between them.
    Words,
    /// As in `srcset`.
    Candidates,
    /// Seconds and an address, as of `<meta http-equiv="refresh">`.
    Refresh,
    /// CSS.
    Style,
    /// HTML of its own.
    Document,
}

impl AddressSyntax {
    /// The address that stands in a value as `written`.
    pub(crate) fn target(self, written: &str) -> String {
        if self == Self::Style { css::unquoted(written) } else { written.to_owned() }
    }
}

/// How an attribute holds addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AddressValue {
    pub form: AddressSyntax,
    pub purpose: AddressUse,
}

/// What the addresses of an attribute are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddressUse {
    /// What is there is part of the page.
    Part,
    /// A reader, or a program for him, goes there.
    Followed,
    /// The browser sends something there.
    Sent,
}

/// An address in a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ValueAddress {
    /// Without the white space around it; of CSS with its quotes.
    pub address: Range<usize>,
    /// With what belongs to it, up to the separators.
    pub whole: Range<usize>,
}

/// How the attribute with this number holds addresses; none, if it does not.
pub(crate) fn held(text: &str, parts: &[Part<'_>], number: usize) -> Option<AddressValue> {
    let Part::Attribute(attribute) = parts.get(number)? else { return None };
    let is_of = |tags: &[&str]| tags.iter().any(|tag| attribute.tag.eq_ignore_ascii_case(tag));
    let (form, purpose) = match attribute.name.to_ascii_lowercase().as_str() {
        "href" | "xlink:href" if !is_of(&["base"]) => (AddressSyntax::Address, AddressUse::Followed),
        "src" | "poster" => (AddressSyntax::Address, AddressUse::Part),
        "srcset" => (AddressSyntax::Candidates, AddressUse::Part),
        "style" => (AddressSyntax::Style, AddressUse::Part),
        "imagesrcset" if is_of(&["link"]) => (AddressSyntax::Candidates, AddressUse::Part),
        "data" if is_of(&["object"]) => (AddressSyntax::Address, AddressUse::Part),
        "background" if is_of(&["body", "table", "thead", "tbody", "tfoot", "tr", "td", "th"]) => {
            (AddressSyntax::Address, AddressUse::Part)
        }
        "action" if is_of(&["form"]) => (AddressSyntax::Address, AddressUse::Sent),
        "formaction" if is_of(&["button", "input"]) => (AddressSyntax::Address, AddressUse::Sent),
        "ping" if is_of(&["a", "area"]) => (AddressSyntax::Words, AddressUse::Sent),
        "longdesc" if is_of(&["img", "iframe", "frame"]) => (AddressSyntax::Address, AddressUse::Followed),
        "cite" if is_of(&["blockquote", "q", "ins", "del"]) && is_address(&text[attribute.value.clone()]) => {
            (AddressSyntax::Address, AddressUse::Followed)
        }
        "srcdoc" if is_of(&["iframe"]) => (AddressSyntax::Document, AddressUse::Part),
        "content" if is_of(&["meta"]) => return meta(text, parts, number),
        name if PRESENTATION.contains(&name) => (AddressSyntax::Style, AddressUse::Part),
        _ => return None,
    };
    Some(AddressValue { form, purpose })
}

/// Where the addresses stand in the value of an attribute.
pub(crate) fn items(value: &str, form: AddressSyntax) -> Vec<ValueAddress> {
    let alone = |address: Range<usize>| ValueAddress { whole: address.clone(), address };
    match form {
        AddressSyntax::Address => vec![alone(trimmed(value, 0..value.len()))],
        AddressSyntax::Words => words(value),
        AddressSyntax::Candidates => candidates(value),
        AddressSyntax::Refresh => refresh(value).map(alone).into_iter().collect(),
        AddressSyntax::Style => css::references(value).into_iter().map(|reference| alone(reference.range)).collect(),
        AddressSyntax::Document => Vec::new(),
    }
}

/// Part of a text, without the white space at its ends.
pub(crate) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + part.len() - part.trim_start().len();
    start..start + part.trim().len()
}

/// Whether what should be an address is none: authors name people and books in `cite`.
fn is_address(value: &str) -> bool {
    let value = value.trim();
    value.contains(['/', '.']) && !value.contains(char::is_whitespace)
}

/// How the `content` of a `<meta>` holds addresses, by the attributes beside it.
fn meta(text: &str, parts: &[Part<'_>], number: usize) -> Option<AddressValue> {
    let content = parts.get(number)?.attribute()?;
    // A tag's name is the same piece of text for each of its attributes.
    let is_beside = |attribute: &&RawAttribute<'_>| std::ptr::eq(attribute.tag, content.tag);
    let before = parts[..number].iter().rev().map_while(Part::attribute).take_while(is_beside).take(MAX_BESIDE);
    let after = parts[number..].iter().map_while(Part::attribute).take_while(is_beside).take(MAX_BESIDE);
    before.chain(after).find_map(|attribute| {
        let value = text[attribute.value.clone()].trim().to_ascii_lowercase();
        match attribute.name.to_ascii_lowercase().as_str() {
            "property" | "name" | "itemprop" if META.contains(&&*value) => Some(AddressValue {
                form: AddressSyntax::Address,
                purpose: if matches!(&*value, "og:url" | "twitter:url") {
                    AddressUse::Followed
                } else {
                    AddressUse::Part
                },
            }),
            "http-equiv" if value == "refresh" => {
                Some(AddressValue { form: AddressSyntax::Refresh, purpose: AddressUse::Followed })
            }
            _ => None,
        }
    })
}

fn refresh(value: &str) -> Option<Range<usize>> {
    let after = value.find([';', ','])? + 1;
    let rest = trimmed(value, after..value.len());
    let named = value.get(rest.start..rest.start + 3).filter(|name| name.eq_ignore_ascii_case("url"));
    let equals = named.and_then(|_| value[rest.start + 3..].trim_start().strip_prefix('='));
    let mut address = match equals {
        Some(address) => trimmed(value, value.len() - address.len()..value.len()),
        None => rest,
    };
    if let Some(quote @ ('"' | '\'')) = value[address.clone()].chars().next() {
        address.start += 1;
        address.end = value[address.clone()].find(quote).map_or(address.end, |end| address.start + end);
    }
    (!address.is_empty()).then_some(address)
}

fn words(value: &str) -> Vec<ValueAddress> {
    let mut found = Vec::new();
    let mut end = 0;
    for word in value.split_ascii_whitespace() {
        let start = end + value[end..].find(word).unwrap_or_default();
        let whole = end..start + word.len();
        end = whole.end;
        found.push(ValueAddress { address: start..end, whole });
    }
    found
}

/// As the HTML standard parses a `srcset`: commas may stand in an address, but not at its end.
fn candidates(value: &str) -> Vec<ValueAddress> {
    let bytes = value.as_bytes();
    let skip = |from: usize, skips: &dyn Fn(u8) -> bool| from + bytes[from..].iter().take_while(|b| skips(**b)).count();
    let mut found = Vec::new();
    let mut after = 0;
    loop {
        let start = skip(after, &|b| b.is_ascii_whitespace() || b == b',');
        if start == bytes.len() {
            return found;
        }
        let stop = skip(start, &|b| !b.is_ascii_whitespace());
        let address = start..start + value[start..stop].trim_end_matches(',').len();
        let mut end = address.end;
        if end == stop {
            let mut depth = 0_usize;
            end = bytes.len();
            for (at, byte) in bytes.iter().enumerate().skip(stop) {
                match byte {
                    b'(' => depth += 1,
                    b')' => depth = depth.saturating_sub(1),
                    b',' if depth == 0 => {
                        end = at;
                        break;
                    }
                    _ => {}
                }
            }
        }
        found.push(ValueAddress { address, whole: after..end });
        after = (end + 1).min(bytes.len()).max(stop);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::html::scan;

    #[test]
    fn tags_and_attributes_without_number_are_looked_through_once() {
        for text in ["<meta content=a>".repeat(40_000), format!("<meta {}>", "content=a ".repeat(40_000))] {
            assert_eq!(found(&text), [""; 0]);
        }
    }

    fn found(text: &str) -> Vec<&str> {
        let parts = scan(text).parts;
        let mut all = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            if let (Part::Attribute(attribute), Some(held)) = (part, held(text, &parts, number)) {
                let value = &text[attribute.value.clone()];
                all.extend(items(value, held.form).into_iter().map(|item| &value[item.address]));
            }
        }
        all
    }

    #[test]
    fn every_attribute_of_the_standards_that_holds_an_address_is_known() {
        for (html, expected) in [
            ("<a href=a ping=' b  c'>", &["a", "b", "c"][..]),
            ("<FORM ACTION=a><button formaction=' b '><input formaction=c src=d>", &["a", "b", "c", "d"]),
            ("<blockquote cite=./a.md><q cite=b.md><del cite=/c>", &["./a.md", "b.md", "/c"]),
            ("<td background=a><table background=b>", &["a", "b"]),
            ("<link rel=preload imagesrcset='a 1x, b 2x'>", &["a", "b"]),
            ("<rect fill='url(a#b) red' mask=url(c) style='d: url(e)'>", &["a#b", "c", "e"]),
            ("<meta content=a property=og:image><meta name='twitter:image' content=b>", &["a", "b"]),
            ("<meta http-equiv=Refresh content='3; URL = \"./a b\"'>", &["./a b"]),
            ("<meta http-equiv=refresh content='0;./a'><meta http-equiv=refresh content=9>", &["./a"]),
            ("<img longdesc=a srcset='data:x,y 1x , b,c 2x,d'>", &["a", "data:x,y", "b,c", "d"]),
        ] {
            assert_eq!(found(html), expected, "{html}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        for html in [
            "<base href=a>",
            "<div action=a ping=b cite=./c background=d>",
            "<blockquote cite='A. Person'>",
            "<q cite=Person>",
            "<meta name=description content=./a>",
            "<meta content=./a>",
            "<rect fill=red mask=none>",
            "<img srcset=' , '>",
        ] {
            assert_eq!(found(html), [""; 0], "{html}");
        }
    }

    #[test]
    fn a_candidate_goes_up_to_its_comma() {
        let value = "a, b.png 2x,c (x,y) ,, d";
        let whole: Vec<&str> = candidates(value).into_iter().map(|item| &value[item.whole]).collect();
        assert_eq!(whole, ["a", " b.png 2x", "c (x,y) ", ", d"]);
    }
}
