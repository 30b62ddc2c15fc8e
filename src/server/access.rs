//! The token that other devices need once a server listens to more than this machine.

use super::{
    local::refusal,
    peer::{Peer, is_forwarded},
    sent::cookies,
};
use crate::{
    error::{Error, Result},
    file_retry::persist,
    secret,
};
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use data_encoding::HEXLOWER;
use fs_err as fs;
use sha2::{Digest as _, Sha256};
use std::{
    io::{ErrorKind, Write as _},
    path::Path,
    sync::Arc,
};

/// The file of the token, in the state folder: a device that was let in stays so when pmx is started again.
const FILE: &str = "device-token";
/// The parameter of an address that lets a device in.
pub(super) const PARAMETER: &str = "pmx-token";
/// How long a device is remembered, in seconds: 30 days.
const REMEMBERED: u32 = 30 * 86_400;
/// Characters of a token: 120 bits, and few enough to type.
const LENGTH: usize = 24;
/// Crockford's base 32: no letter that looks like another.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// What a browser is shown that has no token.
const PAGE: &str = include_str!("access.html");

/// Who may come in.
///
/// A request from this machine needs no token. Every other one does, whatever it asks for: pages, the API, WebSockets. It comes
/// with the address that was printed (`?pmx-token=…`), which is answered with a cookie and a redirect to the same address without
/// it, so that it stays out of histories and referrers; after that the cookie is enough.
///
/// A proxy on this machine makes everyone look as if they were here. One that says so (`X-Forwarded-For` and its like) is treated
/// as what it speaks for, unless the name under which it is reached was given with `--allow-host`: who gives a name opens it, and
/// whoever answers for that name (nginx with a password, a tunnel with a login) has the door. A proxy that keeps silent cannot be
/// told from a browser. Where only this machine is listened to there is no token at all: who forwards to it does so on purpose.
#[derive(Clone, Debug)]
pub struct Access {
    token: Arc<str>,
    cookie: Arc<str>,
}

/// What is to be done with a request.
pub(super) enum Admission {
    Admitted,
    Answer(Box<Response>),
}

impl Access {
    /// Reads the token of a state folder, or makes it. The file is for its owner only.
    ///
    /// # Errors
    /// The file cannot be read or written; the system gives no random bytes.
    pub fn open(state: &Path) -> Result<Self> {
        let path = state.join(FILE);
        match fs::read_to_string(&path) {
            Ok(token) if is_token(token.trim()) => return Ok(Self::new(token.trim())),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        let bytes: [u8; LENGTH] = secret::random()?;
        let token: String = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
        fs::create_dir_all(state)?;
        let cannot = |error: std::io::Error| Error::new(format!("{} cannot be written: {error}", path.display()));
        // Has mode 0600 from its first byte on.
        let mut file = tempfile::NamedTempFile::new_in(state).map_err(cannot)?;
        file.write_all(token.as_bytes()).map_err(cannot)?;
        persist(file, &path).map_err(cannot)?;
        Ok(Self::new(&token))
    }

    fn new(token: &str) -> Self {
        // Cookies do not know ports, so two servers on one address must not share a name.
        let id = HEXLOWER.encode(&Sha256::digest(token)[..4]);
        Self { token: token.into(), cookie: format!("pmx-device-{id}").into() }
    }

    /// The address that lets a device in.
    #[must_use]
    pub fn link(&self, base: &str) -> String {
        format!("{base}/?{PARAMETER}={}", self.token)
    }

    /// Looks at a request. `given` says whether its Host was allowed by name, `secure` whether the connection is encrypted.
    pub(super) fn admit(&self, peer: Peer, given: bool, secure: bool, request: &Request) -> Admission {
        let shown = parameter(request.uri().query().unwrap_or_default());
        if let Some((token, rest)) = shown {
            return Admission::Answer(Box::new(if self.is_token(&token) {
                self.remember(request.uri().path(), &rest, secure)
            } else {
                refuse(request.headers())
            }));
        }
        let here = peer.is_loopback() && (given || !is_forwarded(request.headers()));
        if here || self.is_known(request.headers()) {
            return Admission::Admitted;
        }
        Admission::Answer(Box::new(refuse(request.headers())))
    }

    fn is_known(&self, headers: &HeaderMap) -> bool {
        cookies(headers).filter(|(name, _)| *name == &*self.cookie).any(|(_, token)| self.is_token(token))
    }

    fn is_token(&self, token: &str) -> bool {
        secret::same(&self.token, token)
    }

    fn remember(&self, path: &str, rest: &str, secure: bool) -> Response {
        let secure = if secure { "; Secure" } else { "" };
        let Self { token, cookie } = self;
        let cookie = format!("{cookie}={token}; Path=/; Max-Age={REMEMBERED}; HttpOnly; SameSite=Lax{secure}");
        // Relative, so that it leads to nobody else and a proxy may have put something before the path.
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
        let question = if rest.is_empty() { "" } else { "?" };
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SEE_OTHER;
        insert(&mut response, header::LOCATION, &format!("./{name}{question}{rest}"));
        insert(&mut response, header::SET_COOKIE, &cookie);
        private(response)
    }
}

/// In words for a person, in JSON for a program.
fn refuse(headers: &HeaderMap) -> Response {
    let reads = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if !reads.is_some_and(|accept| accept.contains("text/html")) {
        let message = "This device needs the token that pmx printed when it started";
        return private(refusal(StatusCode::UNAUTHORIZED, "device_token", message));
    }
    let mut response = Response::new(Body::from(PAGE));
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    insert(&mut response, header::CONTENT_TYPE, "text/html; charset=utf-8");
    private(response)
}

fn private(mut response: Response) -> Response {
    insert(&mut response, header::CACHE_CONTROL, "no-store");
    insert(&mut response, header::REFERRER_POLICY, "no-referrer");
    response
}

fn insert(response: &mut Response, name: HeaderName, value: &str) {
    // What is no header value is left out: paths and tokens are.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn is_token(text: &str) -> bool {
    text.len() == LENGTH && text.bytes().all(|byte| ALPHABET.contains(&byte))
}

/// The token of a query, as it may have been typed, and the query without it.
fn parameter(query: &str) -> Option<(String, String)> {
    let is_ours = |part: &&str| part.split('=').next() == Some(PARAMETER);
    let shown = query.split('&').find(is_ours)?;
    let (_, typed) = shown.split_once('=').unwrap_or((shown, ""));
    let token = typed.replace(['-', '+', ' '], "").replace("%20", "").to_ascii_lowercase();
    let rest: Vec<&str> = query.split('&').filter(|part| !is_ours(part)).collect();
    Some((token, rest.join("&")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access() -> Access {
        Access::new("0123456789abcdefghjkmnpq")
    }

    fn status(address: &str, given: bool, headers: &[(&str, &str)], path: &str) -> Option<u16> {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        match access().admit(Peer(address.parse().unwrap()), given, false, &request) {
            Admission::Admitted => None,
            Admission::Answer(response) => Some(response.status().as_u16()),
        }
    }

    #[test]
    fn this_machine_needs_none_and_everyone_else_does() {
        let cookie = format!("a=b; {}=0123456789abcdefghjkmnpq", access().cookie);
        let wrong = format!("{}=0123456789abcdefghjkmnpx", access().cookie);
        let phone = "192.168.1.9:1";
        for (address, given, headers, expected) in [
            ("127.0.0.1:1", false, vec![], None),
            ("[::1]:1", false, vec![], None),
            ("[::ffff:127.0.0.1]:1", false, vec![], None),
            (phone, false, vec![], Some(401)),
            (phone, true, vec![], Some(401)),
            ("[::ffff:192.168.1.9]:1", false, vec![], Some(401)),
            (phone, false, vec![("cookie", cookie.as_str())], None),
            (phone, false, vec![("cookie", wrong.as_str())], Some(401)),
            (phone, false, vec![("cookie", "pmx-device=0123456789abcdefghjkmnpq")], Some(401)),
            (phone, false, vec![("x-forwarded-for", "127.0.0.1")], Some(401)),
            ("127.0.0.1:1", false, vec![("x-forwarded-for", "192.168.1.9")], Some(401)),
            ("127.0.0.1:1", false, vec![("forwarded", "for=192.168.1.9")], Some(401)),
            ("127.0.0.1:1", true, vec![("x-forwarded-for", "192.168.1.9")], None),
            ("127.0.0.1:1", false, vec![("x-forwarded-for", "192.168.1.9"), ("cookie", &cookie)], None),
        ] {
            assert_eq!(status(address, given, &headers, "/"), expected, "{address} {given} {headers:?}");
        }
    }

    #[test]
    fn the_token_of_an_address_becomes_a_cookie() {
        for path in [
            "/?pmx-token=0123456789abcdefghjkmnpq",
            "/?a=b&pmx-token=0123-4567-89AB-CDEF-GHJK-MNPQ",
            "/x?pmx-token=0123%204567+89abcdefghjkmnpq&c",
        ] {
            assert_eq!(status("10.0.0.1:1", false, &[], path), Some(303), "{path}");
        }
        for path in ["/?pmx-token=", "/?pmx-token", "/?pmx-token=0123456789abcdefghjkmnp", "/?pmx-token=x&pmx-token=0"]
        {
            assert_eq!(status("10.0.0.1:1", false, &[], path), Some(401), "{path}");
        }
    }

    #[test]
    fn the_redirect_leads_back_and_to_nobody_else() {
        for (path, rest, location) in [
            ("/", "", "./"),
            ("/a/b", "c=d", "./b?c=d"),
            ("/a/", "", "./"),
            ("//evil.example", "", "./evil.example"),
            ("/\\evil.example", "", "./evil.example"),
        ] {
            let response = access().remember(path, rest, true);
            assert_eq!(response.headers()[header::LOCATION], location);
            let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
            assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Secure") && !cookie.contains("Domain"), "{cookie}");
        }
    }

    #[test]
    fn a_token_is_kept_for_its_owner() {
        let state = tempfile::tempdir().unwrap();
        let first = Access::open(&state.path().join("new")).unwrap();
        let again = Access::open(&state.path().join("new")).unwrap();
        assert_eq!(first.token, again.token);
        assert!(is_token(&first.token));
        assert_ne!(first.token, Access::open(&state.path().join("other")).unwrap().token);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(state.path().join("new").join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::write(state.path().join("new").join(FILE), "x").unwrap();
        assert_ne!(Access::open(&state.path().join("new")).unwrap().token, first.token, "what is no token is replaced");
    }
}
