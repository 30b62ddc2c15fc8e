//! The keys of the KV namespace. Each begins with what it is a key of, so that a list by prefix finds all of a kind.

use crate::SiteName;

/// What the key of a site's [`SiteState`](crate::SiteState) begins with. The rest is the site's name.
pub const SITE_STATE_PREFIX: &str = "space:";

/// The key of a site's state.
#[must_use]
pub fn site_state(site: &str) -> String {
    format!("{SITE_STATE_PREFIX}{site}")
}

/// The site whose state lies under this key; `None` for any other key.
#[must_use]
pub fn site_of_state(key: &str) -> Option<SiteName> {
    // A name is written in lower case, and read in any.
    let name = key.strip_prefix(SITE_STATE_PREFIX)?;
    name.parse().ok().filter(|site: &SiteName| site.as_str() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_a_state_and_its_site_lead_to_each_other() {
        let site: SiteName = "alpha".parse().unwrap();
        assert_eq!(site_state(site.as_str()), "space:alpha");
        assert_eq!(site_of_state("space:alpha"), Some(site));
        for other in ["alpha", "space:", "space:Alpha", "space:a/b", "Space:alpha", "space:www"] {
            assert_eq!(site_of_state(other), None, "{other}");
        }
    }
}
