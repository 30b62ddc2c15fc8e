//! (icons)
