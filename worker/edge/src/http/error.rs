use super::{Request, Response};
use crate::bindings::Clock;
use pmx_model::{Hash, clip};
use serde_json::{Map, Value, json};

/// What went wrong, for programs. `API.md` lists when each is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// 400
    BadRequest,
    /// 400
    ChecksumMismatch,
    /// 401
    Unauthorized,
    /// 403
    ForbiddenOrigin,
    /// 404
    NotFound,
    /// 404
    SpaceNotFound,
    /// 404
    UnknownDeploy,
    /// 405
    MethodNotAllowed,
    /// 409
    WrongSpace,
    /// 410
    Unpublished,
    /// 411
    LengthRequired,
    /// 413
    TooLarge,
    /// 422
    MissingBlobs,
    /// 422
    BadDocument,
    /// 422
    DocumentsTooLarge,
    /// 422
    WrongSize,
    /// 426
    UpgradeRequired,
    /// 500
    Internal,
    /// 500
    MissingBlob,
    /// 503
    PublishDisabled,
    /// 503
    Busy,
}

impl Code {
    const fn parts(self) -> (u16, &'static str) {
        match self {
            Self::BadRequest => (400, "bad_request"),
            Self::ChecksumMismatch => (400, "checksum_mismatch"),
            Self::Unauthorized => (401, "unauthorized"),
            Self::ForbiddenOrigin => (403, "forbidden_origin"),
            Self::NotFound => (404, "not_found"),
            Self::SpaceNotFound => (404, "space_not_found"),
            Self::UnknownDeploy => (404, "unknown_deploy"),
            Self::MethodNotAllowed => (405, "method_not_allowed"),
            Self::WrongSpace => (409, "wrong_space"),
            Self::Unpublished => (410, "unpublished"),
            Self::LengthRequired => (411, "length_required"),
            Self::TooLarge => (413, "too_large"),
            Self::MissingBlobs => (422, "missing_blobs"),
            Self::BadDocument => (422, "bad_document"),
            Self::DocumentsTooLarge => (422, "documents_too_large"),
            Self::WrongSize => (422, "wrong_size"),
            Self::UpgradeRequired => (426, "upgrade_required"),
            Self::Internal => (500, "internal"),
            Self::MissingBlob => (500, "missing_blob"),
            Self::PublishDisabled => (503, "publish_disabled"),
            Self::Busy => (503, "busy"),
        }
    }

    const ALL: [Self; 21] = [
        Self::BadRequest,
        Self::ChecksumMismatch,
        Self::Unauthorized,
        Self::ForbiddenOrigin,
        Self::NotFound,
        Self::SpaceNotFound,
        Self::UnknownDeploy,
        Self::MethodNotAllowed,
        Self::WrongSpace,
        Self::Unpublished,
        Self::LengthRequired,
        Self::TooLarge,
        Self::MissingBlobs,
        Self::BadDocument,
        Self::DocumentsTooLarge,
        Self::WrongSize,
        Self::UpgradeRequired,
        Self::Internal,
        Self::MissingBlob,
        Self::PublishDisabled,
        Self::Busy,
    ];

    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.parts().0
    }

    /// The word in the answer.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.parts().1
    }
}

/// The most characters of an error's message: it may quote what a client sent.
const MAX_MESSAGE: usize = 1_000;
/// When a client that was told to come back does so, in seconds.
const RETRY_AFTER: &str = "10";

/// A blob that the active deploy names and the bucket does not have as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Its hash.
    pub hash: Hash,
    /// Its size, if the manifest says one.
    pub size: Option<u64>,
}

/// An answer that is an error. Its shape is in `API.md`.
#[derive(Clone, Debug)]
pub struct ApiError {
    /// What went wrong.
    pub code: Code,
    message: String,
    details: Map<String, Value>,
    headers: Vec<(&'static str, &'static str)>,
    /// What the site's object is to be told of, after the answer.
    pub lost: Option<Box<Lost>>,
}

impl ApiError {
    /// An error with a sentence for people.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self::made(code, message.into())
    }

    /// Apart from [`Self::new`], so that it is compiled once and not wherever something is refused.
    #[inline(never)]
    fn made(code: Code, message: String) -> Self {
        let message = if message.len() > MAX_MESSAGE { clip(&message, MAX_MESSAGE).into_owned() } else { message };
        let headers = if code == Code::Busy { vec![("retry-after", RETRY_AFTER)] } else { Vec::new() };
        Self { code, message, details: Map::new(), headers, lost: None }
    }

    /// Adds a member beside `code` and `message`.
    #[must_use]
    pub fn detail(self, name: &str, value: impl Into<Value>) -> Self {
        self.with(name, value.into())
    }

    #[inline(never)]
    fn with(mut self, name: &str, value: Value) -> Self {
        self.details.insert(name.to_owned(), value);
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The `error` member, as an object answers it to the Worker, which adds the request id.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut error = self.details.clone();
        error.insert("code".to_owned(), self.code.word().into());
        error.insert("message".to_owned(), self.message.as_str().into());
        Value::Object(error)
    }

    /// Reads back what [`Self::to_json`] wrote; `None` for another status or a word that is none of ours.
    #[must_use]
    pub fn from_json(status: u16, error: &Value) -> Option<Self> {
        let mut details = error.as_object()?.clone();
        let (word, message) = (details.remove("code")?, details.remove("message")?);
        let code = Code::ALL.into_iter().find(|code| Some(code.word()) == word.as_str() && code.status() == status)?;
        Some(Self { details, ..Self::new(code, message.as_str()?) })
    }

    /// The answer to this request.
    pub fn respond(&self, clock: impl Clock, request: &Request<'_>) -> Response {
        self.respond_with(clock, request, request.wants_html())
    }

    /// The answer to this request: a page, or JSON.
    pub fn respond_with(&self, clock: impl Clock, request: &Request<'_>, as_page: bool) -> Response {
        let (status, id) = (self.code.status(), request_id(clock));
        let mut response = if as_page {
            let page = page(status, &self.message, &id).into_bytes();
            let mut response = Response::bytes(status, "text/html; charset=utf-8", page);
            response.header("cache-control", "no-store");
            response
        } else {
            Response::json(status, &json!({ "error": self.to_json(), "requestId": id }))
        };
        response.header("x-content-type-options", "nosniff").header("pmx-request-id", id);
        for (name, value) in &self.headers {
            response.header(name, *value);
        }
        if request.method == "HEAD" { response.without_body() } else { response }
    }
}

fn request_id(clock: impl Clock) -> String {
    let mut bytes = [0; 8];
    clock.random(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn page(status: u16, message: &str, id: &str) -> String {
    let message = message.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{status}</title><style>:root{{color-scheme:light dark}}body{{font:1rem/1.5 system-ui,sans-serif;\
         max-width:34rem;margin:18vh auto;padding:0 1.5rem}}h1{{font-size:3rem;margin:0}}small{{opacity:.65}}</style>\
         <h1>{status}</h1><p>{message}</p><p><small>Request {id}</small></p></html>\n"
    )
}
