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
    let Some(range) = request.get(RANGE) else { return found };
    match range.to_str().map_or(Portion::Nothing, |range| portion(range, found.body.len())) {
        Portion::All => found,
        Portion::Part(start, end) => found.part(start, end),
        Portion::Nothing => found.no_part(),
    }
}

/// What a range asks for of a body.
enum Portion {
    All,
    Part(usize, usize),
    /// What is not there, or what is no range.
    Nothing,
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

/// What a header names of `len` bytes. Several ranges are answered with all.
fn portion(header: &str, len: usize) -> Portion {
    let Some((unit, ranges)) = header.split_once('=') else { return Portion::Nothing };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Portion::Nothing;
    }
    if ranges.trim().is_empty() {
        return Portion::All;
    }
    let mut parts = ranges.split(',').map(|range| part(range, len));
    match parts.next() {
        Some(only) if parts.next().is_none() => only,
        _ if ranges.split(',').any(|range| matches!(part(range, len), Portion::Nothing)) => Portion::Nothing,
        _ => Portion::All,
    }
}

/// What one range names of `len` bytes. The last 0 bytes, and more of the last than there are, are all of them, as in the platform's local cache.
fn part(range: &str, len: usize) -> Portion {
    let asked = || {
        let (first, last) = range.split_once('-')?;
        let (start, end) = match (first.trim(), last.trim()) {
            ("", last) => match last.parse::<usize>().ok()? {
                0 => return Some(Portion::All),
                count if count >= len => return Some(Portion::All),
                count => (len - count, len),
            },
            (first, "") => (first.parse().ok()?, len),
            (first, last) => (first.parse().ok()?, last.parse::<usize>().ok()?.saturating_add(1).min(len)),
        };
        (start < end).then_some(Portion::Part(start, end))
    };
    asked().unwrap_or(Portion::Nothing)
}
