use super::{Body, Headers, Text};
use crate::abi::{Host, Reader, Writer};
use std::{ops::Range, rc::Rc};

/// A request: of a client, to an object, to another Worker, or to the outside. What arrived can be handed on as it is.
#[derive(Debug)]
pub struct Request {
    method: Text,
    url: Text,
    host: Range<usize>,
    path: Range<usize>,
    query: Option<Range<usize>>,
    /// The headers.
    pub headers: Headers,
    /// The body.
    pub body: Body,
}

impl Request {
    /// A request without headers and without a body. The URL is absolute.
    #[must_use]
    pub fn new(method: impl Into<Text>, url: impl Into<Text>) -> Self {
        Self::of(method.into(), url.into(), Headers::default(), Body::NONE)
    }

    fn of(method: Text, url: Text, headers: Headers, body: Body) -> Self {
        let start = url.find(':').filter(|at| url[at + 1..].starts_with("//")).map_or(0, |at| at + 3);
        let end = url.len();
        let host = start..url[start..].find(['/', '?']).map_or(end, |at| start + at);
        let (path, query) = match url[host.end..].find('?') {
            Some(at) => (host.end..host.end + at, Some(host.end + at + 1..end)),
            None => (host.end..end, None),
        };
        Self { method, url, host, path, query, headers, body }
    }

    /// The fields of a frame from here on.
    pub(crate) fn read(host: &'static dyn Host, frame: &Rc<Vec<u8>>, fields: &mut Reader<'_>) -> Self {
        let method = Text::part(frame, fields.bytes());
        // It is looked at again and again, and checked once.
        let url = Text::from(fields.text().to_owned());
        let body = Body::take(host, fields);
        Self::of(method, url, Headers::read(frame, fields), body)
    }

    /// The end of a frame.
    pub(crate) fn give(self, frame: &mut Writer) {
        frame.text(&self.method).text(&self.url);
        self.body.give(frame);
        self.headers.write(frame);
    }

    /// The same with one more header.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<Text>, value: impl Into<Text>) -> Self {
        self.headers.append(name, value);
        self
    }

    /// The same with this body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    /// The same that asks for a WebSocket.
    #[must_use]
    pub fn upgrade(self) -> Self {
        self.with_header("upgrade", "websocket")
    }

    /// A copy of the head.
    #[must_use]
    pub fn without_body(&self) -> Self {
        Self {
            method: self.method.clone(),
            url: self.url.clone(),
            host: self.host.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            headers: self.headers.clone(),
            body: Body::NONE,
        }
    }

    /// Takes the body out.
    pub fn take_body(&mut self) -> Body {
        std::mem::take(&mut self.body)
    }

    /// In upper case.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The absolute URL, as it arrived.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Host with its port, as the URL has it.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.url[self.host.clone()]
    }

    /// Normalised and still percent-encoded.
    #[must_use]
    pub fn path(&self) -> &str {
        match &self.url[self.path.clone()] {
            "" => "/",
            path => path,
        }
    }

    /// Without its `?`.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        Some(&self.url[self.query.clone()?])
    }

    /// A header's value, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    /// The first value of a parameter in the query, still encoded.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        parameter(self.query()?, name)
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
        let request = Request::new("GET", "http://alpha.localhost:8787/a/b?deploy=7&x");
        assert_eq!(
            (request.host(), request.path(), request.query()),
            ("alpha.localhost:8787", "/a/b", Some("deploy=7&x"))
        );
        assert_eq!(
            (request.parameter("deploy"), request.parameter("x"), request.parameter("y")),
            (Some("7"), Some(""), None)
        );
        let bare = Request::new("GET", "http://a?q");
        assert_eq!((bare.host(), bare.path(), bare.query()), ("a", "/", Some("q")));
        assert_eq!(Request::new("GET", "no url").host(), "no url");
    }
}
