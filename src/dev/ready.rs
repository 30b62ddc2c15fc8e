use super::{keys, server::DevServer, sites::Sites, terminal::Banner};
use crate::{
    cli,
    session::{Event, ReadySite},
};
use std::time::Instant;

/// Says that all is ready, and where.
pub(super) fn show(command: &cli::DevArgs, server: &DevServer, sites: &Sites, opened: &str, started: Instant) {
    let context = &*server.context;
    let (url, worker) = (context.addresses.bare(), &context.worker);
    let statuses = context.session.sites();
    let console = context.addresses.console();
    let lan = context.addresses.reachable.lan.clone();
    context.session.emit(
        None,
        Event::Ready {
            url: url.to_owned(),
            sites: statuses
                .iter()
                .map(|site| ReadySite { name: site.name.to_string(), url: site.url.clone() })
                .collect(),
            state: worker.state.clone(),
            console,
            lan: lan.clone(),
            play: (opened != url).then(|| opened.to_owned()),
        },
    );

    let took = format!("ready in {:.0} ms", started.elapsed().as_secs_f64() * 1e3);
    let is_pending = sites.is_pending();
    let remark =
        if is_pending { format!("{took}; what was published last is up, the build is under way") } else { took };
    let mut banner = Banner { opened: opened.to_owned(), remark, ..Banner::default() };
    if context.many {
        banner.sites = statuses.iter().map(|site| (site.name.to_string(), site.url.clone())).collect();
    } else if let [site] = statuses.as_slice() {
        banner.line("also", &site.url);
        banner.line("entry", site.source_root.join(&site.entry).display().to_string());
    }
    for address in lan {
        banner.line("lan", address);
    }
    banner.line("console", server.console_url());
    banner.line("state", worker.state.display().to_string());
    let sha256: String = worker.emulator.worker_sha256().unwrap_or_default().chars().take(8).collect();
    banner.line("runs", format!("Worker {sha256} with KV, R2 and Durable Objects of this machine"));
    let plan = worker.emulator.faults().plan();
    if !plan.is_empty() {
        banner.line("faults", plan.to_string());
    }
    let how = command.poll.map_or_else(String::new, |ms| format!(", looked at every {ms} ms"));
    let keys = if keys::are_there(server) { "h for keys, Ctrl-C ends" } else { "Ctrl-C ends" };
    banner.line("watch", format!("edits are live{how}; {keys}"));
    banner.show(&context.terminal);
}
