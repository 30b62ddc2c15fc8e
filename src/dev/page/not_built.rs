//! The page of a site that has nothing to show yet: it says why, and gives way to the site as soon as that is there.

use super::findings::{FindingWithExcerpt, FindingsWithExcerpts, below};
use crate::{
    server::refusal,
    session::{Phase, SiteStatus},
};
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::sync::Arc;

const STYLE: &str = include_str!("client/waiting.css");

/// The page for a site that is being written and has no deploy. 503: it is not missing, it is not there yet.
pub(super) async fn response(status: Arc<SiteStatus>, head: bool) -> Response {
    let diagnostics = status.diagnostics.clone();
    let Ok(found) = tokio::task::spawn_blocking(move || FindingsWithExcerpts::read(&diagnostics)).await else {
        return refusal(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The findings of the build were lost");
    };
    let page = page(&status, &found).into_string();
    let length = page.len();
    let mut response = Response::new(if head { Body::empty() } else { Body::from(page) });
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, length.into());
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::RETRY_AFTER, "1"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn page(status: &SiteStatus, found: &FindingsWithExcerpts) -> Markup {
    let building = status.phase == Phase::Building;
    let title = if building { "Being built" } else { "Not built yet" };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                noscript { meta http-equiv="refresh" content="2"; }
                title { (title) " · " (status.name) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    p.site { (status.name) }
                    h1 { (title) }
                    @if building {
                        p { "The first build is under way. The site shows here as soon as it is ready." }
                    } @else {
                        p { "The site shows here as soon as a build is good. Save a file, and it is built again." }
                    }
                    @if let Some(failure) = &status.error {
                        section.finding {
                            h2 { (below(&failure.message, &status.folder)) }
                            @for hint in &failure.hints { p.hint { (below(hint, &status.folder)) } }
                        }
                    }
                    @for finding in &found.errors { (one(finding, status)) }
                    @if found.error_count > found.errors.len() {
                        p { "… and " (found.error_count - found.errors.len()) " more." }
                    }
                }
            }
        }
    }
}

fn one(finding: &FindingWithExcerpt, status: &SiteStatus) -> Markup {
    html! {
        section.finding {
            p.place { (below(&finding.path, &status.folder)) ":" (finding.line) ":" (finding.column) " " code { (finding.code) } }
            h2 { (finding.message) }
            @if let Some(hint) = &finding.hint { p.hint { (hint) } }
            @if let Some(excerpt) = &finding.excerpt {
                pre {
                    @for (number, line) in excerpt.numbered() {
                        span.line data-here[number == finding.line] { span.number { (number) } (line) "\n" }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Failure;

    fn status(phase: Phase, error: Option<Failure>) -> SiteStatus {
        SiteStatus {
            name: "mine".parse().unwrap(),
            folder: "/x".into(),
            source_root: "/x/paths".into(),
            entry: "index.path.md".to_owned(),
            url: String::new(),
            phase,
            builds: 2,
            diagnostics: Arc::new([]),
            error,
            last: None,
            earlier: None,
        }
    }

    #[tokio::test]
    async fn a_site_that_cannot_be_built_says_why_and_is_asked_for_again() {
        let failure =
            Failure { message: "no entry <Source>".to_owned(), hints: vec!["write index.path.md".to_owned()] };
        let status = Arc::new(status(Phase::Failed, Some(failure)));
        let response = response(status, false).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        let header = |name: &str| response.headers().get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!((header("retry-after"), header("cache-control")), ("1".to_owned(), "no-store".to_owned()));
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let page = String::from_utf8(body.to_vec()).unwrap();
        assert!(page.contains("no entry &lt;Source&gt;") && page.contains("write index.path.md"), "{page}");
        assert!(!page.contains("<script"), "who serves it adds what loads it again: {page}");
    }

    #[test]
    fn the_first_build_is_said_to_be_under_way() {
        let page = page(&status(Phase::Building, None), &FindingsWithExcerpts::default()).into_string();
        assert!(page.contains("under way") && page.contains("Being built"), "{page}");
    }
}
