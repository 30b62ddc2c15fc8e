//! `pmx serve`: a local production to publish to.

use crate::{
    cli::Serve,
    data::place,
    dev::{self, simulate},
    error::Result,
    report::{Report, Style},
    server::{self, Bounds, LocalOptions, interrupted, listen},
};
use futures_util::FutureExt as _;
use pmx_emulator::faults::Faults;
use serde_json::json;
use std::time::Duration;

/// Runs the command until the user ends it.
///
/// # Errors
/// A port or state folder that is taken or unusable.
pub(super) async fn run(command: &Serve, report: &Report) -> Result<()> {
    let faults = self::faults(command)?;
    let state = place::choose(command.state.as_deref(), dev::STATE_FOLDER.into())?;
    let front = listen(command.host, command.port).await?;
    let secret = std::env::var("PUBLISH_SECRET").unwrap_or_default();
    let open = !secret.is_empty();
    let faulty = faults.to_string();
    let options = LocalOptions {
        state: &state,
        durable: command.durable,
        base_domains: command.base_domains.join(","),
        default_site: None,
        secret,
        faults,
        trace: 0,
    };
    let bounds = Bounds::new(command.max_connections, command.max_connections_per_address);
    let local = server::start(options, &front, &command.allow_hosts)?.bounded(bounds);
    let url = format!("http://localhost:{}", front.address.port());
    if !open {
        report.warn("PUBLISH_SECRET is not set: every publish call will be refused");
    }
    let told = report.clone();
    let mut end = Box::pin(async move {
        tokio::select! {
            () = interrupted() => {}
            () = told.failed() => {}
        }
    });
    // Who reads that it is ready may end it at once: that is listened for before it is said.
    if (&mut end).now_or_never().is_some() {
        return Ok(());
    }
    report.event(&json!({ "event": "ready", "url": url, "sites": [] }));
    if report.quiet() && !report.json() {
        report.data(&url);
    }
    let dim = |text: &str| report.paint(Style::Dim, text);
    let site = format!(
        "http://<site>.{}:{}",
        command.base_domains.first().map_or("localhost", String::as_str),
        front.address.port()
    );
    report.say("");
    report.say(format_args!("  {}  {}", report.paint(Style::Bold, &url), dim("the publish API; Ctrl-C ends")));
    report.say(format_args!("  {}  {site}", dim("sites")));
    report.say(format_args!("  {}  {}", dim("state"), state.display()));
    if !faulty.is_empty() {
        report.say(format_args!("  {}  {}", dim("fault"), report.paint(Style::Warn, &faulty)));
    }
    if open {
        report.say(format_args!("  {}  pmx publish <path> -s <site> --server {url}", dim("try  ")));
    }
    report.say("");
    local.serve(front, end).await
}

/// `--kv-lag` is the older word for `--simulate kv-lag=…s`.
fn faults(command: &Serve) -> Result<Faults> {
    let faults = simulate::faults(&command.simulate)?;
    if command.kv_lag > 0 {
        faults.set_kv_lag(Duration::from_secs(command.kv_lag));
    }
    Ok(faults)
}
