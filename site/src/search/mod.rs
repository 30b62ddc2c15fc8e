//! Search without a server: an index of static files that a page fetches piece by piece.
//!
//! All files lie below the mount of their Path, at addresses that stay; they are JSON, UTF-8, deterministic.
//!
//! **`search/index.json`**: which Sources there are. One Source a line, by id:
//!
//! ```json
//! {"version":1,"shards":16,"sources":[
//! ["0a1b2c3d","labs/chess/index.demo","/labs/chess","Chess",[["opening","The opening"]]]
//! ]}
//! ```
//!
//! A Source is `[key, id, address, title, headings]`; a heading is `[id, text]`, in order, without the one that is the title.
//! The address is ready for a link. `key` names the Source in the shards. A Source that is no page for readers has a sixth element that
//! says what it is: `"component"` for definitions of components, `"part"` for what other Sources take in. Searches list it after pages.
//!
//! **`search/<shards>/<n>.json`**, `n` from 0 to `shards` - 1, in decimal: the terms whose first two characters fall into this
//! shard. One Source a line, by key; Sources without a term of the shard are left out:
//!
//! ```json
//! {
//! "0a1b2c3d":"chess8 chessboard1 check3"
//! }
//! ```
//!
//! The last character of each term is its weight, `1` to `9`: in the title 5, in a heading 3, in the text 1 to 3 by how often,
//! added up; a term that occurs in code blocks only has 1. Terms are sorted, each occurs once. The number of shards is part of the
//! address, so a page that knows an older index meets a 404 and fetches `index.json` again.
//!
//! **`search/<shards>/ends/<n>.json`**, `n` from 0 to `shards` / 4 (at least 1) - 1; only where there is more than one shard: every term
//! of the site whose last two characters fall into this file, each once, sorted, in one string with one space between. A word with a wrong
//! beginning is looked up here, since its shard is not known: its end tells which terms are meant, and those tell the shards. Terms of less
//! than four characters, and numbers, are not in it: nobody is forgiven a letter in those.
//!
//! **Terms of a query**, the same as those of the text:
//!
//! 1. lower case (`toLowerCase()`); remove `[\u00ad\u0300-\u036f\u200b-\u200d\u2060\ufeff]`; `ς` becomes `σ`; a character in
//!    `[\u00c0-\u024f\u1e00-\u1eff]` becomes the first one of its NFD if that is ASCII;
//! 2. words are runs of `[\p{Alphabetic}\p{N}]`; what lies in
//!    `[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]` is a run of its own;
//! 3. such a run of its own gives each pair of neighbours, or its one character; any other word is a term if it has two characters
//!    or more, cut to 32.
//!
//! A term's shard is FNV-1a (32 bit) over the UTF-8 of its first two characters, modulo the number of shards. So what begins with a
//! term of two characters or more is all in one file, and completing a word while it is typed needs no other. The file of its end is the same
//! over its last two characters, modulo the number of those files.
//!
//! What a result shows of a text is not here: it is cut from the page itself, as readers see it, when the result is shown.

mod ends;
mod record;
mod shards;
mod terms;
mod words;

pub(crate) use record::{Record, RecordBuilder};
pub(crate) use shards::Shards;
pub(crate) use terms::fold as plain_letter;

use crate::text;

/// The version of the format.
const VERSION: u32 = 1;
/// The document that lists the Sources.
pub(crate) const INDEX: &str = "search/index.json";

/// A Source in the index.
pub(crate) struct IndexEntry<'a> {
    pub id: &'a str,
    /// Ready for a URL, with the mount.
    pub address: &'a str,
    pub title: &'a str,
    pub record: &'a Record,
    pub kind: RecordKind,
}

/// What a Source is to somebody who looks for something to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordKind {
    Page,
    /// It defines components.
    Component,
    /// It is there to be taken in by others.
    Part,
}

impl RecordKind {
    /// By the name of a Source, and whether it defines components. A guide may define some on its way and is a page all the same.
    pub(crate) fn of(id: &str, defines: bool) -> Self {
        let name = id.rsplit('/').next().unwrap_or(id);
        match name.rsplit_once('.').map(|(_, hint)| hint) {
            Some("component" | "components") => Self::Component,
            Some("include" | "layout" | "config" | "tags") => Self::Part,
            None if defines => Self::Component,
            _ => Self::Page,
        }
    }

    /// As the index has it; pages say nothing.
    const fn name(self) -> Option<&'static str> {
        match self {
            Self::Page => None,
            Self::Component => Some("component"),
            Self::Part => Some("part"),
        }
    }
}

/// The bytes of [`INDEX`]. The entries come sorted by id; `shards`: how many there are.
pub(crate) fn index<'a>(entries: impl Iterator<Item = IndexEntry<'a>>, shards: usize) -> Vec<u8> {
    let mut out = format!("{{\"version\":{VERSION},\"shards\":{shards},\"sources\":[\n").into_bytes();
    for (at, IndexEntry { id, address, title, record, kind }) in entries.enumerate() {
        out.extend_from_slice(if at == 0 { b"" } else { b",\n" });
        let key = shards::SourceKey::of(id);
        let others = record.headings.iter().filter(|(_, text)| **text != *title);
        let headings: Vec<&(Box<str>, Box<str>)> = others.collect();
        match kind.name() {
            None => text::json(&mut out, &(key.as_str(), id, address, title, headings)),
            Some(kind) => text::json(&mut out, &(key.as_str(), id, address, title, headings, kind)),
        }
    }
    out.extend_from_slice(b"\n]}\n");
    out
}

#[cfg(test)]
mod tests;
