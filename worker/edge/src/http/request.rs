/// A request as the host hands it over: an absolute URL, header names in lower case.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// In upper case.
    pub method: &'a str,
    /// Host with its port, as the URL has it.
    pub host: &'a str,
    /// Normalised and still percent-encoded.
    pub path: &'a str,
    /// Without its `?`.
    pub query: Option<&'a str>,
    headers: Vec<(&'a str, &'a str)>,
}

impl<'a> Request<'a> {
    /// Takes the URL apart.
    #[must_use]
    pub fn new(method: &'a str, url: &'a str, headers: Vec<(&'a str, &'a str)>) -> Self {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let (host, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        Self { method, host, path: if path.is_empty() { "/" } else { path }, query, headers }
    }

    /// A header's value, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| *value)
    }

    /// The values of a header, one for each line that has it, by its name in lower case.
    pub fn all(&self, name: &'static str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(n, _)| *n == name).map(|(_, value)| *value)
    }

    /// The first value of a parameter in the query, still encoded.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&'a str> {
        parameter(self.query?, name)
    }

    /// Whether it asks for a WebSocket.
    #[must_use]
    pub fn is_upgrade(&self) -> bool {
        self.header("upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
    }

    /// Whether the client is a browser that wants a page.
    #[must_use]
    pub fn wants_html(&self) -> bool {
        self.header("accept").is_some_and(|accept| accept.contains("text/html"))
    }
}

/// The first value of a parameter in a query, still encoded.
fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| match pair.split_once('=') {
        Some((key, value)) => (key == name).then_some(value),
        None => (pair == name).then_some(""),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_comes_apart() {
        let request = Request::new("GET", "http://alpha.localhost:8787/a/b?deploy=7&x", Vec::new());
        assert_eq!((request.host, request.path, request.query), ("alpha.localhost:8787", "/a/b", Some("deploy=7&x")));
        assert_eq!(
            (request.parameter("deploy"), request.parameter("x"), request.parameter("y")),
            (Some("7"), Some(""), None)
        );
        assert_eq!(Request::new("GET", "http://a?q", Vec::new()).path, "/");
    }
}
