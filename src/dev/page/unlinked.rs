//! What the page says that is shown where there is none, if there is a text of that name: that no link leads to it.

use crate::{dev::status::SiteStatus, site::percent_decode};
use std::path::{Component, Path};

/// Where the note goes: behind the heading of the page that the builder makes for addresses where nothing is.
const PAGE: &[u8] = b"<article class=\"pmx-document pmx-not-found\">";
const HEADING: &[u8] = b"</h1>";

/// The note for an address of a site, or nothing.
pub(super) fn note(site: &SiteStatus, address: &str) -> String {
    let Ok(path) = String::from_utf8(percent_decode(address.as_bytes())) else { return String::new() };
    let name = path.trim_matches('/').trim_end_matches(".html").trim_end_matches(".md");
    let is_below = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    if name.is_empty() || !is_below || name.contains(['\\', '\0']) || name.ends_with(".config") {
        return String::new();
    }
    let file = format!("{name}.md");
    if site.last.as_ref().is_none_or(|last| last.read.has(&file)) {
        return String::new();
    }
    match std::fs::symlink_metadata(site.source_root.join(&file)) {
        Ok(found) if found.is_file() => maud::html! {
            p { code { (file) } " exists; no link leads to it. A page is made of what can be reached from the first one by links." }
        }
        .into_string(),
        _ => String::new(),
    }
}

/// The byte behind the heading; 0 in a page of another kind.
pub(super) fn place(page: &[u8]) -> usize {
    let find = |text: &[u8], what: &[u8]| text.windows(what.len()).position(|window| window == what);
    let Some(start) = find(page, PAGE) else { return 0 };
    find(&page[start..], HEADING).map_or(0, |heading| start + heading + HEADING.len())
}
