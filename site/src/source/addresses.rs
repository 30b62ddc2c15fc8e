//! The addresses in a fragment of HTML: marks take their places.

use super::{Place, values};
use crate::text::{
    address::{self, Address},
    css,
    html::{
        self, Part,
        addresses::{AddressSyntax, AddressUse, AddressValue, ValueAddress, held, items, trimmed},
    },
};
use std::{fmt::Write as _, ops::Range};

/// An address that is found.
#[derive(Debug)]
pub(super) struct FoundAddress {
    /// Escapes and entities resolved.
    pub target: String,
    pub place: Place,
    /// Byte of the fragment at which it stands, or the value of its attribute begins.
    pub at: usize,
}

/// What an address that leads into the page itself is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Here {
    /// An address as any.
    Marked,
    /// Left as it is: the page is another one than the fragment's.
    Left,
}

/// A fragment, of which these are the parts, written out. `number` gives the number of the link for an address of the site; all else stays
/// as it was written.
pub(super) fn marked(
    html: &str,
    parts: &[Part<'_>],
    here: Here,
    out: &mut String,
    number: &mut dyn FnMut(FoundAddress) -> usize,
) {
    let mut from = 0;
    for (index, part) in parts.iter().enumerate() {
        match part {
            Part::Sheet(sheet) => {
                for reference in css::references(&html[sheet.clone()]).into_iter().filter(is_file) {
                    let at = sheet.start + reference.range.start;
                    out.push_str(html.get(from..at).unwrap_or_default());
                    let number = number(FoundAddress { target: reference.target, place: Place::Sheet, at });
                    let _ = write!(out, "\"\0{number}\0\"");
                    from = sheet.start + reference.range.end;
                }
            }
            // What a script names is no address that could be written anew.
            Part::Script(_) | Part::ImportMap(_) => {}
            Part::Attribute(attribute) => {
                let Some(held) = held(html, parts, index) else { continue };
                let (start, end) = (attribute.value.start, attribute.value.end);
                let value = html::unescape(&html[attribute.value.clone()]);
                let new = match held.form {
                    AddressSyntax::Document => document(&value, start, number),
                    _ => attribute_value(&value, held, here, start, number),
                };
                let Some(new) = new else { continue };
                out.push_str(html.get(from..start).unwrap_or_default());
                // An address is escaped for either quote, but marks stand in double ones.
                if attribute.quoted {
                    out.pop();
                }
                let is_closed = attribute.quoted && html[end..].starts_with(['"', '\'']);
                out.extend(["\"", &new, if is_closed || !attribute.quoted { "\"" } else { "" }]);
                from = end + usize::from(is_closed);
            }
        }
    }
    out.push_str(&html[from..]);
}

/// The value of an attribute, escaped; none, if no address in it is of the site.
fn attribute_value(
    value: &str,
    held: AddressValue,
    here: Here,
    at: usize,
    number: &mut dyn FnMut(FoundAddress) -> usize,
) -> Option<String> {
    let place = match held.purpose {
        AddressUse::Followed => Place::Anchor,
        AddressUse::Sent => Place::Request,
        AddressUse::Part => Place::Resource,
    };
    let quote = if held.form == AddressSyntax::Style { "&quot;" } else { "" };
    let mut out = String::new();
    let mut from = 0;
    let mut is_marked = false;
    for ValueAddress { address, .. } in items(value, held.form) {
        let address = if held.form == AddressSyntax::Address { fallback(value, address) } else { address };
        let target = held.form.target(&value[address.clone()]);
        let counts = match address::classify(&target) {
            Address::File(_) => true,
            Address::Here(_) => here == Here::Marked && held.form != AddressSyntax::Style,
            Address::Elsewhere => false,
        };
        if counts {
            html::escape_into(&value[from..address.start], &mut out);
            let number = number(FoundAddress { target, place: place.clone(), at });
            let _ = write!(out, "{quote}\0{number}\0{quote}");
            from = address.end;
            is_marked = true;
        }
    }
    html::escape_into(&value[from..], &mut out);
    is_marked.then_some(out)
}

/// Of an address that is `{{ name: fallback }}` the fallback, for it is written here.
fn fallback(value: &str, address: Range<usize>) -> Range<usize> {
    let written = &value[address.clone()];
    let whole = values::expression(written).filter(|found| found.text.len() == written.len());
    let Some(fallback) = whole.and_then(|found| found.fallback) else { return address };
    let end = address.end - "}}".len();
    let after = trimmed(value, address.start..end).end;
    after - fallback.len()..after
}

/// The HTML in an attribute, whose addresses are those of the page as well. In it, what is the page itself stays, and a document in it is
/// not looked into.
fn document(value: &str, at: usize, number: &mut dyn FnMut(FoundAddress) -> usize) -> Option<String> {
    let is_document = |part: &Part<'_>| part.attribute().is_some_and(|a| a.name.eq_ignore_ascii_case("srcdoc"));
    let mut parts = html::scan(value).parts;
    parts.retain(|part| !is_document(part));
    let mut out = String::new();
    let mut is_marked = false;
    marked(value, &parts, Here::Left, &mut out, &mut |found| {
        is_marked = true;
        let place = if found.place == Place::Sheet { Place::Sheet } else { Place::Document };
        number(FoundAddress { place, at, ..found })
    });
    is_marked.then(|| html::escape(&out).into_owned())
}

fn is_file(reference: &css::CssUrl) -> bool {
    matches!(address::classify(&reference.target), Address::File(_))
}
