use serde::{Deserialize, Serialize};

/// What open pages are told. The two shapes stand as they are: no envelope, no extra field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
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
