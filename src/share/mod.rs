//! What a share has beside a publish: a name that nobody can guess, a receipt that lets the next share of the same entry have the same
//! address, and where its token is.

mod name;
mod receipts;
mod token;

use humantime::format_rfc3339_millis;
use std::time::SystemTime;

pub(crate) use name::{named_in, unguessable};
pub(crate) use receipts::{Receipt, Receipts, Unbelieved};
pub(crate) use token::{Held, TOKEN_VARIABLE, TokenPlace, token};

/// This moment, as receipts have it: fine enough that two of them are in their order.
pub(crate) fn now() -> String {
    format_rfc3339_millis(SystemTime::now()).to_string()
}
