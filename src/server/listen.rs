use crate::{
    cli::DEFAULT_PORT,
    error::{Error, Result},
};
use std::{
    io::ErrorKind,
    net::{IpAddr, SocketAddr},
};
use tokio::net::TcpListener;

/// How many ports the default walks over before it gives up.
const PORTS_TRIED: u16 = 20;

/// A bound listener and the address that it got.
#[derive(Debug)]
pub struct Listening {
    /// Never closed in between, so nobody can take the port.
    pub listener: TcpListener,
    /// With the real port.
    pub address: SocketAddr,
}

/// Listens on the port that was asked for; without one on the first free port from [`DEFAULT_PORT`] on.
///
/// # Errors
/// The port is taken, or the address is none of this machine's.
pub async fn listen(host: IpAddr, port: Option<u16>) -> Result<Listening> {
    if let Some(port) = port {
        return bind(host, port).await.map_err(|error| refused(host, port, &error));
    }
    for port in DEFAULT_PORT..DEFAULT_PORT + PORTS_TRIED {
        match bind(host, port).await {
            Err(error) if error.kind() == ErrorKind::AddrInUse => {}
            other => return other.map_err(|error| refused(host, port, &error)),
        }
    }
    let last = DEFAULT_PORT + PORTS_TRIED - 1;
    Err(Error::new(format!("ports {DEFAULT_PORT} to {last} are all taken")).hint("`--port 0` takes any free port"))
}

async fn bind(host: IpAddr, port: u16) -> std::io::Result<Listening> {
    let listener = TcpListener::bind((host, port)).await?;
    let address = listener.local_addr()?;
    Ok(Listening { listener, address })
}

fn refused(host: IpAddr, port: u16, error: &std::io::Error) -> Error {
    match error.kind() {
        ErrorKind::AddrInUse => Error::new(format!("port {port} is already in use"))
            .hint("leave `--port` out to take the next free one, or use `--port 0` for any"),
        ErrorKind::PermissionDenied => Error::new(format!("port {port} may not be opened by this user"))
            .hint("ports from 1024 on are open to everyone"),
        ErrorKind::AddrNotAvailable => {
            Error::new(format!("{host} is no address of this machine")).hint("`--host 0.0.0.0` listens on all of them")
        }
        _ => Error::new(format!("cannot listen on {host}:{port}: {error}")),
    }
}
