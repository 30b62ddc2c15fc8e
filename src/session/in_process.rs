//! The publish API of the Worker in this process: the same handlers, without a network between.

use crate::{
    error::Error,
    publish::{self, ApiBody, ApiRequest, ApiResponse, BlobSource, Method, PublishError, Server, TransportError},
};
use axum::{
    body::{Body, Bytes, to_bytes},
    http::Request,
};
use pmx_emulator::Emulator;
use pmx_model::{Hash, SiteName};
use std::{future::Future, io::Read as _};

/// The most bytes of an answer: the list of what is missing, of 100,000 hashes with their addresses.
const MAX_ANSWER: usize = 32 * 1024 * 1024;

/// The error that a person reads.
#[must_use]
pub fn explain(error: &PublishError, site: &SiteName) -> Error {
    publish::explain(error, &format!("pmx deploys -s {site}"), publish::TOKEN_VARIABLE)
}

/// Calls the local Worker with the secret of this process.
pub struct InProcess {
    emulator: Emulator,
    authorization: String,
}

impl InProcess {
    /// `secret` is what the publish API of the Worker takes.
    #[must_use]
    pub fn new(emulator: Emulator, secret: &str) -> Self {
        Self { emulator, authorization: format!("Bearer {secret}") }
    }

    async fn answer(&self, request: ApiRequest) -> Result<ApiResponse, TransportError> {
        let impossible = |error: &dyn std::fmt::Display| TransportError::Impossible(error.to_string());
        let body = match request.body {
            ApiBody::Empty => Bytes::new(),
            ApiBody::Json(json) => json.into(),
            ApiBody::Blob { hash, source } => bytes(hash, &source)?,
        };
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        let call = Request::builder()
            .method(method)
            .uri(format!("http://localhost{}", request.target))
            .header("host", "localhost")
            .header("authorization", &self.authorization)
            .header("content-length", body.len())
            .body(Body::from(body))
            .map_err(|error| impossible(&error))?;
        let answer = self.emulator.fetch(call).await;
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), MAX_ANSWER).await.map_err(|error| impossible(&error))?;
        Ok(ApiResponse { status, headers: Vec::new(), body: body.to_vec() })
    }
}

/// The bytes of a blob, shared where they are in memory. The bucket compares them with the hash.
fn bytes(hash: Hash, source: &BlobSource) -> Result<Bytes, TransportError> {
    match source {
        BlobSource::Memory(bytes) => return Ok(Bytes::from_owner(bytes.clone())),
        BlobSource::Built { blobs, .. } => {
            if let Some(bytes) = blobs.read(&hash).map_err(|error| TransportError::Blob(error.into()))? {
                return Ok(Bytes::from_owner(bytes));
            }
        }
        BlobSource::File { .. } => {}
    }
    let mut bytes = Vec::with_capacity(usize::try_from(source.size()).unwrap_or(0));
    let mut reader = source.open(hash)?;
    reader.read_to_end(&mut bytes).map_err(|error| TransportError::Impossible(error.to_string()))?;
    Ok(bytes.into())
}

impl Server for InProcess {
    fn call(&self, request: ApiRequest) -> impl Future<Output = Result<ApiResponse, TransportError>> + Send {
        self.answer(request)
    }
}
