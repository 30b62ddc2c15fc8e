//! The token that other devices need once a server listens to more than this machine.

use super::{
    super::{
        caller::{Caller, cookies},
        reply::refusal,
    },
    RequestLayer,
    next::check,
};
use crate::{
    error::{Error, Result},
    secret, user_folder,
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
use std::{io::ErrorKind, path::Path, sync::Arc};

/// The folder of the tokens, in what pmx keeps for its user: one for each state folder, so that a device that was let in stays so when
/// pmx is started again.
const KIND: &str = "devices";
/// The file of the token in a state folder of earlier versions. A checkout can bring one, and who wrote it knows the token.
const FORMER: &str = "device-token";
/// The parameter of an address that lets a device in.
const PARAMETER: &str = "pmx-token";
/// How long a device is remembered, in seconds: 30 days.
const REMEMBERED: u32 = 30 * 86_400;
/// Characters of a token: 120 bits, and few enough to type.
const LENGTH: usize = 24;
/// Crockford's base 32: no letter that looks like another.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// What a browser is shown that has no token.
const PAGE: &str = include_str!("devices.html");

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
pub struct DeviceToken {
    token: Arc<str>,
    cookie: Arc<str>,
}

/// The layer.
pub(super) fn layer(token: DeviceToken) -> RequestLayer {
    check(move |request| token.admit(request))
}

impl DeviceToken {
    /// The token for a state folder, made at the first call. It lies in what pmx keeps for its user, never in the folder; where there
    /// is no such place, or none that can be used, the token holds until this process ends.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn open(state: &Path) -> Result<Self> {
        forget_former(state);
        let Some(folder) = user_folder::path() else {
            tracing::warn!("no folder is known to keep the token of devices in: PMX_DATA_DIR names one");
            return Ok(Self::new(&generate()?));
        };
        match Self::open_in(&folder, state) {
            Ok(access) => Ok(access),
            Err(error) => {
                tracing::warn!("the token of devices is not kept: {error}; PMX_DATA_DIR names another folder");
                Ok(Self::new(&generate()?))
            }
        }
    }

    fn open_in(folder: &Path, state: &Path) -> Result<Self> {
        let path = user_folder::of_state(folder, KIND, state);
        // Two that start at once get the same one.
        for fresh in [true, true, false] {
            match fs::read_to_string(&path) {
                Ok(token) if is_token(token.trim()) => return Ok(Self::new(token.trim())),
                Ok(_) => fs::remove_file(&path)?,
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
            let token = generate()?;
            if user_folder::write(&path, &token, fresh)? {
                return Ok(Self::new(&token));
            }
        }
        Err(Error::new(format!("{} is being written by someone else", path.display())))
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

    /// Lets in who is on this machine, or has the token; answers everyone else.
    fn admit(&self, request: &Request) -> std::result::Result<(), Box<Response>> {
        let caller = Caller::of(request.extensions());
        let shown = parameter(request.uri().query().unwrap_or_default());
        if let Some((token, rest)) = shown {
            return Err(Box::new(if self.is_token(&token) {
                self.remember(request.uri().path(), &rest, caller.is_encrypted())
            } else {
                refuse(request.headers())
            }));
        }
        let is_here = if caller.host_is_given { caller.is_loopback() } else { caller.is_this_machine() };
        if is_here || self.is_known(request.headers()) {
            return Ok(());
        }
        Err(Box::new(refuse(request.headers())))
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

fn generate() -> Result<String> {
    let bytes: [u8; LENGTH] = secret::random()?;
    Ok(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
}

/// Removes what an earlier version left, or a checkout brought: a file of that name and size, and no link.
fn forget_former(state: &Path) {
    let path = state.join(FORMER);
    if std::fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_file() && meta.len() <= LENGTH as u64 + 2) {
        let _ = std::fs::remove_file(&path);
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
    use super::{super::super::caller::tests::pass, *};

    fn token() -> DeviceToken {
        DeviceToken::new("0123456789abcdefghjkmnpq")
    }

    fn status(address: &str, given: bool, headers: &[(&str, &str)], path: &str) -> Option<u16> {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        pass(&mut request, address);
        if let Some(caller) = request.extensions_mut().get_mut::<Caller>() {
            caller.host_is_given = given;
        }
        token().admit(&request).err().map(|response| response.status().as_u16())
    }

    #[test]
    fn this_machine_needs_none_and_everyone_else_does() {
        let cookie = format!("a=b; {}=0123456789abcdefghjkmnpq", token().cookie);
        let wrong = format!("{}=0123456789abcdefghjkmnpx", token().cookie);
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
            let response = token().remember(path, rest, true);
            assert_eq!(response.headers()[header::LOCATION], location);
            let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
            assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Secure") && !cookie.contains("Domain"), "{cookie}");
        }
    }

    #[test]
    fn a_token_is_kept_for_its_owner_and_outside_of_the_state() {
        let (user, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let open = |state: &Path| DeviceToken::open_in(user.path(), state).unwrap();
        let first = open(state.path());
        assert!(is_token(&first.token));
        assert_eq!(first.token, open(state.path()).token);
        assert_eq!(first.token, open(&state.path().join("../").join(state.path().file_name().unwrap())).token);
        assert_ne!(first.token, open(user.path()).token, "each state has its own");
        assert_eq!(fs::read_dir(state.path()).unwrap().count(), 0);
        let path = user_folder::of_state(user.path(), KIND, state.path());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(&path, "x").unwrap();
        assert_ne!(open(state.path()).token, first.token, "what is no token is replaced");
    }

    #[test]
    fn a_token_that_lies_in_the_state_folder_is_ignored_and_goes() {
        let state = tempfile::tempdir().unwrap();
        let shipped = "0123456789abcdefghjkmnpq";
        fs::write(state.path().join(FORMER), shipped).unwrap();
        forget_former(state.path());
        assert!(!state.path().join(FORMER).exists());
        fs::write(state.path().join(FORMER), "what somebody wrote, and no token of any version").unwrap();
        forget_former(state.path());
        assert!(state.path().join(FORMER).exists(), "only what could be pmx's own goes");
    }
}
