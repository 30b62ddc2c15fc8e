//! (components)
