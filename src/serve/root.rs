//! The page of the bare host: which sites are here, and how another one comes here.
//!
//! Which sites a server has is its own affair: only a browser on this machine is shown them. Everyone is told how to publish, which takes
//! the server's token.

use crate::{
    data::sites::{self, PublishedSite},
    server::{Answering, Before, Peer, SmallPage, host_of, small_page},
};
use axum::{
    extract::Request,
    http::{Method, StatusCode, header, uri::Authority},
};
use maud::{Markup, html};
use pmx_emulator::kv::Kv;
use std::{net::IpAddr, sync::Arc};

/// How many sites are shown; the rest is counted.
const SHOWN: usize = 500;

/// What the page is made of.
#[derive(Clone, Debug)]
pub(super) struct Root {
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
pub(super) fn layer(root: Root) -> Before {
    let root = Arc::new(root);
    Arc::new(move |request: Request| {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        if request.uri().path() != "/" || !reads || request.headers().contains_key(header::UPGRADE) {
            return Err(Box::new(request));
        }
        let Some(host) = Host::of(&request, &root.domains) else { return Err(Box::new(request)) };
        // A proxy on this machine that says nothing of itself asks by the name that others know.
        let here = host == Host::ThisMachine
            && request.extensions().get::<Peer>().is_some_and(|peer| peer.is_this_machine(request.headers()));
        let root = root.clone();
        Ok(Box::pin(async move {
            let shown = if here { root.sites().await } else { None };
            let main = page(&root, shown.as_ref());
            small_page(&SmallPage { status: StatusCode::OK, title: title(here), main: &main, reloads: false })
        }) as Answering)
    })
}

/// A host that is no site's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Host {
    /// `localhost`, or a loopback address.
    ThisMachine,
    /// A domain of sites, or an address of this machine in a network.
    Other,
}

impl Host {
    fn of(request: &Request, domains: &[String]) -> Option<Self> {
        let authority: Authority = host_of(request)?.parse().ok()?;
        let name = authority.host();
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        match bare.parse::<IpAddr>() {
            Ok(ip) if ip.to_canonical().is_loopback() => Some(Self::ThisMachine),
            Ok(_) => Some(Self::Other),
            Err(_) if name == "localhost" => Some(Self::ThisMachine),
            Err(_) => domains.contains(&name).then_some(Self::Other),
        }
    }
}

/// Sites, and how many there are.
struct Listed {
    sites: Vec<PublishedSite>,
    count: usize,
}

impl Root {
    async fn sites(&self) -> Option<Listed> {
        let kv = self.kv.clone();
        let (sites, count) = tokio::task::spawn_blocking(move || sites::published(&kv, SHOWN)).await.ok()?.ok()?;
        Some(Listed { sites, count })
    }
}

const fn title(here: bool) -> &'static str {
    if here { "Sites" } else { "A server for PathMX sites" }
}

fn page(root: &Root, listed: Option<&Listed>) -> Markup {
    html! {
        @match listed {
            None => p.soft { "Each site has a host of its own; its address is known to who publishes it." },
            Some(listed) if listed.count == 0 => p.soft { "Nothing was published to this server yet." },
            Some(listed) => {
                p.soft { (listed.count) @if listed.count == 1 { " site" } @else { " sites" } }
                ul.sites {
                    @for site in &listed.sites { li { (entry(root, site)) } }
                }
                @if listed.count > listed.sites.len() { p.soft { "and " (listed.count - listed.sites.len()) " more" } }
            }
        }
        section {
            h2 { "Publish here" }
            p { "In the folder of a site, with the server's secret in the variable " code { "PATHMX_PUBLISH_TOKEN" } ":" }
            @if listed.is_some() {
                pre { "pmx publish -s <name> --server " (root.url) }
                p.soft { "The site is then at " code { (root.site.replace("{site}", "<name>")) } "." }
            } @else {
                pre { "pmx publish -s <name> --server <the address of this server>" }
            }
        }
    }
}

fn entry(root: &Root, site: &PublishedSite) -> Markup {
    html! {
        h2 { a href=(root.site.replace("{site}", site.name.as_str())) { (site.name) } }
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
    use axum::body::Body;

    #[test]
    fn the_bare_host_is_no_site_and_this_machine_goes_by_few_names() {
        let domains = ["localhost".to_owned(), "path.test".to_owned()];
        for (host, expected) in [
            ("localhost:8787", Some(Host::ThisMachine)),
            ("LOCALHOST.", Some(Host::ThisMachine)),
            ("127.0.0.1:8787", Some(Host::ThisMachine)),
            ("[::1]:8787", Some(Host::ThisMachine)),
            ("[::ffff:127.0.0.1]", Some(Host::ThisMachine)),
            ("path.test:8787", Some(Host::Other)),
            ("192.168.1.5", Some(Host::Other)),
            ("alpha.localhost", None),
            ("pathmx.localhost", None),
            ("alpha.path.test", None),
            ("dev.example", None),
            ("", None),
        ] {
            let request = Request::get("/").header("host", host).body(Body::empty()).unwrap();
            assert_eq!(Host::of(&request, &domains), expected, "{host}");
        }
    }
}
