use super::{Answering, RequestLayer, layer};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header, uri::PathAndQuery};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// A request and its answer's head.
#[derive(Clone, Debug)]
pub struct LoggedRequest {
    /// The method.
    pub method: Method,
    /// The host as the client named it; empty if it named none.
    pub host: String,
    /// Path and query.
    pub target: String,
    /// The status of the answer.
    pub status: StatusCode,
    /// From the request's head to the answer's.
    pub took: Duration,
}

/// Calls `log` for every request that was answered, whoever answered it.
pub fn request_log(log: impl Fn(&LoggedRequest) + Send + Sync + 'static) -> RequestLayer {
    let log = Arc::new(log);
    layer(move |request, next| {
        let host = host(request.uri(), request.headers());
        let target = request.uri().path_and_query().map_or("/", PathAndQuery::as_str).to_owned();
        let (method, started, log) = (request.method().clone(), Instant::now(), log.clone());
        let answer = next.call(request);
        Answering::later(async move {
            let response = answer.await;
            let (status, took) = (response.status(), started.elapsed());
            log(&LoggedRequest { method, host, target, status, took });
            response
        })
    })
}

/// As it was sent: requests that are refused for their host are logged, too.
fn host(uri: &Uri, headers: &HeaderMap) -> String {
    let named = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    uri.authority().map(axum::http::uri::Authority::as_str).or(named).unwrap_or_default().to_owned()
}
