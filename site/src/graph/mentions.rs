//! What the text of a file mentions that is no Source: a page of its own, a script, a stylesheet.

use crate::text::{
    address::{self, Address},
    css,
    html::{self, Part, addresses, addresses::AddressUse},
    import_map, script,
};
use std::borrow::Cow;

/// What a file names.
#[derive(Debug, Default)]
pub(super) struct Mentions<'t> {
    pub addresses: Vec<NamedAddress<'t>>,
    /// Addresses that are put together while a script runs, and whole folders of an import map.
    pub made: Vec<MadeAddress<'t>>,
    /// Names that a script imports: import maps give them addresses.
    pub bare: Vec<(&'t str, usize)>,
    /// The `<base href>` of a page, from which all these addresses count.
    pub base: Option<(Cow<'t, str>, usize)>,
}

/// An address in a file.
#[derive(Debug)]
pub(super) struct NamedAddress<'t> {
    pub target: Cow<'t, str>,
    pub at: usize,
    pub need: Need,
}

/// Who misses what an address names, if it is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// The file.
    Part,
    /// Readers, who follow it.
    Followed,
    /// Perhaps nobody.
    Maybe,
}

/// How an address begins and ends.
#[derive(Debug)]
pub(super) struct MadeAddress<'t> {
    pub start: Cow<'t, str>,
    pub end: &'t str,
    pub at: usize,
}

/// What a file with this path names.
pub(super) fn of<'t>(path: &str, text: &'t str) -> Mentions<'t> {
    let mut found = Mentions::default();
    if is_script(path) {
        found.script(text, 0);
    } else if is_page(path) {
        found.page(text);
    } else {
        found.sheet(text, 0);
    }
    found
}

pub(super) fn is_page(path: &str) -> bool {
    ends_with(path, &[".html", ".htm", ".xhtml"])
}

pub(super) fn is_script(path: &str) -> bool {
    ends_with(path, &[".js", ".mjs"])
}

fn ends_with(path: &str, endings: &[&str]) -> bool {
    let name = path.to_ascii_lowercase();
    endings.iter().any(|ending| name.ends_with(ending))
}

impl<'t> Mentions<'t> {
    fn script(&mut self, script: &'t str, from: usize) {
        for import in script::imports(script) {
            let script::Import { kind, target, at, made } = import;
            let at = from + at;
            if let Some(end) = made {
                self.made.push(MadeAddress { start: Cow::Borrowed(target), end, at });
            } else if import.is_relative() || target.starts_with('/') {
                // `new URL(".", import.meta.url)` is where the script itself is.
                let is_needed = kind != script::Kind::Address || has_ending(target);
                let need = if is_needed { Need::Part } else { Need::Maybe };
                self.addresses.push(NamedAddress { target: Cow::Borrowed(target), at, need });
            } else if kind == script::Kind::Statement && !matches!(address::classify(target), Address::Elsewhere) {
                self.bare.push((target, at));
            }
        }
    }

    fn sheet(&mut self, css: &str, from: usize) {
        self.addresses.extend(css::references(css).into_iter().map(|reference| NamedAddress {
            target: Cow::Owned(reference.target),
            at: from + reference.range.start,
            need: Need::Part,
        }));
    }

    fn page(&mut self, text: &'t str) {
        let parts = html::scan(text).parts;
        for (number, part) in parts.iter().enumerate() {
            match part {
                Part::Sheet(range) => self.sheet(&text[range.clone()], range.start),
                Part::Script(range) => self.script(&text[range.clone()], range.start),
                Part::ImportMap(range) => self.import_map(&text[range.clone()], range.start),
                Part::Attribute(attribute) => {
                    if attribute.is_base() {
                        let value = html::unescape(&text[attribute.value.clone()]);
                        self.base.get_or_insert((value, attribute.value.start));
                    }
                    if let Some(held) = addresses::held(text, &parts, number) {
                        self.attribute(attribute, &html::unescape(&text[attribute.value.clone()]), held);
                    }
                }
            }
        }
    }

    fn attribute(&mut self, attribute: &html::RawAttribute<'_>, value: &str, held: addresses::AddressValue) {
        for item in addresses::items(value, held.form) {
            let target = held.form.target(&value[item.address]);
            let need = match held.purpose {
                AddressUse::Followed if !attribute.tag.eq_ignore_ascii_case("link") => Need::Followed,
                AddressUse::Followed if !is_part(&target) => Need::Maybe,
                AddressUse::Followed => Need::Part,
                AddressUse::Sent => Need::Maybe,
                AddressUse::Part => Need::Part,
            };
            self.addresses.push(NamedAddress { target: Cow::Owned(target), at: attribute.value.start, need });
        }
    }

    fn import_map(&mut self, map: &str, from: usize) {
        for mapped in import_map::mapped(map) {
            let (is_relative, at) = (mapped.is_relative(), from + mapped.at);
            if mapped.name.ends_with('/') && is_relative {
                self.made.push(MadeAddress { start: Cow::Owned(mapped.target), end: "", at });
            } else if is_relative || mapped.target.starts_with('/') {
                self.addresses.push(NamedAddress { target: Cow::Owned(mapped.target), at, need: Need::Part });
            }
        }
    }
}

/// Whether what a `<link>` names is a part of the page, by its ending.
fn is_part(target: &str) -> bool {
    ends_with(target.split(['?', '#']).next().unwrap_or_default(), &[".css", ".js", ".mjs"])
}

/// Whether an address is that of a file, by its ending.
fn has_ending(target: &str) -> bool {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    address::name(path).rsplit_once('.').is_some_and(|(_, ending)| !ending.is_empty())
}
