//! The Worker on this machine: the emulator over a state folder, and the Worker's variables.

use super::Listening;
use crate::error::{Error, Result};
use pmx_emulator::{
    BuildError, Emulator, Worker,
    faults::Faults,
    state_dir::{Durability, StateDir, StateError},
};
use std::{path::Path, time::Duration};

/// How a local Worker is set up.
#[derive(Debug)]
pub struct WorkerOptions<'a> {
    /// Folder of the emulated bindings.
    pub state: &'a Path,
    /// Whether state outlives a loss of power.
    pub durable: bool,
    /// Domains under which sites live.
    pub base_domains: &'a [String],
    /// The site for every other host, where one site is served.
    pub default_site: Option<String>,
    /// What publish calls must carry; empty refuses them all.
    pub secret: &'a str,
    /// What is asked to go wrong.
    pub faults: Faults,
    /// How many of the last requests are remembered, for whoever looks.
    pub trace: usize,
}

/// How long a Durable Object of the local Worker may be idle: as long as the platform lets one live that it does not put to sleep. After
/// its usual ten seconds every edit that follows a thought would read the documents of the site anew.
const IDLE: Duration = Duration::from_secs(120);

/// Opens the state and loads the Worker. `listening` is where it will be reached.
///
/// # Errors
/// The state folder is in use, unreadable, or of a newer pmx; the Worker cannot be loaded.
pub fn start(options: WorkerOptions<'_>, listening: &Listening) -> Result<Emulator> {
    let durability = if options.durable { Durability::PowerLoss } else { Durability::Crash };
    let state = StateDir::open_with(options.state, durability).map_err(state_error)?;
    let domain = options.base_domains.first().map_or("localhost", String::as_str);
    let mut builder = Emulator::builder(Worker::bundled())
        .evict_after(IDLE)
        .state(state)
        .faults(options.faults)
        .trace(options.trace)
        .var("SITE_URL", format!("{}://{{site}}.{domain}:{}", listening.scheme(), listening.address.port()))
        .var("BASE_DOMAINS", options.base_domains.join(","))
        .var("PUBLISH_SECRET", options.secret);
    if let Some(site) = options.default_site {
        builder = builder.var("DEFAULT_SITE", site);
    }
    builder.build().map_err(|error| match error {
        BuildError::State(error) => state_error(error),
        error => Error::new(format!("the Worker could not be started: {error}")),
    })
}

/// What keeps a state folder from being used, with what to do about it. The log has the error of the system or of SQLite alone.
fn state_error(error: StateError) -> Error {
    if let Some(source) = std::error::Error::source(&error) {
        tracing::info!(error = source, "the state folder cannot be used");
    }
    let hint = error.hint();
    Error::new(error).hint(hint)
}
