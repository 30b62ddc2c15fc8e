//! Path to response: state from KV, routes and manifest by their hashes, the blob from R2.

mod cache;
mod documents;
mod freshness;
mod state;

use crate::{
    bindings::{Blob, Edge, Level},
    content_type::content_type,
    http::{ApiError, Code, Payload, Range, Request, Response, if_none_match, if_range, parse_range},
    model::{File, Hash, SiteName, SpaceState},
    router::{ResolvedRoute, decode_path, file_at, hash_in_name, is_immutable, resolve},
};

pub(crate) use cache::ByteLru;
pub(crate) use documents::{Cache, LoadError, load};

/// What the requests of one instance share: values, never futures.
#[derive(Default)]
pub(crate) struct Shared {
    documents: Cache,
    states: state::States,
}

const REVALIDATE: &str = "public, max-age=0, must-revalidate";
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// Answers a request for a site.
pub(crate) async fn serve<E: Edge>(
    edge: E,
    shared: &Shared,
    site: &SiteName,
    request: &Request<'_>,
) -> Result<Response, ApiError> {
    if !matches!(request.method, "GET" | "HEAD") {
        return Err(ApiError::new(Code::MethodNotAllowed, format!("{} is not answered here", request.method))
            .header("allow", "GET, HEAD"));
    }
    let wanted = freshness::Wanted::of(request);
    let known = match freshness::state(edge, shared, site, wanted).await? {
        Some(known) => known,
        None => return Err(ApiError::new(Code::SpaceNotFound, format!("Space not found: {site}"))),
    };
    let active = &*known.state;
    let state = &active.state;
    let roots = load(edge, &shared.documents, &state.roots, &state.previous)
        .await
        .map_err(|error| documents_error(edge, error))?;
    // What cannot be decoded is looked up as it stands: nothing has such a name.
    let path = decode_path(request.path).unwrap_or(request.path.into());
    let mut answer = Answer { edge, active, request, no_store: wanted.is_some() };
    let mut response = match resolve(&roots, &path) {
        ResolvedRoute::File { path, file } => answer.file(path, file).await?,
        ResolvedRoute::Redirect { location, status } => answer.redirect(&location, status),
        ResolvedRoute::NotFound { page } => match earlier(edge, shared, state, &path).await {
            Some((path, file)) => answer.file(&path, file).await?,
            None => answer.not_found(page).await?,
        },
    };
    if let Some(confirmed) = known.confirmed {
        response.header("pmx-fresh", if confirmed { "1" } else { "0" });
    }
    Ok(response)
}

fn documents_error<E: Edge>(edge: E, error: LoadError) -> ApiError {
    edge.log(Level::Error, &error.to_string());
    match error {
        LoadError::Missing(hash) => missing_blob(edge, &hash),
        LoadError::Binding(error) => internal(edge, &error.0),
        LoadError::Bad(_) => ApiError::new(Code::Internal, "The site's documents cannot be read"),
    }
}

fn missing_blob<E: Edge>(edge: E, hash: &Hash) -> ApiError {
    edge.log(Level::Error, &format!("blob {hash} is named by an active deploy but is not in the bucket"));
    ApiError::new(Code::MissingBlob, "A part of this site is missing").detail("hash", hash.to_string())
}

/// A binding failed: the log gets the platform's text, the visitor does not.
pub(crate) fn internal<E: Edge>(edge: E, text: &str) -> ApiError {
    edge.log(Level::Error, text);
    ApiError::new(Code::Internal, "Something went wrong on the server")
}

/// A file that carries its own hash and is gone from the active deploy: pages that were just being loaded keep their assets.
async fn earlier<E: Edge>(edge: E, shared: &Shared, state: &SpaceState, path: &str) -> Option<(String, File)> {
    hash_in_name(path)?;
    let active = std::slice::from_ref(&state.roots);
    for roots in &state.previous {
        // What cannot be read any more is as good as gone.
        let Ok(mounted) = load(edge, &shared.documents, roots, active).await else { continue };
        if let Some((name, file)) = file_at(&mounted, path).filter(|(name, file)| is_immutable(name, file)) {
            return Some((name.to_owned(), file));
        }
    }
    None
}

struct Answer<'a, E> {
    edge: E,
    active: &'a state::Active,
    request: &'a Request<'a>,
    no_store: bool,
}

impl<E: Edge> Answer<'_, E> {
    /// The headers that every answer of a site has.
    fn head(&self, status: u16, cache_control: &'static str) -> Response {
        let mut response = Response::empty(status);
        response
            .header("cache-control", if self.no_store { "no-store" } else { cache_control })
            .header("pmx-deploy", self.active.deploy.clone())
            .header("pmx-seq", self.active.seq.clone())
            .header("server-timing", self.active.timing.clone())
            .header("x-content-type-options", "nosniff");
        response
    }

    async fn file(&mut self, path: &str, file: File) -> Result<Response, ApiError> {
        let hex = file.hash.hex();
        let tag = std::str::from_utf8(&hex).unwrap_or_default();
        let policy = if is_immutable(path, &file) { IMMUTABLE } else { REVALIDATE };
        let etag = format!("\"{tag}\"");
        if self.request.header("if-none-match").is_some_and(|header| if_none_match(header, tag)) {
            let mut response = self.head(304, policy);
            response.header("etag", etag);
            return Ok(response);
        }
        let range = match self.request.header("range") {
            Some(range) if self.request.header("if-range").is_none_or(|header| if_range(header, tag)) => {
                parse_range(range, file.size)
            }
            _ => Range::Whole,
        };
        let (status, part, length) = match range {
            Range::Unsatisfiable => {
                let mut response = self.head(416, "no-store");
                response.header("content-range", format!("bytes */{}", file.size)).header("content-length", "0");
                return Ok(response);
            }
            Range::Whole => (200, None, file.size),
            Range::Part { offset, length } => (206, Some((offset, length)), length),
        };
        let mut response = self.head(status, policy);
        response
            .header("content-type", content_type(path))
            .header("content-length", length.to_string())
            .header("etag", etag)
            .header("accept-ranges", "bytes");
        if let Some((offset, length)) = part {
            response.header("content-range", format!("bytes {offset}-{}/{}", offset + length - 1, file.size));
        }
        self.body(response, &file, part).await
    }

    fn redirect(&self, location: &str, status: u16) -> Response {
        let location = match self.request.query {
            Some(query) if !location.contains('?') => format!("{location}?{query}"),
            _ => location.to_owned(),
        };
        let mut response = self.head(status, REVALIDATE);
        response.header("location", location).header("content-length", "0");
        response
    }

    async fn not_found(&self, page: Option<(&str, File)>) -> Result<Response, ApiError> {
        let mut response = self.head(404, "no-store");
        if let Some((path, file)) = page {
            response.header("content-type", content_type(path)).header("content-length", file.size.to_string());
            return self.body(response, &file, None).await;
        }
        let text = b"Not found\n";
        response.header("content-type", "text/plain; charset=utf-8").header("content-length", text.len().to_string());
        if self.request.method == "GET" {
            response.payload = Payload::Bytes(text.to_vec());
        }
        Ok(response)
    }

    /// `HEAD` costs no read of the blob: the manifest knows its size.
    async fn body(&self, mut response: Response, file: &File, part: Option<(u64, u64)>) -> Result<Response, ApiError> {
        if self.request.method == "HEAD" {
            return Ok(response);
        }
        match self.edge.blob_get(&file.hash, part).await {
            Ok(Some(blob)) if blob.size == file.size => response.payload = Payload::Blob(blob),
            Ok(Some(Blob { size, .. })) => {
                return Err(internal(
                    self.edge,
                    &format!("blob {} has {size} bytes, its manifest says {}", file.hash, file.size),
                ));
            }
            Ok(None) => return Err(missing_blob(self.edge, &file.hash)),
            Err(error) => return Err(internal(self.edge, &error.0)),
        }
        Ok(response)
    }
}
