//! What the page says that is shown where there is none, if there is a text of that name: that no link leads to it.

use super::script::find;
use crate::session::SiteStatus;
use pmx_site::{paths::canonical, percent_decode};
use std::path::{Component, Path};

/// Where the note goes: behind the heading of the page that the builder makes for addresses where nothing is.
const PAGE: &[u8] = b"<article class=\"pmx-document pmx-not-found\">";
const HEADING: &[u8] = b"</h1>";

/// The note for an address of a site, or nothing.
pub(super) fn note(site: &SiteStatus, address: &str) -> String {
    let Ok(path) = String::from_utf8(percent_decode(address.as_bytes())) else { return String::new() };
    let name = path.trim_matches('/').trim_end_matches(".html").trim_end_matches(".md");
    let is_plain =
        |part: Component<'_>| matches!(part, Component::Normal(name) if !name.to_string_lossy().starts_with('.'));
    let is_below = Path::new(name).components().all(is_plain);
    if name.is_empty() || !is_below || name.contains(['\\', '\0']) || name.ends_with(".config") {
        return String::new();
    }
    let file = format!("{name}.md");
    if site.last.as_ref().is_none_or(|last| last.read.has(&file)) {
        return String::new();
    }
    // No link on the way tells what lies elsewhere.
    let path = site.source_root.join(&file);
    let is_here =
        canonical(&site.source_root).is_ok_and(|root| canonical(&path).is_ok_and(|exact| exact == root.join(&file)));
    match std::fs::symlink_metadata(&path) {
        Ok(found) if found.is_file() && is_here => maud::html! {
            p { code { (file) } " exists; no link leads to it. A page is made of what can be reached from the first one by links." }
        }
        .into_string(),
        _ => String::new(),
    }
}

/// The byte behind the heading; 0 in a page of another kind.
pub(super) fn place(page: &[u8]) -> usize {
    let Some(start) = find(page, PAGE) else { return 0 };
    find(&page[start..], HEADING).map_or(0, |heading| start + heading + HEADING.len())
}
