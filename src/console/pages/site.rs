//! `/sites/<name>`: one site with its findings and its history.

use super::{history, problems, sites::phase};
use crate::console::{
    call::{Call, Page},
    form::Fields,
    html::{self, Section, ago, duration},
    reply::{ReplyResult, RequestFailure},
};
use maud::html;
use pmx_model::SiteName;

/// The name, or why it is none.
pub(super) fn name(site: &str) -> Result<SiteName, RequestFailure> {
    site.parse().map_err(|error: pmx_model::SiteNameError| RequestFailure::missing(error.to_string()))
}

pub(in crate::console) async fn page(call: &Call<'_>, site: &str) -> Result<Page, RequestFailure> {
    let name = name(site)?;
    let control = &call.console.parts.control;
    let status = control.session().site(&name);
    let deploys = control.deploys(&name).await?;
    if status.is_none() && deploys.is_empty() {
        return Err(RequestFailure::missing(format!("There is no site `{name}`")));
    }
    let published = call.console.parts.sites.address(name.as_str());
    let served = status.is_some() || published.is_some();
    let is_active = deploys.iter().any(|deploy| deploy.record.is_active);
    let history = history::read(call, &name, deploys).await?;
    let problems = match status.clone() {
        Some(status) => call.blocking(move |console| Ok(problems::read(console, &status))).await?,
        None => Vec::new(),
    };
    let body = html! {
        div.head {
            div {
                p.crumbs { a href="/" { "Sites" } span aria-hidden="true" { "/" } }
                h1 { (name) }
                @match &status {
                    Some(status) => p.sub.wrap { (status.source_root.display()) " · starts at " code { (status.entry) } },
                    None if published.is_some() && is_active => p.sub { "Published to this server." },
                    None if published.is_some() => p.sub { "Nothing of it is shown; its history is still here." },
                    None => p.sub { "Not served any more; its history is still here." },
                }
            }
            @if is_active && let Some(url) = &published {
                div.actions { a.button.primary href=(url) target="_blank" rel="noopener" { "Open site" } }
            }
            @if let Some(status) = &status {
                div.actions {
                    form method="post" action={ "/sites/" (name) "/rebuild" } { button type="submit" { "Build again" } }
                    a.button.primary href=(status.url) target="_blank" rel="noopener" { "Open site" }
                }
            }
        }
        div #shown data-live="events" { (history.note(&name, served)) }
        @if let Some(status) = &status {
            @let errors = status.errors();
            div.stack #status data-live="events" {
                @if let Some(error) = &status.error {
                    div.note.bad role="alert" {
                        p { strong { (error.message) } }
                        @for hint in &error.hints { p.muted { "Hint: " (hint) } }
                    }
                }
                dl.facts {
                    div { dt { "Status" } dd { (phase(status)) } }
                    div { dt { "Findings" } dd { (html::findings(errors, status.diagnostics.len() - errors)) } }
                    div { dt { "Builds" } dd { (status.builds) } }
                    @if let Some(last) = &status.last {
                        div { dt { "Pages" } dd { (last.pages) } }
                        div { dt { "Last build" } dd { (ago(last.finished)) } }
                        div { dt { "Build" } dd { (duration(last.took_build)) } }
                        div { dt { "Publish" } dd { @if last.took_publish.is_zero() { "–" } @else { (duration(last.took_publish)) } } }
                    }
                    (history.shown_now())
                }
            }
            section #findings data-live="events" aria-labelledby="findings-title" {
                header { h2 #findings-title { "Findings" } }
                (problems::list(&problems, status.diagnostics.len(), call.editor))
            }
        }
        section #history data-live="events" aria-labelledby="history-title" { (history.shown(&name, served)) }
    };
    Ok(Page::new(Section::Sites, name.to_string(), body))
}

pub(in crate::console) async fn rollback(call: &Call<'_>, site: &str, form: &Fields) -> ReplyResult {
    let name = name(site)?;
    let control = &call.console.parts.control;
    control.rollback(&name, form.text("deploy")?).await?;
    // The deploys know, whoever publishes; the session has sites that are written here alone.
    let behind = control.deploys(&name).await?.iter().position(|deploy| deploy.record.is_active);
    let is_held = behind.is_some_and(|behind| behind > 0);
    Ok(Call::done_at(&format!("/sites/{name}"), &[("done", if is_held { "rolled-back" } else { "newest" })]))
}

pub(in crate::console) async fn rebuild(call: &Call<'_>, site: &str) -> ReplyResult {
    let name = name(site)?;
    call.console.parts.control.rebuild(&name)?;
    Ok(Call::done_at(&format!("/sites/{name}"), &[("done", "rebuild")]))
}
