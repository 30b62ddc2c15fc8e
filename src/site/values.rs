//! (values)
