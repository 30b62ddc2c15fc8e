use super::{
    limits::{MAX_ROUTE, shown},
    object_only,
};
use serde::{Deserialize, Serialize};

/// What open pages are told. The two shapes stand as they are: no envelope, no extra field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields, remote = "Self")]
pub enum ChangeEvent {
    /// Sources whose text was added, changed or removed.
    SourcesChanged {
        /// Source ids, sorted.
        sources: Vec<String>,
    },
    /// Files that were added, changed or removed, and the targets of changed routes.
    ArtifactsChanged {
        /// `/`-led paths below the site's origin, sorted.
        paths: Vec<String>,
    },
}

object_only!(ChangeEvent);

/// Why an event that a client sent is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names nothing (at most {MAX_ROUTE} bytes, no control characters)")]
pub struct EventError(String);

impl ChangeEvent {
    /// Checks the names in it.
    ///
    /// # Errors
    /// The first that is none.
    pub fn check(&self) -> Result<(), EventError> {
        let (Self::SourcesChanged { sources: names } | Self::ArtifactsChanged { paths: names }) = self;
        match names.iter().find(|name| name.len() > MAX_ROUTE || name.chars().any(char::is_control)) {
            Some(bad) => Err(EventError(shown(bad))),
            None => Ok(()),
        }
    }
}
