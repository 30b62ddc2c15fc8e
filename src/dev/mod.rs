//! The loop: watch -> build -> publish into the local Worker. Who serves the pages knows nothing of it.
//!
//! [`run`] sets the stage: the port, the Worker over its state, what stands before it. `site` is the loop of one site, `workspace`
//! runs several. What they do is on the [`Board`], and a [`Control`] steers them.

mod activation;
mod addresses;
mod answering;
mod builder;
mod checkout;
mod collect;
mod control;
mod entry;
mod eyes;
mod held;
mod in_process;
mod index;
mod mending;
mod page;
mod publisher;
mod reload;
mod responses;
mod scope;
mod signals;
pub mod simulate;
mod site;
mod sites_of;
mod small_page;
mod stage;
mod state_folder;
mod status;
mod telling;
mod terminal;
mod tidy;
mod turns;
mod waiting;
mod workspace;

pub use activation::says as activation_says;
pub use control::{Control, Moved};
pub use held::Held;
pub use status::{Board, Failure, LastBuild, Phase, SiteStatus};

use crate::{
    browser, cli,
    console::{self, ConsoleParts, LogBuffer, Serves, Token},
    data::{Owning, Served, owner, place},
    error::{Error, Result},
    report::Report,
    secret,
    server::{self, Bounds, Layers, Listening, Reach, WorkerOptions},
    watch::{Hub, WatchOptions},
};
use addresses::AddressParts;
use collect::Gate;
use page::{PageParts, events::Events};
use reload::Reload;
use scope::Scope;
use serde_json::json;
use signals::Signals;
use site::Site;
use stage::{Addresses, Stage};
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use terminal::{Banner, Keyboard, Keys, Request, Terminal};
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
    time::timeout,
};
use turns::Turns;
use waiting::{FirstLook, WaitingRoom};
use workspace::Workspace;

/// How long the start waits for the first build where an earlier process has left something to read; requests wait a while longer.
const START: Duration = Duration::from_millis(250);
/// How long the end waits for what is under way. What was committed is in the state folder in any case.
const END: Duration = Duration::from_millis(700);
/// How many of the last requests the console can show.
const REQUESTS: usize = 300;

/// What the loop is run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Writing: the address is the site's.
    Dev,
    /// Presenting: the address is that of the entry, in Play.
    Play {
        /// Whether it is printed on stdout, alone.
        print_url: bool,
    },
}

/// Serves sites while they are written, until the user ends it.
///
/// # Errors
/// What keeps it from starting: no site, a port or a state folder that is taken. What fails later is reported, and the last
/// good site stays up.
pub async fn run(command: &cli::Dev, mode: Mode, report: &Report) -> Result<()> {
    let started = Instant::now();
    let scope = Scope::of(command)?;
    if command.write_responses && !command.host.is_loopback() {
        return Err(Error::usage("--write-responses is for this machine's browsers only")
            .hint("leave out --host, or give a loopback address"));
    }
    if command.write_responses && command.exact {
        return Err(Error::usage("--write-responses needs the script that --exact leaves out of pages")
            .hint("leave out one of them"));
    }
    let mut signals = Signals::new();
    let reach =
        Reach { host: command.host, port: command.port, https: command.https, allow_hosts: &command.allow_hosts };
    let (front, lines) = reach.listen().await?;
    for line in lines {
        report.say(line);
    }
    let (stage, layers) = set(command, &scope, &reach, &front, report)?;
    let address = front.address;
    let layers = fill(layers, command, &scope, &stage, address);

    let mut sites = Sites::open(&stage, scope)?;
    tokio::select! {
        () = sites.first_look() => {}
        () = signals.next() => return Ok(()),
    }
    let opened = match mode {
        Mode::Dev => stage.addresses.bare().to_owned(),
        Mode::Play { .. } => {
            format!("{}{}?play", stage.addresses.bare(), entry::route(&stage.emulator).await)
        }
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(server::serve(front, Bounds::new(None, None), layers, stage.emulator.clone(), async {
        let _ = stopped.await;
    }));
    let _owner = own(&stage, address);
    ready(command, &stage, &sites, &opened, started);
    // With `--quiet` nothing else says where it is.
    if mode == (Mode::Play { print_url: true }) || report.quiet() && !report.json() {
        report.data(&opened);
    }
    if command.open {
        open(&stage, &opened);
    }
    tokio::select! {
        () = sites.run() => {}
        () = keys(&stage, &opened) => {}
        () = warnings(&stage) => {}
        () = tidy::run(&stage) => {}
        () = signals.next() => {}
        () = report.failed() => {}
    }
    let _ = stop.send(());
    stage.ending.send_replace(true);
    let ended = async {
        sites.end().await;
        serving.await
    };
    let ended = tokio::select! {
        ended = timeout(END, ended) => ended,
        // Once more: at once.
        () = signals.next() => return Ok(()),
    };
    match ended {
        Ok(Ok(served)) => served,
        Ok(Err(error)) => Err(Error::new(format!("the server ended badly: {error}"))),
        Err(_) => Ok(()),
    }
}

/// Opens the state and loads the Worker.
fn set(
    command: &cli::Dev,
    scope: &Scope,
    reach: &Reach<'_>,
    front: &Listening,
    report: &Report,
) -> Result<(Arc<Stage>, Layers)> {
    let state = place::choose(command.state.as_deref(), scope.folder().join(place::STATE_FOLDER))?;
    // Nobody else has it, so nobody else publishes into this process's Worker.
    let secret = secret::random_hex::<32>()?;
    let options = WorkerOptions {
        state: &state,
        durable: false,
        base_domains: &["localhost".to_owned()],
        default_site: scope.default_site().map(ToString::to_string),
        secret: &secret,
        faults: simulate::faults(&command.simulate)?,
        trace: REQUESTS,
    };
    let emulator = server::start(options, front).map_err(|error| owner::explain(error, &state))?;
    // What is asked for as no document gets no script.
    let varies = (!command.exact).then_some("Sec-Fetch-Dest");
    let (layers, reachable) = reach.layers(front, &state, varies)?;
    let board = Board::default();
    let terminal = Arc::new(Terminal::new(report));
    let stage = Stage {
        control: Control::new(board.clone(), emulator.clone(), terminal.clone(), &secret),
        board,
        terminal,
        emulator,
        hub: Hub::new(WatchOptions { poll: command.poll.map(Duration::from_millis) }),
        turns: Turns::new(),
        room: WaitingRoom::default(),
        gate: Gate::default(),
        secret,
        token: Token::generate()?,
        addresses: Addresses { https: command.https, port: front.address.port(), reachable },
        state: std::path::absolute(&state).unwrap_or(state),
        folder: scope.folder().to_owned(),
        published: watch::Sender::new(0),
        keep_deploys: command.keep_deploys,
        ending: watch::Sender::new(false),
        many: matches!(scope, Scope::Many(_)),
    };
    Ok((Arc::new(stage), layers))
}

/// Adds the layers of `pmx dev`.
fn fill(mut layers: Layers, command: &cli::Dev, scope: &Scope, stage: &Stage, address: SocketAddr) -> Layers {
    let default_site = scope.default_site().cloned();
    let board = stage.board.clone();
    let reload = Reload::new(board.clone(), stage.ending.subscribe());
    let console = ConsoleParts {
        control: stage.control.clone(),
        token: stage.token.clone(),
        address,
        https: stage.addresses.https,
        log: LogBuffer::of_process(),
        state: stage.state.clone(),
        ending: stage.ending.subscribe(),
        sites: Serves::Written,
    };
    let addresses = AddressParts {
        control: stage.control.clone(),
        default_site: default_site.clone(),
        reload: reload.clone(),
        events: (!command.exact).then(|| Events::new(board.clone(), !command.no_overlay, stage.ending.subscribe())),
    };
    let responses = || responses::layer(stage.control.clone(), default_site.clone(), address);
    let site_list = || index::layer(board.clone(), reload.clone(), Some(stage.addresses.console()));
    let lost_blobs = mending::Parts {
        control: stage.control.clone(),
        terminal: stage.terminal.clone(),
        default_site: default_site.clone(),
    };
    let pages = || {
        let (board, default_site, reload) = (board.clone(), default_site.clone(), reload.clone());
        page::layer(PageParts { board, default_site, reload, answers: command.write_responses })
    };
    layers.console = Some(console::layer(console));
    layers.dev_addresses = Some(addresses::layer(addresses));
    layers.first_build = Some(stage.room.layer(reload.clone(), default_site.clone()));
    layers.responses = command.write_responses.then(responses);
    layers.site_list = stage.many.then(site_list);
    layers.lost_blobs = Some(mending::layer(lost_blobs));
    layers.pages = (!command.exact).then(pages);
    layers
}

/// The site or the sites that are served.
enum Sites {
    One { look: FirstLook, task: JoinHandle<()> },
    Many(Box<Workspace>),
}

impl Sites {
    fn open(stage: &Arc<Stage>, scope: Scope) -> Result<Self> {
        match scope {
            Scope::One { name, asked, project } => {
                let site = Site::open(stage, name.clone(), asked, *project)?;
                let look = site.first_look();
                Ok(Self::One { look, task: tokio::spawn(workspace::alone(stage.clone(), name, site)) })
            }
            Scope::Many(folder) => Ok(Self::Many(Box::new(Workspace::open(stage, &folder)?))),
        }
    }

    /// Waits until there is something to read, and a moment for what is there now.
    async fn first_look(&self) {
        match self {
            Self::One { look, .. } if look.readable() => {
                let _ = timeout(START, look.over()).await;
            }
            Self::One { look, .. } => look.over().await,
            // Who comes first waits for the site that they came for.
            Self::Many(_) => {}
        }
    }

    /// Goes on until it is dropped.
    async fn run(&mut self) {
        match self {
            Self::One { .. } => std::future::pending().await,
            Self::Many(workspace) => workspace.run().await,
        }
    }

    async fn end(self) {
        match self {
            Self::One { task, .. } => {
                let _ = task.await;
            }
            Self::Many(workspace) => workspace.end().await,
        }
    }
}

/// Tells this user's other commands who owns the state folder, and which projects.
fn own(stage: &Stage, address: SocketAddr) -> Option<Owning> {
    Owning::begin(&Served {
        command: "pmx dev",
        address,
        console: console::HOST,
        https: stage.addresses.https,
        token: stage.token.as_str(),
        state: &stage.state,
        folder: Some(&stage.folder),
        many: stage.many,
    })
}

/// Says that all is ready, and where.
fn ready(command: &cli::Dev, stage: &Stage, sites: &Sites, opened: &str, started: Instant) {
    let url = stage.addresses.bare();
    let statuses = stage.board.sites();
    let list: Vec<_> = statuses.iter().map(|site| json!({ "name": site.name.as_str(), "url": site.url })).collect();
    let (console, lan) = (stage.addresses.console(), &stage.addresses.reachable.lan);
    let mut says = json!({ "url": url, "sites": list, "state": stage.state, "console": console, "lan": lan });
    if opened != url {
        says["play"] = json!(opened);
    }
    stage.tell("ready", None, says);

    let took = format!("ready in {:.0} ms", started.elapsed().as_secs_f64() * 1e3);
    let late = matches!(sites, Sites::One { look, .. } if look.pending());
    let remark = if late { format!("{took}; what was published last is up, the build is under way") } else { took };
    let mut banner = Banner { opened: opened.to_owned(), remark, ..Banner::default() };
    if stage.many {
        banner.sites = statuses.iter().map(|site| (site.name.to_string(), site.url.clone())).collect();
    } else if let [site] = statuses.as_slice() {
        banner.line("also", &site.url);
        banner.line("entry", site.source_root.join(&site.entry).display().to_string());
    }
    for address in lan {
        banner.line("lan", address);
    }
    banner.line("console", stage.token.url(&console));
    banner.line("state", stage.state.display().to_string());
    let worker: String = stage.emulator.worker_sha256().unwrap_or_default().chars().take(8).collect();
    banner.line("runs", format!("Worker {worker} with KV, R2 and Durable Objects of this machine"));
    let plan = stage.emulator.faults().plan();
    if !plan.is_empty() {
        banner.line("faults", plan.to_string());
    }
    let how = command.poll.map_or_else(String::new, |ms| format!(", looked at every {ms} ms"));
    banner.line(
        "watch",
        format!("edits are live{how}; {}", if keyboard(stage) { "h for keys, Ctrl-C ends" } else { "Ctrl-C ends" }),
    );
    banner.show(&stage.terminal);
}

/// Whether somebody may press keys.
fn keyboard(stage: &Stage) -> bool {
    use std::io::IsTerminal as _;
    stage.terminal.report().attended() && std::io::stdin().is_terminal()
}

/// Does what keys ask for, until one asks for the end.
async fn keys(stage: &Stage, opened: &str) {
    let Some(mut keyboard) = keyboard(stage).then(Keyboard::open).flatten() else {
        return std::future::pending().await;
    };
    let mut keys = Keys::new(stage.control.clone(), stage.terminal.clone());
    loop {
        match keys.press(keyboard.next().await).await {
            Some(Request::Open) => open(stage, opened),
            Some(Request::Console) => open_console(stage),
            Some(Request::Quit) => return,
            None => {}
        }
    }
}

fn open(stage: &Stage, url: &str) {
    if let Err(error) = browser::open(url) {
        stage.terminal.warn(format_args!("{error}; the site is at {url}"));
    }
}

fn open_console(stage: &Stage) {
    let url = stage.token.url(&stage.addresses.console());
    if let Err(error) = browser::open_secret(&url) {
        stage.terminal.warn(format_args!("{error}; open the console by hand: {url}"));
    }
}

/// Says what the user should know of the watching.
async fn warnings(stage: &Stage) {
    loop {
        let warning = stage.hub.warning().await;
        let says = json!({ "message": warning.to_string(), "hints": warning.hints(), "code": "watch" });
        stage.tell("warning", None, says);
        stage.terminal.warning(&warning);
    }
}
