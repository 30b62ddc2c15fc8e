//! The loop: watch -> build -> publish into the local Worker. Who serves the pages knows nothing of it.
//!
//! [`run`] composes it: a `DevServer` has the port, the Worker over its state, and what the loops of all sites share; `site` is the loop of one
//! site, `workspace` runs several. What they do is known to a [`Session`], and a [`Control`] steers them.
//!
//! [`Session`]: crate::session::Session
//! [`Control`]: crate::session::Control

mod build_line;
mod build_queue;
mod builder;
mod built;
mod checkout;
mod collect;
mod context;
mod entry;
mod file_tracker;
mod finished;
mod first_build;
mod keys;
mod layers;
mod live_reload;
mod loops;
mod lost_blobs;
mod page;
mod publisher;
mod ready;
mod request_site;
mod response_writer;
mod scope;
mod server;
mod signals;
mod site;
mod sites;
mod small_page;
mod state_folder;
mod sweep_lock;
mod terminal;
mod workspace;

use crate::{
    cli,
    error::{Error, Result},
    report::Report,
    server::{ConnectionBounds, Reach, serve},
    session::{Event, Notice, Warning},
};
use context::Context;
use scope::Scope;
use server::DevServer;
use signals::Signals;
use sites::Sites;
use std::time::{Duration, Instant};
use tokio::{sync::oneshot, time::timeout};

/// How long the end waits for what is under way. What was committed is in the state folder in any case.
const END: Duration = Duration::from_millis(700);

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
pub async fn run(command: &cli::DevArgs, mode: Mode, report: &Report) -> Result<()> {
    let started = Instant::now();
    let scope = Scope::of(command)?;
    check(command)?;
    let mut signals = Signals::new();
    let reach =
        Reach { host: command.host, port: command.port, https: command.https, allow_hosts: &command.allow_hosts };
    let (listening, lines) = reach.listen().await?;
    for line in lines {
        report.say(line);
    }
    let (server, layers) = DevServer::start(command, &scope, &reach, &listening, report)?;
    let layers = layers::add(layers, command, &scope, &server);
    let context = server.context.clone();

    let mut sites = Sites::open(&context, scope)?;
    tokio::select! {
        () = sites.first_build() => {}
        () = signals.next() => return Ok(()),
    }
    let opened = match mode {
        Mode::Dev => context.addresses.bare().to_owned(),
        Mode::Play { .. } => {
            format!("{}{}?play", context.addresses.bare(), entry::route(&context.worker.emulator).await)
        }
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let worker = context.worker.emulator.clone();
    let serving = tokio::spawn(serve(listening, ConnectionBounds::new(None, None), layers, worker, async {
        let _ = stopped.await;
    }));
    let _owner = server.own();
    ready::show(command, &server, &sites, &opened, started);
    // With `--quiet` nothing else says where it is.
    if mode == (Mode::Play { print_url: true }) || report.quiet() && !report.json() {
        report.data(&opened);
    }
    if command.open {
        server.open(&opened);
    }
    tokio::select! {
        () = sites.run() => {}
        () = keys::run(&server, &opened) => {}
        () = warnings(&context) => {}
        () = collect::run(&context.worker, command.keep_deploys) => {}
        () = signals.next() => {}
        () = report.failed() => {}
    }
    let _ = stop.send(());
    context.ending.send_replace(true);
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

/// Refuses options that contradict each other.
fn check(command: &cli::DevArgs) -> Result<()> {
    if command.write_responses && !command.host.is_loopback() {
        return Err(Error::usage("--write-responses is for this machine's browsers only")
            .hint("leave out --host, or give a loopback address"));
    }
    if command.write_responses && command.exact {
        return Err(Error::usage("--write-responses needs the script that --exact leaves out of pages")
            .hint("leave out one of them"));
    }
    Ok(())
}

/// Says what the user should know of the watching.
async fn warnings(context: &Context) {
    loop {
        let warning = context.hub.warning().await;
        let hints = Some(warning.hints().to_vec());
        let notice = Notice { message: warning.to_string(), hints, code: "watch" };
        context.session.emit(None, Event::Warning(Warning::Notice(notice)));
        context.terminal.warning(&warning);
    }
}
