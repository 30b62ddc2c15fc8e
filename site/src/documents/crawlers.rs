//! `sitemap.xml` and `robots.txt`. A sitemap has absolute addresses, so there is one only where the site's own is known.

use crate::text::html;

/// The most addresses of one sitemap (sitemaps.org).
const MAX_ADDRESSES: usize = 50_000;

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
