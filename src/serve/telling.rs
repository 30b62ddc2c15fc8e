//! What is said of what happens: a line for each publish and rollback, and for each request where that is asked for.

use crate::{
    dev::{self, Board, Control},
    publish::{Activated, TakenDown},
    report::{Report, Style, short_id},
    server::{Answering, Before, Seen, Watch},
};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{Method, StatusCode},
    response::Response,
};
use jiff::Zoned;
use pmx_model::SiteName;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;

/// Calls that change what a site shows (`worker/API.md`), and the event of each.
const CALLS: [(&str, &str); 3] =
    [("/api/publish/commit", "published"), ("/api/publish/rollback", "rolled-back"), ("/api/unpublish", "unpublished")];
/// The most bytes of an answer of theirs: no instance of the Worker has more memory.
const MAX_ANSWER: usize = 128 * 1024 * 1024;

/// Lets the Worker answer calls that change a site, and tells the board of those that did.
pub(super) fn layer(control: Control) -> Before {
    Arc::new(move |request: Request| {
        let path = request.uri().path();
        let event = CALLS.iter().find(|(call, _)| request.method() == Method::POST && *call == path);
        let Some((_, event)) = event else { return Err(Box::new(request)) };
        let control = control.clone();
        Ok(Box::pin(async move {
            let answer = control.emulator().fetch(request).await;
            if answer.status() != StatusCode::OK {
                return answer;
            }
            let (head, body) = answer.into_parts();
            // A body that cannot be had is one whose client cannot have it either.
            let body = to_bytes(body, MAX_ANSWER).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "the answer to a publish call cannot be read");
                Bytes::new()
            });
            tell(&control, event, &body).await;
            Response::from_parts(head, Body::from(body))
        }) as Answering)
    })
}

/// Tells the board what an answer says.
async fn tell(control: &Control, event: &str, body: &[u8]) {
    if event == "unpublished" {
        let Ok(TakenDown { url, unpublished, seq, .. }) = serde_json::from_slice(body) else { return };
        let says = json!({ "url": url, "seq": seq, "status": unpublished.status });
        control.board().tell(event, site_of(&url).as_ref(), says);
        return;
    }
    let Ok(activated) = serde_json::from_slice::<Activated>(body) else { return };
    let Some(site) = site_of(&activated.url) else { return };
    let behind = match event {
        "rolled-back" => {
            let deploys = control.deploys(&site).await.unwrap_or_default();
            deploys.iter().position(|deploy| deploy.record.is_active)
        }
        _ => Some(0),
    };
    control.board().tell(event, Some(&site), dev::activation_says(&activated, behind));
}

/// The name of the site at an address.
fn site_of(url: &str) -> Option<SiteName> {
    url.split_once("://")?.1.split('.').next()?.parse().ok()
}

/// Prints what the board is told, as lines for people or as JSON, until it is dropped.
pub(super) async fn print(board: Board, report: Report) {
    let mut heard = board.subscribe();
    loop {
        match heard.recv().await {
            Ok(event) => {
                report.event(&*event);
                report.say(line(&event, &report));
            }
            Err(RecvError::Lagged(missed)) => report.say(format_args!("{missed} more changes")),
            Err(RecvError::Closed) => return,
        }
    }
}

/// `12:01:07  alpha  rolled back  2 pages changed  → 3f2a91bc…  1 behind the newest`
fn line(event: &Value, report: &Report) -> String {
    let text = |name: &str| event[name].as_str().unwrap_or_default();
    let (style, word) = match text("event") {
        "published" => (Style::Good, "published"),
        "rolled-back" => (Style::Warn, "rolled back"),
        "unpublished" => (Style::Warn, "unpublished"),
        other => (Style::Plain, other),
    };
    let mut parts = vec![now(report), report.paint(Style::Bold, text("site")), report.paint(style, word)];
    let count = |name: &str| event[name].as_u64().unwrap_or_default();
    let pages = |count: u64| if count == 1 { "1 page".to_owned() } else { format!("{count} pages") };
    match (count("pages"), count("others")) {
        (0, 0) => {}
        (0, others) => parts.push(format!("{} made anew", pages(others))),
        (changed, _) => parts.push(format!("{} changed", pages(changed))),
    }
    let short = short_id(text("deployId"));
    if !short.is_empty() {
        parts.push(format!("→ {short}…"));
    }
    if count("behind") > 0 {
        parts.push(format!("{} behind the newest", count("behind")));
    }
    parts.push(report.paint(Style::Dim, text("url")));
    parts.retain(|part| !part.is_empty());
    parts.join("  ")
}

/// Prints a line for each request.
pub(super) fn watch(report: Report) -> Watch {
    Arc::new(move |seen: &Seen| {
        let Seen { method, host, status, took, .. } = seen;
        let target = shown(&seen.target);
        let ms = took.as_secs_f64() * 1e3;
        if report.json() {
            report.event(&json!({
                "event": "request", "time": humantime::format_rfc3339_millis(std::time::SystemTime::now()).to_string(),
                "method": method.as_str(), "host": host, "path": target, "status": status.as_u16(), "ms": ms,
            }));
            return;
        }
        let style = match status.as_u16() {
            500.. => Style::Bad,
            400.. => Style::Warn,
            _ => Style::Good,
        };
        let status = report.paint(style, status.as_str());
        let took = report.paint(Style::Dim, &format!("{ms:.1} ms"));
        report.say(format_args!("{}  {method} {host}{target}  {status}  {took}", now(&report)));
    })
}

/// A target without what lets somebody in: tokens stand in queries, and lines end in files.
fn shown(target: &str) -> String {
    match target.split_once('?') {
        Some((path, query)) if query.contains("token=") => format!("{path}?…"),
        _ => target.to_owned(),
    }
}

fn now(report: &Report) -> String {
    report.paint(Style::Dim, &Zoned::now().strftime("%H:%M:%S").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_the_site_what_happened_and_the_deploy_and_counts_pages_as_a_publish_does() {
        let activated: Activated = serde_json::from_value(json!({
            "url": "http://alpha.localhost:8787", "deployId": "3f2a91bc-0000", "seq": 2,
            "events": [
                { "type": "sources-changed", "sources": ["a", "b"] },
                {
                    "type": "artifacts-changed",
                    "paths": ["/404.html", "/a.html", "/a.md", "/b.html", "/other.html", "/sitemap.xml", "/x.css"],
                },
            ],
        }))
        .unwrap();
        let board = Board::default();
        let site = site_of(&activated.url).unwrap();
        let event = board.tell("rolled-back", Some(&site), dev::activation_says(&activated, Some(1)));
        assert_eq!((&event["site"], &event["sources"]), (&"alpha".into(), &json!(["a", "b"])));
        assert_eq!((&event["pages"], &event["others"]), (&2.into(), &1.into()), "{event}");
        let line = line(&event, &Report::plain());
        let (_, rest) = line.split_once("  ").unwrap();
        let expected = "rolled back  2 pages changed  → 3f2a91bc…  1 behind the newest  http://alpha.localhost:8787";
        assert_eq!(rest, format!("alpha  {expected}"));
    }

    #[test]
    fn what_lets_somebody_in_is_not_printed() {
        assert_eq!(shown("/?token=secret"), "/?…");
        assert_eq!(shown("/a?pmx-token=secret&b"), "/a?…");
        assert_eq!(shown("/a?b=c"), "/a?b=c");
    }
}
