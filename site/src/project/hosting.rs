//! Who will serve a build, as far as the addresses in its pages depend on it.

use std::{borrow::Cow, str::FromStr};

/// The longest base path, in bytes: as long as one that a proxy may put before a site.
const MAX_BASE: usize = 256;

/// Who will serve a build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Hosting {
    /// The Worker, which knows routes: a page is at `/x`, below the root of its host, and hears of changes.
    #[default]
    Worker,
    /// A host of plain files: a page is at `/x/`, since it is the `index.html` of a folder, and nothing tells it of changes.
    Files(BasePath),
}

/// The path below which a host has the whole site: empty, or `/course`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BasePath(String);

/// Why a text is no base path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no base path: it is a path such as `/course/`, of letters, digits, `-`, `.`, `_` and `~`, without `.` or `..` segments"
)]
pub struct BasePathError(String);

impl FromStr for BasePath {
    type Err = BasePathError;

    /// Reads `/course/`, `/course` or `course`; a shell on Windows makes a folder of what begins with `/`.
    fn from_str(text: &str) -> Result<Self, BasePathError> {
        let path = text.trim_matches('/');
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~');
        let is_segment = |segment: &str| !matches!(segment, "" | "." | "..");
        let slashes = text.len() - path.len();
        match path {
            "" if slashes <= 1 => Ok(Self::default()),
            path if slashes <= 2
                && !text.starts_with("//")
                && !text.ends_with("//")
                && text.len() <= MAX_BASE
                && path.bytes().all(plain)
                && path.split('/').all(is_segment) =>
            {
                Ok(Self(format!("/{path}")))
            }
            _ => Err(BasePathError(text.to_owned())),
        }
    }
}

impl Hosting {
    /// What every address of the site begins with, without a slash at its end.
    pub(crate) fn base(&self) -> &str {
        match self {
            Self::Worker => "",
            Self::Files(base) => &base.0,
        }
    }

    /// The address of a page whose route this is.
    pub(crate) fn page<'r>(&self, route: &'r str) -> Cow<'r, str> {
        match self {
            Self::Files(_) if !route.ends_with('/') => Cow::Owned(format!("{route}/")),
            _ => Cow::Borrowed(route),
        }
    }

    /// Whether open pages are told of changes.
    pub(crate) fn is_live(&self) -> bool {
        *self == Self::Worker
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_a_plain_path() {
        let base = |text: &str| text.parse::<BasePath>().map(|base| base.0);
        for (text, expected) in [("", ""), ("/", ""), ("/course/", "/course"), ("a/b-c.d", "/a/b-c.d"), ("~x", "/~x")] {
            assert_eq!(base(text).as_deref(), Ok(expected), "{text}");
        }
        let long = "a".repeat(MAX_BASE + 1);
        for text in
            ["//", "//x", "/x//", "/a//b", "/../x", "a/./b", "https://x.y/z", "/a b", "/a?b", "/\"", "/é", &long]
        {
            assert!(base(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_page_is_a_folder_where_files_are_served() {
        let files = Hosting::Files("/course".parse().unwrap());
        assert_eq!((files.page("/x"), files.page("/"), files.base()), ("/x/".into(), "/".into(), "/course"));
        assert_eq!((Hosting::Worker.page("/x"), Hosting::Worker.base()), ("/x".into(), ""));
    }
}
