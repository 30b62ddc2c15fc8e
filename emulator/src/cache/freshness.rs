//! How long an answer may be kept by a shared cache (RFC 9111).

use http::header::{AGE, CACHE_CONTROL, DATE, EXPIRES, HeaderMap, HeaderName, SET_COOKIE};

/// Whether an answer of this status may be kept at all: those that the platform's local cache understands.
pub(super) fn is_understood(status: u16) -> bool {
    matches!(status, 200 | 203 | 204 | 300..=303 | 307 | 308 | 404 | 405 | 410 | 414 | 501)
}

/// How old an answer is when it comes, as its `age` has it.
pub(super) fn age_seconds(headers: &HeaderMap) -> u64 {
    headers.get(AGE).and_then(|age| age.to_str().ok()?.trim().parse().ok()).unwrap_or(0)
}

/// For how many milliseconds more an answer is fresh; `None` if a shared cache may not keep it, or it says nothing of that.
pub(super) fn lifetime_ms(headers: &HeaderMap, now_ms: u64) -> Option<u64> {
    let forbids = |name| directives(headers).any(|directive| directive.is(name) && directive.value.is_none());
    if ["no-store", "no-cache", "private"].into_iter().any(forbids) {
        return None;
    }
    // Cookies are somebody's own, unless the answer says that they are left out.
    if headers.contains_key(SET_COOKIE) && !keeps_no_cookies(headers) {
        return None;
    }
    let seconds = |name: &str| {
        let named = directives(headers).find(|directive| directive.is(name))?;
        Some(named.value.unwrap_or_default().parse::<u64>().unwrap_or(0))
    };
    let lifetime_ms = match seconds("s-maxage").or_else(|| seconds("max-age")) {
        Some(seconds) => seconds.saturating_mul(1000),
        None => {
            let made_ms = date_ms(headers, DATE).unwrap_or(now_ms);
            // A date that is none lies in the past (RFC 9111, 5.3).
            date_ms(headers, EXPIRES)?.saturating_sub(made_ms)
        }
    };
    let left_ms = lifetime_ms.saturating_sub(age_seconds(headers).saturating_mul(1000));
    (left_ms > 0).then_some(left_ms)
}

/// Whether the answer is to be kept without its cookies (`private=set-cookie`).
pub(super) fn keeps_no_cookies(headers: &HeaderMap) -> bool {
    let leaves_out = |directive: Directive<'_>| {
        directive.is("private")
            && directive.value.is_some_and(|fields| {
                fields.split(',').any(|field| field.trim().eq_ignore_ascii_case(SET_COOKIE.as_str()))
            })
    };
    directives(headers).any(leaves_out)
}

/// Whether a header lists a word.
pub(super) fn lists(headers: &HeaderMap, name: HeaderName, word: &str) -> bool {
    let values = headers.get_all(name);
    values.iter().filter_map(|value| value.to_str().ok()).any(|value| value.split(',').any(|item| item.trim() == word))
}

/// The time that a header names, in milliseconds since 1970.
pub(super) fn date_ms(headers: &HeaderMap, name: HeaderName) -> Option<u64> {
    let date = httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()?;
    let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    u64::try_from(since.as_millis()).ok()
}

/// A directive of `Cache-Control`.
#[derive(Clone, Copy)]
struct Directive<'a> {
    name: &'a str,
    value: Option<&'a str>,
}

impl Directive<'_> {
    fn is(self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

fn directives(headers: &HeaderMap) -> impl Iterator<Item = Directive<'_>> {
    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(items).map(|item| match item.split_once('=') {
        Some((name, value)) => Directive { name: name.trim(), value: Some(value.trim().trim_matches('"')) },
        None => Directive { name: item.trim(), value: None },
    })
}

/// The items of a list, in which commas may stand in quotes.
fn items(list: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    list.split(move |letter| {
        quoted ^= letter == '"';
        letter == ',' && !quoted
    })
}
