//! The pages, a file each.

pub(super) mod about;
pub(super) mod api;
pub(super) mod compare;
mod diff;
mod entries;
pub(super) mod events;
pub(super) mod faults;
mod history;
pub(super) mod kv;
pub(super) mod logs;
pub(super) mod object;
pub(super) mod objects;
mod problems;
pub(super) mod published;
pub(super) mod r2;
pub(super) mod requests;
pub(super) mod site;
pub(super) mod sites;
mod value;
