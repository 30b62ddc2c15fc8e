//! What a site answers to plain requests: which deploy is active, and what its pages are called.

use super::{FollowError, SiteAddress};
use crate::publish::{agent, printable, root_certs};
use pmx_site::SourcesDocument;
use std::{io, time::Duration};
use ureq::{
    Agent, Error, Proxy,
    http::{Request, Response, header},
    tls::TlsConfig,
};

/// A request with its answer. `pmx dev` keeps a request for as long as 20 s while a site is built for the first time.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The largest document of Sources that is read: the largest blob there can be.
const MAX_DOCUMENT: u64 = 25 * 1024 * 1024;
/// The longest id of a deploy; ours have 36 characters.
const MAX_ID: usize = 64;

/// A site's state as its answers tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ActiveState {
    pub(super) deploy: String,
    pub(super) seq: Option<u64>,
    /// Whether it is known to be the newest.
    pub(super) is_sure: bool,
}

/// The site's pages, asked for without a browser. Clones share connections.
#[derive(Clone, Debug)]
pub(super) struct Web {
    site: SiteAddress,
    agent: Agent,
}

impl Web {
    pub(super) fn new(site: SiteAddress) -> Result<Self, FollowError> {
        let roots = root_certs().map_err(|error| FollowError::Impossible(error.to_string()))?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("pmx/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .proxy(if site.is_loopback() { None } else { Proxy::try_from_env() })
            // One that a server closes while it is idle would cost a try.
            .max_idle_connections(0)
            .timeout_global(Some(TIMEOUT));
        Ok(Self { site, agent: agent(config.build()) })
    }

    /// The newest state.
    pub(super) async fn state(&self) -> Result<ActiveState, FollowError> {
        let answer = self.send("HEAD", "/", ("pmx-fresh", "1")).await?;
        let site = &self.site;
        let said = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let deploy = match (said("pmx-deploy"), answer.status().as_u16()) {
            (Some(deploy), _) => deploy,
            (None, 404) => return Err(FollowError::NoSite(site.to_string())),
            (None, status @ (429 | 500..)) => return Err(FollowError::Busy { site: site.to_string(), status }),
            (None, status) => return Err(FollowError::foreign(site, format!("{status} without the id of a deploy"))),
        };
        let is_id = deploy.len() <= MAX_ID && deploy.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_id || deploy.is_empty() {
            return Err(FollowError::foreign(site, format!("`{}` is no id of a deploy", printable(deploy))));
        }
        let seq = said("pmx-seq").and_then(|seq| seq.parse().ok());
        Ok(ActiveState { deploy: deploy.to_owned(), seq, is_sure: said("pmx-fresh") == Some("1") })
    }

    /// The Sources of the Path that is mounted here; none if there is no such document.
    pub(super) async fn sources(&self, mount: &str) -> Option<SourcesDocument> {
        let answer = self.send("GET", &format!("{mount}/sources.json"), ("accept", "application/json")).await.ok()?;
        if answer.status() != 200 {
            return None;
        }
        let read = move || answer.into_body().into_with_config().limit(MAX_DOCUMENT).read_to_vec();
        let bytes = tokio::task::spawn_blocking(read).await.ok()?.ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    async fn send(
        &self,
        method: &'static str,
        path: &str,
        extra: (&'static str, &'static str),
    ) -> Result<Response<ureq::Body>, FollowError> {
        let (web, path) = (self.clone(), path.to_owned());
        let sent = tokio::task::spawn_blocking(move || web.send_blocking(method, &path, extra)).await;
        sent.map_err(|error| FollowError::Lost(error.to_string()))?
    }

    fn send_blocking(
        &self,
        method: &str,
        path: &str,
        (name, value): (&str, &str),
    ) -> Result<Response<ureq::Body>, FollowError> {
        let mut failed = FollowError::Refused(self.site.to_string());
        for origin in self.site.origins() {
            let request = Request::builder()
                .method(method)
                .uri(format!("{origin}{path}"))
                .header(header::HOST, self.site.authority())
                .header(name, value)
                .body(())
                .map_err(|error| FollowError::Impossible(error.to_string()))?;
            match self.agent.run(request) {
                Ok(answer) => return Ok(answer),
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {}
                Err(error) => failed = self.failed(&error),
            }
        }
        Err(failed)
    }

    fn failed(&self, error: &Error) -> FollowError {
        let reason = match error {
            Error::Io(error) => printable(&error.to_string()),
            error => printable(&error.to_string()),
        };
        match error {
            Error::Tls(_) | Error::Rustls(_) | Error::Pem(_) | Error::TlsRequired => {
                FollowError::Tls { site: self.site.to_string(), reason }
            }
            // How rustls reports a certificate that it does not accept.
            Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
                FollowError::Tls { site: self.site.to_string(), reason }
            }
            Error::Protocol(_) | Error::Http(_) => FollowError::foreign(&self.site, reason),
            Error::HostNotFound | Error::ConnectionFailed | Error::ConnectProxyFailed(_) => {
                FollowError::unreachable(&self.site, reason)
            }
            // How the standard library begins its message for a name that does not resolve.
            _ if reason.contains("failed to lookup address") => FollowError::unreachable(&self.site, reason),
            _ => FollowError::Lost(reason),
        }
    }
}
