//! Which namespace of a state folder: where its objects lie, and under which key their ids are made. Both stay as they are for as long as the
//! namespace lives, whatever its class comes to be called.

use crate::state_dir::layout;

/// The unique key of the bundled Worker's namespace.
const BUNDLED_KEY: &str = "pmx-SpaceDO";

/// A namespace, by its unique key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NamespaceKey {
    unique_key: String,
}

impl NamespaceKey {
    pub(crate) fn new(unique_key: impl Into<String>) -> Self {
        Self { unique_key: unique_key.into() }
    }

    /// The key under which workerd derives the ids of a class of a Worker.
    pub(crate) fn of_class(worker: &str, class: &str) -> Self {
        Self::new(format!("{worker}-{class}"))
    }

    /// The namespace of the bundled Worker.
    pub(crate) fn bundled() -> Self {
        Self::new(BUNDLED_KEY)
    }

    pub(crate) fn unique_key(&self) -> &str {
        &self.unique_key
    }

    /// The name of its folder in the state's `do`.
    pub(crate) fn folder(&self) -> &str {
        if self.unique_key == BUNDLED_KEY { layout::BUNDLED_FOLDER } else { &self.unique_key }
    }

    /// The index of its alarms, from the state folder.
    pub(crate) fn alarms_file(&self) -> String {
        layout::alarms_file(self.folder())
    }
}
