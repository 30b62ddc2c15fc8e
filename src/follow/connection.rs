//! A connection to a site, encrypted where its address says so.

use super::{FollowError, SiteAddress};
use crate::publish::{Address, CERTIFICATES_VARIABLE};
use std::{env, io, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    },
};

/// Resolving, connecting, the TLS handshake: as long as a publish waits for it.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes both ways.
pub(super) trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for T {}

/// Connects to the first of the site's origins that takes the connection.
pub(super) async fn connect(site: &SiteAddress) -> Result<Box<dyn ByteStream>, FollowError> {
    let late = || FollowError::unreachable(site, format!("no connection within {} s", CONNECT_TIMEOUT.as_secs()));
    timeout(CONNECT_TIMEOUT, open(site)).await.map_err(|_| late())?
}

async fn open(site: &SiteAddress) -> Result<Box<dyn ByteStream>, FollowError> {
    let mut refused = FollowError::Refused(site.to_string());
    for origin in site.origins() {
        let host = origin.host().trim_matches(['[', ']']);
        match TcpStream::connect((host, origin.port())).await {
            Ok(stream) => return secured(site, &origin, stream).await,
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
            Err(error) => refused = FollowError::unreachable(site, error),
        }
    }
    Err(refused)
}

async fn secured(site: &SiteAddress, origin: &Address, stream: TcpStream) -> Result<Box<dyn ByteStream>, FollowError> {
    if !site.is_secure() {
        return Ok(Box::new(stream));
    }
    let tls = |reason: String| FollowError::Tls { site: site.to_string(), reason };
    let host = origin.host().trim_matches(['[', ']']).to_owned();
    let name = ServerName::try_from(host).map_err(|error| tls(error.to_string()))?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| tls(error.to_string()))?
        .with_root_certificates(roots()?)
        .with_no_client_auth();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    Ok(Box::new(stream.map_err(|error| tls(error.to_string()))?))
}

/// The certificates that are trusted: those of the web, or of the file that the environment names.
fn roots() -> Result<RootCertStore, FollowError> {
    let Some(path) = env::var_os(CERTIFICATES_VARIABLE).filter(|path| !path.is_empty()) else {
        return Ok(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect());
    };
    let fault =
        |reason: String| FollowError::Impossible(format!("{CERTIFICATES_VARIABLE}={}: {reason}", path.display()));
    let mut roots = RootCertStore::empty();
    let found = CertificateDer::pem_file_iter(&path).map_err(|error| fault(error.to_string()))?;
    for certificate in found {
        let certificate = certificate.map_err(|error| fault(error.to_string()))?;
        roots.add(certificate).map_err(|error| fault(error.to_string()))?;
    }
    if roots.is_empty() { Err(fault(String::from("no certificate in it"))) } else { Ok(roots) }
}
