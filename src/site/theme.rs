//! What every site gets from pmx itself.

/// A file that is part of every build.
pub(super) struct ThemeFile {
    pub name: &'static str,
    pub bytes: &'static [u8],
}

/// The stylesheet of every page; authored styles come after it.
pub(super) const BASE_CSS: ThemeFile = ThemeFile { name: "base.css", bytes: include_bytes!("theme/base.css") };
/// The script that keeps an open page current.
pub(super) const LIVE_JS: ThemeFile = ThemeFile { name: "live.js", bytes: include_bytes!("theme/live.js") };
/// The icon of a site that brings none.
pub(super) const FAVICON: ThemeFile = ThemeFile { name: "favicon.svg", bytes: include_bytes!("theme/favicon.svg") };
