//! Which object of a namespace.

/// An object of a namespace, and the name that it is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObjectKey {
    /// 64 lower-case hex digits.
    pub(crate) id: String,
    /// `None` for an object with a unique id, and for one that was reached by its id only.
    pub(crate) name: Option<String>,
}

impl ObjectKey {
    /// What people are shown: the name, or the id.
    pub(crate) fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }
}
