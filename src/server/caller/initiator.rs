use axum::http::{HeaderMap, HeaderName, header};

/// The page that has its browser send a request, as the browser says it: `Origin` (RFC 6454) and Fetch Metadata (W3C, `Sec-Fetch-*`). Programs say
/// nothing. Whoever decides by the page that asks does so by one of these methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Initiator {
    origin: Origin,
    site: FetchSite,
    navigates: bool,
    embeds: bool,
}

/// What `Origin` says, compared with the host that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// There is none: a program, or a browser that reads.
    Unnamed,
    /// The origin that is asked, as far as this server knows it.
    Own,
    /// The host that is asked, with another scheme: that of a proxy that ends TLS.
    OwnHost,
    /// Another one, which was given with `--allow-host`: that of a proxy here that neither keeps the Host nor says what it was.
    Given,
    /// Another one, `null`, several, or what is no origin.
    Foreign,
}

/// What `Sec-Fetch-Site` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FetchSite {
    Unnamed,
    /// `same-origin`, or `none`: the user themself.
    Own,
    /// Another origin, of the same site or not; or a word that is not known.
    Other,
}

impl Initiator {
    /// What is taken of a request of which nothing is known.
    pub(super) const UNKNOWN: Self =
        Self { origin: Origin::Foreign, site: FetchSite::Other, navigates: false, embeds: false };

    pub(super) fn read(headers: &HeaderMap, authority: &str, is_encrypted: bool) -> Self {
        let text = |name: &'static str| {
            let mut values = headers.get_all(HeaderName::from_static(name)).iter();
            let first = values.next()?.to_str().unwrap_or_default();
            // No browser says it twice.
            Some(if values.next().is_some() { "" } else { first })
        };
        let site = match text("sec-fetch-site") {
            None => FetchSite::Unnamed,
            Some("same-origin" | "none") => FetchSite::Own,
            Some(_) => FetchSite::Other,
        };
        Self {
            origin: Origin::read(headers, authority, is_encrypted),
            site,
            navigates: text("sec-fetch-mode") == Some("navigate"),
            embeds: matches!(text("sec-fetch-dest"), Some("iframe" | "frame" | "object" | "embed")),
        }
    }

    /// The same, from an origin that was given.
    #[must_use]
    pub(crate) const fn of_given_origin(self) -> Self {
        Self { origin: Origin::Given, ..self }
    }

    /// What `Origin` says.
    #[must_use]
    pub const fn origin(self) -> Origin {
        self.origin
    }

    /// Whether a page of another origin asks, by either of the two. Programs, the address bar and pages of this origin do not.
    #[must_use]
    pub const fn is_foreign(self) -> bool {
        matches!(self.origin, Origin::Foreign | Origin::Given) || self.comes_from_elsewhere()
    }

    /// Whether the browser says that a page of another origin asks, or led here.
    #[must_use]
    pub const fn comes_from_elsewhere(self) -> bool {
        matches!(self.site, FetchSite::Other)
    }

    /// Whether the user is led to another page that then stands by itself, not in a frame.
    #[must_use]
    pub const fn opens_a_page(self) -> bool {
        self.navigates && !self.embeds
    }
}

impl Origin {
    fn read(headers: &HeaderMap, authority: &str, is_encrypted: bool) -> Self {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let Some(origin) = origins.next() else { return Self::Unnamed };
        let origin = origin.to_str().unwrap_or_default();
        let (named, encrypted) = match (origin.strip_prefix("https://"), origin.strip_prefix("http://")) {
            (Some(named), _) => (named, true),
            (_, Some(named)) => (named, false),
            _ => return Self::Foreign,
        };
        if origins.next().is_some() || authority.is_empty() || !named.eq_ignore_ascii_case(authority) {
            return Self::Foreign;
        }
        if encrypted == is_encrypted { Self::Own } else { Self::OwnHost }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_of_the_same_origin_or_a_program_asks() {
        let host = "a.localhost:8787";
        for (headers, foreign) in [
            (vec![], false),
            (vec![("sec-fetch-site", "same-origin")], false),
            (vec![("sec-fetch-site", "none")], false),
            (vec![("sec-fetch-site", "same-site")], true),
            (vec![("sec-fetch-site", "cross-site")], true),
            (vec![("origin", "http://a.localhost:8787")], false),
            (vec![("origin", "https://A.localhost:8787")], false),
            (vec![("origin", "http://b.localhost:8787")], true),
            (vec![("origin", "null")], true),
            (vec![("origin", "http://a.localhost:8787"), ("origin", "http://b.localhost:8787")], true),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in &headers {
                map.append(*name, value.parse().unwrap());
            }
            assert_eq!(Initiator::read(&map, host, false).is_foreign(), foreign, "{headers:?}");
        }
    }
}
