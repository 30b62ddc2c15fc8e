//! The script that pages get, and the tag that names it.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::Response,
};
use pmx_model::Hash;
use std::sync::LazyLock;

/// What shows errors and the state of the server: its parts, in the order in which they need each other.
const CLIENT: &str = concat!(
    "(() => {\n\"use strict\";\nconst CSS = String.raw`",
    include_str!("client/look.css"),
    "`;\n",
    include_str!("client/surface.js"),
    include_str!("client/finding.js"),
    include_str!("client/overlay.js"),
    include_str!("client/badge.js"),
    include_str!("client/events.js"),
    "})();\n",
);
/// The whole script. Pages may be without the Player, which brings the first part, too.
static SCRIPT: LazyLock<String> = LazyLock::new(|| [pmx_site::FLOATING_JS, CLIENT].concat());
/// How much of the digest is in a name.
const ID_CHARS: usize = 16;

/// Names everything of a page that this program brings itself: the script, and the styles and scripts of all sites. A page
/// that was loaded from another program has another id, and loads again.
pub(super) static ID: LazyLock<String> = LazyLock::new(|| {
    let parts = format!("{}\0{}\0{SCRIPT}", env!("CARGO_PKG_VERSION"), pmx_site::theme_digest(), SCRIPT = *SCRIPT);
    Hash::of(parts.as_bytes()).short(ID_CHARS).to_owned()
});

/// The tag for the page at this path. The address is relative, so that it holds below the prefix of a proxy. `answers`: answers to
/// questions are taken, which is how a page knows that it may send them.
pub(super) fn tag(path: &str, answers: bool) -> String {
    let folders = path.matches('/').count().saturating_sub(1);
    let takes = if answers { " data-pmx-answers" } else { "" };
    format!("<script src=\"{}_pmx/dev.{}.js\" defer{takes}></script>", "../".repeat(folders), *ID)
}

/// The id in the name of a script; any, since an older program's pages ask for theirs.
pub(in crate::dev) fn id_in(name: &str) -> Option<&str> {
    name.strip_prefix("dev.")?.strip_suffix(".js")
}

/// The script. Under another id than its own it is not kept: the page that asks is about to learn of it.
pub(in crate::dev) fn response(id: &str) -> Response {
    let mut response = Response::new(Body::from(SCRIPT.as_str()));
    let headers = response.headers_mut();
    let policy = if id == *ID { "public, max-age=31536000, immutable" } else { "no-store" };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    headers.insert(header::CONTENT_LENGTH, SCRIPT.len().into());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(policy));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    response
}

/// Whether a page keeps itself current: every page of a build says at its start which file it is.
pub(super) fn has_live_client(html: &[u8]) -> bool {
    const START: usize = 1024;
    find(&html[..html.len().min(START)], b" data-pmx-artifact=").is_some()
}

/// Where the tag goes: to the start of the head, before anything that the page itself loads. A page that leaves its head to
/// the parser gets it where the head would begin, so that no byte of the page means anything else than without it.
pub(super) fn place(html: &[u8]) -> usize {
    let mut at = if html.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    loop {
        let rest = html.get(at..).unwrap_or_default();
        let space = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let rest = rest.get(space..).unwrap_or_default();
        let end = if rest.starts_with(b"<!--") {
            find(rest, b"-->").map(|end| end + 3)
        } else if rest.starts_with(b"<!") || rest.starts_with(b"<?") {
            find(rest, b">").map(|end| end + 1)
        } else if is_tag(rest, b"<html") {
            end_of_tag(rest)
        } else if is_tag(rest, b"<head") {
            return end_of_tag(rest).map_or(html.len(), |end| at + space + end);
        } else {
            return at + space;
        };
        match end {
            Some(end) => at += space + end,
            // Nothing more is read of such a page.
            None => return html.len(),
        }
    }
}

pub(super) fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

fn is_tag(text: &[u8], name: &[u8]) -> bool {
    text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
        && text.get(name.len()).is_some_and(|next| next.is_ascii_whitespace() || matches!(next, b'>' | b'/'))
}

/// Where a tag ends; a `>` in a quoted value does not end it.
fn end_of_tag(tag: &[u8]) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in tag.iter().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return Some(at + 1),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_goes_to_the_start_of_the_head_wherever_that_is() {
        for (before, after) in [
            ("<!doctype html>\n<html lang=\"en\">\n<head>", "\n<meta charset=\"utf-8\"></head>"),
            ("<!DOCTYPE html><!-- <head> --><HTML data-x='>'><HEAD class=a>", "<title>x</title>"),
            ("<!doctype html>", "<title>no head</title><p>x"),
            ("<?xml version=\"1.0\"?>\n", "<header>not a head</header>"),
            ("\u{feff}<!doctype html>\n", "text"),
            ("<html>", "<body><head>too late</head>"),
            ("", "text <head>"),
            ("", ""),
            ("<!-- never closed <head>", ""),
            ("<head data-x=\"never closed>", ""),
        ] {
            let html = format!("{before}{after}");
            assert_eq!(place(html.as_bytes()), before.len(), "{html}");
        }
    }

    #[test]
    fn the_address_of_the_script_is_relative_to_the_page() {
        for (path, up) in [("/", ""), ("/a", ""), ("/a/", "../"), ("/a/b/c.html", "../../"), ("//a", "../")] {
            assert!(tag(path, false).contains(&format!("\"{up}_pmx/dev.")), "{path}: {}", tag(path, false));
            assert!(!tag(path, false).contains("answers") && tag(path, true).contains(" data-pmx-answers>"));
        }
    }
}
