//! What every site gets from pmx itself.

use pmx_worker::model::Hash;

/// A file that is part of every build.
pub(super) struct ThemeFile {
    pub name: &'static str,
    pub bytes: &'static [u8],
}

/// The stylesheet of every page; authored styles come after it.
pub(super) const BASE_CSS: ThemeFile = ThemeFile {
    name: "base.css",
    bytes: concat!(
        include_str!("theme/base.css"),
        include_str!("theme/layout.css"),
        include_str!("theme/completion.css"),
        include_str!("theme/prose.css"),
        include_str!("theme/code.css"),
        include_str!("theme/questions.css"),
        include_str!("theme/player.css"),
        include_str!("theme/slides.css"),
        include_str!("theme/print.css"),
    )
    .as_bytes(),
};
/// The script that keeps an open page current.
pub(super) const LIVE_JS: ThemeFile = ThemeFile { name: "live.js", bytes: include_bytes!("theme/live.js") };
/// The script of Browse, Play, search, Explore and answers: its parts, in the order in which they need each other.
pub(super) const PLAYER_JS: ThemeFile = ThemeFile {
    name: "player.js",
    bytes: concat!(
        "(window.pmx??={}).css=String.raw`",
        include_str!("theme/player/chrome.css"),
        include_str!("theme/player/bar.css"),
        include_str!("theme/player/contents.css"),
        "`;\n",
        include_str!("theme/floating.js"),
        include_str!("theme/player/surface.js"),
        include_str!("theme/player/focus.js"),
        include_str!("theme/player/beats.js"),
        include_str!("theme/player/address.js"),
        include_str!("theme/player/opening.js"),
        include_str!("theme/player/play.js"),
        include_str!("theme/player/present.js"),
        include_str!("theme/player/bar.js"),
        include_str!("theme/player/fold.js"),
        include_str!("theme/player/help.js"),
        include_str!("theme/player/keys.js"),
        include_str!("theme/player/words.js"),
        include_str!("theme/player/finder.js"),
        include_str!("theme/player/excerpts.js"),
        include_str!("theme/player/search.js"),
        include_str!("theme/player/contents.js"),
        include_str!("theme/player/pages.js"),
        include_str!("theme/player/graph.js"),
        include_str!("theme/player/explore.js"),
        include_str!("theme/player/page.js"),
        include_str!("theme/player/grading.js"),
        include_str!("theme/player/questions.js"),
        include_str!("theme/player/answers.js"),
        include_str!("theme/player/scheme.js"),
        include_str!("theme/player/start.js"),
    )
    .as_bytes(),
};
/// The script that brings components to life; on pages that have some.
pub(super) const RUNTIME_JS: ThemeFile = ThemeFile { name: "runtime.js", bytes: include_bytes!("theme/runtime.js") };
/// The script that keeps what a reader has ticked off; on pages that show it.
pub(super) const COMPLETION_JS: ThemeFile =
    ThemeFile { name: "completion.js", bytes: include_bytes!("theme/completion.js") };
/// Runs before the first paint: the reader's colour scheme; what the page was opened at, and the last thing that its reader
/// did (`player/opening.js`, `player/focus.js`). Part of the page itself.
pub(super) const EARLY_JS: &str = include_str!("theme/early.js");
/// The icon of a site that brings none.
pub(super) const FAVICON: ThemeFile = ThemeFile { name: "favicon.svg", bytes: include_bytes!("theme/favicon.svg") };

/// Names everything above: it is another one where a page of this program looks or works differently.
pub fn theme_digest() -> Hash {
    let files = [BASE_CSS, LIVE_JS, PLAYER_JS, RUNTIME_JS, COMPLETION_JS, FAVICON].map(|file| file.bytes);
    Hash::of(&[&files.concat(), EARLY_JS.as_bytes()].concat())
}
