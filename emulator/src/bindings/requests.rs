//! Requests to objects, to Workers and to the outside.

use std::sync::{Arc, Weak};

use http::Method;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};

use super::callees::{ObjectCall, WorkerCall, WorkerService};
use super::table::Binding;
use super::{Bindings, CallChain, Completion, Dispatched, OutboundError, not_bound};
use crate::abi::answer::Answer;
use crate::abi::error::GuestError;
use crate::abi::requests::{FetchRequest, FetchResponse, Redirect, RequestOp, read_url};
use crate::abi::respond::RespondError;
use crate::bodies::Payload;

/// Redirects that are followed (the Fetch standard's number).
const MAX_REDIRECTS: usize = 20;

/// Whom a request asks, hop by hop.
enum Asked {
    Worker { worker: Arc<dyn WorkerService>, entrypoint: Option<String>, props: Option<String> },
    Outside,
}

impl Bindings {
    pub(super) fn request(self: &Arc<Self>, op: RequestOp, chain: &mut CallChain) -> Dispatched {
        match op {
            RequestOp::Object { binding, target, inline, mut request } => {
                let call = self.objects(&binding).and_then(|objects| Ok((objects, chain.call()?)));
                match call {
                    Ok((objects, chain)) => {
                        let method = request.method.clone();
                        request.announce_body();
                        let answer = objects.call(ObjectCall { target, request, chain });
                        Dispatched::Pending(Box::pin(async move {
                            answered(answer.await.map(|response| response.seen_by(&method)), inline).await
                        }))
                    }
                    Err(error) => error.into(),
                }
            }
            RequestOp::Service { binding, inline, redirect, request } => {
                let Some(Binding::Service(service)) = self.table.get(&binding) else {
                    return not_bound("service", &binding).into();
                };
                let Some(worker) = service.worker.get().and_then(Weak::upgrade) else {
                    return GuestError::connection_lost().into();
                };
                let (entrypoint, props) = (service.entrypoint.clone(), service.props.clone());
                self.fetch(Asked::Worker { worker, entrypoint, props }, request, redirect, inline, chain)
            }
            RequestOp::Export { entrypoint, props, inline, redirect, request } => {
                let Some(worker) = self.own.get().and_then(Weak::upgrade) else {
                    return GuestError::connection_lost().into();
                };
                let entrypoint = Some(entrypoint).filter(|name| name != "default");
                self.fetch(Asked::Worker { worker, entrypoint, props }, request, redirect, inline, chain)
            }
            RequestOp::Outgoing { inline, redirect, request } => {
                self.fetch(Asked::Outside, request, redirect, inline, chain)
            }
        }
    }

    fn fetch(
        self: &Arc<Self>,
        asked: Asked,
        request: FetchRequest,
        redirect: Redirect,
        inline: Option<u64>,
        chain: &mut CallChain,
    ) -> Dispatched {
        let (this, mut chain) = (Arc::clone(self), chain.counted());
        Dispatched::Pending(Box::pin(async move {
            let response = match redirect {
                Redirect::Manual => this.hop(&asked, request, &mut chain).await,
                Redirect::Follow => this.follow(&asked, request, &mut chain).await,
            };
            answered(response, inline).await
        }))
    }

    /// Sends a request once.
    async fn hop(
        &self,
        asked: &Asked,
        mut request: FetchRequest,
        chain: &mut CallChain,
    ) -> Result<FetchResponse, GuestError> {
        let method = request.method.clone();
        let response = match asked {
            Asked::Worker { worker, entrypoint, props } => {
                let chain = chain.invoke()?;
                request.announce_body();
                let call = WorkerCall { entrypoint: entrypoint.clone(), props: props.clone(), request, chain };
                Arc::clone(worker).call(call).await
            }
            Asked::Outside => self.send_out(request).await,
        };
        Ok(response?.seen_by(&method))
    }

    /// Sends a request, and on to where the answers lead (Fetch, "HTTP-redirect fetch").
    async fn follow(
        &self,
        asked: &Asked,
        mut request: FetchRequest,
        chain: &mut CallChain,
    ) -> Result<FetchResponse, GuestError> {
        for _ in 0..=MAX_REDIRECTS {
            let (method, url, headers) = (request.method.clone(), request.url.clone(), request.headers.clone());
            let (sent, kept) = match request.body {
                Some(Payload::Bytes(bytes)) => (Some(Payload::Bytes(bytes.clone())), KeptBody::Bytes(Some(bytes))),
                None => (None, KeptBody::Bytes(None)),
                Some(stream) => (Some(stream), KeptBody::Gone),
            };
            let sent = FetchRequest { method: method.clone(), url: url.clone(), headers: headers.clone(), body: sent };
            let response = self.hop(asked, sent, chain).await?;
            let location = match response.status {
                301 | 302 | 303 | 307 | 308 => response.headers.get(LOCATION).and_then(|value| value.to_str().ok()),
                _ => None,
            };
            let Some(location) = location else { return Ok(response) };
            let target = url.join(location).map_err(|_| {
                GuestError::type_error(format!("Invalid Location header; unable to follow redirect: {location}"))
            })?;
            let target = read_url(target.as_str())?;
            let leaves_origin = target.origin() != url.origin();
            request = FetchRequest { method, url: target, headers, body: None };
            if leaves_origin {
                // Fetch standard, "HTTP-redirect fetch": credentials stay with the origin that they were meant for.
                request.headers.remove(AUTHORIZATION);
            }
            let drops_body = match response.status {
                301 | 302 => request.method == Method::POST,
                303 => request.method != Method::GET && request.method != Method::HEAD,
                _ => false,
            };
            if drops_body {
                request.method = Method::GET;
                request.headers.remove(CONTENT_LENGTH);
                request.headers.remove(CONTENT_TYPE);
                continue;
            }
            request.body = match kept {
                KeptBody::Bytes(bytes) => bytes.map(Payload::Bytes),
                KeptBody::Gone => {
                    return Err(GuestError::type_error(
                        "A request with a one-time-use body (it was initialized from a stream, not a buffer) encountered a \
                         redirect requiring the body to be retransmitted. To avoid this error in the future, construct this \
                         request from a buffer-like body initializer.",
                    ));
                }
            };
        }
        Err(GuestError::type_error("Too many redirects."))
    }

    async fn send_out(&self, request: FetchRequest) -> Result<FetchResponse, GuestError> {
        if request.wants_socket() {
            return Err(GuestError::error("WebSockets to the outside are not supported here."));
        }
        let FetchRequest { method, url, headers, body } = request;
        let mut out = http::Request::builder().method(method).uri(url.as_str());
        if let Some(fields) = out.headers_mut() {
            *fields = headers;
        }
        let out = out
            .body(body.unwrap_or_default().into_http())
            .map_err(|_| GuestError::type_error(format!("Invalid URL: {url}")))?;
        let (parts, body) = match self.outbound.fetch(out).await {
            Ok(response) => response.into_parts(),
            Err(OutboundError::ConnectionLost) => return Err(GuestError::connection_lost()),
            Err(error) => return Err(GuestError::error(error.to_string())),
        };
        let length = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let body = Some(Payload::stream(body, length));
        Ok(FetchResponse { status: parts.status.as_u16(), headers: parts.headers, body, socket: None })
    }
}

/// The body of a request, for a redirect that asks for it again.
enum KeptBody {
    Bytes(Option<bytes::Bytes>),
    Gone,
}

/// The end of an op that fetched.
async fn answered(response: Result<FetchResponse, GuestError>, inline: Option<u64>) -> Completion {
    let mut response = match response {
        Ok(response) => response,
        Err(error) => return error.into(),
    };
    if let Some(body) = response.body.take() {
        match body.inlined(inline).await {
            Ok(body) => response.body = Some(body),
            Err(error) => return error.into(),
        }
    }
    Answer::response(response, inline).into()
}

/// The answer of somebody who joins a socket to a request that asked for none, as the platform has it.
pub(crate) fn not_an_upgrade() -> GuestError {
    GuestError::type_error(
        "Worker tried to return a WebSocket in a response to a request which did not contain the header \"Upgrade: \
         websocket\".",
    )
}

/// The answer of somebody who gives a body to a status that has none, as the platform has it.
pub(crate) fn null_body() -> GuestError {
    GuestError::type_error(RespondError::NullBody.to_string())
}
