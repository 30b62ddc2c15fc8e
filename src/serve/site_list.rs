//! The page of the bare host: which sites are here, and how another one comes here.
//!
//! Which sites a server has is its own affair: only a browser on this machine is shown them. Everyone is told how to publish, which takes
//! the server's token.

use crate::{
    data::sites::{self, PublishedSite},
    server::{
        Caller, HostName, SmallPage, is_upgrade,
        layers::{Answering, RequestLayer, layer as layer_of},
        small_page,
    },
};
use axum::http::{Method, StatusCode};
use maud::{Markup, html};
use pmx_emulator::kv::Kv;
use std::sync::Arc;

/// How many sites are shown; the rest is counted.
const SHOWN: usize = 500;

/// What the page is made of.
#[derive(Clone, Debug)]
pub(super) struct SiteListParts {
    /// Where the sites are recorded.
    pub(super) kv: Kv,
    /// The address of a site, with `{site}` in the place of its name.
    pub(super) site: String,
    /// The address of the server on this machine.
    pub(super) url: String,
    /// The domains below which sites live, in lower case.
    pub(super) domains: Vec<String>,
}

/// Answers `/` of hosts that are no site. All else is the Worker's.
pub(super) fn layer(parts: SiteListParts) -> RequestLayer {
    let parts = Arc::new(parts);
    layer_of(move |request, next| {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        if request.uri().path() != "/" || !reads || is_upgrade(&request) {
            return next.call(request);
        }
        let caller = Caller::of(request.extensions());
        if !caller.host().is_some_and(|host| is_no_site(host, &parts.domains)) {
            return next.call(request);
        }
        let (parts, is_local) = (parts.clone(), asks_here(caller));
        Answering::later(async move {
            let shown = if is_local { parts.sites().await } else { None };
            let main = page(&parts, shown.as_ref());
            small_page(&SmallPage { status: StatusCode::OK, title: title(is_local), main: &main, reloads: false })
        })
    })
}

/// Whether a browser on this machine asks. A proxy here that says nothing of itself asks by the name that others know.
fn asks_here(caller: &Caller) -> bool {
    caller.is_this_machine() && caller.host().is_some_and(HostName::is_bare_loopback)
}

/// Whether a host is `localhost`, an address, or a domain of sites.
fn is_no_site(host: &HostName, domains: &[String]) -> bool {
    match host {
        HostName::Ip(_) => true,
        HostName::Dns(name) => name == "localhost" || domains.contains(name),
    }
}

/// Sites, and how many there are.
struct Listed {
    sites: Vec<PublishedSite>,
    count: usize,
}

impl SiteListParts {
    async fn sites(&self) -> Option<Listed> {
        let kv = self.kv.clone();
        let (sites, count) = tokio::task::spawn_blocking(move || sites::published(&kv, SHOWN)).await.ok()?.ok()?;
        Some(Listed { sites, count })
    }
}

const fn title(is_local: bool) -> &'static str {
    if is_local { "Sites" } else { "A server for PathMX sites" }
}

fn page(parts: &SiteListParts, listed: Option<&Listed>) -> Markup {
    html! {
        @match listed {
            None => p.soft { "Each site has a host of its own; its address is known to who publishes it." },
            Some(listed) if listed.count == 0 => p.soft { "Nothing was published to this server yet." },
            Some(listed) => {
                p.soft { (listed.count) @if listed.count == 1 { " site" } @else { " sites" } }
                ul.sites {
                    @for site in &listed.sites { li { (entry(parts, site)) } }
                }
                @if listed.count > listed.sites.len() { p.soft { "and " (listed.count - listed.sites.len()) " more" } }
            }
        }
        section {
            h2 { "Publish here" }
            p { "In the folder of a site, with the server's secret in the variable " code { "PATHMX_PUBLISH_TOKEN" } ":" }
            @if listed.is_some() {
                pre { "pmx publish -s <name> --server " (parts.url) }
                p.soft { "The site is then at " code { (parts.site.replace("{site}", "<name>")) } "." }
            } @else {
                pre { "pmx publish -s <name> --server <the address of this server>" }
            }
        }
    }
}

fn entry(parts: &SiteListParts, site: &PublishedSite) -> Markup {
    html! {
        h2 { a href=(parts.site.replace("{site}", site.name.as_str())) { (site.name) } }
        p.state.ready { "live" }
        p.soft { "since " time datetime=(site.updated_at) { (since(&site.updated_at)) } }
    }
}

/// A moment where the server is, to the minute; as it was recorded if that is no time.
fn since(time: &str) -> String {
    time.parse::<jiff::Timestamp>().map_or_else(
        |_| time.to_owned(),
        |time| time.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::passed;

    #[test]
    fn the_bare_host_is_no_site_and_this_machine_goes_by_few_names() {
        let domains = ["localhost".to_owned(), "path.test".to_owned()];
        for (host, expected) in [
            ("localhost:8787", Some(true)),
            ("LOCALHOST.", Some(true)),
            ("127.0.0.1:8787", Some(true)),
            ("[::1]:8787", Some(true)),
            ("[::ffff:127.0.0.1]", Some(true)),
            ("path.test:8787", Some(false)),
            ("192.168.1.5", Some(false)),
            ("alpha.localhost", None),
            ("pathmx.localhost", None),
            ("alpha.path.test", None),
            ("dev.example", None),
            ("", None),
        ] {
            let request = passed("127.0.0.1:1", &[("host", host)]);
            let caller = Caller::of(request.extensions());
            let is_listed = caller.host().is_some_and(|host| is_no_site(host, &domains));
            assert_eq!(is_listed.then(|| asks_here(caller)), expected, "{host}");
        }
    }
}
