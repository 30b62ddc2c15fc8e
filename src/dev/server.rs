use super::{
    Scope,
    build_queue::BuildQueue,
    context::{Addresses, Context, LocalWorker},
    loops::Loops,
    sweep_lock::SweepLock,
    terminal::Terminal,
};
use crate::{
    browser, cli,
    data::{Owning, Served, owner, place},
    error::Result,
    report::Report,
    secret,
    server::{self, Layers, Listening, Reach, WorkerOptions},
    session::{CONSOLE_HOST, ConsoleToken, Control, Session},
    watch::{Hub, WatchOptions},
};
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tokio::sync::watch;

/// How many of the last requests the console can show.
const REQUESTS: usize = 300;

/// A server of sites that are being written, and how this user reaches it.
pub(super) struct DevServer {
    pub(super) context: Arc<Context>,
    pub(super) address: SocketAddr,
    /// What the console takes.
    pub(super) token: ConsoleToken,
    /// The folder of the project or the workspace, absolute and without links.
    folder: PathBuf,
}

impl DevServer {
    /// Opens the state and loads the Worker. Answers the layers that every such server has, too.
    pub(super) fn start(
        command: &cli::DevArgs,
        scope: &Scope,
        reach: &Reach<'_>,
        listening: &Listening,
        report: &Report,
    ) -> Result<(Self, Layers)> {
        let state = place::choose(command.state.as_deref(), scope.folder().join(place::STATE_FOLDER))?;
        // Nobody else has it, so nobody else publishes into this process's Worker.
        let secret = secret::random_hex::<32>()?;
        let options = WorkerOptions {
            state: &state,
            durable: false,
            base_domains: &["localhost".to_owned()],
            default_site: scope.default_site().map(ToString::to_string),
            secret: &secret,
            faults: server::simulated_faults(&command.simulate)?,
            trace: REQUESTS,
        };
        let emulator = server::start(options, listening).map_err(|error| owner::explain(error, &state))?;
        // What is asked for as no document gets no script.
        let varies = (!command.exact).then_some("Sec-Fetch-Dest");
        let (layers, reachable) = reach.layers(listening, &state, varies)?;
        let terminal = Arc::new(Terminal::new(report));
        let session = Session::observed({
            let terminal = terminal.clone();
            move |record| terminal.event(record)
        });
        let context = Context {
            control: Control::of_loops(session.clone(), emulator.clone(), &secret),
            session,
            terminal,
            worker: LocalWorker {
                emulator,
                secret,
                sweep_lock: SweepLock::default(),
                state: std::path::absolute(&state).unwrap_or(state),
                published: watch::Sender::new(0),
            },
            hub: Hub::new(WatchOptions { poll: command.poll.map(Duration::from_millis) }),
            builds: BuildQueue::new(),
            loops: Loops::default(),
            addresses: Addresses { https: command.https, port: listening.address.port(), reachable },
            ending: watch::Sender::new(false),
            many: matches!(scope, Scope::Many(_)),
        };
        let folder = scope.folder().to_owned();
        let (address, token) = (listening.address, ConsoleToken::generate()?);
        Ok((Self { context: Arc::new(context), address, token, folder }, layers))
    }

    /// Tells this user's other commands who owns the state folder, and which projects.
    pub(super) fn own(&self) -> Option<Owning> {
        let context = &self.context;
        Owning::begin(&Served {
            command: "pmx dev",
            address: self.address,
            console: CONSOLE_HOST,
            https: context.addresses.https,
            token: self.token.as_str(),
            state: &context.worker.state,
            folder: Some(&self.folder),
            many: context.many,
        })
    }

    /// The address of the console, with what lets a browser in.
    pub(super) fn console_url(&self) -> String {
        self.token.url(&self.context.addresses.console())
    }

    /// Has a browser open an address.
    pub(super) fn open(&self, url: &str) {
        if let Err(error) = browser::open(url) {
            self.context.terminal.warn(format_args!("{error}; the site is at {url}"));
        }
    }

    /// Has a browser open the console.
    pub(super) fn open_console(&self) {
        let url = self.console_url();
        if let Err(error) = browser::open_secret(&url) {
            self.context.terminal.warn(format_args!("{error}; open the console by hand: {url}"));
        }
    }
}
