//! The deploys of a site, each with what it changed.

use crate::{
    console::{
        SiteSource,
        call::Call,
        deploys::{ChangeCounts, Summary},
        html::{Ask, ago, ask, counted, empty, field, nothing, pill, short},
        reply::RequestFailure,
        url::address,
    },
    publish::{
        Deploy,
        history::{self, Behind},
    },
};
use humantime::parse_rfc3339;
use maud::{Markup, html};
use pmx_model::SiteName;

/// Deploys on a page.
const PAGE: usize = 20;
/// Digits of a commit, as git abbreviates them.
const COMMIT: usize = 7;

/// A page of the history.
pub(super) struct History {
    deploys: Vec<Deploy>,
    /// Index of the first one that is shown.
    from: usize,
    /// Of those that are shown: what each changed; none for the first deploy, and where documents are gone.
    summaries: Vec<Option<Summary>>,
    /// Whether the site is written here, rather than published from elsewhere.
    is_written: bool,
}

/// Computes what each deploy changed.
pub(super) async fn read(call: &Call<'_>, _: &SiteName, deploys: Vec<Deploy>) -> Result<History, RequestFailure> {
    let from = call.query.number("from", 0, deploys.len().saturating_sub(1) / PAGE * PAGE);
    call.blocking(move |console| {
        let is_written = console.parts.sites == SiteSource::Written;
        let r2 = console.parts.control.emulator().r2();
        let pairs = deploys.iter().skip(from).take(PAGE).zip(deploys.iter().skip(from + 1).map(Some).chain([None]));
        let summaries = pairs
            .map(|(deploy, before)| {
                let (new, old) = (&deploy.record, &before?.record);
                console.summaries.of(r2, (&old.deploy_id, &old.roots), (&new.deploy_id, &new.roots)).ok()
            })
            .collect();
        Ok(History { deploys, from, summaries, is_written })
    })
    .await
}

impl History {
    /// What readers see: which deploy, since when, and how far it is behind the newest.
    pub(super) fn shown_now(&self) -> Markup {
        let Some(live) = history::live(&self.deploys) else { return nothing() };
        let (record, behind) = (&live.record, history::behind(&self.deploys, live));
        html! {
            div {
                dt { "Shown" }
                dd {
                    span.mono title=(record.deploy_id) { (short(&record.deploy_id)) }
                    @if let Some(Ok(since)) = record.activated_at.as_deref().map(parse_rfc3339) {
                        span.under { "since " (ago(since)) @if let Some(behind) = behind { ", " (behind.by) " behind the newest" } }
                    }
                }
            }
        }
    }

    /// What is to be known before all else: that readers see an earlier deploy, or none; and the way back.
    pub(super) fn note(&self, site: &SiteName, served: bool) -> Markup {
        let taken_down = self.deploys.iter().find_map(|deploy| Some((deploy, deploy.record.unpublished.as_ref()?)));
        if let Some((deploy, unpublished)) = taken_down {
            return html! {
                div.note.warn.held[served] {
                    p {
                        strong { "Unpublished" } " since "
                        @match parse_rfc3339(&unpublished.at) { Ok(time) => (ago(time)), Err(_) => (unpublished.at) }
                        ": every address of the site answers " (unpublished.status) ". " (if self.is_written { "An edit" } else { "A publish" }) " or a rollback brings it back."
                    }
                    @if served { (way_to(site, &deploy.record.deploy_id, "Show it again")) }
                }
            };
        }
        let Some(live) = history::live(&self.deploys) else { return nothing() };
        let Some(Behind { newest, by }) = history::behind(&self.deploys, live) else { return nothing() };
        let record = &live.record;
        html! {
            div.note.warn.held {
                p {
                    strong { "Showing a deploy that was made " @match parse_rfc3339(&record.created_at) { Ok(time) => (ago(time)), Err(_) => (record.created_at) } }
                    ", " (by) " behind the newest. It stays until " (if self.is_written { "a Source is edited." } else { "somebody publishes." })
                }
                @if served { (way_to(site, &newest.record.deploy_id, "Back to the newest")) }
            }
        }
    }

    pub(super) fn shown(&self, site: &SiteName, served: bool) -> Markup {
        let all = self.deploys.len();
        if all == 0 {
            return html! { header { h2 #history-title { "History" } } (empty("Nothing was published yet", "")) };
        }
        let at = format!("/sites/{site}");
        let named = self.deploys.iter().any(|deploy| meta(deploy, "commit").or(meta(deploy, "branch")).is_some());
        html! {
            header {
                h2 #history-title { "History" }
                span.muted { (counted(all, "deploy")) }
                @if all > 1 { div.actions { a.button.small href={ (at) "/compare" } { "Compare two" } } }
            }
            div.table.cards {
                table {
                    thead { tr { th { "Deploy" } th { "When" } th { "Changed" } @if named { th { "Commit" } } th { span.seen { "Actions" } } } }
                    tbody {
                        @for (index, summary) in self.summaries.iter().enumerate() {
                            @if let Some(deploy) = self.deploys.get(self.from + index) {
                                (row(site, served, deploy, self.deploys.get(self.from + index + 1), summary.as_ref(), named))
                            }
                        }
                    }
                }
            }
            @if all > PAGE {
                p.pager {
                    span { (self.from + 1) "–" (self.from + self.summaries.len()) " of " (all) }
                    @if self.from > 0 { a.button.small href=(address(&at, &[("from", &self.from.saturating_sub(PAGE).to_string())])) { "Newer" } }
                    @if self.from + PAGE < all { a.button.small href=(address(&at, &[("from", &(self.from + PAGE).to_string())])) { "Older" } }
                }
            }
        }
    }
}

/// A button that makes a deploy active.
fn way_to(site: &SiteName, deploy_id: &str, words: &str) -> Markup {
    html! {
        form method="post" action={ "/sites/" (site) "/rollback" } {
            input type="hidden" name="deploy" value=(deploy_id);
            button.small type="submit" { (words) }
        }
    }
}

fn row(
    site: &SiteName,
    served: bool,
    deploy: &Deploy,
    before: Option<&Deploy>,
    summary: Option<&Summary>,
    named: bool,
) -> Markup {
    let record = &deploy.record;
    let id = record.deploy_id.as_str();
    let (commit, branch) = (meta(deploy, "commit"), meta(deploy, "branch"));
    let asked = format!("back-{}", short(id));
    html! {
        tr {
            td.lead {
                span.mono.name title=(id) { (short(id)) }
                @if let Some(seq) = deploy.record.seq { span.muted { " #" (seq) } }
                @if record.is_active { " " (pill("good dot", "live")) }
                @if record.unpublished.is_some() { " " (pill("warn dot", "shown last")) }
                @if let Some(Ok(since)) = record.activated_at.as_deref().map(parse_rfc3339) {
                    span.under { "shown since " (ago(since)) }
                }
            }
            td data-label="When" {
                @match parse_rfc3339(&record.created_at) { Ok(time) => (ago(time)), Err(_) => (record.created_at) }
            }
            td data-label="Changed" {
                @match (summary, before) {
                    (Some(summary), _) => (changed(summary)),
                    (None, None) => span.muted { "the first that is kept" },
                    (None, Some(_)) => span.muted { "not kept" },
                }
            }
            @if named {
                td.blank[commit.is_none() && branch.is_none()] data-label="Commit" {
                    @if let Some(commit) = commit { code { (commit.get(..COMMIT).unwrap_or(commit)) } }
                    @if let Some(branch) = branch { " " span.muted { (branch) } }
                }
            }
            td.act {
                @if let Some(before) = before {
                    a.button.small href=(address(&format!("/sites/{site}/compare"), &[("from", &before.record.deploy_id), ("to", id)])) {
                        "Changes" span.seen { " of " (short(id)) }
                    }
                }
                @if served && !record.is_active {
                    " "
                    (ask(&Ask {
                        id: &asked,
                        does: "Roll back",
                        to: &format!("to {}", short(id)),
                        class: "small",
                        question: &format!("Roll {site} back to {}?", short(id)),
                        means: "Readers see it at once. It stays until something else is published; nothing is deleted.",
                        action: &format!("/sites/{site}/rollback"),
                    }, &field("deploy", id)))
                }
            }
        }
    }
}

/// What a publisher said of a deploy.
fn meta<'a>(deploy: &'a Deploy, name: &str) -> Option<&'a str> {
    deploy.record.meta.as_ref()?.get(name).map(String::as_str)
}

fn changed(summary: &Summary) -> Markup {
    let Summary { sources, files, routes } = summary;
    html! {
        @if sources.all() + files.all() + routes.all() == 0 { span.muted { "nothing" } }
        @else {
            @if sources.all() > 0 { (signs(sources)) " Sources" @if files.all() > 0 { span.muted { " · " } } }
            @if files.all() > 0 { span.muted { (counted(files.all(), "file")) } }
            @else if sources.all() == 0 { span.muted { (counted(routes.all(), "route")) } }
        }
    }
}

/// `+1 ~2 −3`
pub(super) fn signs(counts: &ChangeCounts) -> Markup {
    let sign = |class: &str, sign: &str, word: &str, count: usize| {
        html! { @if count > 0 { span.(class).nowrap title={ (count) " " (word) } { (sign) (count) } " " } }
    };
    html! {
        (sign("plus", "+", "added", counts.added))
        (sign("turn", "~", "changed", counts.changed))
        (sign("minus", "−", "removed", counts.removed))
    }
}
