//! The list of sites: at the bare host where several are served, and in place of a site that is not there.

use crate::dev::{
    live_reload::{LiveReload, ReloadTarget},
    small_page,
};
use crate::{
    report::counted,
    server::{
        Caller, HostName, is_upgrade,
        layers::{Answering, RequestLayer, layer as layer_of},
    },
    session::{Phase, Session, SiteStatus},
};
use axum::http::StatusCode;
use maud::{Markup, html};
use std::time::SystemTime;

/// How many findings of a site are named.
const NAMED: usize = 3;
/// The control host of the Worker, which is no site.
const CONTROL: &str = "pathmx";

/// Answers for the bare host, and for the hosts of sites that are not there. The publish API and WebSockets are the Worker's.
pub(super) fn layer(session: Session, reload: LiveReload, console: Option<String>) -> RequestLayer {
    layer_of(move |request, next| {
        if is_upgrade(&request) || request.uri().path().starts_with("/api/") {
            return next.call(request);
        }
        // Who is not at this machine learns nothing of its folders.
        let caller = Caller::of(request.extensions());
        let here = caller.is_local_browser();
        let (status, title, main) = match caller.host().and_then(HostName::site_label) {
            Some(label) if label == CONTROL => return next.call(request),
            Some(label) => {
                let there = label.parse().is_ok_and(|name| session.site(&name).is_some());
                if there {
                    return next.call(request);
                }
                (StatusCode::NOT_FOUND, format!("There is no site {label} here"), nothing(&session, here))
            }
            None if request.uri().path() == "/" => {
                (StatusCode::OK, "Sites".to_owned(), page(&session, here, console.as_deref()))
            }
            None => (StatusCode::NOT_FOUND, "There is no such page here".to_owned(), nothing(&session, here)),
        };
        let reload = reload.clone();
        Answering::later(
            async move { small_page::respond(status, &title, &main, (&reload, &ReloadTarget::Sites)).await },
        )
    })
}

fn page(session: &Session, here: bool, console: Option<&str>) -> Markup {
    let sites = session.sites();
    let failed = sites.iter().filter(|site| site.phase == Phase::Failed).count();
    html! {
        p.soft {
            (counted(sites.len(), "site"))
            @if failed > 0 { ", " span.failed { (failed) " with errors" } }
            @if let Some(console) = console.filter(|_| here) { " · " a href=(console) { "Console" } }
        }
        (list(&sites, here))
    }
}

fn nothing(session: &Session, here: bool) -> Markup {
    html! {
        p.soft { "These are here. What once was and is gone keeps its history in the state folder." }
        (list(&session.sites(), here))
    }
}

fn list(sites: &[std::sync::Arc<SiteStatus>], here: bool) -> Markup {
    html! {
        @if sites.is_empty() { p { "There is no site yet." } }
        ul.sites { @for site in sites { li { (entry(site, here)) } } }
    }
}

fn entry(site: &SiteStatus, here: bool) -> Markup {
    let (class, state) = match site.phase {
        Phase::Ready => ("ready", "up"),
        Phase::Building if site.builds == 0 => ("building", "being looked at"),
        Phase::Building => ("building", "being built"),
        Phase::Failed => ("failed", "has errors"),
    };
    let errors = site.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    html! {
        h2 { a href=(site.url) { (site.name) } }
        p.state.(class) { (state) }
        @if let Some(last) = &site.last {
            p.soft {
                (counted(last.pages, "page")) ", built at "
                time datetime=(humantime::format_rfc3339_millis(last.finished)) { (clock(last.finished)) }
                " in " (format!("{:.0}", last.took_build.as_secs_f64() * 1e3)) " ms"
            }
        }
        @if here {
            @if let Some(failure) = &site.error { p.finding { (failure.message) } }
            @for error in errors.take(NAMED) {
                p.finding { (error.path) ":" (error.line) ": " (error.message) }
            }
            @if site.errors() > NAMED { p.finding { "and " (site.errors() - NAMED) " more" } }
            p.soft { (site.folder.display()) }
        }
    }
}

fn clock(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time).map_or_else(
        |_| String::new(),
        |time| time.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M:%S").to_string(),
    )
}
