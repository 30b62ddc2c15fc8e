//! The bugs.

/// A bug, and the suites of which one must notice it.
pub(crate) struct Bug {
    pub(crate) name: &'static str,
    /// From the root of the checkout.
    pub(crate) file: &'static str,
    /// What stands there, once.
    pub(crate) find: &'static str,
    /// What is planted in its place.
    pub(crate) replace: &'static str,
    /// Arguments of `cargo test`.
    pub(crate) suites: &'static [&'static str],
}

pub(crate) const BUGS: &[Bug] = &[];
