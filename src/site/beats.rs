//! (beats)
