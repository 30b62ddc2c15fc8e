//! A page as the Worker answers it, with the tag.

use super::{etag, not_built, script, unlinked};
use crate::{
    dev::live_reload::{LiveReload, ReloadTarget},
    server::{answer_changed, is_upgrade, layers::Next, refusal},
    session::Session,
};
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use pmx_model::SiteName;

/// The largest page that gets the tag, in bytes. It is held in memory for a moment; what is larger is no page that
/// somebody writes and watches, and goes through as it is.
const LARGEST_PAGE: usize = 16 * 1024 * 1024;
/// What an immutable page says here.
const REVALIDATE: HeaderValue = HeaderValue::from_static("public, max-age=0, must-revalidate");

/// Whether the answer to a request may be a page that somebody looks at. Says yes where only the answer tells.
pub(super) fn may_be_page(request: &Request) -> bool {
    let headers = request.headers();
    let wanted = headers.get("sec-fetch-dest").is_none_or(|wanted| {
        // `empty`: a script fetches, as the live client does.
        matches!(wanted.as_bytes(), b"document" | b"iframe" | b"frame" | b"embed" | b"object" | b"empty")
    });
    wanted && matches!(*request.method(), Method::GET | Method::HEAD) && !is_upgrade(request)
}

/// The pages of all sites.
pub(super) struct PageLayer {
    pub(super) session: Session,
    pub(super) reload: LiveReload,
    /// Whether answers to questions are taken.
    pub(super) answers: bool,
}

impl PageLayer {
    /// Answers a request for what may be a page of this site.
    pub(super) async fn answer(&self, request: Request, site: Option<SiteName>, next: &Next) -> Response {
        let is_tagged = |answer: &Response| answer.status() == StatusCode::OK && taggable(answer).is_some();
        answer_changed(request, is_tagged, |request| self.whole(request, site.clone(), next)).await
    }

    /// Answers a request for the whole of what may be a page, or for its head.
    async fn whole(&self, request: Request, site: Option<SiteName>, next: &Next) -> Response {
        let mut whole = PageRewrite {
            head: request.method() == Method::HEAD,
            tag: script::tag(request.uri().path(), self.answers),
            answers: self.answers,
            note: String::new(),
        };
        let path = request.uri().path().to_owned();
        let reader = request.headers().get(header::ACCEPT).is_some_and(|accept| contains(accept, "text/html"));
        let answer = next.call(request).await;
        if answer.status() == StatusCode::NOT_FOUND
            && reader
            && let Some(status) = site.as_ref().and_then(|site| self.session.site(site))
        {
            if !answer.headers().contains_key("pmx-deploy") {
                let shown = ReloadTarget::Status(status.name.clone());
                return self.reload.serve(&shown, not_built::response(status, whole.head).await).await;
            }
            let note = tokio::task::spawn_blocking(move || unlinked::note(&status, &path));
            whole.note = note.await.unwrap_or_default();
        }
        let (answer, is_live) = whole.finish(answer).await;
        match site.filter(|_| reader && !is_live) {
            Some(site) => self.loaded_again(site, answer).await,
            None => answer,
        }
    }

    /// A page without a live client: it is loaded again when the site was published anew. What it is loaded again for stands in it, so no
    /// cache may keep it.
    async fn loaded_again(&self, site: SiteName, answer: Response) -> Response {
        let mut answer = self.reload.serve(&ReloadTarget::Deploy(site), answer).await;
        answer.headers_mut().remove(header::ETAG);
        answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        answer
    }
}

/// How a page is finished.
struct PageRewrite {
    /// Only the head was asked for.
    head: bool,
    tag: String,
    answers: bool,
    /// What is added to a page that says that there is none.
    note: String,
}

impl PageRewrite {
    /// The answer with the tag, if it is a whole page; else as it is. And whether it has no need of being loaded again: it is no page, or one
    /// with a live client.
    async fn finish(self, answer: Response) -> (Response, bool) {
        let Some(length) = taggable(&answer) else { return (answer, true) };
        let (mut parts, body) = answer.into_parts();
        let mut is_live = self.head;
        let mut added = self.tag.len();
        let body = if self.head {
            body
        } else {
            let Ok(page) = to_bytes(body, length).await else {
                let message = "The page cannot be read to its end";
                return (refusal(StatusCode::INTERNAL_SERVER_ERROR, "internal", message), true);
            };
            is_live = script::has_live_client(&page);
            let (before, after) = page.split_at(script::place(&page));
            let place = if self.note.is_empty() { 0 } else { unlinked::place(after) };
            let (heading, rest) = after.split_at(place);
            let note = if heading.is_empty() { &[][..] } else { self.note.as_bytes() };
            added += note.len();
            Body::from([before, self.tag.as_bytes(), heading, note, rest].concat())
        };
        let headers = &mut parts.headers;
        match self.head && !self.note.is_empty() {
            // How long it is depends on the page.
            true => headers.remove(header::CONTENT_LENGTH),
            false => headers.insert(header::CONTENT_LENGTH, (length + added).into()),
        };
        if let Some(etag) = headers.get(header::ETAG).and_then(|etag| etag::with_script(etag, self.answers)) {
            headers.insert(header::ETAG, etag);
        }
        revalidate(headers);
        (Response::from_parts(parts, body), is_live)
    }
}

/// A page whose file never changes changes here with the program.
fn revalidate(headers: &mut HeaderMap) {
    if headers.get(header::CACHE_CONTROL).is_some_and(|policy| contains(policy, "immutable")) {
        headers.insert(header::CACHE_CONTROL, REVALIDATE);
    }
}

/// The bytes of an answer that gets the tag.
fn taggable(answer: &Response) -> Option<usize> {
    let whole = !matches!(answer.status(), StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED);
    let length = answer.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()?;
    (whole && length <= LARGEST_PAGE && is_page(answer.headers())).then_some(length)
}

fn is_page(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
        && !headers.contains_key(header::CONTENT_ENCODING)
}

fn contains(value: &HeaderValue, word: &str) -> bool {
    value.to_str().is_ok_and(|value| value.contains(word))
}
