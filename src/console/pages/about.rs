//! `/about`: which pmx this is, what it imitates, where it keeps its state.

use crate::console::{
    call::{Call, Page},
    html::{Section, bytes},
    reply::RequestFailure,
};
use maud::{Markup, html};
use std::path::Path;

/// Files of the state folder that are counted; beyond them the size is "more than".
const COUNTED: usize = 200_000;

pub(in crate::console) async fn page(call: &Call<'_>) -> Result<Page, RequestFailure> {
    let (size, whole) = call.blocking(|console| Ok(size_of(&console.parts.state))).await?;
    let parts = &call.console.parts;
    let emulator = parts.control.emulator();
    let stats = emulator.stats();
    let scheme = if parts.https { "https" } else { "http" };
    let body = html! {
        div.head { div { h1 { "About" } p.sub { "pmx " (env!("CARGO_PKG_VERSION")) ": the same Worker here and on Cloudflare." } } }
        section aria-labelledby="process" {
            h2 #process { "This process" }
            dl.pairs.panel {
                dt { "Version" } dd { "pmx " (env!("CARGO_PKG_VERSION")) }
                dt { "Worker" } dd.mono { (emulator.worker_sha256().unwrap_or("unknown")) }
                dt { "Address" } dd.mono { (scheme) "://" (parts.address) }
                dt { "State folder" } dd { span.mono { (parts.state.display()) } span.muted { " · " @if !whole { "more than " } (bytes(size)) } }
                dt { "Process" } dd { (std::process::id()) }
                dt { "Instances" } dd {
                    (stats.objects) " of at most " (stats.max_objects) " Durable Objects, with " (bytes(stats.object_bytes as u64))
                    " of memory; constructed " (stats.constructed) " times; " (stats.traps) " crashes"
                }
            }
        }
        section aria-labelledby="imitated" {
            h2 #imitated { "What is emulated" }
            div.table.cards { table { tbody {
                (imitated("Workers", "The compiled Worker runs in wasmtime, with the time and memory limits of the platform."))
                (imitated("KV", "SPACE_KV: keys, values, metadata, expiry and limits; it may lag as it does far away (Faults)."))
                (imitated("R2", "BUCKET: objects with checksums and ranges; bytes are files of the state folder."))
                (imitated("Durable Objects", "SpaceDO: SQLite storage, alarms, hibernating WebSockets, eviction after idleness."))
                (imitated("Not", "Caching at the edge, TLS of the platform, analytics, limits of an account."))
            } } }
        }
        section aria-labelledby="keys" {
            h2 #keys { "Keys" }
            dl.pairs.panel {
                dt { kbd { "/" } } dd { "to the filter of a page" }
                dt { kbd { "g" } " " kbd { "s" } } dd { "Sites; then e Events, k KV, r R2, o Durable Objects, q Requests, l Log, f Faults, a About" }
                dt { kbd { "Ctrl" } " " kbd { "Enter" } } dd { "sends the form that is written in" }
                dt { kbd { "Esc" } } dd { "closes a question" }
            }
        }
    };
    Ok(Page::new(Section::About, "About", body))
}

fn imitated(name: &str, how: &str) -> Markup {
    html! { tr { td.lead.name.nowrap { (name) } td { (how) } } }
}

/// Bytes below a folder, and whether all were counted.
fn size_of(folder: &Path) -> (u64, bool) {
    let (mut size, mut count, mut folders) = (0, 0, vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs_err::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            count += 1;
            if count > COUNTED {
                return (size, false);
            }
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => folders.push(entry.path()),
                Ok(metadata) => size += metadata.len(),
                // Gone meanwhile.
                Err(_) => {}
            }
        }
    }
    (size, true)
}
