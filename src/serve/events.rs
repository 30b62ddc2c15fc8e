//! A line for each publish and rollback, and for each request where that is asked for.

use crate::{
    publish::{Activated, TakenDown},
    report::{Report, Style, short_id},
    server::layers::{Answering, LoggedRequest, RequestLayer, layer as layer_of, request_log as log_requests},
    session::{Activation, Control, Event, EventRecord, Session},
};
use axum::{
    body::{Body, Bytes, to_bytes},
    http::{Method, StatusCode},
    response::Response,
};
use jiff::Zoned;
use pmx_model::SiteName;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;

/// A call that changes what a site shows (`worker/API.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ActivatingCall {
    Commit,
    Rollback,
    Unpublish,
}

impl ActivatingCall {
    fn at(path: &str) -> Option<Self> {
        match path {
            "/api/publish/commit" => Some(Self::Commit),
            "/api/publish/rollback" => Some(Self::Rollback),
            "/api/unpublish" => Some(Self::Unpublish),
            _ => None,
        }
    }
}

/// The most bytes of an answer of theirs: no instance of the Worker has more memory.
const MAX_ANSWER: usize = 128 * 1024 * 1024;

/// The layer that sees which calls change a site, and tells the session of those that did.
pub(super) fn activations(control: Control) -> RequestLayer {
    layer_of(move |request, next| {
        let call = ActivatingCall::at(request.uri().path()).filter(|_| request.method() == Method::POST);
        let Some(call) = call else { return next.call(request) };
        let (control, answering) = (control.clone(), next.call(request));
        Answering::later(async move {
            let answer = answering.await;
            if answer.status() != StatusCode::OK {
                return answer;
            }
            let (head, body) = answer.into_parts();
            // A body that cannot be had is one whose client cannot have it either.
            let body = to_bytes(body, MAX_ANSWER).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "the answer to a publish call cannot be read");
                Bytes::new()
            });
            if let Some((site, event)) = event(&control, call, &body).await {
                control.session().emit(site.as_ref(), event);
            }
            Response::from_parts(head, Body::from(body))
        })
    })
}

/// What the answer to a call says.
async fn event(control: &Control, call: ActivatingCall, body: &[u8]) -> Option<(Option<SiteName>, Event)> {
    if call == ActivatingCall::Unpublish {
        let TakenDown { url, unpublished, seq, .. } = serde_json::from_slice(body).ok()?;
        return Some((site_of(&url), Event::Unpublished { url, seq, status: unpublished.status }));
    }
    let activated: Activated = serde_json::from_slice(body).ok()?;
    let site = site_of(&activated.url)?;
    let event = if call == ActivatingCall::Rollback {
        let deploys = control.deploys(&site).await.unwrap_or_default();
        let behind = deploys.iter().position(|deploy| deploy.record.is_active);
        Event::RolledBack(Activation::new(&activated, behind))
    } else {
        Event::Received(Activation::new(&activated, Some(0)))
    };
    Some((Some(site), event))
}

/// The name of the site at an address.
fn site_of(url: &str) -> Option<SiteName> {
    url.split_once("://")?.1.split('.').next()?.parse().ok()
}

/// Prints the events of a session, as lines for people or as JSON, until it is dropped.
pub(super) async fn print(session: Session, report: Report) {
    let mut events = session.subscribe();
    loop {
        match events.recv().await {
            Ok(record) => {
                report.event(&record.to_json());
                report.say(line(&record, &report));
            }
            Err(RecvError::Lagged(missed)) => report.say(format_args!("{missed} more changes")),
            Err(RecvError::Closed) => return,
        }
    }
}

/// `12:01:07  alpha  rolled back  2 pages changed  → 3f2a91bc…  1 behind the newest`
fn line(record: &EventRecord, report: &Report) -> String {
    let (style, word, url, activation) = match &record.event {
        Event::Received(activation) => (Style::Good, "published", activation.url.as_str(), Some(activation)),
        Event::RolledBack(activation) => (Style::Warn, "rolled back", activation.url.as_str(), Some(activation)),
        Event::Unpublished { url, .. } => (Style::Warn, "unpublished", url.as_str(), None),
        // A server without loops has no others.
        _ => return String::new(),
    };
    let site = record.site.as_ref().map_or("", SiteName::as_str);
    let mut parts = vec![now(report), report.paint(Style::Bold, site), report.paint(style, word)];
    if let Some(Activation { deploy_id, behind, pages, others, .. }) = activation {
        let counted = |count: usize| if count == 1 { "1 page".to_owned() } else { format!("{count} pages") };
        match (*pages, *others) {
            (0, 0) => {}
            (0, others) => parts.push(format!("{} made anew", counted(others))),
            (changed, _) => parts.push(format!("{} changed", counted(changed))),
        }
        let short = short_id(deploy_id);
        if !short.is_empty() {
            parts.push(format!("→ {short}…"));
        }
        if let Some(behind) = behind.filter(|behind| *behind > 0) {
            parts.push(format!("{behind} behind the newest"));
        }
    }
    parts.push(report.paint(Style::Dim, url));
    parts.retain(|part| !part.is_empty());
    parts.join("  ")
}

/// Prints a line for each request.
pub(super) fn request_log(report: Report) -> RequestLayer {
    log_requests(move |logged: &LoggedRequest| {
        let LoggedRequest { method, host, status, took, .. } = logged;
        let target = redacted(&logged.target);
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
fn redacted(target: &str) -> String {
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
        let session = Session::default();
        let mut events = session.subscribe();
        let site = site_of(&activated.url).unwrap();
        session.emit(Some(&site), Event::RolledBack(Activation::new(&activated, Some(1))));
        let record = events.try_recv().unwrap();
        let event = record.to_json();
        assert_eq!((&event["site"], &event["sources"]), (&"alpha".into(), &json!(["a", "b"])));
        assert_eq!((&event["pages"], &event["others"]), (&2.into(), &1.into()), "{event}");
        let line = line(&record, &Report::plain());
        let (_, rest) = line.split_once("  ").unwrap();
        let expected = "rolled back  2 pages changed  → 3f2a91bc…  1 behind the newest  http://alpha.localhost:8787";
        assert_eq!(rest, format!("alpha  {expected}"));
    }

    #[test]
    fn what_lets_somebody_in_is_not_printed() {
        assert_eq!(redacted("/?token=secret"), "/?…");
        assert_eq!(redacted("/a?pmx-token=secret&b"), "/a?…");
        assert_eq!(redacted("/a?b=c"), "/a?b=c");
    }
}
