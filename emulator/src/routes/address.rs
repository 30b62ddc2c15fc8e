//! Addresses as people write them.

use url::Url;

/// Why a text is no address that a Worker could answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is no URL.
    #[error("`{text}` is no URL: {error}")]
    NoUrl {
        /// As it was written.
        text: String,
        /// What is the matter.
        error: url::ParseError,
    },
    /// Another scheme than those of the web.
    #[error("Workers answer http and https, not `{0}`")]
    Scheme(String),
}

/// Reads an address. One without a scheme is taken for one of https; those of WebSockets for those of the requests that open them.
///
/// # Errors
/// It is none.
pub fn address(text: &str) -> Result<Url, AddressError> {
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let whole = match whole.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("wss") => format!("https://{rest}"),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("ws") => format!("http://{rest}"),
        _ => whole,
    };
    let url = Url::parse(&whole).map_err(|error| AddressError::NoUrl { text: text.to_owned(), error })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(AddressError::Scheme(url.scheme().to_owned()));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn an_address_is_read_as_people_write_it() {
        for (text, url) in [
            ("h.example", "https://h.example/"),
            ("H.example:8787/a?b", "https://h.example:8787/a?b"),
            ("http://h.example", "http://h.example/"),
            ("wss://h.example/ws", "https://h.example/ws"),
            ("WS://h.example/ws", "http://h.example/ws"),
        ] {
            assert_eq!(address(text).map(|url| url.to_string()), Ok(url.to_owned()));
        }
        for text in ["", "ftp://h.example/", "https://", "a b"] {
            assert!(address(text).is_err(), "{text}");
        }
    }
}
