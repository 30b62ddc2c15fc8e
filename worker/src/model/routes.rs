use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The routes document of one root. Keys are decoded paths relative to the root's mount and start with `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routes {
    /// By path.
    #[serde(deserialize_with = "super::sorted::map")]
    pub routes: BTreeMap<String, Route>,
    /// The file that is shown, with status 404, when nothing is found.
    #[serde(default, rename = "notFound", skip_serializing_if = "Option::is_none")]
    pub not_found: Option<String>,
}

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
struct Flat {
    #[serde(rename = "type")]
    kind: Kind,
    source: Option<String>,
    path: Option<String>,
    to: Option<String>,
    status: Option<u16>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Source,
    Redirect,
}

impl TryFrom<Flat> for Route {
    type Error = String;

    fn try_from(flat: Flat) -> Result<Self, String> {
        fn needed<T>(field: Option<T>, name: &str) -> Result<T, String> {
            field.ok_or_else(|| format!("missing field `{name}`"))
        }
        Ok(match flat.kind {
            Kind::Source => Self::Source { source: needed(flat.source, "source")?, path: needed(flat.path, "path")? },
            Kind::Redirect => Self::Redirect { to: needed(flat.to, "to")?, status: needed(flat.status, "status")? },
        })
    }
}

/// Why a routes document is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoutesError {
    /// A key without its leading slash.
    #[error("routes: `{0}` does not start with `/`")]
    BadKey(String),
    /// A status that is no redirect.
    #[error("routes: `{path}` redirects with status {status}")]
    BadStatus {
        /// The route.
        path: String,
        /// Its status.
        status: u16,
    },
    /// A target with line breaks or other control characters, or one that is neither a path nor an http(s) URL.
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
        let no_file = |path: &str, file: &str| RoutesError::NoFile { path: path.to_owned(), file: file.to_owned() };
        for (path, route) in &self.routes {
            if !path.starts_with('/') {
                return Err(RoutesError::BadKey(path.clone()));
            }
            match route {
                Route::Source { path: file, .. } if !has_file(file) => {
                    return Err(no_file(path, file));
                }
                Route::Source { .. } => {}
                Route::Redirect { status, .. } if !matches!(status, 301 | 302 | 303 | 307 | 308) => {
                    return Err(RoutesError::BadStatus { path: path.clone(), status: *status });
                }
                Route::Redirect { to, .. } if !is_target(to) => return Err(RoutesError::BadTarget(path.clone())),
                Route::Redirect { .. } => {}
            }
        }
        match &self.not_found {
            Some(file) if !has_file(file) => Err(no_file("notFound", file)),
            _ => Ok(()),
        }
    }
}

/// `//host` would leave the site and is refused; so is what a header cannot carry.
fn is_target(to: &str) -> bool {
    let local = to.starts_with('/') && !to.starts_with("//") && !to.starts_with("/\\");
    (local || to.starts_with("https://") || to.starts_with("http://")) && to.bytes().all(|b| (0x21..0x7f).contains(&b))
}
