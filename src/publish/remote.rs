use super::{
    Address, ApiBody, ApiRequest, ApiResponse, BearerToken, BlobReader, Method, Server, TransportError, resolve::agent,
};
use std::{env, fmt, fs, io, sync::Arc, time::Duration};
use ureq::{
    Agent, AsSendBody, Error, Proxy, SendBody, Timeout,
    http::{Request, Response, Uri, header},
    tls::{PemItem, RootCerts, TlsConfig, parse_pem},
};

/// The variable that names a file of certificates to trust instead of the web's, as OpenSSL and curl read it.
pub(crate) const CERTIFICATES_VARIABLE: &str = "SSL_CERT_FILE";

/// Resolving, connecting, the TLS handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// One JSON call with its answer. The longest is a commit that looks up a large site's blobs.
const CALL_TIMEOUT: Duration = Duration::from_secs(120);
/// One upload with its answer: 25 MiB at 45 kB/s.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(600);
/// Silence on a connection that should be moving.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);
/// The largest answer that is read: `begin` with 100,000 missing hashes stays below a quarter of it.
const MAX_ANSWER: u64 = 64 * 1024 * 1024;

/// How the standard library begins its message for a name that does not resolve; the error's kind cannot be named.
const LOOKUP_FAILED: &str = "failed to lookup address information";

/// A server behind HTTP. Cheap to clone.
///
/// The token goes to the server's own origin only. Redirects are not followed. Proxies are those of the environment
/// (`HTTPS_PROXY`, `NO_PROXY`, …), and this machine is never reached through one.
#[derive(Clone, Debug)]
pub struct Remote(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    server: Address,
    token: BearerToken,
    insecure: bool,
    /// For blobs: connections are kept.
    pooled: Agent,
    /// For documents: a connection each. On a kept one that the server just closed, a commit would be lost in a way
    /// that leaves open whether it happened.
    fresh: Agent,
    proxy: Option<Proxy>,
}

impl Remote {
    /// A server to publish to. `insecure` allows plain HTTP to other machines.
    ///
    /// # Errors
    /// [`TransportError::Impossible`] for plain HTTP to another machine without `insecure`, and for a certificate file
    /// that cannot be read.
    pub fn new(server: Address, token: BearerToken, insecure: bool) -> Result<Self, TransportError> {
        if server.is_exposed() && !insecure {
            return Err(TransportError::Impossible(format!(
                "{server} is plain HTTP: the token could be read on the way"
            )));
        }
        let config = || -> Result<_, TransportError> {
            Ok(Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .user_agent(concat!("pmx/", env!("CARGO_PKG_VERSION")))
                .accept("application/json")
                .tls_config(TlsConfig::builder().root_certs(root_certs()?).build())
                .timeout_resolve(Some(CONNECT_TIMEOUT))
                .timeout_connect(Some(CONNECT_TIMEOUT))
                .timeout_per_write(Some(STALL_TIMEOUT))
                .timeout_per_read(Some(STALL_TIMEOUT)))
        };
        let pooled = agent(config()?.max_idle_connections(16).max_idle_connections_per_host(8).build());
        let fresh = agent(config()?.max_idle_connections(0).max_idle_connections_per_host(0).build());
        Ok(Self(Arc::new(Inner { server, token, insecure, pooled, fresh, proxy: Proxy::try_from_env() })))
    }
}

impl Server for Remote {
    async fn call(&self, request: ApiRequest) -> Result<ApiResponse, TransportError> {
        let inner = Arc::clone(&self.0);
        match tokio::task::spawn_blocking(move || inner.call(request)).await {
            Ok(result) => result,
            Err(error) => Err(TransportError::Impossible(format!("the call broke off: {error}"))),
        }
    }
}

impl Inner {
    fn call(&self, request: ApiRequest) -> Result<ApiResponse, TransportError> {
        let uri = self.server.resolve(&request.target).map_err(impossible)?;
        let target =
            Address::of(&uri).ok_or_else(|| impossible(format!("`{}` is no address to upload to", request.target)))?;
        if target.is_exposed() && !self.insecure {
            return Err(impossible(format!("the server wants an upload to {target}, which is plain HTTP")));
        }
        if target.is_internal() && !self.server.is_internal() {
            return Err(impossible(format!(
                "the server wants an upload to {target}, which is no address of the internet"
            )));
        }
        let (agent, timeout, mut body) = match request.body {
            ApiBody::Empty => (&self.fresh, CALL_TIMEOUT, Body::Empty),
            ApiBody::Json(bytes) => (&self.fresh, CALL_TIMEOUT, Body::Json(bytes)),
            ApiBody::Blob { hash, source } => {
                (&self.pooled, UPLOAD_TIMEOUT, Body::Blob { size: source.size(), reader: Box::new(source.open(hash)?) })
            }
        };
        let head = self.head(request.method, uri, &target, &body)?;
        let result = self.send(agent, head, &target, timeout, &mut body);
        // A blob's own fault explains the failure better than what the connection made of it.
        if let Body::Blob { reader, .. } = &mut body
            && let Some(fault) = reader.take_fault()
        {
            return Err(fault.into());
        }
        result.map_err(|error| transport_error(&target, error))
    }

    fn head(&self, method: Method, uri: Uri, target: &Address, body: &Body) -> Result<Request<()>, TransportError> {
        let method = match method {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        let mut head = Request::builder().method(method).uri(uri);
        if *target == self.server {
            head = head.header(header::AUTHORIZATION, self.token.header().clone());
        }
        head = match body {
            Body::Empty => head,
            Body::Json(_) => head.header(header::CONTENT_TYPE, "application/json"),
            Body::Blob { size, .. } => head
                .header(header::CONTENT_TYPE, "application/octet-stream")
                // Stated, so that the body is not sent in chunks: the API wants to know the length first.
                .header(header::CONTENT_LENGTH, *size),
        };
        head.body(()).map_err(impossible)
    }

    fn send(
        &self,
        agent: &Agent,
        head: Request<()>,
        target: &Address,
        timeout: Duration,
        body: &mut Body,
    ) -> Result<ApiResponse, Error> {
        let link = Transport { agent, timeout, proxy: if target.is_loopback() { None } else { self.proxy.clone() } };
        let response = match body {
            Body::Empty => link.run(head),
            Body::Json(bytes) => link.run(head.map(|()| bytes.as_slice())),
            Body::Blob { reader, .. } => link.run(head.map(|()| SendBody::from_reader(reader))),
        }?;
        read(response)
    }
}

/// How one call travels.
struct Transport<'a> {
    agent: &'a Agent,
    timeout: Duration,
    proxy: Option<Proxy>,
}

impl Transport<'_> {
    fn run(self, request: Request<impl AsSendBody>) -> Result<Response<ureq::Body>, Error> {
        let request = self.agent.configure_request(request).proxy(self.proxy).timeout_global(Some(self.timeout));
        self.agent.run(request.build())
    }
}

enum Body {
    Empty,
    Json(Vec<u8>),
    Blob { size: u64, reader: Box<BlobReader> },
}

fn read(response: Response<ureq::Body>) -> Result<ApiResponse, Error> {
    let (head, mut body) = response.into_parts();
    let headers = head
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    let body = body.with_config().limit(MAX_ANSWER).read_to_vec()?;
    Ok(ApiResponse { status: head.status.as_u16(), headers, body })
}

fn impossible(reason: impl fmt::Display) -> TransportError {
    TransportError::Impossible(reason.to_string())
}

fn transport_error(server: &Address, error: Error) -> TransportError {
    let server = server.to_string();
    let reason = match &error {
        Error::Io(error) => error.to_string(),
        other => other.to_string(),
    };
    match error {
        Error::Io(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused => TransportError::Refused { server },
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => {
                TransportError::Unreachable { server, reason }
            }
            // How rustls reports a certificate that it does not accept.
            io::ErrorKind::InvalidData => TransportError::Tls { server, reason },
            _ if reason.starts_with(LOOKUP_FAILED) => TransportError::Unreachable { server, reason },
            _ => TransportError::Lost { server, reason },
        },
        Error::HostNotFound
        | Error::ConnectionFailed
        | Error::ConnectProxyFailed(_)
        | Error::Timeout(Timeout::Connect | Timeout::Resolve) => TransportError::Unreachable { server, reason },
        Error::Tls(_) | Error::Rustls(_) | Error::Pem(_) | Error::TlsRequired => TransportError::Tls { server, reason },
        Error::Http(_) | Error::BadUri(_) | Error::InvalidProxyUrl => TransportError::Impossible(reason),
        _ => TransportError::Lost { server, reason },
    }
}

/// The certificates that are trusted: those of the web, or of the file that the environment names.
pub(crate) fn root_certs() -> Result<RootCerts, TransportError> {
    let Some(path) = env::var_os(CERTIFICATES_VARIABLE).filter(|path| !path.is_empty()) else {
        return Ok(RootCerts::WebPki);
    };
    let fault = |reason: String| impossible(format!("{CERTIFICATES_VARIABLE}={}: {reason}", path.display()));
    let bytes = fs::read(&path).map_err(|error| fault(error.to_string()))?;
    let mut certificates = Vec::new();
    for item in parse_pem(&bytes) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| fault(error.to_string()))? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(fault(String::from("no certificate in it")));
    }
    Ok(RootCerts::from(certificates))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_does_not_show_its_token() {
        let token = BearerToken::new("s3cret").unwrap();
        let remote = Remote::new(Address::parse("https://a.example").unwrap(), token, false).unwrap();
        assert!(!format!("{remote:?}").contains("s3cret"));
    }
}
