//! Behind a proxy that puts a path before the site's, and says so with `X-Forwarded-Prefix`: pages name what they need from the
//! origin's root, so the path is put before these addresses on the way out.

use super::{
    super::{
        caller::{Caller, is_upgrade},
        conditional,
    },
    Answering, Next, RequestLayer, layer as layer_fn,
};
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

/// The header with the path that a proxy has taken away.
const PREFIX: &str = "x-forwarded-prefix";
/// The longest path that is put before others.
const MAX_PREFIX: usize = 256;
/// The most bytes of a page or style sheet that is rewritten; a larger one goes out as it is.
const MAX_BODY: usize = 16 * 1024 * 1024;
/// Bytes of a prefix's digest in a tag.
const DIGEST_BYTES: usize = 8;
/// Attributes whose value is an address.
const ADDRESSES: [&str; 8] =
    ["href", "src", "action", "formaction", "poster", "data", "xlink:href", "data-event-stream"];
/// Where pages keep the path of their mount.
const MOUNT: &str = "data-pmx-mount";
/// Where pages are told what is before everything.
const TOLD: &str = "data-pmx-prefix";
/// Elements whose text is no markup.
const RAW: [&str; 4] = ["script", "style", "textarea", "title"];

/// What a proxy says that has a say in answers: where the site is, and which it is.
const PROXIES: &str = "X-Forwarded-Prefix, X-Forwarded-Host";

/// The layer. A request that comes from another machine, or opens a WebSocket, goes on untouched. `varies`: a further header of requests that has
/// a say in answers.
pub(super) fn layer(varies: Option<&str>) -> RequestLayer {
    let varies = varies.and_then(|name| HeaderValue::from_str(&format!("{PROXIES}, {name}")).ok());
    let varies = varies.unwrap_or(HeaderValue::from_static(PROXIES));
    layer_fn(move |request, next| {
        if is_upgrade(&request) || !Caller::of(request.extensions()).is_loopback() {
            return next.call(request);
        }
        let (next, varies) = (next.clone(), varies.clone());
        Answering::later(async move {
            let mut response = match of(request.headers()) {
                None => next.call(request).await,
                Some(prefix) => {
                    conditional::answer(request, is_rewritten, |request| prefixed(&prefix, request, &next)).await
                }
            };
            vary(&mut response, &varies);
            response
        })
    })
}

/// The answer with the prefix before the addresses in it.
async fn prefixed(prefix: &str, mut request: Request, next: &Next) -> Response {
    ask(&mut request);
    put(prefix, next.call(request).await).await
}

/// The path that a proxy has taken away, without a slash at its end; `None` if there is none, or none that can be put into a page.
fn of(headers: &HeaderMap) -> Option<String> {
    let prefix = headers.get(PREFIX)?.to_str().ok()?.trim_end_matches('/');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~');
    let path = prefix.starts_with('/') && !prefix.contains("//") && !prefix.contains("/.");
    (path && prefix.len() <= MAX_PREFIX && prefix.bytes().all(plain)).then(|| prefix.to_owned())
}

/// Asks for text: what is packed cannot be rewritten.
fn ask(request: &mut Request) {
    request.headers_mut().remove(header::ACCEPT_ENCODING);
}

/// Whether the prefix is put into an answer, by its head.
fn is_rewritten(response: &Response) -> bool {
    rewriter(response.headers()).is_some()
}

/// Puts the prefix before the addresses of an answer.
async fn put(prefix: &str, mut response: Response) -> Response {
    if let Some(to) = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok())
        && is_of_root(to)
        && let Ok(to) = HeaderValue::from_str(&format!("{prefix}{to}"))
    {
        response.headers_mut().insert(header::LOCATION, to);
    }
    let Some(rewrite) = rewriter(response.headers()) else { return response };
    retag(prefix, response.headers_mut());
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, MAX_BODY).await else { return Response::from_parts(parts, Body::empty()) };
    let body = match std::str::from_utf8(&bytes) {
        Ok(text) if !bytes.is_empty() => {
            let text = rewrite(text, prefix);
            parts.headers.insert(header::CONTENT_LENGTH, text.len().into());
            Body::from(text)
        }
        _ => Body::from(bytes),
    };
    Response::from_parts(parts, body)
}

/// A text with other addresses in it is another one: its tag is that of the file with a digest of the prefix.
fn retag(prefix: &str, headers: &mut HeaderMap) {
    let Some(tag) = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()?.strip_suffix('"')) else { return };
    let digest = HEXLOWER.encode(&Sha256::digest(prefix)[..DIGEST_BYTES]);
    if let Ok(tag) = HeaderValue::from_str(&format!("{tag}-at.{digest}\"")) {
        headers.insert(header::ETAG, tag);
    }
}

/// Says which headers of a request have a say in an answer, where they have: in a text with addresses, a redirect, and what is said of
/// one that the client has. Without the headers the answer is another one, too, so it says so as well.
fn vary(response: &mut Response, names: &HeaderValue) {
    let headers = response.headers();
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let depends = kind.starts_with("text/html")
        || kind.starts_with("text/css")
        || headers.contains_key(header::LOCATION)
        || response.status() == StatusCode::NOT_MODIFIED;
    if depends {
        response.headers_mut().append(header::VARY, names.clone());
    }
}

/// What puts the prefix into an answer; `None` for what has no addresses in it, and for what is packed, in parts or too large.
fn rewriter(headers: &HeaderMap) -> Option<fn(&str, &str) -> String> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let whole = text(header::CONTENT_ENCODING).is_none() && text(header::CONTENT_RANGE).is_none();
    let length = text(header::CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok())?;
    match text(header::CONTENT_TYPE)?.split(';').next()?.trim() {
        "text/html" if whole && length <= MAX_BODY => Some(html),
        "text/css" if whole && length <= MAX_BODY => Some(css),
        _ => None,
    }
}

/// Whether an address is named from the root of the origin.
fn is_of_root(address: &str) -> bool {
    address.starts_with('/') && !address.starts_with("//")
}

/// A page with the prefix before every address in its markup. Scripts, styles and comments in it stay as they are.
fn html(page: &str, prefix: &str) -> String {
    let mut out = String::with_capacity(page.len() + page.len() / 8);
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match rest.as_bytes().get(1) {
            Some(b'!') if rest.starts_with("<!--") => rest.find("-->").map_or(rest.len(), |end| end + 3),
            Some(b'a'..=b'z' | b'A'..=b'Z') => {
                let read = tag(rest, prefix, &mut out);
                rest = &rest[read.len()..];
                rest.len() - raw(read, rest).len()
            }
            _ => 1,
        };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

/// What follows the text of an element that has no markup in it.
fn raw<'a>(tag: &str, rest: &'a str) -> &'a str {
    let name = tag[1..].split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let Some(name) = RAW.iter().find(|raw| raw.eq_ignore_ascii_case(name)) else { return rest };
    let mut from = 0;
    while let Some(at) = rest[from..].find("</") {
        from += at + 2;
        if rest.get(from..from + name.len()).is_some_and(|end| end.eq_ignore_ascii_case(name)) {
            return &rest[from - 2..];
        }
    }
    ""
}

/// Writes a start tag and answers what was read of it.
fn tag<'a>(text: &'a str, prefix: &str, out: &mut String) -> &'a str {
    let bytes = text.as_bytes();
    let skip = |mut at: usize, while_: fn(u8) -> bool| {
        while bytes.get(at).is_some_and(|&byte| while_(byte)) {
            at += 1;
        }
        at
    };
    let is_name = |byte: u8| !byte.is_ascii_whitespace() && !matches!(byte, b'>' | b'=' | b'/');
    let mut at = skip(1, is_name);
    out.push_str(&text[..at]);
    if text[1..at].eq_ignore_ascii_case("html") {
        out.push_str(&format!(" {TOLD}=\"{prefix}\""));
    }
    loop {
        let start = at;
        at = skip(at, |byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'='));
        out.push_str(&text[start..at]);
        match bytes.get(at) {
            None => return text,
            Some(b'>') => {
                out.push('>');
                return &text[..=at];
            }
            Some(_) => {}
        }
        let name = &text[at..skip(at, is_name)];
        at += name.len();
        out.push_str(name);
        let equals = skip(at, |byte| byte.is_ascii_whitespace());
        if bytes.get(equals) != Some(&b'=') {
            continue;
        }
        let mut from = skip(equals + 1, |byte| byte.is_ascii_whitespace());
        let to = match bytes.get(from) {
            Some(quote @ (b'"' | b'\'')) => {
                from += 1;
                text[from..].find(char::from(*quote)).map_or(text.len(), |end| from + end)
            }
            _ => skip(from, |byte| !byte.is_ascii_whitespace() && byte != b'>'),
        };
        out.push_str(&text[at..from]);
        value(name, &text[from..to], prefix, out);
        at = to;
        if matches!(bytes.get(at), Some(b'"' | b'\'')) {
            out.push(char::from(bytes[at]));
            at += 1;
        }
    }
}

fn value(name: &str, value: &str, prefix: &str, out: &mut String) {
    let named = |known: &str| known.eq_ignore_ascii_case(name);
    if named(MOUNT) || (is_of_root(value) && ADDRESSES.iter().any(|known| named(known))) {
        out.push_str(prefix);
        out.push_str(value);
    } else if named("srcset") {
        for (index, one) in value.split(", ").enumerate() {
            out.push_str(if index > 0 { ", " } else { "" });
            out.push_str(if is_of_root(one.trim_start()) { prefix } else { "" });
            out.push_str(one.trim_start());
        }
    } else {
        out.push_str(value);
    }
}

/// A style sheet with the prefix before every address that is named from the root.
fn css(sheet: &str, prefix: &str) -> String {
    let mut out = String::with_capacity(sheet.len());
    let mut rest = sheet;
    let before = ["url(", "url(\"", "url('", "@import \"", "@import '"];
    while let Some(at) = rest.find('/') {
        let (head, tail) = rest.split_at(at);
        out.push_str(head);
        if is_of_root(tail) && before.iter().any(|before| out.ends_with(before)) {
            out.push_str(prefix);
        }
        out.push('/');
        rest = &tail[1..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_from_the_root_get_the_prefix_and_nothing_else_changes() {
        for (page, expected) in [
            ("<a href=\"/x\">/x</a>", "<a href=\"/p/x\">/x</a>"),
            ("<a href='/x' title=\"/x\">", "<a href='/p/x' title=\"/x\">"),
            ("<a href=/x>", "<a href=/p/x>"),
            ("<a HREF = \"/\">", "<a HREF = \"/p/\">"),
            ("<a href=\"//cdn/x\"><a href=\"x\"><a href=\"#/x\"><a href=\"https://a/b\">", ""),
            (
                "<img src=\"/a.png\" srcset=\"/a.png 1x, /b.png 2x\"/>",
                "<img src=\"/p/a.png\" srcset=\"/p/a.png 1x, /p/b.png 2x\"/>",
            ),
            ("<html lang=en data-pmx-mount=\"\">", "<html data-pmx-prefix=\"/p\" lang=en data-pmx-mount=\"/p\">"),
            ("<html data-pmx-mount=\"/b\">", "<html data-pmx-prefix=\"/p\" data-pmx-mount=\"/p/b\">"),
            ("<!doctype html><!-- <a href=\"/x\"> -->", ""),
            (
                "<script>'<a href=\"/x\">'</script><a href=\"/x\">",
                "<script>'<a href=\"/x\">'</script><a href=\"/p/x\">",
            ),
            ("<script src=\"/x\"></script>", "<script src=\"/p/x\"></script>"),
            ("<title><a href=\"/x\"></title>", ""),
            ("<p>1 < 2 <3 <", ""),
            ("<a href=\"/x", "<a href=\"/p/x"),
            ("<a href", ""),
            ("<a href=>", ""),
            ("<style>", ""),
            ("<p data-pmx-artifact=\"/x\">ä</p>", ""),
        ] {
            assert_eq!(html(page, "/p"), if expected.is_empty() { page } else { expected }, "{page}");
        }
        let sheet = "a{b:url(/x) url(\"/x\") url('x') url(//x) /* / */}@import \"/y\";";
        let expected = "a{b:url(/p/x) url(\"/p/x\") url('x') url(//x) /* / */}@import \"/p/y\";";
        assert_eq!(css(sheet, "/p"), expected);
    }

    #[test]
    fn what_is_no_plain_path_is_no_prefix() {
        let of = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(PREFIX, value.parse().unwrap());
            of(&headers)
        };
        assert_eq!(of("/a/b-c/").as_deref(), Some("/a/b-c"));
        for value in ["", "/", "a", "//evil.example", "/a//b", "/../x", "/\"><script>", "/a b", "/a?b", "https://x"] {
            assert_eq!(of(value), None, "{value}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_page(page in "[<>/a-c!='\" -]{0,40}|\\PC*", ) {
            let rewritten = html(&page, "");
            proptest::prop_assert_eq!(rewritten.replace(" data-pmx-prefix=\"\"", ""), page.clone());
            css(&page, "/p");
        }
    }
}
