use super::{Request, Response};
use crate::Edge;
use pmx_model::clip;
use serde_json::{Map, Value, json};

/// What went wrong, for programs: a status and a word. Those that any Worker needs are here; a product has its own beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    status: u16,
    word: &'static str,
}

impl Code {
    /// The request cannot be understood.
    pub const BAD_REQUEST: Self = Self::new(400, "bad_request");
    /// Who asks is not known.
    pub const UNAUTHORIZED: Self = Self::new(401, "unauthorized");
    /// A page of another origin may not do this.
    pub const FORBIDDEN_ORIGIN: Self = Self::new(403, "forbidden_origin");
    /// There is nothing here.
    pub const NOT_FOUND: Self = Self::new(404, "not_found");
    /// The address answers other methods.
    pub const METHOD_NOT_ALLOWED: Self = Self::new(405, "method_not_allowed");
    /// The body must say its length.
    pub const LENGTH_REQUIRED: Self = Self::new(411, "length_required");
    /// The body is larger than allowed.
    pub const TOO_LARGE: Self = Self::new(413, "too_large");
    /// The address speaks WebSocket only.
    pub const UPGRADE_REQUIRED: Self = Self::new(426, "upgrade_required");
    /// The failure is on this side.
    pub const INTERNAL: Self = Self::new(500, "internal");
    /// Too much at once; with a `retry-after`.
    pub const BUSY: Self = Self::new(503, "busy");

    const ALL: [Self; 10] = [
        Self::BAD_REQUEST,
        Self::UNAUTHORIZED,
        Self::FORBIDDEN_ORIGIN,
        Self::NOT_FOUND,
        Self::METHOD_NOT_ALLOWED,
        Self::LENGTH_REQUIRED,
        Self::TOO_LARGE,
        Self::UPGRADE_REQUIRED,
        Self::INTERNAL,
        Self::BUSY,
    ];

    /// A product's own code.
    #[must_use]
    pub const fn new(status: u16, word: &'static str) -> Self {
        Self { status, word }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.status
    }

    /// The word in the answer.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.word
    }
}

/// The most characters of an error's message: it may quote what a client sent.
const MAX_MESSAGE: usize = 1_000;
/// When a client that was told to come back does so, in seconds.
const RETRY_AFTER: &str = "10";

/// An answer that is an error: `{"error": {"code", "message", …}, "requestId"}`, or a page for who wants one.
#[derive(Clone, Debug)]
pub struct ApiError {
    /// What went wrong.
    pub code: Code,
    message: String,
    /// Beside its neighbours: errors are handed up by value, and most have none.
    details: Box<Map<String, Value>>,
    headers: Vec<(&'static str, &'static str)>,
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
        let headers = if code == Code::BUSY { vec![("retry-after", RETRY_AFTER)] } else { Vec::new() };
        Self { code, message, details: Box::default(), headers }
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
        let mut error = (*self.details).clone();
        error.insert("code".to_owned(), self.code.word().into());
        error.insert("message".to_owned(), self.message.as_str().into());
        Value::Object(error)
    }

    /// Reads back what [`Self::to_json`] wrote; `None` for another status, or a word that is neither one of this crate nor among the
    /// product's `codes`.
    #[must_use]
    pub fn from_json(status: u16, error: &Value, codes: &[Code]) -> Option<Self> {
        let mut details = error.as_object()?.clone();
        let (word, message) = (details.remove("code")?, details.remove("message")?);
        let code =
            Code::ALL.iter().chain(codes).find(|code| Some(code.word) == word.as_str() && code.status == status)?;
        Some(Self { details: Box::new(details), ..Self::new(*code, message.as_str()?) })
    }

    /// The answer to this request.
    pub fn respond(&self, edge: Edge, request: &Request) -> Response {
        self.respond_with(edge, request, request.wants_html())
    }

    /// The answer to this request: a page, or JSON.
    pub fn respond_with(&self, edge: Edge, request: &Request, as_page: bool) -> Response {
        let (status, id) = (self.code.status(), request_id(edge));
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
            response.header(*name, *value);
        }
        if request.method() == "HEAD" { response.without_body() } else { response }
    }
}

fn request_id(edge: Edge) -> String {
    let mut bytes = [0; 8];
    edge.random(&mut bytes);
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
