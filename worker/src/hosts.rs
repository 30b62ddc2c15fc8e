//! Which site a Host means. Decided before KV or an object is touched.

use pmx_edge::Edge;
use pmx_model::SiteName;
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;

/// The Worker's variables, read once for each instance.
#[derive(Clone, Debug)]
pub struct Config {
    base_domains: Vec<String>,
    control_host: String,
    default_site: Option<SiteName>,
    site_url: String,
    /// Digest of the publish secret; `None` refuses every publish call.
    pub secret: Option<[u8; 32]>,
    /// Hash of this wasm, as the host knows it.
    pub wasm: Option<String>,
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The site that the Host names.
    pub site: Option<SiteName>,
    /// Whether `/api/*` answers here.
    pub api: bool,
}

impl Config {
    /// Reads the variables that `ABI.md` lists.
    pub fn read(edge: Edge) -> Self {
        let var = |name| edge.var(name).filter(|value| !value.is_empty());
        let base_domains: Vec<String> = var("BASE_DOMAINS")
            .unwrap_or_default()
            .split(',')
            .map(|domain| domain.trim().trim_end_matches('.').to_ascii_lowercase())
            .filter(|domain| !domain.is_empty())
            .collect();
        let first = base_domains.first().map_or("localhost", String::as_str);
        Self {
            control_host: var("CONTROL_HOST").unwrap_or_else(|| format!("pathmx.{first}")),
            default_site: var("DEFAULT_SITE").and_then(|name| name.parse().ok()),
            site_url: var("SITE_URL").unwrap_or_else(|| format!("https://{{site}}.{first}")),
            secret: var("PUBLISH_SECRET").map(|secret| Sha256::digest(secret).into()),
            wasm: var("WORKER_SHA256"),
            base_domains,
        }
    }

    /// The public address of a site.
    #[must_use]
    pub fn site_url(&self, site: &SiteName) -> String {
        self.site_url.replace("{site}", site.as_str())
    }

    /// Takes a Host apart. A name that no site can have is no site, so it costs nothing further.
    #[must_use]
    pub fn destination(&self, host: &str) -> Destination {
        let host = normalise(host);
        if host == self.control_host {
            return Destination { site: None, api: true };
        }
        let label = self.base_domains.iter().find_map(|base| host.strip_suffix(base.as_str())?.strip_suffix('.'));
        match label {
            Some(label) => Destination { site: label.parse().ok(), api: false },
            None => Destination { site: self.default_site.clone(), api: is_loopback(&host) },
        }
    }
}

/// Without port and without one trailing dot, in lower case.
fn normalise(host: &str) -> Cow<'_, str> {
    let name = match host.rfind(':') {
        Some(colon) if !host.ends_with(']') => &host[..colon],
        _ => host,
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.bytes().any(|b| b.is_ascii_uppercase()) { name.to_ascii_lowercase().into() } else { name.into() }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "[::1]" || host.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config {
            base_domains: vec!["path.app".into(), "localhost".into()],
            control_host: "pathmx.path.app".into(),
            default_site: None,
            site_url: "https://{site}.path.app".into(),
            secret: None,
            wasm: None,
        }
    }

    #[test]
    fn one_label_before_a_base_domain_is_a_site() {
        let site = |host: &str| config().destination(host).site.map(|site| site.to_string());
        for host in ["alpha.path.app", "ALPHA.path.app", "alpha.path.app:8787", "alpha.path.app.", "alpha.localhost:1"]
        {
            assert_eq!(site(host).as_deref(), Some("alpha"), "{host}");
        }
        for host in [
            "path.app",
            "a.b.path.app",
            "-a.path.app",
            ".path.app",
            "www.path.app",
            "alpha.path.app..",
            "evilpath.app",
            "",
            "alpha.example",
        ] {
            assert_eq!(site(host), None, "{host}");
        }
    }

    #[test]
    fn the_api_answers_on_the_control_host_and_on_loopback_alone() {
        for host in ["pathmx.path.app", "PATHMX.path.app.:443", "localhost:8787", "127.0.0.1:80", "[::1]:80", "[::1]"] {
            assert!(config().destination(host).api, "{host}");
        }
        for host in ["alpha.path.app", "alpha.localhost", "127.0.0.1.evil.example", "10.0.0.1"] {
            assert!(!config().destination(host).api, "{host}");
        }
    }

    #[test]
    fn where_one_site_is_served_every_other_host_means_it() {
        let config = Config { default_site: "alpha".parse().ok(), ..config() };
        assert_eq!(config.destination("localhost:8787").site, "alpha".parse().ok());
        assert_eq!(config.destination("192.168.1.5:8787").site, "alpha".parse().ok());
        assert_eq!(config.destination("www.path.app").site, None);
    }
}
