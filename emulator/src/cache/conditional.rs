//! What a request gets of an answer that is kept: all of it, a part, or that it has it already (RFC 9110, 13 and 14).

use http::HeaderMap;
use http::header::{CONTENT_LENGTH, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, RANGE};

use super::{CachedAnswer, freshness};

pub(super) fn apply(found: CachedAnswer, request: &HeaderMap) -> CachedAnswer {
    if found.status != 200 {
        return found;
    }
    if has_it(&found, request) {
        let mut answer = CachedAnswer { status: 304, body: bytes::Bytes::new(), ..found };
        answer.headers.remove(CONTENT_LENGTH);
        return answer;
    }
    match request.get(RANGE).and_then(|range| range_of(range.to_str().ok()?, found.body.len())) {
        Some((start, end)) => found.part(start, end),
        None => found,
    }
}

/// Whether the client has this answer.
fn has_it(found: &CachedAnswer, request: &HeaderMap) -> bool {
    let text = |headers: &HeaderMap, name| headers.get(name).and_then(|value| value.to_str().ok().map(str::to_owned));
    if let Some(tags) = text(request, IF_NONE_MATCH) {
        let Some(etag) = text(&found.headers, ETAG) else { return false };
        let weak = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        return tags.split(',').any(|tag| tag.trim() == "*" || weak(tag) == weak(&etag));
    }
    match (freshness::date_ms(request, IF_MODIFIED_SINCE), freshness::date_ms(&found.headers, LAST_MODIFIED)) {
        (Some(since), Some(modified)) => modified <= since,
        _ => false,
    }
}

/// The one range that a header names, as far as there are bytes. Several, or one that cannot be met, are answered with all.
fn range_of(header: &str, len: usize) -> Option<(usize, usize)> {
    let (first, last) = header.trim().strip_prefix("bytes=")?.split_once('-')?;
    let (start, end) = match (first.trim(), last.trim()) {
        ("", last) => (len.saturating_sub(last.parse().ok()?), len),
        (first, "") => (first.parse().ok()?, len),
        (first, last) => (first.parse().ok()?, last.parse::<usize>().ok()?.saturating_add(1).min(len)),
    };
    (start < end).then_some((start, end))
}
