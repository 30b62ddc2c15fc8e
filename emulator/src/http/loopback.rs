//! Outgoing requests to servers on this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::body::Body;
use http::header::HOST;
use http::{HeaderValue, Request, Response, Uri};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::bindings::{Outbound, OutboundError, OutboundFuture};

/// Lets requests out to this machine, over plain HTTP, and nowhere else: to `localhost`, and to addresses of the loopback interface.
#[derive(Clone, Copy, Debug, Default)]
pub struct LoopbackOutbound;

impl Outbound for LoopbackOutbound {
    fn fetch(&self, request: Request<Body>) -> OutboundFuture {
        Box::pin(async move {
            let addresses = addresses(request.uri()).ok_or(OutboundError::Denied)?;
            send(request, &addresses).await.ok_or(OutboundError::ConnectionLost)
        })
    }
}

/// Where a URL leads, if that is on this machine.
fn addresses(uri: &Uri) -> Option<Vec<SocketAddr>> {
    if uri.scheme_str() != Some("http") {
        return None;
    }
    let (host, port) = (uri.host()?, uri.port_u16().unwrap_or(80));
    if host == "localhost" || host.ends_with(".localhost") {
        return Some(vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]);
    }
    let address: IpAddr = host.trim_start_matches('[').trim_end_matches(']').parse().ok()?;
    address.is_loopback().then(|| vec![(address, port).into()])
}

async fn send(request: Request<Body>, addresses: &[SocketAddr]) -> Option<Response<Body>> {
    let stream = TcpStream::connect(addresses).await.ok()?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    // It ends with the answer's body, or when the sender and the answer are dropped.
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "an outgoing connection broke");
        }
    });
    let response = sender.send_request(origin_form(request)?).await.ok()?;
    Some(response.map(Body::new))
}

/// A request as it is written to its server: path and query in the request line, the host in a header.
fn origin_form(request: Request<Body>) -> Option<Request<Body>> {
    let (mut parts, body) = request.into_parts();
    let host = HeaderValue::from_str(parts.uri.authority()?.as_str()).ok()?;
    parts.headers.insert(HOST, host);
    parts.uri = Uri::from(parts.uri.path_and_query()?.clone());
    Some(Request::from_parts(parts, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_reached() {
        for url in [
            "http://localhost:8787/",
            "http://a.localhost/",
            "http://127.0.0.1:1/x",
            "http://127.9.9.9/",
            "http://[::1]:1/",
        ] {
            assert!(addresses(&url.parse().unwrap()).is_some(), "{url}");
        }
        for url in [
            "https://localhost/",
            "http://example.com/",
            "http://10.0.0.1/",
            "http://localhost.example.com/",
            "http://[::2]/",
            "/x",
        ] {
            assert!(addresses(&url.parse().unwrap()).is_none(), "{url}");
        }
    }
}
