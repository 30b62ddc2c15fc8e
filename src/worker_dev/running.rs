use super::project::BuiltWorker;
use axum::{
    body::Body,
    extract::Request,
    http::{StatusCode, header},
    response::Response,
};
use pmx_emulator::{
    Emulator, Worker, WorkerSetup,
    routes::{self, RoutedWorker},
    state_dir::StateDir,
};
use tokio::sync::RwLock;

/// The Workers that answer. While others take their place, requests wait.
pub(super) struct RunningWorkers {
    state: StateDir,
    current: RwLock<Option<Current>>,
}

/// Workers in an emulator.
struct Current {
    workers: Vec<BuiltWorker>,
    routed: Vec<RoutedWorker>,
    emulator: Emulator,
}

impl RunningWorkers {
    /// Nothing yet, over a state folder.
    pub(super) fn new(state: StateDir) -> Self {
        Self { state, current: RwLock::default() }
    }

    /// Whether there is something that answers.
    pub(super) async fn is_up(&self) -> bool {
        self.current.read().await.is_some()
    }

    /// Ends the Workers that answer and starts these. If they cannot be started, those before are started again.
    ///
    /// # Errors
    /// Why they cannot.
    pub(super) async fn replace(&self, workers: Vec<BuiltWorker>) -> Result<(), String> {
        let mut current = self.current.write().await;
        let before = match current.take() {
            Some(current) => {
                current.emulator.shutdown().await;
                Some(current.workers)
            }
            None => None,
        };
        let started = self.start(workers).map(|started| *current = Some(started));
        if let (Err(_), Some(before)) = (&started, before) {
            *current = self.start(before).ok();
        }
        started
    }

    fn start(&self, workers: Vec<BuiltWorker>) -> Result<Current, String> {
        let mut setups = workers
            .iter()
            .map(|built| WorkerSetup::new(built.config.worker(), Worker::wasm(&*built.wasm)).configure(&built.config));
        let first = setups.next().ok_or_else(|| String::from("there is no Worker"))?;
        let builder = Emulator::builder(first).state(self.state.clone());
        let emulator = setups.fold(builder, |builder, setup| builder.worker(setup)).build();
        let emulator = emulator.map_err(|error| error.to_string())?;
        Ok(Current { routed: workers.iter().map(BuiltWorker::routed).collect(), workers, emulator })
    }

    /// Has the Worker answer that the routes give the request to; the first one where they give it to none.
    pub(super) async fn fetch(&self, request: Request) -> Response {
        let emulator = self.current.read().await.as_ref().map(|current| current.emulator_for(&request));
        match emulator {
            Some(emulator) => emulator.fetch(request).await,
            None => not_built(),
        }
    }

    /// Ends what answers.
    pub(super) async fn shutdown(&self) {
        if let Some(current) = self.current.write().await.take() {
            current.emulator.shutdown().await;
        }
    }
}

impl Current {
    fn emulator_for(&self, request: &Request) -> Emulator {
        let by_routes = || {
            let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
            let host = host.or_else(|| request.uri().authority().map(|authority| authority.as_str()))?;
            let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
            let url = routes::address(&format!("https://{host}{path}")).ok()?;
            let by_name = || url.host_str()?.strip_suffix(".localhost").map(str::to_owned);
            self.emulator.worker(&routes::explain(&self.routed, &url).worker.or_else(by_name)?)
        };
        let is_alone = self.routed.len() < 2;
        (!is_alone).then(by_routes).flatten().unwrap_or_else(|| self.emulator.clone())
    }
}

fn not_built() -> Response {
    let mut response = Response::new(Body::from("The Worker could not be built yet; the terminal says why.\n"));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}
