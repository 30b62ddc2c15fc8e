//! What `kv`, `r2`, `do` and `state` share: whose data it is, and how an op gets there.

use crate::{
    cli::StateFolderArgs,
    data::{
        self, DataError, DataOp, Owner,
        place::{self, Home},
    },
    error::{Error, Result},
};
use pmx_emulator::{
    BuildError, Emulator, Worker,
    state_dir::{StateDir, StateError},
};
use serde_json::Value as Json;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use ureq::{Agent, tls::TlsConfig};

/// How long an op may take: SQL over a large table, or the export of a large state.
const TIMEOUT: Duration = Duration::from_secs(600);
/// The largest answer: an R2 object of the size that ops carry, as JSON.
const MAX_ANSWER: u64 = 256 * 1024 * 1024;

/// Who does the ops.
pub(super) enum DataClient {
    /// The process that owns the folder.
    Owned(Box<Owner>),
    /// This one.
    Here(StateDir),
}

/// The folder that is meant, if it may be used: the one that is named, else that of the process which serves the project, else the
/// project's own.
pub(super) fn folder(place: &StateFolderArgs) -> Result<PathBuf> {
    if let Some(server) = &place.server {
        return Err(Error::usage(format!("{server} has no API for its data: a server only takes publishes"))
            .hint("on Cloudflare `wrangler kv key list --binding SPACE_KV --remote` and its kin do that"));
    }
    if let Some(named) = &place.state {
        return Ok(named.clone());
    }
    let home = Home::of(place.project.as_deref().unwrap_or(Path::new(".")))?;
    match Owner::of_project(&home.folder) {
        Some(owner) => Ok(owner.state),
        None => place::choose(None, home.state()),
    }
}

/// The process that owns a state folder, if one does that can be asked.
pub(super) fn owner(folder: &Path) -> Option<Owner> {
    match StateDir::open_for_reading(folder) {
        Err(StateError::InUse { pid, .. }) => Owner::of_state(folder, pid),
        _ => None,
    }
}

/// A folder that has been one of state before: nothing is made by looking.
pub(super) fn existing(folder: &Path) -> Result<()> {
    if folder.join("version").symlink_metadata().is_ok() {
        return Ok(());
    }
    Err(Error::new(format!("there is no state in {}", folder.display()))
        .hint("`pmx dev` and `pmx serve` make it; `--state` names another folder"))
}

/// What keeps a folder from being used, with what to do about it.
pub(super) fn refused(error: StateError) -> Error {
    let hint = error.hint();
    Error::new(error).hint(hint)
}

/// Opens the folder, or finds who has. Who only reads leaves it as it is, to the byte.
pub(super) fn open(place: &StateFolderArgs, writes: bool) -> Result<DataClient> {
    let folder = folder(place)?;
    existing(&folder)?;
    let opened = if writes { StateDir::open(&folder) } else { StateDir::open_for_reading(&folder) };
    match opened {
        Ok(state) => Ok(DataClient::Here(state)),
        Err(StateError::InUse { pid, path }) => match Owner::of_state(&folder, pid) {
            Some(owner) => Ok(DataClient::Owned(Box::new(owner))),
            None => Err(Error::new(StateError::InUse { pid, path })
                .hint("it is no `pmx dev` or `pmx serve` of yours, which would answer for its data: end it first")),
        },
        Err(error) => Err(refused(error)),
    }
}

impl DataClient {
    /// Does ops one after the other, until one fails.
    pub(super) fn run(self, ops: impl IntoIterator<Item = DataOp>) -> Result<Vec<Json>> {
        self.each(|ask| ops.into_iter().map(ask).collect())
    }

    /// Lets ops depend on the answers before them.
    pub(super) fn each<T>(self, work: impl FnOnce(&dyn Fn(DataOp) -> Result<Json>) -> Result<T>) -> Result<T> {
        match self {
            Self::Owned(owner) => {
                let agent = agent();
                work(&|op| ask(&agent, &owner, &op))
            }
            Self::Here(state) => {
                let runtime = tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(1)
                    .enable_all()
                    .build()
                    .map_err(|error| Error::new(format!("the runtime could not be started: {error}")))?;
                let emulator = runtime.block_on(async { emulator(state) })?;
                let result = work(&|op| runtime.block_on(data::run(&emulator, op)).map_err(failed));
                runtime.block_on(emulator.shutdown());
                result
            }
        }
    }
}

/// The Worker is there for alarms that are fired by hand, and for nothing else.
fn emulator(state: StateDir) -> Result<Emulator> {
    Emulator::builder(Worker::bundled())
        .state(state)
        .isolates(1)
        .without_alarms()
        .var("BASE_DOMAINS", "localhost")
        .build()
        .map_err(|error| match error {
            BuildError::State(error) => refused(error),
            error => Error::new(format!("the state cannot be opened: {error}")),
        })
}

/// What an op could not do; if that was for the storage's sake, with why, and how to find out more.
fn failed(error: DataError) -> Error {
    if error.code() != "storage" {
        return Error::new(error);
    }
    let mut causes = Vec::new();
    let mut cause = std::error::Error::source(&error);
    while let Some(source) = cause {
        causes.push(source.to_string());
        cause = source.source();
    }
    let message = match causes.last() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    };
    Error::new(message).hint("`pmx state check` tells what is wrong with the state")
}

fn agent() -> Agent {
    // The owner is on this machine and wrote into what pmx keeps for its user where it listens: its certificate is one of its own
    // making.
    let tls = TlsConfig::builder().disable_verification(true).build();
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .tls_config(tls)
        .timeout_global(Some(TIMEOUT))
        .build()
        .into()
}

fn ask(agent: &Agent, owner: &Owner, op: &DataOp) -> Result<Json> {
    let lost = |error: &dyn std::fmt::Display| {
        Error::new(format!("process {} owns the state, and does not answer for it: {error}", owner.pid))
            .hint(format!("end it with `{}` and try again", owner.ending()))
    };
    let body = serde_json::to_vec(op).map_err(|error| lost(&error))?;
    let mut answer = agent
        .post(format!("{}://{}/api/data", owner.scheme(), owner.address))
        .header("host", &owner.console)
        .header("authorization", format!("Bearer {}", owner.token))
        .header("content-type", "application/json")
        .send(&body[..])
        .map_err(|error| lost(&error))?;
    let status = answer.status();
    let bytes = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_vec().map_err(|error| lost(&error))?;
    let json: Json = serde_json::from_slice(&bytes).map_err(|_| lost(&format_args!("it answered {status}")))?;
    match json["error"]["message"].as_str() {
        _ if status.is_success() => Ok(json),
        Some(message) if json["error"]["code"] == "storage" => {
            Err(Error::new(message)
                .hint("`pmx state check` tells what is wrong with the state, once its owner has ended"))
        }
        Some(message) => Err(Error::new(message)),
        None => Err(lost(&format_args!("it answered {status}"))),
    }
}

/// One op, and what is answered.
pub(super) fn one(place: &StateFolderArgs, op: DataOp) -> Result<Json> {
    let writes = op.writes() && !matches!(op, DataOp::StateExport { .. });
    Ok(open(place, writes)?.run([op])?.pop().unwrap_or_default())
}
