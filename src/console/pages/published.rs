//! `/` where sites are published from elsewhere: those that KV knows.

use super::sites::load;
use crate::{
    console::{
        Console,
        call::{Call, Page},
        html::{Section, ago, empty, pill, short},
        reply::{self, ReplyResult, RequestFailure},
    },
    data::sites::{self, KnownSite},
};
use axum::http::StatusCode;
use humantime::parse_rfc3339;
use maud::{Markup, html};
use pmx_model::SiteState;
use serde_json::{Value, json};

/// Sites that are shown; the rest is counted.
const SHOWN: usize = 500;

pub(in crate::console) async fn page(call: &Call<'_>) -> Result<Page, RequestFailure> {
    let (sites, count) = known(call, SHOWN).await?;
    let body = html! {
        div.head { div { h1 { "Sites" } p.sub { "Published to this server." } } }
        dl.facts #facts data-live="events" {
            div { dt { "Sites" } dd { (count) } }
            (load(&call.console.parts.control))
        }
        div #sites data-live="events" {
            @if sites.is_empty() {
                (empty("No site yet", "pmx publish brings one."))
            } @else {
                div.table.cards {
                    table {
                        thead { tr { th { "Site" } th { "Status" } th { "Deploy" } th { "Since" } th { span.seen { "Links" } } } }
                        tbody { @for site in &sites { (row(call, site)) } }
                    }
                }
                @if count > sites.len() { p.muted { "and " (count - sites.len()) " more" } }
            }
        }
    };
    Ok(Page::new(Section::Sites, "Sites", body))
}

async fn known(call: &Call<'_>, most: usize) -> Result<(Vec<KnownSite>, usize), RequestFailure> {
    let read = move |console: &Console| {
        sites::known(console.parts.control.emulator().kv(), most).map_err(|error| RequestFailure::refused(&error))
    };
    call.blocking(read).await
}

/// `GET /api/sites`
pub(in crate::console) async fn json(call: &Call<'_>) -> ReplyResult {
    let (sites, _) = known(call, usize::MAX).await?;
    let of = |site: &KnownSite| {
        let name = site.name.as_str();
        let url = call.console.parts.sites.address(name);
        match &site.state {
            SiteState::Published(state) => {
                json!({ "name": name, "url": url, "deployId": state.deploy_id, "updatedAt": state.updated_at })
            }
            SiteState::Unpublished(state) => {
                json!({ "name": name, "url": url, "unpublished": state.unpublished, "updatedAt": state.updated_at })
            }
        }
    };
    let sites: Vec<Value> = sites.iter().map(of).collect();
    Ok(reply::json_of(StatusCode::OK, &json!({ "sites": sites })))
}

fn row(call: &Call<'_>, site: &KnownSite) -> Markup {
    let at = format!("/sites/{}", site.name);
    let since = |at: &str| html! { @match parse_rfc3339(at) { Ok(time) => (ago(time)), Err(_) => (at) } };
    html! {
        tr {
            td.lead { a.name href=(at) { (site.name) } }
            @match &site.state {
                SiteState::Published(state) => {
                    td data-label="Status" { (pill("good dot", "live")) }
                    td.mono data-label="Deploy" title=(state.deploy_id) { (short(&state.deploy_id)) }
                    td data-label="Since" { (since(&state.updated_at)) }
                }
                SiteState::Unpublished(state) => {
                    td data-label="Status" { (pill("warn dot", "unpublished")) }
                    td data-label="Deploy" { span.muted { "none" } }
                    td data-label="Since" { (since(&state.unpublished.at)) }
                }
            }
            td.act {
                @if matches!(site.state, SiteState::Published(_))
                    && let Some(url) = call.console.parts.sites.address(site.name.as_str()) {
                    a.button.small href=(url) target="_blank" rel="noopener" { "Open" span.seen { " " (site.name) } }
                }
                " " a.button.small href={ (at) "#history" } { "History" span.seen { " of " (site.name) } }
            }
        }
    }
}
