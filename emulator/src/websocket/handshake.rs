//! The opening handshake of a WebSocket (RFC 6455, 4.2).

use axum::body::Body;
use axum::response::Response;
use data_encoding::BASE64;
use http::header::{self, HeaderMap, HeaderName};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use hyper::upgrade::OnUpgrade;
use sha1::{Digest as _, Sha1};

use super::deflate::Agreement;

/// The version of the protocol that everybody speaks.
const VERSION: &str = "13";
/// What a server shows by the hash of it that it knows the protocol (RFC 6455, 1.3).
const ACCEPT_SUFFIX: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A request for a WebSocket.
pub(crate) struct Handshake {
    /// The connection, once the client has been answered.
    pub(crate) upgraded: OnUpgrade,
    /// How messages are compressed, if the client has offered that.
    pub(crate) agreement: Option<Agreement>,
    accept: HeaderValue,
}

/// A request that is none. The texts are workerd's where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HandshakeError {
    #[error("Internal Server Error")]
    Method,
    #[error("ERROR: The request does not ask for a WebSocket.")]
    Upgrade,
    #[error("ERROR: The requested WebSocket version is not supported.")]
    Version,
    #[error("ERROR: Missing Sec-WebSocket-Key")]
    Key,
    #[error("ERROR: This connection cannot carry a WebSocket.")]
    Connection,
}

impl HandshakeError {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            // The platform's answer.
            Self::Method => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Upgrade | Self::Version | Self::Key => StatusCode::BAD_REQUEST,
            Self::Connection => StatusCode::UPGRADE_REQUIRED,
        }
    }
}

impl Handshake {
    /// Reads the client's half, and takes the connection over.
    pub(crate) fn read(parts: &mut Parts) -> Result<Self, HandshakeError> {
        let headers = &parts.headers;
        if parts.method != Method::GET {
            return Err(HandshakeError::Method);
        }
        if !lists(headers, header::CONNECTION, "upgrade") || !lists(headers, header::UPGRADE, "websocket") {
            return Err(HandshakeError::Upgrade);
        }
        let key = headers.get(header::SEC_WEBSOCKET_KEY).ok_or(HandshakeError::Key)?;
        if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version.as_bytes() != VERSION.as_bytes()) {
            return Err(HandshakeError::Version);
        }
        let accept = HeaderValue::from_str(&accept_key(key.as_bytes())).map_err(|_| HandshakeError::Key)?;
        let agreement = Agreement::read(headers.get_all(header::SEC_WEBSOCKET_EXTENSIONS).iter());
        let upgraded = parts.extensions.remove::<OnUpgrade>().ok_or(HandshakeError::Connection)?;
        Ok(Self { upgraded, agreement, accept })
    }

    /// The server's half.
    pub(crate) fn answer(&self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, self.accept.clone());
        if let Some(extensions) = self.agreement.as_ref().and_then(Agreement::answer) {
            headers.insert(header::SEC_WEBSOCKET_EXTENSIONS, extensions);
        }
        response
    }
}

fn accept_key(key: &[u8]) -> String {
    BASE64.encode(&Sha1::new().chain_update(key).chain_update(ACCEPT_SUFFIX).finalize())
}

/// Whether a header lists a word, in any case.
fn lists(headers: &HeaderMap, name: HeaderName, word: &str) -> bool {
    let mut values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.any(|value| value.split(',').any(|listed| listed.trim().eq_ignore_ascii_case(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: &str, headers: &[(&str, &str)]) -> Option<HandshakeError> {
        let mut request = http::Request::builder().method(method);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Handshake::read(&mut request.body(()).unwrap().into_parts().0).err()
    }

    /// The example of RFC 6455, 1.3.
    #[test]
    fn the_key_is_answered_as_the_protocol_says() {
        assert_eq!(accept_key(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn what_is_no_handshake_is_told_why() {
        let upgrade = [("connection", "keep-alive, Upgrade"), ("upgrade", "WebSocket")];
        let (key, version) = (("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="), ("sec-websocket-version", "13"));
        let with = |more: &[(&'static str, &'static str)]| [&upgrade, more].concat();
        assert_eq!(read("POST", &with(&[key, version])), Some(HandshakeError::Method));
        assert_eq!(read("GET", &[key, version]), Some(HandshakeError::Upgrade));
        assert_eq!(read("GET", &[upgrade[1], key, version]), Some(HandshakeError::Upgrade));
        assert_eq!(read("GET", &with(&[version])), Some(HandshakeError::Key));
        assert_eq!(read("GET", &with(&[key, ("sec-websocket-version", "8")])), Some(HandshakeError::Version));
        assert_eq!(
            read("GET", &with(&[key, version])),
            Some(HandshakeError::Connection),
            "there is no connection here"
        );
    }
}
