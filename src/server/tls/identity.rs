//! What a server shows in a handshake: for each name that it is asked for a certificate of its own.

use super::{
    authority::{Authority, LEAF_LEFT, vouches_for},
    stored::StoredCertificate,
};
use crate::{
    error::{Error, Result},
    server::{HostName, HostPolicy, reachable::lan_addresses},
};
use rcgen::SanType;
use std::{
    collections::HashMap,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};
use tokio_rustls::rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

/// How many names are answered for: sites of a workspace, and each costs a file of 2 KB. Beyond, a browser is shown the
/// certificate of `localhost`.
const NAMES: usize = 1024;
/// The folder below the authority's.
const FOLDER: &str = "names";
/// The file of the certificate for `localhost` and all addresses.
const ADDRESSES: &str = "localhost";

/// Who speaks, and what for.
#[derive(Debug)]
pub struct TlsParts<'a> {
    /// Who vouches.
    pub authority: Authority,
    /// Names besides `localhost` and what is below it.
    pub allowed_hosts: &'a [String],
}

/// The certificates of a server. Browsers take no wildcard directly below `localhost`, so there is one for each name, made when
/// it is first asked for and stored beside the authority.
pub(in crate::server) struct Identity {
    config: Arc<ServerConfig>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

impl Identity {
    pub(in crate::server) fn new(parts: TlsParts<'_>, address: SocketAddr) -> Result<Self> {
        let names = CertificateResolver {
            hosts: HostPolicy::new(address, parts.allowed_hosts, &[]),
            addresses: addresses(address),
            authority: parts.authority,
            made: Mutex::default(),
        };
        // A server that can show nothing at all says so when it starts.
        names.addresses()?;
        let unusable = |error: tokio_rustls::rustls::Error| Error::new(format!("TLS cannot be used: {error}"));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(names));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config) })
    }

    pub(in crate::server) fn config(&self) -> Arc<ServerConfig> {
        self.config.clone()
    }
}

/// `localhost` and the addresses at which the server is reached.
fn addresses(listening: SocketAddr) -> Vec<SanType> {
    let own = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    let mut all: Vec<SanType> = "localhost".try_into().map(SanType::DnsName).into_iter().collect();
    all.extend(own.into_iter().chain(lan_addresses(listening.ip())).map(SanType::IpAddress).filter(vouches_for));
    all
}

struct CertificateResolver {
    authority: Authority,
    hosts: HostPolicy,
    addresses: Vec<SanType>,
    made: Mutex<HashMap<String, CachedCertificate>>,
}

struct CachedCertificate {
    stored: StoredCertificate,
    key: Arc<CertifiedKey>,
}

impl fmt::Debug for CertificateResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names").field("authority", &self.authority).finish_non_exhaustive()
    }
}

impl ResolvesServerCert for CertificateResolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let shown = match hello.server_name() {
            Some(name) => self.name(&name.trim_end_matches('.').to_ascii_lowercase()),
            // Who asks for an address names none.
            None => self.addresses(),
        };
        shown.inspect_err(|error| tracing::error!(%error, "no certificate")).ok()
    }
}

impl CertificateResolver {
    fn addresses(&self) -> Result<Arc<CertifiedKey>> {
        self.get(ADDRESSES, &self.addresses)
    }

    fn name(&self, name: &str) -> Result<Arc<CertifiedKey>> {
        let own = name.try_into().map(SanType::DnsName).ok().filter(vouches_for);
        let is_served = HostName::parse(name).is_some_and(|name| self.hosts.allows(&name));
        match own.filter(|_| name != ADDRESSES && is_served) {
            Some(own) => self.get(name, &[own]),
            None => self.addresses(),
        }
    }

    /// From memory, from the folder, or made now: whichever is first and still holds.
    fn get(&self, name: &str, names: &[SanType]) -> Result<Arc<CertifiedKey>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = made.get(name).filter(|made| made.stored.holds_for(LEAF_LEFT)) {
            return Ok(made.key.clone());
        }
        if made.len() >= NAMES && !made.contains_key(name) && name != ADDRESSES {
            drop(made);
            return self.addresses();
        }
        let path = self.authority.folder().join(FOLDER).join(format!("{name}.pem"));
        let about = format!("{} of {}", text(names), self.authority.id());
        let usable = |stored: &StoredCertificate| stored.about == about && stored.holds_for(LEAF_LEFT);
        let (stored, key) = match StoredCertificate::read(&path).ok().flatten().filter(usable) {
            Some(stored) if certified(&stored).is_ok() => (stored.clone(), certified(&stored)?),
            _ => {
                let stored = self.authority.vouch(names, about)?;
                if let Err(error) = stored.write(&path, false) {
                    // It is shown all the same; the next process makes another one.
                    tracing::warn!(%error, "a certificate is not stored");
                }
                let key = certified(&stored)?;
                (stored, key)
            }
        };
        let key = Arc::new(key);
        made.insert(name.to_owned(), CachedCertificate { stored, key: key.clone() });
        Ok(key)
    }
}

fn certified(stored: &StoredCertificate) -> Result<CertifiedKey> {
    let unusable = |error: &dyn fmt::Display| Error::new(format!("a certificate cannot be used: {error}"));
    let certificate =
        CertificateDer::from_pem_slice(stored.certificate.as_bytes()).map_err(|error| unusable(&error))?;
    let key = PrivateKeyDer::from_pem_slice(stored.key.as_bytes()).map_err(|error| unusable(&error))?;
    let key = ring::sign::any_supported_type(&key).map_err(|error| unusable(&error))?;
    Ok(CertifiedKey::new(vec![certificate], key))
}

fn text(names: &[SanType]) -> String {
    let text = |name: &SanType| match name {
        SanType::DnsName(name) => name.as_str().to_owned(),
        SanType::IpAddress(ip) => ip.to_string(),
        other => format!("{other:?}"),
    };
    names.iter().map(text).collect::<Vec<_>>().join(",")
}
