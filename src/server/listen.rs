use super::{
    port_owner,
    tls::{Identity, TlsParts},
};
use crate::{
    cli::DEFAULT_PORT,
    error::{Error, Result},
};
use std::{
    io::{self, ErrorKind},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};
use tokio::net::TcpListener;

/// How many ports the default walks over before it gives up.
const PORTS_TRIED: u16 = 20;
/// How many free ports are tried until one is free at every address of this machine.
const FREE_PORTS_TRIED: usize = 16;

/// A bound port and the address that it got.
#[derive(Debug)]
pub struct Listening {
    /// Never closed in between, so nobody can take the port.
    pub(super) listeners: Vec<TcpListener>,
    /// The address that was asked for, with the real port.
    pub address: SocketAddr,
    /// A sentence for the user where the default port was taken: by whom, and which one it is now.
    pub walked: Option<String>,
    pub(super) tls: Option<Arc<Identity>>,
}

impl Listening {
    /// Speaks HTTPS from now on. A plain request on the port is sent there.
    ///
    /// # Errors
    /// The certificate of this machine's addresses cannot be made or kept.
    pub fn secured(mut self, parts: TlsParts<'_>) -> Result<Self> {
        self.tls = Some(Arc::new(Identity::new(parts, self.address)?));
        Ok(self)
    }

    /// `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }
}

/// Listens on the port that was asked for; without one on the first free port from [`DEFAULT_PORT`] on.
///
/// Browsers take `localhost` to be `127.0.0.1` or `::1` as they like, and would show what another program has at the other one.
/// So a port counts as free if it is free at both, wherever else it listens, and both are answered. A machine without one of them
/// has the other alone.
///
/// # Errors
/// The port is taken, or the address is none of this machine's.
pub async fn listen(host: IpAddr, port: Option<u16>) -> Result<Listening> {
    match port {
        Some(0) => {
            for _ in 1..FREE_PORTS_TRIED {
                match open(host, 0).await {
                    Err(taken) if taken.error.kind() == ErrorKind::AddrInUse => {}
                    other => return other.map_err(Refused::into_error),
                }
            }
            return open(host, 0).await.map_err(Refused::into_error);
        }
        Some(port) => return open(host, port).await.map_err(Refused::into_error),
        None => {}
    }
    let mut taken = None;
    for port in DEFAULT_PORT..DEFAULT_PORT + PORTS_TRIED {
        match open(host, port).await {
            Err(refused) if refused.error.kind() == ErrorKind::AddrInUse => {
                taken.get_or_insert_with(|| refused.conflict());
            }
            Err(refused) => return Err(refused.into_error()),
            Ok(listening) => {
                let walked = taken.map(|taken| format!("{taken}; using {}", listening.address.port()));
                return Ok(Listening { walked, ..listening });
            }
        }
    }
    let last = DEFAULT_PORT + PORTS_TRIED - 1;
    Err(Error::new(format!("ports {DEFAULT_PORT} to {last} are all taken")).hint("`--port 0` takes any free port"))
}

/// The other addresses that a server for this one answers at.
fn beside(host: IpAddr) -> &'static [IpAddr] {
    const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
    match host {
        V4 => &[V6],
        V6 => &[V4],
        // The rest of 127.0.0.0/8 is asked for by those who want nothing else.
        host if host.is_loopback() => &[],
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => &[V6],
        // Answers IPv4, too, but on Windows.
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => &[V4],
        _ => &[V4, V6],
    }
}

async fn open(host: IpAddr, port: u16) -> std::result::Result<Listening, Refused> {
    let bind = async |host: IpAddr, port: u16| {
        TcpListener::bind((host, port)).await.map_err(|error| Refused { host, port, error })
    };
    let listener = bind(host, port).await?;
    let address = listener.local_addr().map_err(|error| Refused { host, port, error })?;
    let mut listeners = vec![listener];
    for &other in beside(host) {
        match bind(other, address.port()).await {
            Ok(listener) => listeners.push(listener),
            // `[::]` has taken IPv4 as well.
            Err(refused) if refused.error.kind() == ErrorKind::AddrInUse && !is_everything(host) => {
                return Err(refused);
            }
            // The machine does not have it.
            Err(_) => {}
        }
    }
    Ok(Listening { listeners, address, walked: None, tls: None })
}

fn is_everything(host: IpAddr) -> bool {
    host == IpAddr::V6(Ipv6Addr::UNSPECIFIED)
}

/// Why an address could not be listened on.
struct Refused {
    host: IpAddr,
    port: u16,
    error: io::Error,
}

impl Refused {
    /// Who has the port, as far as it is known.
    fn conflict(&self) -> String {
        match port_owner::of(self.port) {
            Some(port_owner) => format!("{} is taken by {port_owner}", self.port),
            None => format!("{} is taken", self.port),
        }
    }

    fn into_error(self) -> Error {
        let Self { host, port, error } = &self;
        match error.kind() {
            ErrorKind::AddrInUse => {
                let port_owner =
                    port_owner::of(*port).map(|port_owner| format!(" by {port_owner}")).unwrap_or_default();
                Error::new(format!("port {port} is already in use{port_owner}"))
                    .hint("leave `--port` out to take the next free one, or use `--port 0` for any")
            }
            ErrorKind::PermissionDenied => Error::new(format!("port {port} may not be opened by this user"))
                .hint("ports from 1024 on are open to everyone"),
            ErrorKind::AddrNotAvailable => Error::new(format!("{host} is no address of this machine"))
                .hint("`--host 0.0.0.0` listens on all of them"),
            _ => Error::new(format!("cannot listen on {}: {error}", SocketAddr::new(*host, *port))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn localhost_is_answered_at_both_of_its_addresses() {
        let listening = listen(Ipv4Addr::LOCALHOST.into(), Some(0)).await.unwrap();
        let port = listening.address.port();
        assert!(tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok());
        let has_v6 = std::net::TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
        assert_eq!(tokio::net::TcpStream::connect((Ipv6Addr::LOCALHOST, port)).await.is_ok(), has_v6);
    }

    #[tokio::test]
    async fn a_port_that_another_program_has_at_the_other_localhost_is_taken() {
        let Ok(other) = std::net::TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) else { return };
        let port = other.local_addr().unwrap().port();
        let refused = listen(Ipv4Addr::LOCALHOST.into(), Some(port)).await.unwrap_err();
        assert!(refused.to_string().contains(&format!("port {port} is already in use")), "{refused}");
    }

    #[tokio::test]
    async fn every_address_means_every_address() {
        for host in [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)] {
            let Ok(listening) = listen(host, Some(0)).await else { continue };
            let port = listening.address.port();
            assert!(tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok(), "{host}");
        }
    }
}
