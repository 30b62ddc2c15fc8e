use std::{fmt, str::FromStr};

/// Labels that no site may have: they are, or may become, hosts of the platform itself.
pub const RESERVED: &[&str] = &[
    "pathmx",
    "pmx",
    "www",
    "api",
    "admin",
    "app",
    "assets",
    "cdn",
    "control",
    "dashboard",
    "mail",
    "localhost",
    "static",
    "status",
];
/// Prefix of labels that previews will take.
const RESERVED_PREFIX: &str = "pr-";

/// The name of a site: one DNS label in lower case that is not reserved.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteName(String);

/// Why a name is no site's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SiteNameError {
    /// Not one DNS label.
    #[error("`{0}` is no site name: 1 to 63 letters, digits and inner hyphens")]
    NotALabel(String),
    /// Kept for the platform.
    #[error("`{0}` is a reserved name")]
    Reserved(String),
}

impl SiteName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SiteName {
    type Err = SiteNameError;

    fn from_str(text: &str) -> Result<Self, SiteNameError> {
        let name = text.to_ascii_lowercase();
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let bytes = name.as_bytes();
        let is_label = (1..=63).contains(&bytes.len())
            && bytes.iter().all(|&b| inner(b) || b == b'-')
            && inner(bytes[0])
            && inner(bytes[bytes.len() - 1]);
        if !is_label {
            return Err(SiteNameError::NotALabel(text.chars().take(80).collect()));
        }
        if RESERVED.contains(&name.as_str()) || name.starts_with(RESERVED_PREFIX) {
            return Err(SiteNameError::Reserved(name));
        }
        Ok(Self(name))
    }
}

impl fmt::Display for SiteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_label_in_lower_case() {
        assert_eq!("My-Site".parse::<SiteName>().unwrap().as_str(), "my-site");
        assert!("xn--bcher-kva".parse::<SiteName>().is_ok());
        for bad in ["", "-a", "a-", "a.b", "a_b", "bücher", "a b", &"a".repeat(64), "pathmx", "PR-7"] {
            assert!(bad.parse::<SiteName>().is_err(), "{bad}");
        }
    }
}
