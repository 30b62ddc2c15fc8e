//! What the pages are made of.

mod frame;
mod parts;

pub(super) use crate::report::counted;
pub(super) use frame::{Frame, Section, frame, locked_page, redirect_page};
pub(super) use parts::{
    Ask, ago, ask, bytes, clock, count, duration, empty, failure, field, findings, local, note, nothing, pill, short,
    status,
};
