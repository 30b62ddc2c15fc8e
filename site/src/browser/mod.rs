//! What runs at the reader's: the styles and scripts that every site gets from pmx itself.

use pmx_model::Hash;

/// The script that keeps the controls which float over a page out of its text, for whoever adds controls to pages that may be
/// without the Player. To run it twice in a page is harmless.
pub const FLOATING_JS: &str = include_str!("floating.js");

/// A file that is part of every build.
pub(crate) struct ThemeFile {
    pub name: &'static str,
    pub bytes: &'static [u8],
}

/// The stylesheet of every page; authored styles come after it.
pub(crate) const BASE_CSS: ThemeFile = ThemeFile {
    name: "base.css",
    bytes: concat!(
        include_str!("base.css"),
        include_str!("layout.css"),
        include_str!("completion.css"),
        include_str!("prose.css"),
        include_str!("code.css"),
        include_str!("questions.css"),
        include_str!("player.css"),
        include_str!("slides.css"),
        include_str!("print.css"),
    )
    .as_bytes(),
};
/// The script that keeps an open page current.
pub(crate) const LIVE_JS: ThemeFile = ThemeFile { name: "live.js", bytes: include_bytes!("live.js") };
/// The script of Browse, Play, search, Explore and answers: its parts, in the order in which they need each other.
pub(crate) const PLAYER_JS: ThemeFile = ThemeFile {
    name: "player.js",
    bytes: concat!(
        "(window.pmx??={}).css=String.raw`",
        include_str!("player/chrome.css"),
        include_str!("player/bar.css"),
        include_str!("player/contents.css"),
        "`;\n",
        include_str!("floating.js"),
        include_str!("player/surface.js"),
        include_str!("player/focus.js"),
        include_str!("player/beats.js"),
        include_str!("player/address.js"),
        include_str!("player/opening.js"),
        include_str!("player/play.js"),
        include_str!("player/present.js"),
        include_str!("player/bar.js"),
        include_str!("player/fold.js"),
        include_str!("player/help.js"),
        include_str!("player/keys.js"),
        include_str!("player/words.js"),
        include_str!("player/finder.js"),
        include_str!("player/excerpts.js"),
        include_str!("player/search.js"),
        include_str!("player/contents.js"),
        include_str!("player/pages.js"),
        include_str!("player/graph.js"),
        include_str!("player/explore.js"),
        include_str!("player/page.js"),
        include_str!("player/sideways.js"),
        include_str!("player/grading.js"),
        include_str!("player/questions.js"),
        include_str!("player/answers.js"),
        include_str!("player/scheme.js"),
        include_str!("player/start.js"),
    )
    .as_bytes(),
};
/// The script that brings components to life; on pages that have some.
pub(crate) const RUNTIME_JS: ThemeFile = ThemeFile { name: "runtime.js", bytes: include_bytes!("runtime.js") };
/// The script that keeps what a reader has ticked off; on pages that show it.
pub(crate) const COMPLETION_JS: ThemeFile = ThemeFile { name: "completion.js", bytes: include_bytes!("completion.js") };
/// Draws the diagrams that were left to the browser, after Mermaid in the same file.
const DRAW_JS: &str = include_str!("mermaid/draw.js");
/// Mermaid as npm has it, compressed: `browser/mermaid/renew.sh` brings in another version.
const MERMAID_JS: &[u8] = include_bytes!("mermaid/mermaid.min.js.gz");
/// Its version.
const MERMAID_VERSION: &str = include_str!("mermaid/VERSION");
/// The licence of Mermaid, which goes where Mermaid goes.
const MERMAID_LICENSE: &str = include_str!("mermaid/LICENSE");
/// The most that Mermaid may be, in bytes: some three times what it is.
const MAX_MERMAID: usize = 16 << 20;
/// Bytes before and after the stream in a file of gzip without a name.
const GZIP: (usize, usize) = (10, 8);

/// The script of pages that have diagrams which are left to the browser: Mermaid, and what puts its drawings into the page.
pub(crate) fn mermaid_js() -> Vec<u8> {
    let stream = MERMAID_JS.len().checked_sub(GZIP.1).and_then(|end| MERMAID_JS.get(GZIP.0..end)).unwrap_or_default();
    let mermaid = miniz_oxide::inflate::decompress_to_vec_with_limit(stream, MAX_MERMAID).unwrap_or_default();
    let notice = MERMAID_LICENSE.trim().replace("*/", "");
    [
        format!("/*! Mermaid {}\n\n{notice}\n*/\n", MERMAID_VERSION.trim()).as_bytes(),
        &mermaid,
        b"\n",
        DRAW_JS.as_bytes(),
    ]
    .concat()
}

/// Runs before the first paint: the reader's colour scheme; what the page was opened at, and the last thing that its reader
/// did (`player/opening.js`, `player/focus.js`). Part of the page itself.
pub(crate) const EARLY_JS: &str = include_str!("early.js");
/// The icon of a site that brings none.
pub(crate) const FAVICON: ThemeFile = ThemeFile { name: "favicon.svg", bytes: include_bytes!("favicon.svg") };

/// Names everything above: it is another one where a page of this program looks or works differently.
pub fn theme_digest() -> Hash {
    let files = [BASE_CSS, LIVE_JS, PLAYER_JS, RUNTIME_JS, COMPLETION_JS, FAVICON].map(|file| file.bytes);
    Hash::of(&[&files.concat(), EARLY_JS.as_bytes(), MERMAID_VERSION.as_bytes(), DRAW_JS.as_bytes()].concat())
}
