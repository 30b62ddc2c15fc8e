//! `/`: the sites, and how they are.

use crate::{
    console::{
        call::{Call, Page},
        html::{self, Section, ago, counted, duration, empty, pill},
        reply::{self, RequestFailure},
    },
    session::{Control, Phase, SiteStatus},
};
use axum::{http::StatusCode, response::Response};
use humantime::format_rfc3339_millis;
use maud::{Markup, html};
use serde_json::{Value, json};

/// Names of changed files in a row.
const NAMES: usize = 3;

pub(in crate::console) async fn page(call: &Call<'_>) -> Result<Page, RequestFailure> {
    let control = &call.console.parts.control;
    let sites = control.session().sites();
    let pages: usize = sites.iter().filter_map(|site| site.last.as_ref()).map(|last| last.pages).sum();
    let body = html! {
        div.head { div { h1 { "Sites" } p.sub { "Served by this pmx; an edit is published as soon as it is saved." } } }
        dl.facts #facts data-live="events" {
            div { dt { "Sites" } dd { (sites.len()) } }
            div { dt { "Pages" } dd { (pages) } }
            (load(control))
        }
        div #sites data-live="events" {
            @if sites.is_empty() {
                (empty("No site yet", "A folder with paths/index.path.md becomes one."))
            } @else {
                div.table.cards {
                    table {
                        thead { tr { th { "Site" } th { "Status" } th.num { "Pages" } th { "Findings" } th { "Last build" } th { span.seen { "Links" } } } }
                        tbody { @for site in &sites { (row(site)) } }
                    }
                }
            }
        }
    };
    Ok(Page::new(Section::Sites, "Sites", body))
}

/// What the Worker and its objects have to do, as facts.
pub(super) fn load(control: &Control) -> Markup {
    let stats = control.emulator().stats();
    html! {
        div { dt { "Open pages" } dd { (stats.sockets) } }
        div { dt { "Objects awake" } dd { (stats.objects) } }
        div { dt { "Requests under way" } dd { (stats.tasks + stats.object_tasks) } }
        @if stats.traps > 0 { div { dt { "Crashes" } dd.minus { (stats.traps) } } }
    }
}

fn row(site: &SiteStatus) -> Markup {
    let errors = site.errors();
    let at = format!("/sites/{}", site.name);
    html! {
        tr {
            td.lead { a.name href=(at) { (site.name) } span.under { (site.source_root.display()) } }
            td data-label="Status" { (phase(site)) }
            td.num data-label="Pages" { @if let Some(last) = &site.last { (last.pages) } @else { "–" } }
            td data-label="Findings" { a href={ (at) "#findings" } { (html::findings(errors, site.diagnostics.len() - errors)) } }
            td data-label="Last build" {
                @match &site.last {
                    Some(last) => div {
                        (ago(last.finished)) span.muted { " · " (duration(last.took_build + last.took_publish)) }
                        @if last.changed_count > 0 { span.under.wrap { (changed(&last.changed, last.changed_count)) } }
                    },
                    None => span.muted { "not yet" },
                }
            }
            td.act {
                a.button.small href=(site.url) target="_blank" rel="noopener" { "Open" span.seen { " " (site.name) } }
                " " a.button.small href={ (at) "#history" } { "History" span.seen { " of " (site.name) } }
            }
        }
    }
}

fn changed(names: &[String], count: usize) -> String {
    // The first build changes everything, which says nothing.
    if count > names.len().max(NAMES) {
        return counted(count, "file");
    }
    names.join(", ")
}

/// What a site's loop does, in a word.
pub(super) fn phase(site: &SiteStatus) -> Markup {
    match (site.phase, &site.error) {
        (Phase::Building, _) => html! { span.pill.dot.warn.building { "Building" } },
        (_, Some(_)) => pill("bad dot", "Failed"),
        (Phase::Failed, None) => pill("bad dot", "Errors"),
        (Phase::Ready, None) if site.earlier.is_some() => pill("warn dot", "Rolled back"),
        (Phase::Ready, None) => pill("good dot", "Ready"),
    }
}

/// `GET /api/sites`
pub(in crate::console) fn json(call: &Call<'_>) -> Response {
    let sites: Vec<Value> = call.console.parts.control.session().sites().iter().map(|site| of(site)).collect();
    reply::json_of(StatusCode::OK, &json!({ "sites": sites }))
}

fn of(site: &SiteStatus) -> Value {
    let last = site.last.as_ref().map(|last| {
        json!({
            "finished": format_rfc3339_millis(last.finished).to_string(), "pages": last.pages, "changed": last.changed,
            "changedCount": last.changed_count, "deployId": last.deploy_id, "outcome": last.outcome,
            "buildMs": last.took_build.as_secs_f64() * 1e3, "publishMs": last.took_publish.as_secs_f64() * 1e3,
        })
    });
    let errors = site.errors();
    json!({
        "name": site.name.as_str(), "url": site.url, "folder": site.folder, "sourceRoot": site.source_root, "entry": site.entry,
        "phase": site.phase, "builds": site.builds, "errors": errors, "warnings": site.diagnostics.len() - errors,
        "diagnostics": *site.diagnostics, "error": site.error, "last": last, "held": site.earlier,
    })
}
