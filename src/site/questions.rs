//! (questions)
