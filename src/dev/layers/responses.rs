//! Answers to questions, written into the Sources: what stands before the Worker with `--write-responses`. In production, and
//! without the flag, nobody takes them.

use crate::dev::response_writer::{Answer, NotWritten, Writer};
use crate::{
    secret,
    server::{
        Caller, json,
        layers::{Answering, RequestLayer, layer as layer_of},
        refusal, urlencoded,
    },
    session::Control,
};
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header},
    response::Response,
};
use pmx_model::{SiteName, check_path};
use pmx_site::paths::canonical;
use pmx_site::{AnswerForm, Project, RecordError};
use serde_json::json;
use std::{sync::Arc, time::SystemTime};

/// The most bytes of a submission: twenty of the longest answers, encoded.
const MAX_BODY: usize = 64 * 1024;
/// The most bytes of a page that is looked at for its form.
const MAX_PAGE: usize = 16 * 1024 * 1024;
/// The longest id of a run that a client may choose.
const MAX_RUN: usize = 64;

/// Takes the answers of browsers on this machine.
pub(super) fn layer(control: Control, default_site: Option<SiteName>) -> RequestLayer {
    let responses = Arc::new(Responses { control, default_site, writer: Writer::default() });
    layer_of(move |request, next| {
        let path = request.uri().path();
        let site = crate::dev::request_site::site_of(&request).or_else(|| responses.default_site.clone());
        let Some(site) = site.filter(|_| request.method() == Method::POST && !path.starts_with("/api/")) else {
            return next.call(request);
        };
        let responses = responses.clone();
        Answering::later(
            async move { responses.take(&site, request).await.unwrap_or_else(|refused| refused.response()) },
        )
    })
}

struct Responses {
    control: Control,
    /// The site of the hosts that are below no `localhost`.
    default_site: Option<SiteName>,
    writer: Writer,
}

/// Why an answer is not taken.
struct ResponseRefusal(StatusCode, &'static str, String);

impl ResponseRefusal {
    fn response(&self) -> Response {
        refusal(self.0, self.1, &self.2)
    }
}

/// What a form sends.
struct Submission {
    target: String,
    fields: Vec<(String, String)>,
    run: String,
}

impl Responses {
    async fn take(self: Arc<Self>, site: &SiteName, request: Request) -> Result<Response, ResponseRefusal> {
        let started = now();
        let (parts, body) = request.into_parts();
        check_caller(Caller::of(&parts.extensions))?;
        let submission = read(&parts.headers, body).await?;
        let form = self.form(&parts.headers, parts.uri.path(), &submission.target).await?;
        let answers = form
            .answers(&submission.fields)
            .map_err(|why| ResponseRefusal(StatusCode::UNPROCESSABLE_ENTITY, "invalid_answer", why.to_string()))?;
        let run = submission.run.clone();
        let project = self.control.project(site).map_err(|error| internal(&error))?;
        let written = tokio::task::spawn_blocking(move || {
            let (source, block) = submission.target.split_once('#').unwrap_or_default();
            let answer = Answer {
                root: project.source_root.clone(),
                source: source_file(&project, source)?,
                block: block.to_owned(),
                answers,
                run: submission.run,
                settings: project.settings.clone(),
            };
            self.writer.write(answer).map_err(|error| not_written(&error))
        })
        .await;
        written.map_err(|error| {
            ResponseRefusal(StatusCode::INTERNAL_SERVER_ERROR, "internal", format!("the answer was lost: {error}"))
        })??;
        let answer = json!({ "ok": true, "actionRun": { "id": run, "started": started, "finished": now() } });
        Ok(json(StatusCode::OK, &answer))
    }

    /// The form for this target on the page at this address.
    async fn form(&self, headers: &HeaderMap, path: &str, target: &str) -> Result<AnswerForm, ResponseRefusal> {
        let none = || {
            ResponseRefusal(
                StatusCode::NOT_FOUND,
                "no_question",
                format!("There is no question `{target}` on this page"),
            )
        };
        let mut page = Request::get(path);
        if let Some(host) = headers.get(header::HOST) {
            page = page.header(header::HOST, host);
        }
        let page = page.body(Body::empty()).map_err(|_| none())?;
        let answer = self.control.emulator().fetch(page).await;
        if answer.status() != StatusCode::OK {
            return Err(none());
        }
        let bytes = to_bytes(answer.into_body(), MAX_PAGE).await.map_err(|_| none())?;
        AnswerForm::find(&String::from_utf8_lossy(&bytes), target).ok_or_else(none)
    }
}

/// Only a page of this server may write, and only in a browser of this machine: names that were allowed by flag, and proxies, lead here from
/// elsewhere.
fn check_caller(caller: &Caller) -> Result<(), ResponseRefusal> {
    if !caller.initiator().is_foreign() && caller.is_local_browser() {
        return Ok(());
    }
    let message = "Answers are taken from this server's own pages only, on this machine".to_owned();
    Err(ResponseRefusal(StatusCode::FORBIDDEN, "foreign_origin", message))
}

fn not_written(error: &NotWritten) -> ResponseRefusal {
    match error {
        NotWritten::Refused(error) => {
            let status = match error {
                RecordError::NoQuestion => StatusCode::NOT_FOUND,
                RecordError::Topmatter | RecordError::NotText => StatusCode::CONFLICT,
            };
            ResponseRefusal(status, "not_recorded", error.to_string())
        }
        NotWritten::Changing => ResponseRefusal(StatusCode::CONFLICT, "changing", error.to_string()),
        NotWritten::Failed(_) => internal(error),
    }
}

/// The file of a Source, below the source root; never one outside of it. An editor may have its name free for a moment.
fn source_file(project: &Project, id: &str) -> Result<String, ResponseRefusal> {
    let root = &project.source_root;
    let inside = |file: &String| {
        let path = root.join(file);
        let real = canonical(&path).or_else(|_| canonical(path.parent().unwrap_or(root)));
        real.is_ok_and(|real| real.starts_with(root))
    };
    Some(format!("{id}.md"))
        .filter(|file| check_path(file))
        .filter(inside)
        .ok_or_else(|| ResponseRefusal(StatusCode::NOT_FOUND, "no_source", format!("There is no Source `{id}`")))
}

fn internal(error: &dyn std::fmt::Display) -> ResponseRefusal {
    ResponseRefusal(StatusCode::INTERNAL_SERVER_ERROR, "internal", error.to_string())
}

fn now() -> String {
    humantime::format_rfc3339_millis(SystemTime::now()).to_string()
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Submission, ResponseRefusal> {
    let bad = |message: &str| ResponseRefusal(StatusCode::BAD_REQUEST, "bad_request", message.to_owned());
    let too_large = || {
        let message = format!("A submission has at most {MAX_BODY} bytes");
        ResponseRefusal(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    };
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > MAX_BODY) {
        return Err(too_large());
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(bad("A submission is a form: application/x-www-form-urlencoded"));
    }
    let bytes = to_bytes(body, MAX_BODY).await.map_err(|_| too_large())?;
    let fields = form_fields(&bytes).ok_or_else(|| bad("The form is not UTF-8"))?;
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    if field("action") != Some("submit") || field("__pathmx_action_scope") != Some("block") {
        return Err(bad("The form must say action=submit and __pathmx_action_scope=block"));
    }
    let target = field("__pathmx_action_target").filter(|target| target.contains('#'));
    let target = target.ok_or_else(|| bad("__pathmx_action_target must be <source id>#<block id>"))?.to_owned();
    let is_run = |run: &&str| {
        (1..=MAX_RUN).contains(&run.len()) && run.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let run = match field("_pathmx_invocation").filter(is_run) {
        Some(run) => run.to_owned(),
        None => secret::random_hex::<8>().map_err(|error| internal(&error))?,
    };
    Ok(Submission { target, fields, run })
}

/// Names and values of a form as browsers encode it; `None` if they are not UTF-8.
fn form_fields(body: &[u8]) -> Option<Vec<(String, String)>> {
    urlencoded(body)
        .map(|(name, value)| Some((String::from_utf8(name).ok()?, String::from_utf8(value).ok()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_browsers_write_it() {
        let fields = form_fields(b"a=1+2&b%3D=%C3%A4&c&=d&&e=%zz").unwrap();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(fields, [("a", "1 2"), ("b=", "ä"), ("c", ""), ("", "d"), ("e", "%zz")]);
        assert_eq!(form_fields(b"a=%ff"), None);
    }
}
