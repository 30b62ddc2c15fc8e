//! What `pmx dev` adds to the layers of a server.

mod addresses;
mod first_build;
mod lost_blobs;
mod responses;
mod site_list;

use super::{
    Scope,
    live_reload::LiveReload,
    page::{self, PageParts, events::EventStreams},
    server::DevServer,
};
use crate::{
    cli,
    console::{self, ConsoleParts, SiteSource},
    server::Layers,
    session::LogBuffer,
};
use addresses::AddressParts;
use lost_blobs::LostBlobParts;

/// Adds the layers of `pmx dev`.
pub(super) fn add(mut layers: Layers, command: &cli::DevArgs, scope: &Scope, server: &DevServer) -> Layers {
    let context = &*server.context;
    let default_site = scope.default_site().cloned();
    let (session, control) = (context.session.clone(), context.control.clone());
    let reload = LiveReload::new(session.clone(), context.ending.subscribe());
    layers.console = Some(console::layer(ConsoleParts {
        control: control.clone(),
        token: server.token.clone(),
        address: server.address,
        https: context.addresses.https,
        log: LogBuffer::of_process(),
        state: context.worker.state.clone(),
        ending: context.ending.subscribe(),
        sites: SiteSource::Written,
    }));
    layers.dev_addresses = Some(addresses::layer(AddressParts {
        control: control.clone(),
        default_site: default_site.clone(),
        reload: reload.clone(),
        events: (!command.exact)
            .then(|| EventStreams::new(session.clone(), !command.no_overlay, context.ending.subscribe())),
    }));
    layers.first_build = Some(first_build::layer(context.loops.clone(), reload.clone(), default_site.clone()));
    if command.write_responses {
        layers.responses = Some(responses::layer(control, default_site.clone()));
    }
    if context.many {
        layers.site_list = Some(site_list::layer(session.clone(), reload.clone(), Some(context.addresses.console())));
    }
    layers.lost_blobs = Some(lost_blobs::layer(LostBlobParts {
        emulator: context.worker.emulator.clone(),
        loops: context.loops.clone(),
        terminal: context.terminal.clone(),
        default_site: default_site.clone(),
    }));
    if !command.exact {
        layers.pages = Some(page::layer(PageParts { session, default_site, reload, answers: command.write_responses }));
    }
    layers
}
