//! Literate Components: elements that authors define in Markdown.
//!
//! [`define()`] reads one Block of a Source that defines components; [`expand()`] puts the templates in place of their
//! usages; [`stylesheet`] and [`script`] are what pages that use them load. All are functions of what they are given.
//!
//! A component's root element carries `data-pathmx-component` and `data-pathmx-component-source`, both lists: an
//! element is the root of two components where the root of one template is a usage of another. Its styles apply to
//! everything below its root, nested components too; of rules that are equally specific the nearer root's win
//! (`@scope`), so a component's own rules stand against those of what it stands in.

mod css;
mod define;
mod expand;
mod letters;
mod names;
mod role;
mod script;
mod slots;
mod states;
mod template;

pub(crate) use css::stylesheet;
pub(crate) use define::{DefinitionBlock, Fence, define};
pub(crate) use expand::{Expansion, Lookup, PageLinks, expand};
pub(crate) use letters::no_tag;
pub(crate) use names::{clashes, duplicates};
pub(crate) use script::{script, unfit};

use crate::diagnostic::Position;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// A component, as a Block defines it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Definition {
    /// Of its element; lower case.
    pub name: String,
    /// Marked HTML; the marks index the links of the defining Source.
    pub template: String,
    pub css: Vec<Chunk>,
    pub script: Vec<Chunk>,
    /// The defaults: the Block's topmatter without what describes the Block itself.
    pub values: Map<String, Value>,
    /// What its script can name.
    pub resources: Vec<Resource>,
    /// Of the Block.
    pub position: Position,
}

/// A part of a component's styles or script, in the order of the parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Chunk {
    /// A fence; in styles addresses are marks between double quotes.
    Text(String),
    /// The file that this link of the defining Source leads to.
    File(usize),
}

/// A file that a component's script can name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Resource {
    pub kind: ResourceKind,
    /// In lower case.
    pub name: String,
    /// Index into the links of the defining Source.
    pub link: usize,
}

/// How a script reads a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum ResourceKind {
    /// `ctx.assets`
    Asset,
    /// `ctx.data`
    Data,
}

/// The files that definitions of one Source name, by links of this Source.
pub(crate) trait DefinitionFiles {
    /// Where the file lies, as it is addressed from the folder of all assets; `None` if there is none.
    fn address(&self, link: usize) -> Option<Cow<'_, str>>;
    /// What is in it; addresses in style sheets lead from the folder of all assets.
    fn text(&self, link: usize) -> Option<Cow<'_, str>>;
}

/// A Source's id as one word of a list.
fn word(source: &str) -> Cow<'_, str> {
    if source.contains(char::is_whitespace) {
        Cow::Owned(source.replace(char::is_whitespace, "%20"))
    } else {
        Cow::Borrowed(source)
    }
}

#[cfg(test)]
mod tests;
