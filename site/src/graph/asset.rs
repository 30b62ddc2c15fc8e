//! One file that is no Source, as it is published.

use super::pictures::{self, Size};
use crate::{
    files::blobs::Blobs,
    project::Project,
    scan::{self, Snapshot},
    text::address,
};
use pmx_model::{File, Hash};
use std::{collections::BTreeSet, sync::OnceLock};

/// Hex digits of the hash in a file's name: the Worker calls a file immutable from this many on.
pub(super) const DIGITS: usize = 16;
/// The longest part of an authored name that is kept.
const STEM: usize = 80;

/// An asset as it is published.
#[derive(Clone, Debug)]
pub(crate) struct Asset {
    /// `assets/<name>.<hash>.<extension>`, or `assets/bundle.<hash>/<path>`
    pub file: String,
    pub content: File,
    /// Paths of the assets that it names itself.
    pub(super) uses: Vec<String>,
    /// The file as the author wrote it; none if pmx made it.
    written: Option<scan::Content>,
    /// See [`Self::size`]; looked at once.
    size: OnceLock<Option<Size>>,
}

impl Asset {
    /// A file with other bytes than its author wrote, or none of an author.
    pub(super) fn made(name: &str, content: File, uses: Vec<String>) -> Self {
        Self { file: hashed_name(name, content.hash), content, uses, written: None, size: OnceLock::new() }
    }

    /// A file as its author wrote it.
    pub(super) fn kept(path: &str, content: File, written: scan::Content) -> Self {
        Self { written: Some(written), ..Self::made(path, content, Vec::new()) }
    }

    /// The size of a picture. The first time it reads the beginning of its file.
    pub(crate) fn size(&self) -> Option<Size> {
        *self.size.get_or_init(|| pictures::size(&self.file, self.written.as_ref()?))
    }
}

/// What is asked of the Sources beside which assets are published.
pub(crate) struct BesideSources<'a> {
    /// The address of the page of a Source, by its path.
    pub page: &'a dyn Fn(&str) -> Option<String>,
    /// The files that are parts of pages: what a reader only fetches, as the code of a lesson, may be for other programs than browsers.
    pub shown: BTreeSet<&'a str>,
    /// Whether one may have an import map.
    pub have_import_map: bool,
}

/// Where assets come from and go to.
pub(super) struct AssetContext<'a> {
    pub sources: &'a BesideSources<'a>,
    pub project: &'a Project,
    pub snapshot: &'a Snapshot,
    pub blobs: &'a Blobs,
}

/// Whether a file's name says what is in it.
pub(crate) fn bears_hash(file: &str, hash: Hash) -> bool {
    address::name(file).contains(&format!(".{}", hash.short(DIGITS)))
}

/// `img/Über uns.PNG` -> `assets/-ber-uns.<16 hex>.PNG`
pub(super) fn hashed_name(path: &str, hash: Hash) -> String {
    let name = address::name(path);
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => (stem, Some(extension)),
        _ => (name, None),
    };
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    let mut out = "assets/".to_owned();
    out.extend(stem.chars().map(plain).take(STEM));
    out.push('.');
    out.push_str(&hash.short(DIGITS));
    if let Some(extension) = extension {
        out.push('.');
        out.extend(extension.chars().map(plain).take(STEM));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_stem_and_extension() {
        let hash = Hash::of(b"");
        assert_eq!(hashed_name("a/base.min.css", hash), "assets/base.min.e3b0c44298fc1c14.css");
        assert_eq!(hashed_name("Über uns.png", hash), "assets/-ber-uns.e3b0c44298fc1c14.png");
        assert_eq!(hashed_name("LICENSE", hash), "assets/LICENSE.e3b0c44298fc1c14");
        assert_eq!(hashed_name(".hidden", hash), "assets/.hidden.e3b0c44298fc1c14");
    }
}
