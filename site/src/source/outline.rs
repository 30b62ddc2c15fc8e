use super::{Block, Link, Source};
use pmx_model::Hash;
use sha2::{Digest as _, Sha256};
use std::fmt::{self, Write as _};

impl Source {
    /// The hash of everything that the pages and documents of *other* Sources can depend on. What a Source says in its text is not
    /// among it, nor is the line where it says something.
    pub(crate) fn outline(&self) -> Hash {
        *self.outline.get_or_init(|| self.compute_outline())
    }

    fn compute_outline(&self) -> Hash {
        let Self {
            values,
            route,
            handle,
            title,
            description,
            classes,
            blocks,
            links,
            listed,
            sections,
            anchors,
            annotations,
            definitions,
            standard,
            draws_in_browser,
            has_import_map,
            findings: _,
            no_tags: _,
            body: _,
            code: _,
            outline: _,
        } = self;
        let block = |block: &Block| {
            let Block { id, values, classes, html: _, line: _, tags: _ } = block;
            format!("{id:?}{values:?}{classes:?}")
        };
        let link = |link: &Link| {
            let Link { target, place, position: _, in_html } = link;
            format!("{target:?}{place:?}{in_html}")
        };
        let mut sorted: Vec<&String> = anchors.iter().collect();
        sorted.sort_unstable();
        let mut out = Hashing(Sha256::new());
        let _ = write!(out, "{values:?}{route:?}{handle:?}{title:?}{description:?}{classes:?}");
        let _ = write!(
            out,
            "{listed:?}{sections:?}{sorted:?}{annotations:?}{definitions:?}{standard:?}{draws_in_browser}{has_import_map}"
        );
        for part in blocks.iter().map(block).chain(links.iter().map(link)) {
            let _ = writeln!(out, "{part}");
        }
        Hash::from_bytes(out.0.finalize().into())
    }
}

/// Hashes what is written to it.
struct Hashing(Sha256);

impl fmt::Write for Hashing {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text);
        Ok(())
    }
}
