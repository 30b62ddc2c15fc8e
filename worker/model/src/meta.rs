use super::limits::{MAX_META, MAX_META_MEMBERS, MAX_META_NAME, shown};
use std::collections::BTreeMap;

/// What a publisher says of a deploy: `commit`, `branch`, …; strings only, at most 4 KiB as JSON.
pub type Meta = BTreeMap<String, String>;

/// Why a deploy's `meta` is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetaError {
    /// More than [`MAX_META_MEMBERS`].
    #[error("{0} members, at most {MAX_META_MEMBERS} are allowed")]
    TooMany(usize),
    /// A name that is empty, longer than [`MAX_META_NAME`], or has control characters.
    #[error("`{0}` is no name (1 to {MAX_META_NAME} bytes, no control characters)")]
    BadName(String),
    /// A value with control characters other than line breaks and tabs.
    #[error("the value of `{0}` has control characters")]
    BadValue(String),
    /// More than [`MAX_META`].
    #[error("{0} bytes as JSON, at most {MAX_META} are allowed")]
    TooLong(usize),
}

/// Checks what the type cannot say.
///
/// # Errors
/// The first rule that is broken.
pub fn check_meta(meta: &Meta) -> Result<(), MetaError> {
    if meta.len() > MAX_META_MEMBERS {
        return Err(MetaError::TooMany(meta.len()));
    }
    let is_name = |name: &str| (1..=MAX_META_NAME).contains(&name.len()) && !name.chars().any(char::is_control);
    if let Some(bad) = meta.keys().find(|name| !is_name(name)) {
        return Err(MetaError::BadName(shown(bad)));
    }
    let is_odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if let Some((name, _)) = meta.iter().find(|(_, value)| value.chars().any(is_odd)) {
        return Err(MetaError::BadValue(name.clone()));
    }
    let bytes = serde_json::to_vec(meta).map_or(0, |json| json.len());
    if bytes > MAX_META { Err(MetaError::TooLong(bytes)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meta_is_bounded_in_every_direction() {
        let meta = |pairs: &[(&str, &str)]| -> Meta {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        assert_eq!(check_meta(&meta(&[("commit", "c0ffee"), ("message", "two\n\tlines")])), Ok(()));
        let long = "n".repeat(MAX_META_NAME + 1);
        for name in ["", "a\0", "a\nb", &long] {
            assert!(matches!(check_meta(&meta(&[(name, "x")])), Err(MetaError::BadName(_))), "{name}");
        }
        assert_eq!(check_meta(&meta(&[("a", "\u{1b}[2J")])), Err(MetaError::BadValue("a".into())));
        assert!(matches!(check_meta(&meta(&[("a", &"x".repeat(MAX_META))])), Err(MetaError::TooLong(_))));
        let many: Meta = (0..=MAX_META_MEMBERS).map(|n| (n.to_string(), String::new())).collect();
        assert_eq!(check_meta(&many), Err(MetaError::TooMany(MAX_META_MEMBERS + 1)));
    }
}
