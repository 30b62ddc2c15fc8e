//! `sitemap.xml` and `robots.txt`. A sitemap has absolute addresses, so there is one only where the site's own is known.

use crate::text::html;
use serde_json::{Map, Value};

/// The most addresses of one sitemap (sitemaps.org).
const MAX_ADDRESSES: usize = 50_000;

/// The origin that a site will have: `url` of the config, else `publish.url`. `Err`: what is written is none.
pub(crate) fn site_url(config: &Map<String, Value>) -> Result<Option<String>, String> {
    let written = config.get("url").or_else(|| config.get("publish")?.get("url"));
    let Some(written) = written.filter(|value| !value.is_null()) else { return Ok(None) };
    let refuse = || format!("`url` is no address of a site: {written}; it is `https://` and a host, without a path");
    let text = written.as_str().ok_or_else(refuse)?.trim().trim_end_matches('/');
    let host = ["https://", "http://"].iter().find_map(|scheme| text.strip_prefix(scheme)).ok_or_else(refuse)?;
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if host.is_empty() || !host.chars().all(is_host) {
        return Err(refuse());
    }
    Ok(Some(text.to_owned()))
}

/// The sitemap of a Path: `addresses` with mount, ready for URLs, in any order.
pub(crate) fn sitemap<'a>(url: &str, addresses: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut addresses: Vec<&str> = addresses.collect();
    addresses.sort_unstable();
    addresses.dedup();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str("<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
    for address in addresses.iter().take(MAX_ADDRESSES) {
        out.push_str(&format!("<url><loc>{}{}</loc></url>\n", html::escape(url), html::escape(address)));
    }
    out.push_str("</urlset>\n");
    out.into_bytes()
}

/// The default Path's `robots.txt`: everything may be read, and where the sitemaps of all Paths are. `mounts` as in addresses.
pub(crate) fn robots<'a>(url: &str, mounts: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut out = String::from("User-agent: *\nAllow: /\n\n");
    for mount in mounts {
        out.push_str(&format!("Sitemap: {url}{mount}/sitemap.xml\n"));
    }
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn url(config: &Value) -> Result<Option<String>, String> {
        site_url(config.as_object().unwrap())
    }

    #[test]
    fn a_site_knows_its_address_from_the_config_alone() {
        assert_eq!(url(&json!({})), Ok(None));
        assert_eq!(url(&json!({ "url": "https://a.b/" })), Ok(Some("https://a.b".to_owned())));
        assert_eq!(
            url(&json!({ "publish": { "url": "http://localhost:3000" } })).unwrap().unwrap(),
            "http://localhost:3000"
        );
        for bad in
            [json!("a.b"), json!("https://"), json!("https://a.b/c"), json!("https://a b"), json!("ftp://a"), json!(1)]
        {
            assert!(url(&json!({ "url": bad })).is_err());
        }
    }

    #[test]
    fn a_sitemap_lists_absolute_addresses_once() {
        let text = String::from_utf8(sitemap("https://a.b", ["/b", "/a?x&y", "/b"].into_iter())).unwrap();
        assert_eq!(text.matches("<loc>").count(), 2);
        assert!(
            text.contains("<url><loc>https://a.b/a?x&amp;y</loc></url>\n<url><loc>https://a.b/b</loc></url>\n"),
            "{text}"
        );
        let text = String::from_utf8(robots("https://a.b", ["", "/w"].into_iter())).unwrap();
        assert!(text.ends_with("\nSitemap: https://a.b/sitemap.xml\nSitemap: https://a.b/w/sitemap.xml\n"), "{text}");
    }
}
