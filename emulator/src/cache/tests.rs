//! What is kept, for how long, and what comes back of it.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::*;

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let pairs = pairs
        .iter()
        .map(|(name, value)| (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap()));
    pairs.collect()
}

#[test]
fn an_answer_is_kept_for_as_long_as_it_says() {
    let clock = Clock::manual(1_000_000);
    let caches = Caches::new(clock);
    for (given, seconds) in [
        (vec![("cache-control", "max-age=60")], Some(60)),
        (vec![("cache-control", "public, max-age=60, s-maxage=5")], Some(5)),
        (vec![("cache-control", "max-age=60"), ("age", "50")], Some(10)),
        (vec![("cache-control", "max-age=60"), ("age", "60")], None),
        (vec![("cache-control", "max-age=0")], None),
        (vec![("cache-control", "no-store, max-age=60")], None),
        (vec![("cache-control", "No-Cache, max-age=60")], None),
        (vec![("cache-control", "private, max-age=60")], None),
        (vec![("cache-control", "private=\"x-own\", max-age=60")], Some(60)),
        (vec![("cache-control", "max-age=60"), ("set-cookie", "a=b")], None),
        (vec![("cache-control", "private=\"a, Set-Cookie\", max-age=60"), ("set-cookie", "a=b")], Some(60)),
        (vec![("cache-control", "max-age=soon")], None),
        (vec![("expires", "Thu, 01 Jan 1970 00:20:00 GMT")], Some(200)),
        (vec![("expires", "Thu, 01 Jan 1970 00:20:00 GMT"), ("date", "Thu, 01 Jan 1970 00:19:50 GMT")], Some(10)),
        (vec![("expires", "0")], None),
        (vec![], None),
    ] {
        let until = caches.keeps_until(200, &headers(&given), None);
        assert_eq!(until, seconds.map(|seconds: u64| 1_000_000 + seconds * 1000), "{given:?}");
    }
    let fresh = headers(&[("cache-control", "max-age=60")]);
    for status in [201, 206, 304, 305, 400, 403, 429, 500, 503] {
        assert_eq!(caches.keeps_until(status, &fresh, None), None, "{status}");
    }
    for status in [203, 204, 301, 302, 307, 404, 410, 501] {
        assert_eq!(caches.keeps_until(status, &fresh, None), Some(1_060_000), "{status}");
    }
    assert_eq!(caches.keeps_until(200, &fresh, Some(limits::MAX_BODY_BYTES + 1)), None);
}

#[test]
fn what_is_stale_or_deleted_is_gone_and_names_are_apart() {
    let clock = Clock::manual(0);
    let caches = Caches::new(clock.clone());
    caches.put("", "http://a/", 200, HeaderMap::new(), Bytes::from_static(b"0123456789"), 10_000);
    assert!(caches.find("other", "http://a/", &HeaderMap::new()).is_none());
    assert!(caches.find("", "http://a/?", &HeaderMap::new()).is_none());
    let found = caches.find("", "http://a/", &HeaderMap::new()).unwrap();
    assert_eq!((found.status, found.headers["cf-cache-status"].as_bytes()), (200, &b"HIT"[..]));
    assert_eq!(
        (&found.headers["age"], &found.headers["date"]),
        (&HeaderValue::from(0), &HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT"))
    );
    clock.advance(std::time::Duration::from_secs(10));
    assert!(caches.find("", "http://a/", &HeaderMap::new()).is_none());
    assert!(!caches.delete("", "http://a/"));
    caches.put("", "http://a/", 200, HeaderMap::new(), Bytes::new(), 20_000);
    assert!(caches.delete("", "http://a/"));
    assert!(caches.find("", "http://a/", &HeaderMap::new()).is_none());
}

#[test]
fn conditions_and_ranges_are_answered() {
    let caches = Caches::new(Clock::manual(0));
    let kept =
        headers(&[("etag", "\"a\""), ("last-modified", "Thu, 01 Jan 1970 00:00:10 GMT"), ("content-length", "10")]);
    caches.put("", "http://a/", 200, kept, Bytes::from_static(b"0123456789"), 10_000);
    for (request, status, body) in [
        (("if-none-match", "\"b\", W/\"a\""), 304, ""),
        (("if-none-match", "*"), 304, ""),
        (("if-none-match", "\"b\""), 200, "0123456789"),
        (("if-modified-since", "Thu, 01 Jan 1970 00:00:10 GMT"), 304, ""),
        (("if-modified-since", "Thu, 01 Jan 1970 00:00:09 GMT"), 200, "0123456789"),
        (("range", "bytes=2-4"), 206, "234"),
        (("range", "bytes=8-"), 206, "89"),
        (("range", "bytes=-3"), 206, "789"),
        (("range", "bytes=8-100"), 206, "89"),
        (("range", "bytes=0-"), 206, "0123456789"),
        (("range", "bytes=-0"), 200, "0123456789"),
        (("range", "bytes=-10"), 200, "0123456789"),
        (("range", "bytes="), 200, "0123456789"),
        (("range", "bytes=10-"), 416, ""),
        (("range", "bytes=10-12"), 416, ""),
        (("range", "bytes=4-2"), 416, ""),
        (("range", "bytes=one"), 416, ""),
        (("range", "lines=1-2"), 416, ""),
        (("range", "bytes=0-1,12-"), 416, ""),
        (("range", "bytes=0-1,4-5"), 200, "0123456789"),
    ] {
        let found = caches.find("", "http://a/", &headers(&[request])).unwrap();
        assert_eq!((found.status, &found.body[..]), (status, body.as_bytes()), "{request:?}");
        let length = found.headers.get("content-length").map(|length| length.to_str().unwrap().to_owned());
        assert_eq!(length, (status < 300).then(|| body.len().to_string()), "{request:?}");
    }
}

#[test]
fn what_may_not_be_put_is_refused_in_the_platform_s_words() {
    let none = HeaderMap::new();
    let refused =
        |method, status, headers: &HeaderMap| Caches::check_put(method, status, headers).unwrap_err().to_string();
    assert_eq!(refused("POST", 200, &none), "Cannot cache response to non-GET request.");
    assert_eq!(refused("GET", 206, &none), "Cannot cache response to a range request (206 Partial Content).");
    assert_eq!(refused("GET", 200, &headers(&[("vary", "a, *")])), "Cannot cache response with 'Vary: *' header.");
    assert!(Caches::check_put("GET", 200, &headers(&[("vary", "accept")])).is_ok());
}

#[test]
fn what_is_kept_is_bounded() {
    let caches = Caches::new(Clock::manual(0));
    let body = Bytes::from(vec![0; 1024 * 1024]);
    for number in 0..200 {
        caches.put("", &format!("http://a/{number}"), 200, HeaderMap::new(), body.clone(), 1_000);
    }
    assert!(caches.entries.weight() <= limits::MAX_BYTES);
}
