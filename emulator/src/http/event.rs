//! From an HTTP request to the `fetch` event: the URL as the platform normalises it, the headers as it lists them.

use std::borrow::Cow;

use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::request::Parts;
use smallvec::SmallVec;
use url::Position;

use crate::abi::bodies::write_body;
use crate::abi::frame::FrameWriter;
use crate::abi::requests::asks_for_socket;
use crate::bodies::Payload;
use crate::js::parse_url;
use crate::trace::Subject;

/// The methods that workerd knows; any other is refused before a Worker sees it.
const METHODS: [&str; 26] = [
    "ACL",
    "CHECKOUT",
    "COPY",
    "DELETE",
    "GET",
    "HEAD",
    "LOCK",
    "M-SEARCH",
    "MERGE",
    "MKACTIVITY",
    "MKCOL",
    "MOVE",
    "NOTIFY",
    "OPTIONS",
    "PATCH",
    "POST",
    "PROPFIND",
    "PROPPATCH",
    "PURGE",
    "PUT",
    "REPORT",
    "SEARCH",
    "SUBSCRIBE",
    "TRACE",
    "UNLOCK",
    "UNSUBSCRIBE",
];
/// Headers that are sorted without allocating: browsers send fewer.
const USUAL_HEADERS: usize = 32;

/// What never reaches a Worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RefusedRequest {
    /// The host is missing, is none, or was given twice.
    #[error("Bad Request")]
    Host,
    /// workerd's text.
    #[error("ERROR: Unrecognized request method.")]
    Method,
}

impl RefusedRequest {
    pub(crate) fn status(self) -> http::StatusCode {
        match self {
            Self::Host => http::StatusCode::BAD_REQUEST,
            Self::Method => http::StatusCode::NOT_IMPLEMENTED,
        }
    }
}

/// A request that a Worker may see.
pub(crate) struct FetchEvent<'a> {
    parts: &'a Parts,
    host: Cow<'a, str>,
    /// Path and query.
    path: Cow<'a, str>,
    /// The client named the host in the request line only.
    add_host: bool,
}

impl<'a> FetchEvent<'a> {
    pub(crate) fn new(parts: &'a Parts) -> Result<Self, RefusedRequest> {
        if !METHODS.contains(&parts.method.as_str()) {
            return Err(RefusedRequest::Method);
        }
        let mut hosts = parts.headers.get_all(HOST).iter();
        let header = hosts.next().map(|host| host.to_str().map_err(|_| RefusedRequest::Host)).transpose()?;
        if hosts.next().is_some() {
            return Err(RefusedRequest::Host);
        }
        let named = parts.uri.authority().map(http::uri::Authority::as_str).or(header).ok_or(RefusedRequest::Host)?;
        let path = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let (host, path) = if is_plain_host(named) && is_plain_path(path) {
            (Cow::Borrowed(named), Cow::Borrowed(path))
        } else {
            normalise(named, path)?
        };
        Ok(Self { parts, host, path, add_host: header.is_none() })
    }

    /// The length of the body, if the client announces it.
    pub(crate) fn content_length(&self) -> Option<u64> {
        let headers = &self.parts.headers;
        if headers.contains_key(TRANSFER_ENCODING) {
            return None;
        }
        headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    }

    /// Whether the client announces a body, if only an empty one.
    pub(crate) fn announces_body(&self) -> bool {
        let headers = &self.parts.headers;
        headers.contains_key(TRANSFER_ENCODING) || headers.contains_key(CONTENT_LENGTH)
    }

    /// Whether the client asks for a WebSocket.
    pub(crate) fn wants_socket(&self) -> bool {
        asks_for_socket(&self.parts.headers)
    }

    /// What is recorded of it.
    pub(crate) fn subject(&self) -> Subject {
        Subject {
            event: "fetch",
            method: self.parts.method.as_str().to_owned(),
            host: self.host.clone().into_owned(),
            path: self.path.clone().into_owned(),
            object: false,
        }
    }

    /// Composes the event; `insert` makes a handle of the body.
    pub(crate) fn write(
        &self,
        frame: &mut FrameWriter<'_>,
        body: Option<Payload>,
        insert: impl FnOnce(Payload) -> u32,
    ) {
        frame.text("fetch").text(self.parts.method.as_str()).compose(|url| {
            url.extend_from_slice(b"http://");
            url.extend_from_slice(self.host.as_bytes());
            url.extend_from_slice(self.path.as_bytes());
        });
        write_body(frame, body, None, insert);
        let mut headers: SmallVec<[(&str, &[u8]); USUAL_HEADERS]> =
            self.parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        if self.add_host {
            headers.push(("host", self.host.as_bytes()));
        }
        // Stable: values of one name stay in the order in which they came.
        headers.sort_by_key(|(name, _)| *name);
        for same in headers.chunk_by(|one, other| one.0 == other.0) {
            frame.text(same[0].0).compose(|joined| {
                for (index, (_, value)) in same.iter().enumerate() {
                    if index > 0 {
                        joined.extend_from_slice(b", ");
                    }
                    joined.extend_from_slice(String::from_utf8_lossy(value).as_bytes());
                }
            });
        }
    }
}

/// Whether the URL parser would leave a host as it is.
fn is_plain_host(host: &str) -> bool {
    let (name, port) = host.split_once(':').unwrap_or((host, "8"));
    !name.is_empty()
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'))
        // Numbers are parsed as addresses, and punycode is checked.
        && name.split('.').next_back().is_some_and(|label| label.starts_with(|first: char| first.is_ascii_lowercase()))
        && !name.split('.').any(|label| label.starts_with("xn--"))
        && (1..=5).contains(&port.len())
        && port != "80"
        && !port.starts_with('0')
        && port.parse::<u16>().is_ok()
}

/// Whether the URL parser would leave a path and query as they are. Says no where it would take a closer look to know.
fn is_plain_path(path: &str) -> bool {
    let plain = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'/' | b'-'
                    | b'.'
                    | b'_'
                    | b'~'
                    | b'!'
                    | b'$'
                    | b'&'
                    | b'('
                    | b')'
                    | b'*'
                    | b'+'
                    | b','
                    | b';'
                    | b'='
                    | b':'
                    | b'@'
                    | b'?'
            )
    };
    path.starts_with('/') && path.bytes().all(plain) && !path.contains("/.")
}

fn normalise(host: &str, path: &str) -> Result<(Cow<'static, str>, Cow<'static, str>), RefusedRequest> {
    if host.is_empty() || host.contains(['/', '\\', '?', '#', '@']) || !path.starts_with('/') {
        return Err(RefusedRequest::Host);
    }
    let url = parse_url(&format!("http://{host}{path}")).map_err(|_| RefusedRequest::Host)?;
    let path = &url[Position::BeforePath..Position::AfterQuery];
    Ok((Cow::Owned(url[Position::BeforeHost..Position::AfterPort].to_owned()), Cow::Owned(path.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::frame::FrameReader;

    fn event(request: http::request::Builder) -> Result<Vec<String>, RefusedRequest> {
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let event = FetchEvent::new(&parts)?;
        let mut frame = Vec::new();
        event.write(&mut FrameWriter::new(&mut frame), None, |_| 0);
        let mut reader = FrameReader::new(&frame);
        let mut fields = Vec::new();
        while let Some(field) = reader.next().unwrap() {
            fields.push(String::from_utf8(field.to_vec()).unwrap());
        }
        Ok(fields)
    }

    fn url(host: &str, target: &str) -> Result<String, RefusedRequest> {
        event(http::Request::get(target).header("host", host)).map(|mut fields| fields.swap_remove(2))
    }

    #[test]
    fn the_url_is_normalised_as_the_platform_does() {
        for (host, target, expected) in [
            ("alpha.localhost:8787", "/", "http://alpha.localhost:8787/"),
            ("EX.Test:80", "/A?b=C", "http://ex.test/A?b=C"),
            ("a.b", "/a/../b", "http://a.b/b"),
            ("a.b", "/%2e%2e/x", "http://a.b/x"),
            ("a.b", "//x//y", "http://a.b//x//y"),
            ("a.b", "/%2F%zz%41;", "http://a.b/%2F%zz%41;"),
            ("a.b", "/a\\b", "http://a.b/a/b"),
            ("a.b", "/x?q='", "http://a.b/x?q=%27"),
            ("a.b", "/.hidden", "http://a.b/.hidden"),
            ("127.0.0.1:80", "/", "http://127.0.0.1/"),
            ("[::1]:8080", "/", "http://[::1]:8080/"),
        ] {
            assert_eq!(url(host, target).as_deref(), Ok(expected), "{host} {target}");
        }
    }

    #[test]
    fn the_short_way_agrees_with_the_url_parser() {
        for host in ["a.b", "x-y.localhost:8787", "a.b:80", "a.b:08", "A.b", "1.2", "0x7f.1", "a.xn--b", "a..b", "b:1"]
        {
            if is_plain_host(host) {
                assert_eq!(normalise(host, "/").unwrap().0, host);
            }
        }
        for path in ["/", "/a.b/c-d_e~", "/a/..", "/.", "/a?b=/.", "/!$&()*+,;=:@", "/a?b?c", "/%41", "/a'b"] {
            if is_plain_path(path) {
                assert_eq!(normalise("a.b", path).unwrap().1, path);
            }
        }
    }

    #[test]
    fn a_host_that_is_none_is_refused() {
        for host in ["", "a@b", "a/b", "a b", "a:b", "a.b:99999"] {
            assert_eq!(url(host, "/"), Err(RefusedRequest::Host), "{host}");
        }
        assert_eq!(event(http::Request::get("/")), Err(RefusedRequest::Host));
        assert_eq!(event(http::Request::get("/").header("host", "a").header("host", "b")), Err(RefusedRequest::Host));
    }

    #[test]
    fn a_request_in_process_may_name_its_host_in_the_url() {
        let fields = event(http::Request::get("http://Alpha.localhost/x")).unwrap();
        assert_eq!(fields, ["fetch", "GET", "http://alpha.localhost/x", "none", "", "host", "alpha.localhost"]);
    }

    #[test]
    fn methods_are_those_that_the_platform_knows() {
        for method in ["get", "FOO", "CONNECT"] {
            let request = http::Request::builder().method(method).uri("/").header("host", "a.b");
            assert_eq!(event(request), Err(RefusedRequest::Method), "{method}");
        }
        assert!(event(http::Request::builder().method("PROPFIND").uri("/").header("host", "a.b")).is_ok());
    }

    #[test]
    fn headers_are_sorted_and_values_of_one_name_joined() {
        let request = http::Request::get("/")
            .header("X-B", "1")
            .header("Cookie", "a=1")
            .header("host", "a.b")
            .header("cookie", "b=2")
            .header("accept", "*/*");
        assert_eq!(event(request).unwrap()[5..], ["accept", "*/*", "cookie", "a=1, b=2", "host", "a.b", "x-b", "1"]);
    }
}
