use super::{
    MAX_PATH, MAX_ROUTE, RouteRef, is_source_id,
    limits::{clip, shown},
    object_only,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The routes document of one root. Keys are decoded paths relative to the root's mount and start with `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Routes {
    /// By path.
    #[serde(deserialize_with = "crate::sorted::map")]
    pub routes: BTreeMap<String, Route>,
    /// The file that is shown, with status 404, when nothing is found.
    #[serde(default, rename = "notFound", skip_serializing_if = "Option::is_none")]
    pub not_found: Option<String>,
}

object_only!(Routes);

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", try_from = "Flat")]
pub enum Route {
    /// To the page of a Source.
    Source {
        /// Id of the Source.
        source: String,
        /// Its file in the manifest.
        path: String,
    },
    /// To another address.
    Redirect {
        /// A path relative to the mount when it starts with `/`, else an absolute URL.
        to: String,
        /// 301, 302, 303, 307 or 308.
        status: u16,
    },
}

/// A route as it stands in JSON. Read so, and not by its tag: what has a tag is read into a tree first, and that takes five times as long.
#[derive(Deserialize)]
#[serde(remote = "Self")]
struct Flat {
    #[serde(rename = "type")]
    kind: String,
    source: Option<String>,
    path: Option<String>,
    to: Option<String>,
    status: Option<u16>,
}

object_only!(read Flat);

impl TryFrom<Flat> for Route {
    type Error = String;

    fn try_from(flat: Flat) -> Result<Self, String> {
        fn needed<T>(field: Option<T>, name: &str) -> Result<T, String> {
            field.ok_or_else(|| format!("missing field `{name}`"))
        }
        match flat.kind.as_str() {
            "source" => Ok(Self::Source { source: needed(flat.source, "source")?, path: needed(flat.path, "path")? }),
            "redirect" => Ok(Self::Redirect { to: needed(flat.to, "to")?, status: needed(flat.status, "status")? }),
            other => Err(format!("unknown variant `{}`, expected `source` or `redirect`", clip(other, 32))),
        }
    }
}

/// Why a routes document is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoutesError {
    /// A key without its leading slash.
    #[error("routes: `{0}` does not start with `/`")]
    BadKey(String),
    /// A key with more than [`MAX_ROUTE`] bytes or with control characters.
    #[error("routes: `{0}` is no path (at most {MAX_ROUTE} bytes, no control characters)")]
    BadRoute(String),
    /// A Source's id that is too long, or has control characters.
    #[error("routes: `{0}` names no Source (an id has at most {MAX_PATH} bytes, no control characters)")]
    BadSource(String),
    /// A status that is no redirect.
    #[error("routes: `{path}` redirects with status {status}")]
    BadStatus {
        /// The route.
        path: String,
        /// Its status.
        status: u16,
    },
    /// A target of more than [`MAX_ROUTE`] bytes, with line breaks or other control characters, or one that is neither a path nor an
    /// http(s) URL.
    #[error("routes: `{0}` redirects to no address")]
    BadTarget(String),
    /// A route or the page for "not found" names a file that the manifest does not have.
    #[error("routes: `{path}` names `{file}`, which is not in the manifest")]
    NoFile {
        /// The route.
        path: String,
        /// The file that it names.
        file: String,
    },
}

impl Routes {
    /// Checks what the types cannot say, against the manifest of the same root.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self, manifest: &super::Manifest) -> Result<(), RoutesError> {
        self.check_against(|file| manifest.files.contains_key(file))
    }

    /// As [`Self::check`]; `has_file` says whether the manifest has a file at a path.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check_against(&self, has_file: impl Fn(&str) -> bool) -> Result<(), RoutesError> {
        let routes = self.routes.iter().map(|(path, route)| (path.as_str(), RouteRef::from(route)));
        check(routes, self.not_found.as_deref(), has_file)
    }
}

/// The rules of a routes document, however it is kept.
pub(super) fn check<'a>(
    routes: impl Iterator<Item = (&'a str, RouteRef<'a>)>,
    not_found: Option<&str>,
    has_file: impl Fn(&str) -> bool,
) -> Result<(), RoutesError> {
    let no_file = |path: &str, file: &str| RoutesError::NoFile { path: shown(path), file: shown(file) };
    for (path, route) in routes {
        if !path.starts_with('/') {
            return Err(RoutesError::BadKey(shown(path)));
        }
        if path.len() > MAX_ROUTE || path.chars().any(char::is_control) {
            return Err(RoutesError::BadRoute(shown(path)));
        }
        match route {
            RouteRef::Source { source, .. } if !is_source_id(source) => {
                return Err(RoutesError::BadSource(shown(source)));
            }
            RouteRef::Source { path: file, .. } if !has_file(file) => return Err(no_file(path, file)),
            RouteRef::Source { .. } => {}
            RouteRef::Redirect { status, .. } if !matches!(status, 301 | 302 | 303 | 307 | 308) => {
                return Err(RoutesError::BadStatus { path: shown(path), status });
            }
            RouteRef::Redirect { to, .. } if !is_target(to) => return Err(RoutesError::BadTarget(shown(path))),
            RouteRef::Redirect { .. } => {}
        }
    }
    match not_found {
        Some(file) if !has_file(file) => Err(no_file("notFound", file)),
        _ => Ok(()),
    }
}

/// `//host` would leave the site and is refused; so is what a header cannot carry.
fn is_target(to: &str) -> bool {
    let local = to.starts_with('/') && !to.starts_with("//") && !to.starts_with("/\\");
    to.len() <= MAX_ROUTE
        && (local || to.starts_with("https://") || to.starts_with("http://"))
        && to.bytes().all(|b| (0x21..0x7f).contains(&b))
}
