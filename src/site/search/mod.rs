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
//! The address is ready for a link. `key` names the Source in the shards.
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
//! term of two characters or more is all in one file, and completing a word while it is typed needs no other.

mod record;
mod shards;
mod terms;
mod words;

pub(in crate::site) use record::{Reading, Record};
pub(in crate::site) use shards::Shards;
pub(in crate::site) use terms::fold as plain_letter;

use super::documents;

/// The version of the format.
const VERSION: u32 = 1;
/// The document that lists the Sources.
pub(in crate::site) const INDEX: &str = "search/index.json";

/// A Source in the index.
pub(in crate::site) struct Entry<'a> {
    pub id: &'a str,
    /// Ready for a URL, with the mount.
    pub address: &'a str,
    pub title: &'a str,
    pub record: &'a Record,
}

/// The bytes of [`INDEX`]. The entries come sorted by id; `shards`: how many there are.
pub(in crate::site) fn index<'a>(entries: impl Iterator<Item = Entry<'a>>, shards: usize) -> Vec<u8> {
    let mut out = format!("{{\"version\":{VERSION},\"shards\":{shards},\"sources\":[\n").into_bytes();
    for (at, Entry { id, address, title, record }) in entries.enumerate() {
        out.extend_from_slice(if at == 0 { b"" } else { b",\n" });
        let key = shards::Key::of(id);
        let others = record.headings.iter().filter(|(_, text)| **text != *title);
        let headings: Vec<&(Box<str>, Box<str>)> = others.collect();
        documents::json(&mut out, &(key.as_str(), id, address, title, headings));
    }
    out.extend_from_slice(b"\n]}\n");
    out
}

#[cfg(test)]
mod tests;
