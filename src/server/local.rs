//! The Worker on this machine: the emulator, its variables, and its front on the network.

use super::{
    Access, Bounds, Listening, Peer,
    accept::{Accept, Connection},
    answer_changed,
    conditional::again,
    guard::Guard,
    host_of, prefix,
};
use crate::{
    error::{Error, Result},
    secret,
};
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header, uri::PathAndQuery},
    response::Response,
};
use futures_util::{
    FutureExt as _,
    future::{Either, Map},
};
use pmx_emulator::{
    BuildError, Emulator, Worker,
    faults::Faults,
    http::{ConnectionLimits, ServiceFuture, serve_connections},
    state_dir::{Durability, StateDir, StateError},
};
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    future::{Future, ready},
    path::Path,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};
use tower_service::Service;

/// How a local Worker is set up.
#[derive(Debug)]
pub struct LocalOptions<'a> {
    /// Folder of the emulated bindings.
    pub state: &'a Path,
    /// Whether state outlives a loss of power.
    pub durable: bool,
    /// Domains under which sites live.
    pub base_domains: String,
    /// The site for every other host, where one site is served.
    pub default_site: Option<String>,
    /// What publish calls must carry; empty refuses them all.
    pub secret: String,
    /// What is asked to go wrong.
    pub faults: Faults,
    /// How many of the last requests are remembered, for whoever looks.
    pub trace: usize,
}

/// A running local Worker.
#[derive(Clone)]
pub struct Local {
    emulator: Emulator,
    front: Arc<Front>,
    bounds: Bounds,
    /// Whose requests these are.
    connection: Connection,
}

/// What a request passes on its way to the Worker.
#[derive(Clone)]
struct Front {
    guard: Guard,
    before: Vec<Before>,
    /// Headers that have a say in answers, beside those of [`PROXIES`].
    varies: HeaderValue,
    mend: Option<Mend>,
    watch: Option<Watch>,
}

/// The answer to a request that never reaches the Worker.
pub type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// Looks at a request before the Worker does: an answer, or the request back.
pub type Before = Arc<dyn Fn(Request) -> std::result::Result<Answering, Box<Request>> + Send + Sync>;

/// Looks at an answer of 500 to a request that can be made again; the answer that the client gets.
pub type Mend = Arc<dyn Fn(Request, Response) -> Answering + Send + Sync>;

/// Is told of every request that was answered, whoever answered it.
pub type Watch = Arc<dyn Fn(&Seen) + Send + Sync>;

/// A request and its answer's head.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The method.
    pub method: Method,
    /// The host as the client named it; empty if it named none.
    pub host: String,
    /// Path and query.
    pub target: String,
    /// The status of the answer.
    pub status: StatusCode,
    /// From the request's head to the answer's.
    pub took: Duration,
}

/// What a proxy says that has a say in answers: where the site is, and which it is.
const PROXIES: &str = "X-Forwarded-Prefix, X-Forwarded-Host";

impl std::fmt::Debug for Local {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Local")
            .field("emulator", &self.emulator)
            .field("guard", &self.front.guard)
            .finish_non_exhaustive()
    }
}

/// How long a Durable Object of the local Worker may be idle: as long as the platform lets one live that it does not put to sleep. After
/// its usual ten seconds every edit that follows a thought would read the documents of the site anew.
const IDLE: Duration = Duration::from_secs(120);

/// Opens the state and loads the Worker. `front` is where it will be reached.
///
/// # Errors
/// The state folder is in use, unreadable, or of a newer pmx; the Worker cannot be loaded.
pub fn start(options: LocalOptions<'_>, front: &Listening, allowed_hosts: &[String]) -> Result<Local> {
    let durability = if options.durable { Durability::PowerLoss } else { Durability::Crash };
    let state = StateDir::open_with(options.state, durability).map_err(state_error)?;
    let domain = options.base_domains.split(',').next().unwrap_or("localhost").to_owned();
    let mut builder = Emulator::builder(Worker::bundled())
        .evict_after(IDLE)
        .state(state)
        .faults(options.faults)
        .trace(options.trace)
        .var("SITE_URL", format!("{}://{{site}}.{domain}:{}", front.scheme(), front.address.port()))
        .var("BASE_DOMAINS", options.base_domains)
        .var("PUBLISH_SECRET", options.secret);
    if let Some(site) = options.default_site {
        builder = builder.var("DEFAULT_SITE", site);
    }
    let emulator = builder.build().map_err(|error| match error {
        BuildError::State(error) => state_error(error),
        error => Error::new(format!("the Worker could not be started: {error}")),
    })?;
    let mut guard = Guard::new(front.address, allowed_hosts, domain);
    guard.tls = front.scheme() == "https";
    let front = Arc::new(Front {
        guard,
        before: Vec::new(),
        varies: HeaderValue::from_static(PROXIES),
        mend: None,
        watch: None,
    });
    // Nobody has connected yet; who is unknown is not of this machine.
    let connection = Connection { peer: ([0; 4], 0).into(), secure: false };
    Ok(Local { emulator, front, bounds: Bounds::new(None, None), connection })
}

/// What keeps a state folder from being used, with what to do about it. The log has the error of the system or of SQLite alone.
fn state_error(error: StateError) -> Error {
    if let Some(source) = std::error::Error::source(&error) {
        tracing::info!(error = source, "the state folder cannot be used");
    }
    let hint = error.hint();
    Error::new(error).hint(hint)
}

impl Local {
    /// The emulator behind the front.
    #[must_use]
    pub fn emulator(&self) -> &Emulator {
        &self.emulator
    }

    /// Lets something look at every request that passes the checks before the Worker does, and after what was added before
    /// it. Such a request has its [`Peer`] in its extensions.
    #[must_use]
    pub fn with(mut self, before: Before) -> Self {
        Arc::make_mut(&mut self.front).before.push(before);
        self
    }

    /// Says that this header of requests has a say in answers, too.
    ///
    /// It must be the name of one.
    #[must_use]
    pub fn varying_by(mut self, name: &'static str) -> Self {
        if let Ok(varies) = HeaderValue::from_str(&format!("{PROXIES}, {name}")) {
            Arc::make_mut(&mut self.front).varies = varies;
        }
        self
    }

    /// Lets something look at answers of 500 to `GET` and `HEAD` before the client does.
    #[must_use]
    pub fn mending(mut self, mend: Mend) -> Self {
        Arc::make_mut(&mut self.front).mend = Some(mend);
        self
    }

    /// Tells of every request.
    #[must_use]
    pub fn watched(mut self, watch: Watch) -> Self {
        Arc::make_mut(&mut self.front).watch = Some(watch);
        self
    }

    /// Refuses what pages of other origins ask for to change something or to listen, whatever the address, and takes a proxy on
    /// this machine at its word about the host that it was asked for.
    #[must_use]
    pub fn own_pages_only(mut self) -> Self {
        Arc::make_mut(&mut self.front).guard.own_pages_only = true;
        self
    }

    /// Bounds the connections.
    #[must_use]
    pub fn bounded(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// Asks other devices for a token.
    #[must_use]
    pub fn open_to(mut self, access: Access) -> Self {
        Arc::make_mut(&mut self.front).guard.access = Some(access);
        self
    }

    /// Lets a request go on that something held back: what stands before the Worker looks at it once more, the checks do not.
    #[must_use]
    pub fn resume(&self, mut request: Request) -> Answering {
        for before in &self.front.before {
            request = match before(request) {
                Ok(answering) => return answering,
                Err(request) => *request,
            };
        }
        Box::pin(self.emulator.fetch(request))
    }

    /// Answers the network until `stop` ends, then closes what is open.
    ///
    /// # Errors
    /// The listener cannot be used any more.
    pub async fn serve(self, front: Listening, stop: impl Future<Output = ()> + Send + 'static) -> Result<()> {
        let emulator = self.emulator.clone();
        let accept = Accept::new(front, self.bounds);
        let served = serve_connections(
            accept,
            move |&connection: &Connection| Self { connection, ..self.clone() },
            ConnectionLimits::default(),
            stop,
        )
        .await;
        // Sockets outlive the server until they are told.
        emulator.shutdown().await;
        served.map_err(|error| Error::new(format!("the server ended: {error}")))
    }
}

/// The Worker's answer, or that of something before it.
type Answer = Either<ServiceFuture, Map<Answering, fn(Response) -> std::result::Result<Response, Infallible>>>;

/// The checks in front of the Worker.
impl Service<Request> for Local {
    type Response = Response;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        self.emulator.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Some(watch) = self.front.watch.clone() else { return self.answer(request) };
        let host = host_of(&request).unwrap_or_default().to_owned();
        let target = request.uri().path_and_query().map_or("/", PathAndQuery::as_str).to_owned();
        let (method, started) = (request.method().clone(), Instant::now());
        let answer = self.answer(request);
        let answering: Answering = Box::pin(async move {
            let response = answer.await.unwrap_or_else(|never| match never {});
            let (status, took) = (response.status(), started.elapsed());
            watch(&Seen { method, host, target, status, took });
            response
        });
        Either::Right(answering.map(Ok as fn(_) -> _))
    }
}

impl Local {
    fn answer(&mut self, request: Request) -> Answer {
        let answered = |answering: Answering| Either::Right(answering.map(Ok as fn(_) -> _));
        let request = match self.front.guard.check(self.connection, request) {
            Ok(request) => request,
            Err(answer) => return answered(Box::pin(ready(*answer))),
        };
        let proxied = self.front.guard.believes_proxies(self.connection, &request);
        if !proxied && self.front.mend.is_none() {
            return match self.before(request) {
                Ok(answering) => answered(answering),
                Err(request) => Either::Left(self.emulator.call(request)),
            };
        }
        let prefix = proxied.then(|| prefix::of(request.headers())).flatten();
        let local = self.clone();
        answered(Box::pin(async move {
            let mut response = match prefix {
                None => local.mended(request).await,
                Some(prefix) => {
                    let put = |request| local.prefixed(&prefix, request);
                    answer_changed(request, prefix::is_rewritten, put).await
                }
            };
            if proxied {
                prefix::vary(&mut response, &local.front.varies);
            }
            response
        }))
    }
}

impl Local {
    /// The answer of what stands before the Worker, or the request for the Worker.
    #[expect(clippy::result_large_err, reason = "the large one is the common one, and is moved once")]
    fn before(&self, mut request: Request) -> std::result::Result<Answering, Request> {
        if !self.front.before.is_empty() {
            request.extensions_mut().insert(Peer(self.connection.peer));
        }
        for before in &self.front.before {
            request = match before(request) {
                Ok(answering) => return Ok(answering),
                Err(request) => *request,
            };
        }
        Err(request)
    }

    /// The answer to a request; to one that failed for what can be mended, the answer after that.
    async fn mended(&self, request: Request) -> Response {
        let reads =
            matches!(*request.method(), Method::GET | Method::HEAD) && !request.headers().contains_key(header::UPGRADE);
        let mend = self.front.mend.as_ref().filter(|_| reads);
        let mend = mend.map(|mend| (mend, again(&request, request.method().clone())));
        let response = match self.before(request) {
            Ok(answering) => answering.await,
            Err(request) => self.emulator.fetch(request).await,
        };
        match mend {
            Some((mend, again)) if response.status() == StatusCode::INTERNAL_SERVER_ERROR => {
                mend(again, response).await
            }
            _ => response,
        }
    }

    /// The answer with the prefix before the addresses in it.
    async fn prefixed(&self, prefix: &str, mut request: Request) -> Response {
        prefix::ask(&mut request);
        prefix::put(prefix, self.mended(request).await).await
    }
}

/// A refusal in the shape of the Worker's.
#[must_use]
pub fn refusal(status: StatusCode, code: &str, message: &str) -> Response {
    // Without randomness the id says nothing, and the answer is as good.
    let id = secret::random_hex::<8>().unwrap_or_else(|_| "0".repeat(16));
    let mut response = json(status, &json!({ "error": { "code": code, "message": message }, "requestId": id }));
    if let Ok(id) = id.parse() {
        response.headers_mut().insert("pmx-request-id", id);
    }
    response
}

/// A JSON answer that nobody keeps.
#[must_use]
pub fn json(status: StatusCode, value: &Value) -> Response {
    let mut response = Response::new(Body::from(value.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
