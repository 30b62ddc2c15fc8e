//! What is said of what happens: a line for each publish and rollback, and for each request where that is asked for.

use crate::{
    dev::Board,
    report::{Report, Style},
    server::{Answering, Before, Seen, Watch},
};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{Method, StatusCode},
    response::Response,
};
use jiff::Zoned;
use pmx_emulator::Emulator;
use pmx_worker::model::SiteName;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;

/// Calls that change what a site shows (`worker/API.md`), and the event of each.
const CALLS: [(&str, &str); 3] =
    [("/api/publish/commit", "published"), ("/api/publish/rollback", "rolled-back"), ("/api/unpublish", "unpublished")];
/// The most bytes of an answer of theirs: no instance of the Worker has more memory.
const MAX_ANSWER: usize = 128 * 1024 * 1024;
/// How many digits of a deploy's id are shown.
const SHORT_ID: usize = 8;

/// Lets the Worker answer calls that change a site, and tells the board of those that did.
pub(super) fn layer(emulator: Emulator, board: Board) -> Before {
    Arc::new(move |request: Request| {
        let path = request.uri().path();
        let event = CALLS.iter().find(|(call, _)| request.method() == Method::POST && *call == path);
        let Some((_, event)) = event else { return Err(Box::new(request)) };
        let (emulator, board) = (emulator.clone(), board.clone());
        Ok(Box::pin(async move {
            let answer = emulator.fetch(request).await;
            if answer.status() != StatusCode::OK {
                return answer;
            }
            let (head, body) = answer.into_parts();
            // A body that cannot be had is one whose client cannot have it either.
            let body = to_bytes(body, MAX_ANSWER).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "the answer to a publish call cannot be read");
                Bytes::new()
            });
            tell(&board, event, &body);
            Response::from_parts(head, Body::from(body))
        }) as Answering)
    })
}

/// Tells the board what an answer says.
fn tell(board: &Board, event: &str, body: &[u8]) {
    let Ok(answer) = serde_json::from_slice::<Value>(body) else { return };
    let Some(site) = answer["url"].as_str().and_then(site_of) else { return };
    let names = |kind: &str, field: &str| -> Vec<Value> {
        let events = answer["events"].as_array().into_iter().flatten().filter(|event| event["type"] == kind);
        events.filter_map(|event| event[field].as_array()).flatten().cloned().collect()
    };
    let paths = names("artifacts-changed", "paths");
    let pages = paths.iter().filter_map(Value::as_str).filter(|path| path.ends_with(".html")).count();
    let says = json!({
        "deployId": answer["deployId"], "seq": answer["seq"], "url": answer["url"], "pages": pages,
        "sources": names("sources-changed", "sources"), "paths": paths,
    });
    board.tell(event, Some(&site), says);
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

/// `12:01:07  alpha  published  2 pages changed  → 3f2a91bc…`
fn line(event: &Value, report: &Report) -> String {
    let text = |name: &str| event[name].as_str().unwrap_or_default();
    let (style, word) = match text("event") {
        "published" => (Style::Good, "published"),
        "rolled-back" => (Style::Warn, "rolled back"),
        "unpublished" => (Style::Warn, "unpublished"),
        other => (Style::Plain, other),
    };
    let mut parts = vec![now(report), report.paint(Style::Bold, text("site")), report.paint(style, word)];
    match event["pages"].as_u64() {
        Some(1) => parts.push("1 page changed".to_owned()),
        Some(pages @ 2..) => parts.push(format!("{pages} pages changed")),
        _ => {}
    }
    let short: String = text("deployId").chars().take(SHORT_ID).collect();
    if !short.is_empty() {
        parts.push(format!("→ {short}…"));
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
    fn a_line_names_the_site_what_happened_and_the_deploy() {
        let board = Board::default();
        let answer = json!({
            "url": "http://alpha.localhost:8787", "deployId": "3f2a91bc-0000", "seq": 2,
            "events": [
                { "type": "sources-changed", "sources": ["a.md"] },
                { "type": "artifacts-changed", "paths": ["/a.html", "/b.html", "/x.css"] },
            ],
        });
        tell(&board, "published", answer.to_string().as_bytes());
        tell(&board, "published", b"no JSON");
        let events = board.recent();
        assert_eq!(events.len(), 1);
        assert_eq!((&events[0]["site"], &events[0]["sources"]), (&"alpha".into(), &json!(["a.md"])));
        let line = line(&events[0], &Report::plain());
        let (_, rest) = line.split_once("  ").unwrap();
        assert_eq!(rest, "alpha  published  2 pages changed  → 3f2a91bc…  http://alpha.localhost:8787");
    }

    #[test]
    fn what_lets_somebody_in_is_not_printed() {
        assert_eq!(shown("/?token=secret"), "/?…");
        assert_eq!(shown("/a?pmx-token=secret&b"), "/a?…");
        assert_eq!(shown("/a?b=c"), "/a?b=c");
    }
}
