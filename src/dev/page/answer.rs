//! A page as the Worker answers it, with the tag.

use super::{etag, script, waiting};
use crate::{
    dev::{
        reload::{Reload, Shows},
        status::Board,
    },
    server::refusal,
};
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use pmx_emulator::Emulator;
use pmx_worker::model::SiteName;

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
    wanted && matches!(*request.method(), Method::GET | Method::HEAD) && !headers.contains_key(header::UPGRADE)
}

/// The pages of all sites.
pub(super) struct Pages {
    pub(super) emulator: Emulator,
    pub(super) board: Board,
    pub(super) reload: Reload,
}

impl Pages {
    /// Answers a request for what may be a page of this site.
    pub(super) async fn answer(&self, mut request: Request, site: Option<SiteName>) -> Response {
        let asked = request.headers_mut().remove(header::IF_NONE_MATCH);
        let whole = Whole { head: request.method() == Method::HEAD, tag: script::tag(request.uri().path()) };
        let reader = request.headers().get(header::ACCEPT).is_some_and(|accept| contains(accept, "text/html"));
        let answer = match asked {
            None => self.emulator.fetch(request).await,
            Some(asked) => match self.unless_known(request, &asked).await {
                Known::Not(answer) => answer,
                Known::Page(mut answer, etag) => {
                    answer.headers_mut().insert(header::ETAG, etag);
                    revalidate(answer.headers_mut());
                    return answer;
                }
            },
        };
        let unknown = answer.status() == StatusCode::NOT_FOUND && !answer.headers().contains_key("pmx-deploy");
        if unknown
            && reader
            && let Some(status) = site.as_ref().and_then(|site| self.board.site(site))
        {
            let shows = Shows::Status(status.name.clone());
            return self.reload.serve(&shows, waiting::response(status, whole.head).await).await;
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
        let mut answer = self.reload.serve(&Shows::Deploy(site), answer).await;
        answer.headers_mut().remove(header::ETAG);
        answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        answer
    }

    /// Asks the Worker for what the client does not have yet. A client may have the file itself, from a time without the
    /// tag: that is not the page.
    async fn unless_known(&self, mut request: Request, asked: &HeaderValue) -> Known {
        let (look, anew) = (again(&request, Method::HEAD), again(&request, request.method().clone()));
        if let Some(files) = etag::of_files(asked) {
            request.headers_mut().insert(header::IF_NONE_MATCH, files);
        }
        let answer = self.emulator.fetch(request).await;
        if answer.status() != StatusCode::NOT_MODIFIED {
            return Known::Not(answer);
        }
        let page = answer.headers().get(header::ETAG).and_then(etag::with_script);
        if let Some(etag) = page.filter(|etag| etag::names(asked, etag)) {
            return Known::Page(answer, etag);
        }
        match is_page(self.emulator.fetch(look).await.headers()) {
            true => Known::Not(self.emulator.fetch(anew).await),
            false => Known::Not(answer),
        }
    }
}

/// The same request without its body.
fn again(request: &Request, method: Method) -> Request {
    let mut again = Request::new(Body::empty());
    *again.method_mut() = method;
    *again.uri_mut() = request.uri().clone();
    *again.headers_mut() = request.headers().clone();
    again
}

/// What a client with an `If-None-Match` gets.
enum Known {
    /// The page that it has, and the ETag that it knows it by.
    Page(Response, HeaderValue),
    /// The Worker's answer.
    Not(Response),
}

/// How a page is finished.
struct Whole {
    /// Only the head was asked for.
    head: bool,
    tag: String,
}

impl Whole {
    /// The answer with the tag, if it is a whole page; else as it is. And whether it has no need of being loaded again: it is no page, or one
    /// with a live client.
    async fn finish(self, answer: Response) -> (Response, bool) {
        let whole = !matches!(answer.status(), StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED);
        let length = answer.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let Some(length) = length.filter(|length| whole && *length <= LARGEST_PAGE && is_page(answer.headers())) else {
            return (answer, true);
        };
        let (mut parts, body) = answer.into_parts();
        let mut is_live = self.head;
        let body = if self.head {
            body
        } else {
            let Ok(page) = to_bytes(body, length).await else {
                let message = "The page cannot be read to its end";
                return (refusal(StatusCode::INTERNAL_SERVER_ERROR, "internal", message), true);
            };
            is_live = script::has_live_client(&page);
            let (before, after) = page.split_at(script::place(&page));
            Body::from([before, self.tag.as_bytes(), after].concat())
        };
        let headers = &mut parts.headers;
        headers.insert(header::CONTENT_LENGTH, (length + self.tag.len()).into());
        headers.remove(header::ACCEPT_RANGES);
        if let Some(etag) = headers.get(header::ETAG).and_then(etag::with_script) {
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

fn is_page(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
        && !headers.contains_key(header::CONTENT_ENCODING)
}

fn contains(value: &HeaderValue, word: &str) -> bool {
    value.to_str().is_ok_and(|value| value.contains(word))
}
