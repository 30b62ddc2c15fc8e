//! Path to response: state from KV, routes and manifest by their hashes, the blob from R2.

mod freshness;
pub(crate) mod losses;
mod plain;
mod state;
mod unpublished;

use super::{
    blobs::{self, Blob},
    codes,
    documents::{Cache, LoadError, load_one},
    internal, not_published,
    router::{Documents, ResolvedRoute, decode_path, file_at, markdown_of, resolve},
};
use pmx_edge::{
    Edge,
    bindings::Level,
    content_type::content_type,
    http::{ApiError, Code, ConditionalOutcome, Current, Payload, Range, Request, Response, prefers_markdown},
    permits::Permits,
    rate::Rate,
};
use pmx_model::{File, SiteName, SpaceState, hash_in_name, is_immutable};

use losses::{Failure, Lost};
use state::Shown;
use std::cell::OnceCell;

/// How many documents of earlier deploys an instance reads at once: any visitor can ask for names that no deploy has.
const EARLIER_BURST: u32 = 20;
/// And then one in so many milliseconds: two a second.
const EARLIER_REFILL_MS: u64 = 500;

/// What the requests of one instance share: values, never futures.
pub(crate) struct Shared {
    documents: Cache,
    states: state::States,
    /// Readings of documents of earlier deploys.
    earlier: Rate,
    plain: plain::PlainAnswers,
    pub(crate) losses: losses::Losses,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            documents: Cache::default(),
            states: state::States::default(),
            earlier: Rate::new(EARLIER_BURST, EARLIER_REFILL_MS),
            plain: plain::PlainAnswers::default(),
            losses: losses::Losses::default(),
        }
    }
}

impl Shared {
    /// What limits the bytes that are worked on at once.
    pub(crate) const fn permits(&self) -> &Permits {
        self.documents.permits()
    }

    /// What this site shows was changed through this instance.
    pub(crate) fn published(&self, site: &SiteName) {
        self.states.published(site);
    }

    /// Whether the site was ever published, as far as that is asked: names that were not cost an object now and then, like their pages.
    pub(crate) async fn exists(&self, edge: Edge, site: &SiteName) -> Result<bool, ApiError> {
        self.states.exists(edge, site).await
    }
}

const REVALIDATE: &str = "public, max-age=0, must-revalidate";
const MARKDOWN: &str = "text/markdown; charset=utf-8";
/// What is said where nothing is to who reads Markdown, if the site has no words for them.
const NOTHING: &[u8] = b"# Not found\n\nThere is no page here.\n";
/// What an answer depends on where there are two forms of it.
const VARY: &str = "accept";
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// Answers a request for a site.
pub(crate) async fn serve(
    edge: Edge,
    shared: &Shared,
    site: &SiteName,
    request: &Request,
) -> Result<Response, Failure> {
    if !matches!(request.method(), "GET" | "HEAD") {
        return Err(ApiError::new(Code::METHOD_NOT_ALLOWED, format!("{} is not answered here", request.method()))
            .header("allow", "GET, HEAD")
            .into());
    }
    let wanted = freshness::Wanted::of(request);
    let known = match freshness::state(edge, shared, site, wanted).await? {
        Some(known) => known,
        None => return Err(not_published(site).into()),
    };
    let active = match &*known.state {
        Shown::Active(active) => active,
        Shown::Nothing(tombstone) => return Ok(unpublished::answer(edge, site, tombstone, request, known.confirmed)),
    };
    let answer = Answer { edge, active, request, no_store: wanted.is_some(), markdown: OnceCell::new() };
    let prepared = match shared.plain.find(&known.state, &answer) {
        Some(prepared) => prepared,
        None => {
            let prepared = answer.prepare(shared).await?;
            shared.plain.keep(&known.state, &answer, &prepared);
            prepared
        }
    };
    let mut response = answer.with_body(prepared).await?;
    if let Some(confirmed) = known.confirmed {
        response.header("pmx-fresh", freshness::word(confirmed));
    }
    Ok(response)
}

fn documents_error(edge: Edge, error: LoadError) -> Failure {
    edge.log(Level::Error, &error.to_string());
    match error {
        LoadError::Missing(hash) => missing_blob(edge, Lost { hash, size: None }),
        LoadError::Binding(error) => internal(edge, &error.message).into(),
        LoadError::Busy(busy) => ApiError::from(busy).into(),
        LoadError::Bad(_) | LoadError::TooLarge { .. } | LoadError::TooMany => {
            ApiError::new(Code::INTERNAL, "The site's documents cannot be read").into()
        }
    }
}

/// An honest 500. The object of the site is told after the answer, so that the next publish brings the blob again.
fn missing_blob(edge: Edge, lost: Lost) -> Failure {
    let hash = lost.hash;
    edge.log(Level::Error, &format!("blob {hash} is named by an active deploy but is not in the bucket"));
    let error = ApiError::new(codes::MISSING_BLOB, "A part of this site is missing").detail("hash", hash.to_string());
    Failure { error, lost: Some(lost) }
}

/// A file that carries its own hash and is gone from the active deploy: pages that were just being loaded keep their assets.
async fn earlier(edge: Edge, shared: &Shared, state: &SpaceState, path: &str) -> Option<(String, File)> {
    hash_in_name(path)?;
    let active = std::slice::from_ref(&state.roots);
    for roots in &state.previous {
        for (mount, root) in roots.on_path(path) {
            if !shared.documents.holds(root) && !shared.earlier.take(edge.now_ms()) {
                continue;
            }
            let loaded = load_one(edge, &shared.documents, (roots, root), active, state.seq).await;
            // What cannot be read any more is as good as gone.
            let Ok(documents) = loaded else { continue };
            if let Some((name, file)) = file_at(&documents, mount, path).filter(|(name, file)| is_immutable(name, file))
            {
                return Some((name.to_owned(), file));
            }
        }
    }
    None
}

/// What the active deploy has at a path.
enum Found {
    /// An answer.
    Answer(Prepared),
    /// Nothing, and perhaps the page that says so: its content type, and the file.
    Nothing { page: Option<(&'static str, File)> },
}

/// In how many forms there is what is at an address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Forms {
    One,
    /// As a page and as Markdown: `Accept` decides.
    Two,
}

/// An answer whose body is still to be fetched. Documents are not held meanwhile: they may be large, and the body slow.
struct Prepared {
    response: Response,
    body: Option<(File, Option<(u64, u64)>)>,
    /// Of a file: in how many forms it is there.
    forms: Option<Forms>,
}

impl From<Response> for Prepared {
    fn from(response: Response) -> Self {
        Self { response, body: None, forms: None }
    }
}

struct Answer<'a> {
    edge: Edge,
    active: &'a state::Active,
    request: &'a Request,
    no_store: bool,
    /// See [`Self::wants_markdown`].
    markdown: OnceCell<bool>,
}

impl Answer<'_> {
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

    /// What the active deploy has at the path, an earlier one perhaps, or that there is nothing.
    async fn prepare(&self, shared: &Shared) -> Result<Prepared, Failure> {
        // What cannot be decoded is looked up as it stands: nothing has such a name.
        let path = decode_path(self.request.path()).unwrap_or(self.request.path().into());
        Ok(match self.find(shared, &path).await? {
            Found::Answer(prepared) => prepared,
            Found::Nothing { page } => match earlier(self.edge, shared, &self.active.state, &path).await {
                Some((path, file)) => self.file(&path, file, Forms::One),
                None => self.not_found(page),
            },
        })
    }

    /// Asks the roots of a path one after the other.
    async fn find(&self, shared: &Shared, path: &str) -> Result<Found, Failure> {
        let SpaceState { roots, previous, seq, .. } = &self.active.state;
        let mut not_found = None;
        for (mount, root) in roots.on_path(path) {
            let documents = load_one(self.edge, &shared.documents, (roots, root), previous, *seq)
                .await
                .map_err(|error| documents_error(self.edge, error))?;
            match resolve(&documents, mount, path) {
                ResolvedRoute::Page { path, file } => {
                    let (path, file) = self.form(&documents, path, file);
                    return Ok(Found::Answer(self.file(path, file, Forms::Two)));
                }
                ResolvedRoute::File { path, file } => return Ok(Found::Answer(self.file(path, file, Forms::One))),
                ResolvedRoute::Redirect { location, status } => {
                    return Ok(Found::Answer(self.redirect(&location, status).into()));
                }
                ResolvedRoute::NotFound { page } => {
                    not_found = not_found.or_else(|| {
                        let (path, file) = page.map(|(path, file)| self.form(&documents, path, file))?;
                        Some((content_type(path), file))
                    });
                }
            }
        }
        Ok(Found::Nothing { page: not_found })
    }

    /// Whether the client would rather have Markdown than HTML.
    fn wants_markdown(&self) -> bool {
        *self.markdown.get_or_init(|| prefers_markdown(self.request.headers.all("accept")))
    }

    /// The form of a page that the client asks for, if there is one.
    fn form<'d>(&self, documents: &'d Documents, path: &'d str, file: File) -> (&'d str, File) {
        self.wants_markdown().then(|| markdown_of(documents, path)).flatten().unwrap_or((path, file))
    }

    fn file(&self, path: &str, file: File, forms: Forms) -> Prepared {
        let head = |status, policy| {
            let mut response = self.head(status, policy);
            if forms == Forms::Two {
                response.header("vary", VARY);
            }
            response
        };
        let hex = file.hash.hex();
        let tag = std::str::from_utf8(&hex).unwrap_or_default();
        let immutable = is_immutable(path, &file);
        let policy = if immutable { IMMUTABLE } else { REVALIDATE };
        let etag = format!("\"{tag}\"");
        let unchanged_since = (!immutable).then_some(&*self.active.state.updated_at);
        let current = Current { tag: Some(tag), unchanged_since, size: file.size };
        let (status, part, length) = match current.outcome(self.request.method(), |name| self.request.headers.all(name))
        {
            ConditionalOutcome::NotModified => {
                let mut response = head(304, policy);
                response.header("etag", etag);
                return response.into();
            }
            ConditionalOutcome::Failed => {
                let mut response = head(412, "no-store");
                response.header("content-length", "0");
                return response.into();
            }
            ConditionalOutcome::Send(Range::Unsatisfiable) => {
                let mut response = head(416, "no-store");
                response.header("content-range", format!("bytes */{}", file.size)).header("content-length", "0");
                return response.into();
            }
            ConditionalOutcome::Send(Range::Whole) => (200, None, file.size),
            ConditionalOutcome::Send(Range::Part { offset, length }) => (206, Some((offset, length)), length),
        };
        let mut response = head(status, policy);
        response
            .header("content-type", content_type(path))
            .header("content-length", length.to_string())
            .header("etag", etag)
            .header("accept-ranges", "bytes");
        if let Some((offset, length)) = part {
            response.header("content-range", format!("bytes {offset}-{}/{}", offset + length - 1, file.size));
        }
        Prepared { response, body: Some((file, part)), forms: Some(forms) }
    }

    fn redirect(&self, location: &str, status: u16) -> Response {
        let location = match self.request.query() {
            Some(query) if !location.contains('?') => format!("{location}?{query}"),
            _ => location.to_owned(),
        };
        let mut response = self.head(status, REVALIDATE);
        response.header("location", location).header("content-length", "0");
        response
    }

    fn not_found(&self, page: Option<(&'static str, File)>) -> Prepared {
        let mut response = self.head(404, "no-store");
        response.header("vary", VARY);
        let is_markdown = page.is_some_and(|(content_type, _)| content_type == MARKDOWN);
        if !is_markdown && self.wants_markdown() {
            response.header("content-type", MARKDOWN).header("content-length", NOTHING.len().to_string());
            if self.request.method() == "GET" {
                response.payload = Payload::Body(NOTHING.into());
            }
            return response.into();
        }
        if let Some((content_type, file)) = page {
            response.header("content-type", content_type).header("content-length", file.size.to_string());
            return Prepared { response, body: Some((file, None)), forms: None };
        }
        let text = b"Not found\n";
        response.header("content-type", "text/plain; charset=utf-8").header("content-length", text.len().to_string());
        if self.request.method() == "GET" {
            response.payload = Payload::Body(text[..].into());
        }
        response.into()
    }

    /// `HEAD` costs no read of the blob: the manifest knows its size.
    async fn with_body(&self, Prepared { mut response, body, .. }: Prepared) -> Result<Response, Failure> {
        let Some((file, part)) = body.filter(|_| self.request.method() != "HEAD") else { return Ok(response) };
        let lost = Lost { hash: file.hash, size: Some(file.size) };
        match blobs::stream(self.edge, &file.hash, part).await {
            Ok(Some(Blob { body, size })) if size == file.size => response.payload = Payload::Body(body),
            Ok(Some(Blob { size, .. })) => {
                let text = format!("blob {} has {size} bytes, its manifest says {}", file.hash, file.size);
                self.edge.log(Level::Error, &text);
                return Err(missing_blob(self.edge, lost));
            }
            Ok(None) => return Err(missing_blob(self.edge, lost)),
            Err(error) => return Err(internal(self.edge, &error.message).into()),
        }
        Ok(response)
    }
}

#[cfg(test)]
mod tests;
