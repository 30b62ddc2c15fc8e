//! The pattern of a route.

use std::{fmt, str::FromStr};
use url::{Position, Url};

/// The factor by which labels of the host count more than segments of the path.
const HOST_WEIGHT: i64 = 26;
/// What a `*` that is a whole label, or a whole segment, takes from the count.
const WILDCARD: i64 = 2;

/// A pattern of addresses.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    text: String,
    scheme: Option<String>,
    host: Part,
    path: Part,
    score: i64,
}

/// What a host, or a path with its query, must be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    /// This.
    Exact(String),
    /// A host that ends so, or a path that begins so.
    Open(String),
}

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// There is a `?` in it.
    #[error("contains a query string")]
    QueryString,
    /// A `*` stands elsewhere than at the beginning of the host or at the end of the path.
    #[error("contains an infix wildcard")]
    InfixWildcard,
    /// Another scheme than those of the web.
    #[error("has the scheme `{0}`, and only http and https have routes")]
    Scheme(String),
    /// The host is none.
    #[error("has no host that could be asked for: {0}")]
    Host(url::ParseError),
}

impl PatternError {
    /// What could be done about a pattern.
    #[must_use]
    pub fn hint(&self, pattern: &str) -> Option<String> {
        let before = |mark: char| pattern.split(mark).next().unwrap_or_default();
        match self {
            Self::QueryString => Some(format!("`{}*` matches with any query", before('?'))),
            Self::InfixWildcard => {
                Some("`*` may be the first character of the host and the last of the path".to_owned())
            }
            Self::Scheme(_) => Some("leave the scheme out: the pattern then matches http and https".to_owned()),
            Self::Host(_) => None,
        }
    }
}

/// Why a pattern does not match an address; of several reasons the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// The pattern is for the other scheme.
    Scheme,
    /// It is for another host.
    Host,
    /// It is for another path.
    Path,
    /// The path is the pattern's, but for the query: only patterns that end in `*` match one.
    Query,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let (scheme, rest) = match split_scheme(text) {
            Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
            None => (None, text),
        };
        if let Some(other) = scheme.as_deref().filter(|scheme| !matches!(*scheme, "http" | "https")) {
            return Err(PatternError::Scheme(other.to_owned()));
        }
        // An address with nothing before its path would have the first segment for its host.
        if rest.starts_with(['/', '\\']) {
            return Err(PatternError::Host(url::ParseError::EmptyHost));
        }
        let whole = Url::parse(&format!("https://{rest}")).map_err(PatternError::Host)?;
        // The host is read again without the `*`, since letters beyond ASCII would be encoded together with it.
        let open_host = rest.strip_prefix('*');
        let host = match open_host {
            Some(after) if after.is_empty() || after.starts_with(['/', '?', '#', ':']) => Part::Open(String::new()),
            Some(after) => Part::Open(host_of(after)?),
            None => Part::Exact(whole.host_str().unwrap_or_default().to_owned()),
        };
        let path = match whole.path().strip_suffix('*') {
            Some(path) => Part::Open(path.to_owned()),
            None => Part::Exact(whole.path().to_owned()),
        };
        if whole.query().is_some_and(|query| !query.is_empty()) {
            return Err(PatternError::QueryString);
        }
        let has_star = |text: &str| text.contains('*');
        if has_star(host.text()) || has_star(path.text()) || whole.fragment().is_some_and(has_star) {
            return Err(PatternError::InfixWildcard);
        }
        let score = score(&whole);
        Ok(Self { text: text.to_owned(), scheme, host, path, score })
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How specific it is: 26 for each label of the host and 1 for each segment of the path, less 2 for each that is `*` alone. A `*` beside
    /// other characters costs nothing, so `images*` is as specific as `images/x` and more than `images/*`, as in production.
    #[must_use]
    pub const fn score(&self) -> i64 {
        self.score
    }

    /// Its length in the units of JavaScript, by which patterns of one score are put in order.
    #[must_use]
    pub fn length(&self) -> usize {
        self.text.encode_utf16().count()
    }

    /// Whether it matches an address.
    ///
    /// # Errors
    /// It does not, and why.
    pub fn matches(&self, url: &Url) -> Result<(), Mismatch> {
        if self.scheme.as_deref().is_some_and(|scheme| scheme != url.scheme()) {
            return Err(Mismatch::Scheme);
        }
        let host = url.host_str().unwrap_or_default();
        let has_host = match &self.host {
            Part::Exact(own) => own == host,
            Part::Open(end) => host.ends_with(end.as_str()),
        };
        if !has_host {
            return Err(Mismatch::Host);
        }
        let address = path_and_query(url);
        match &self.path {
            Part::Open(start) if address.starts_with(start.as_str()) => Ok(()),
            Part::Exact(own) if own == address => Ok(()),
            Part::Exact(own) if own == url.path() => Err(Mismatch::Query),
            Part::Open(_) | Part::Exact(_) => Err(Mismatch::Path),
        }
    }

    pub(super) fn scheme(&self) -> Option<&str> {
        self.scheme.as_deref()
    }

    pub(super) const fn host(&self) -> &Part {
        &self.host
    }

    pub(super) const fn path(&self) -> &Part {
        &self.path
    }
}

impl Part {
    pub(super) fn text(&self) -> &str {
        let (Self::Exact(text) | Self::Open(text)) = self;
        text
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Path and query of an address, undecoded. A `?` with nothing after it is none.
fn path_and_query(url: &Url) -> &str {
    url[Position::BeforePath..Position::AfterQuery]
        .strip_suffix('?')
        .filter(|_| url.query() == Some(""))
        .unwrap_or(&url[Position::BeforePath..Position::AfterQuery])
}

fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let is_scheme = !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    is_scheme.then_some((scheme, rest))
}

/// The host that a pattern without its `*` begins with; a dot in front stays.
fn host_of(rest: &str) -> Result<String, PatternError> {
    let (dot, rest) = rest.strip_prefix('.').map_or(("", rest), |rest| (".", rest));
    let url = Url::parse(&format!("https://{rest}")).map_err(PatternError::Host)?;
    Ok(format!("{dot}{}", url.host_str().unwrap_or_default()))
}

fn score(url: &Url) -> i64 {
    let count =
        |parts: usize, is_open: bool| i64::try_from(parts).unwrap_or(i64::MAX) - if is_open { WILDCARD } else { 0 };
    let host = url.host_str().unwrap_or_default();
    let hosts = count(host.split('.').count(), host.split('.').next() == Some("*"));
    let paths = count(url.path().split('/').count(), url.path().rsplit('/').next() == Some("*"));
    hosts.saturating_mul(HOST_WEIGHT).saturating_add(paths)
}
