//! What the page says that is shown where there is none, if there is a text of that name or address: that no link leads to it.

use super::script::find;
use crate::session::SiteStatus;
use pmx_site::{paths::canonical, percent_decode, source_name, written_route};
use std::{
    fs::{self, File},
    io::Read as _,
    path::{Component, Path},
};

/// Where the note goes: behind the heading of the page that the builder makes for addresses where nothing is.
const PAGE: &[u8] = b"<article class=\"pmx-document pmx-not-found\">";
const HEADING: &[u8] = b"</h1>";
/// So many names are looked at for a text with an address of its own.
const MAX_LOOKED_AT: usize = 10_000;
/// So many bytes of a text are read for its frontmatter, which is no larger.
const MAX_FRONTMATTER: u64 = 64 * 1024 + 64;

/// The note for an address of a site, or nothing. Looks at files.
pub(super) fn note(site: &SiteStatus, address: &str) -> String {
    let Ok(path) = String::from_utf8(percent_decode(address.as_bytes())) else { return String::new() };
    let name = path.trim_matches('/').trim_end_matches(".html").trim_end_matches(".md");
    let is_plain =
        |part: Component<'_>| matches!(part, Component::Normal(name) if !name.to_string_lossy().starts_with('.'));
    let is_below = Path::new(name).components().all(is_plain);
    if name.is_empty() || !is_below || name.contains(['\\', '\0']) || name.ends_with(".config") {
        return String::new();
    }
    let Some(last) = &site.last else { return String::new() };
    let file = format!("{name}.md");
    if !last.read.has(&file) && is_here(&site.source_root, &file) {
        return unlinked(&file);
    }
    if let Some((file, source)) = misnamed(&site.source_root, name) {
        return maud::html! {
            p { code { (file) } " exists, and is no Source: the name of one ends in " code { ".md" } ". Call it " code { (source) } ", and let a link lead to it." }
        }
        .into_string();
    }
    routed(site, name).map_or_else(String::new, |file| unlinked(&file))
}

fn unlinked(file: &str) -> String {
    maud::html! {
        p { code { (file) } " exists; no link leads to it. A page is made of what can be reached from the first one by links." }
    }
    .into_string()
}

/// Whether there is such a file below a folder. No link on the way tells what lies elsewhere.
fn is_here(root: &Path, file: &str) -> bool {
    let path = root.join(file);
    let is_exact = || canonical(root).is_ok_and(|root| canonical(&path).is_ok_and(|exact| exact == root.join(file)));
    fs::symlink_metadata(&path).is_ok_and(|found| found.is_file()) && is_exact()
}

/// A Markdown file for an address whose name does not end as that of a Source, and what it is to be called.
fn misnamed(root: &Path, name: &str) -> Option<(String, String)> {
    let wanted = format!("{name}.md");
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let names = fs::read_dir(root.join(folder)).ok()?.take(MAX_LOOKED_AT).flatten();
    let files = names.filter_map(|entry| entry.file_name().into_string().ok());
    let files = files.map(|file| below(folder, file));
    let mut files = files.filter_map(|file| source_name(&file).filter(|source| *source == wanted).map(|_| file));
    files.find(|file| is_here(root, file)).map(|file| (file, wanted))
}

/// The path of a name in a folder of the source root.
fn below(folder: &str, name: String) -> String {
    if folder.is_empty() { name } else { format!("{folder}/{name}") }
}

/// A text that no page is made of and that gives itself this address.
fn routed(site: &SiteStatus, address: &str) -> Option<String> {
    let read = &site.last.as_ref()?.read;
    let mut folders = vec![String::new()];
    let mut left = MAX_LOOKED_AT;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(site.source_root.join(&folder)).into_iter().flatten().flatten() {
            left = left.checked_sub(1)?;
            let (Ok(kind), Ok(name)) = (entry.file_type(), entry.file_name().into_string()) else { continue };
            let is_open = !name.starts_with('.') && name != "node_modules";
            let path = below(&folder, name);
            if kind.is_dir() && is_open {
                folders.push(path);
            } else if kind.is_file() && pmx_site::is_text(&path) && !read.has(&path) {
                let mut bytes = Vec::new();
                let head = File::open(entry.path()).map(|file| file.take(MAX_FRONTMATTER));
                let is_read = head.is_ok_and(|mut head| head.read_to_end(&mut bytes).is_ok());
                if is_read && written_route(&bytes).is_some_and(|route| route.trim_matches('/') == address) {
                    return Some(path);
                }
            }
        }
    }
    None
}

/// The byte behind the heading; 0 in a page of another kind.
pub(super) fn place(page: &[u8]) -> usize {
    let Some(start) = find(page, PAGE) else { return 0 };
    find(&page[start..], HEADING).map_or(0, |heading| start + heading + HEADING.len())
}
