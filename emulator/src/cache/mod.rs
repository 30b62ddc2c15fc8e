//! The Cache API (`caches` on the platform): answers kept by URL until they are stale, are deleted, or have to make room. It lives in memory:
//! what a cache holds may be gone at any time, so nothing may rely on it.

mod conditional;
mod error;
mod freshness;
pub(crate) mod limits;

pub(crate) use error::CacheError;

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{AGE, CONTENT_LENGTH, CONTENT_RANGE, DATE, HeaderName, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

use crate::storage::cache::{self, Cache, Weigh};
use crate::world::clock::Clock;

/// The header by which the platform says where an answer comes from.
const STATUS: HeaderName = HeaderName::from_static("cf-cache-status");

/// All caches of an emulator, under one bound.
pub(crate) struct Caches {
    entries: Cache<CachedAnswer>,
    clock: Clock,
}

/// An answer in memory.
#[derive(Clone, Debug)]
pub(crate) struct CachedAnswer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// When it is stale, in milliseconds since 1970.
    until_ms: u64,
}

impl Weigh for CachedAnswer {
    fn weight(&self) -> usize {
        let headers =
            self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + limits::HEADER_OVERHEAD);
        headers.sum::<usize>() + self.body.len() + limits::ENTRY_OVERHEAD
    }
}

impl Caches {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { entries: cache::with_capacity(limits::MAX_BYTES), clock }
    }

    /// Whether an answer may be put at all; the platform throws if not. Whether it is then kept is another matter.
    pub(crate) fn check_put(method: &str, status: u16, headers: &HeaderMap) -> Result<(), CacheError> {
        if method != "GET" {
            return Err(CacheError::Method);
        }
        if status == 206 {
            return Err(CacheError::Range);
        }
        if freshness::lists(headers, http::header::VARY, "*") {
            return Err(CacheError::Vary);
        }
        Ok(())
    }

    /// Until when an answer would be kept; `None` if it would not.
    pub(crate) fn keeps_until(&self, status: u16, headers: &HeaderMap, length: Option<u64>) -> Option<u64> {
        if !freshness::is_understood(status) || length.is_some_and(|length| length > limits::MAX_BODY_BYTES) {
            return None;
        }
        let now_ms = self.clock.now_ms();
        let lifetime_ms = freshness::lifetime_ms(headers, now_ms)?;
        Some(now_ms.saturating_add(lifetime_ms))
    }

    /// Keeps an answer until then. Its `date` and `age` are those of now.
    pub(crate) fn put(&self, cache: &str, url: &str, status: u16, mut headers: HeaderMap, body: Bytes, until_ms: u64) {
        if freshness::keeps_no_cookies(&headers) {
            headers.remove(SET_COOKIE);
        }
        // With the time at which it came, this tells its age ever after.
        if let Ok(date) =
            HeaderValue::try_from(httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(self.clock.now_ms())))
        {
            headers.insert(DATE, date);
        }
        headers.insert(AGE, freshness::age_seconds(&headers).into());
        self.entries.insert(key(cache, url), CachedAnswer { status, headers, body, until_ms });
    }

    /// The answer for a URL, as a request with these headers gets it.
    pub(crate) fn find(&self, cache: &str, url: &str, request: &HeaderMap) -> Option<CachedAnswer> {
        let key = key(cache, url);
        let found = self.entries.get(&key)?;
        if found.until_ms <= self.clock.now_ms() {
            self.entries.remove(&key);
            return None;
        }
        let mut answer = conditional::apply(found, request);
        answer.headers.insert(STATUS, HeaderValue::from_static("HIT"));
        Some(answer)
    }

    /// Forgets the answer for a URL; says whether there was one.
    pub(crate) fn delete(&self, cache: &str, url: &str) -> bool {
        let key = key(cache, url);
        let found = self.entries.get(&key).is_some_and(|found| found.until_ms > self.clock.now_ms());
        self.entries.remove(&key);
        found
    }
}

impl CachedAnswer {
    /// The part of the body that a range names.
    fn part(mut self, start: usize, end: usize) -> Self {
        let whole = self.body.len();
        self.body = self.body.slice(start..end);
        self.status = 206;
        if self.headers.contains_key(CONTENT_LENGTH) {
            self.headers.insert(CONTENT_LENGTH, self.body.len().into());
        }
        if let Ok(range) = HeaderValue::try_from(format!("bytes {start}-{}/{whole}", end - 1)) {
            self.headers.insert(CONTENT_RANGE, range);
        }
        self
    }

    /// That there is no such part of the body.
    fn no_part(self) -> Self {
        let range = HeaderValue::try_from(format!("bytes */{}", self.body.len()));
        let headers = range.into_iter().map(|range| (CONTENT_RANGE, range)).collect();
        Self { status: 416, headers, body: Bytes::new(), until_ms: self.until_ms }
    }
}

/// A cache's name has no NUL that could make two keys of one.
fn key(cache: &str, url: &str) -> Box<str> {
    format!("{}\0{url}", cache.replace('\0', "\u{fffd}")).into()
}

#[cfg(test)]
mod tests;
