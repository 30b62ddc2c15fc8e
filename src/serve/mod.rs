//! `pmx serve`: the Worker with what was published to it, a page that says what is here, and a line for what happens.

mod events;
mod site_list;

use crate::{
    cli,
    console::{self, ConsoleParts, SiteSource},
    data::{
        Owning, Served, owner,
        place::{self, Home, HomeKind},
        sites,
    },
    error::Result,
    report::{Report, Style},
    server::{self, ConnectionBounds, Layers, Listening, WorkerOptions, interrupted, listen},
    session::{CONSOLE_HOST, ConsoleToken, Control, LogBuffer, Session},
};
use futures_util::FutureExt as _;
use pmx_emulator::{Emulator, faults::Faults};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::sync::watch;

/// How many of the last requests the console can show, where requests are told of; else none are remembered, which costs nothing.
const REQUESTS: usize = 300;
/// How many sites the event `ready` names.
const NAMED: usize = 200;

/// Serves what is published to it, until the user ends it.
///
/// # Errors
/// A port or state folder that is taken or unusable.
pub async fn run(command: &cli::ServeArgs, report: &Report) -> Result<()> {
    let faults = self::faults(command)?;
    let home = Home::of(Path::new("."))?;
    let state = place::choose(command.state.as_deref(), home.state())?;
    let front = listen(command.host, command.port).await?;
    if let Some(walked) = &front.walked {
        report.say(walked);
    }
    let secret = std::env::var("PUBLISH_SECRET").unwrap_or_default();
    let server = PublishServer::start(command, &state, &front, faults, &secret, report)?;
    let (ending, ended) = watch::channel(false);
    let layers = server.layers(command, &front, ended, report);
    let _owning = Owning::begin(&Served {
        command: "pmx serve",
        address: front.address,
        console: CONSOLE_HOST,
        https: false,
        token: server.token.as_str(),
        state: &server.state,
        // One that was started in no project is found by its state folder alone.
        folder: (home.kind != HomeKind::Folder).then_some(home.folder.as_path()),
        many: home.kind != HomeKind::Project,
    });
    let failing = report.clone();
    let mut end = Box::pin(async move {
        tokio::select! {
            () = interrupted() => {}
            () = failing.failed() => {}
        }
        ending.send_replace(true);
    });
    // Who reads that it is ready may end it at once: that is listened for before it is said.
    if (&mut end).now_or_never().is_some() {
        return Ok(());
    }
    server.ready(&front, !secret.is_empty(), report).await;
    let printing = tokio::spawn(events::print(server.session.clone(), report.clone()));
    let bounds = ConnectionBounds::new(command.max_connections, command.max_connections_per_address);
    let served = server::serve(front, bounds, layers, server.worker.clone(), end).await;
    printing.abort();
    served
}

/// `--kv-lag` is the older word for `--simulate kv-lag=…s`.
fn faults(command: &cli::ServeArgs) -> Result<Faults> {
    let faults = server::simulated_faults(&command.simulate)?;
    if command.kv_lag > 0 {
        faults.set_kv_lag(Duration::from_secs(command.kv_lag));
    }
    Ok(faults)
}

/// The Worker, and what stands around it.
struct PublishServer {
    worker: Emulator,
    session: Session,
    control: Control,
    token: ConsoleToken,
    /// The state folder, absolute.
    state: PathBuf,
    /// The address of a site, with `{site}` in the place of its name.
    site: String,
    /// The address of this machine for this server.
    url: String,
}

impl PublishServer {
    fn start(
        command: &cli::ServeArgs,
        state: &Path,
        front: &Listening,
        faults: Faults,
        secret: &str,
        report: &Report,
    ) -> Result<Self> {
        let options = WorkerOptions {
            state,
            durable: command.durable,
            base_domains: &command.base_domains,
            default_site: None,
            secret,
            faults,
            trace: if report.verbose() { REQUESTS } else { 0 },
        };
        let worker = server::start(options, front).map_err(|error| owner::explain(error, state))?;
        let session = Session::default();
        let control = Control::of_server(session.clone(), worker.clone(), secret);
        let domain = domain(command);
        let port = front.address.port();
        Ok(Self {
            worker,
            session,
            control,
            token: ConsoleToken::generate()?,
            state: std::path::absolute(state).unwrap_or_else(|_| state.to_owned()),
            site: format!("http://{{site}}.{domain}:{port}"),
            url: format!("http://localhost:{port}"),
        })
    }

    /// What a request passes before the Worker.
    fn layers(
        &self,
        command: &cli::ServeArgs,
        front: &Listening,
        ending: watch::Receiver<bool>,
        report: &Report,
    ) -> Layers {
        let parts = ConsoleParts {
            control: self.control.clone(),
            token: self.token.clone(),
            address: front.address,
            https: false,
            log: LogBuffer::of_process(),
            state: self.state.clone(),
            ending,
            sites: SiteSource::Published { address: self.site.clone() },
        };
        let site_list = site_list::SiteListParts {
            kv: self.worker.kv().clone(),
            site: self.site.clone(),
            url: self.url.clone(),
            domains: command.base_domains.iter().map(|domain| domain.to_ascii_lowercase()).collect(),
        };
        let mut layers = Layers::new(front, &command.allow_hosts, &command.base_domains);
        layers.request_log = report.verbose().then(|| events::request_log(report.clone()));
        layers.console = Some(console::layer(parts));
        layers.site_list = Some(site_list::layer(site_list));
        layers.activations = Some(events::activations(self.control.clone()));
        layers
    }

    /// Says that all is ready, and where.
    async fn ready(&self, front: &Listening, open: bool, report: &Report) {
        let port = front.address.port();
        let console = format!("http://{CONSOLE_HOST}:{port}");
        if !open {
            report.warn("PUBLISH_SECRET is not set: every publish call will be refused");
        }
        let kv = self.worker.kv().clone();
        let listed = tokio::task::spawn_blocking(move || sites::published(&kv, NAMED)).await;
        let (sites, count) = listed.ok().and_then(std::result::Result::ok).unwrap_or_default();
        let named = |site: &sites::PublishedSite| json!({ "name": site.name.as_str(), "url": self.address(site.name.as_str()) });
        let list: Vec<Value> = sites.iter().map(named).collect();
        report.event(
            &json!({ "event": "ready", "url": self.url, "sites": list, "state": self.state, "console": console }),
        );
        if report.quiet() && !report.json() {
            report.data(&self.url);
        }
        let dim = |text: &str| report.paint(Style::Dim, text);
        let site = self.address("<site>");
        report.say("");
        report.say(format_args!("  {}  {}", report.paint(Style::Bold, &self.url), dim("the publish API; Ctrl-C ends")));
        let many = if count == 1 { "1 is published".to_owned() } else { format!("{count} are published") };
        report.say(format_args!("  {}  {site}  {}", dim("sites  "), dim(&many)));
        report.say(format_args!("  {}  {console}  {}", dim("console"), dim("`pmx console` opens it")));
        report.say(format_args!("  {}  {}", dim("state  "), self.state.display()));
        let faults = self.worker.faults().plan();
        if !faults.is_empty() {
            report.say(format_args!("  {}  {}", dim("faults "), report.paint(Style::Warn, &faults.to_string())));
        }
        if open {
            report.say(format_args!("  {}  pmx publish <path> -s <site> --server {}", dim("try    "), self.url));
        }
        report.say("");
    }

    fn address(&self, site: &str) -> String {
        self.site.replace("{site}", site)
    }
}

/// The first domain below which sites live.
fn domain(command: &cli::ServeArgs) -> &str {
    command.base_domains.first().map_or("localhost", String::as_str)
}
