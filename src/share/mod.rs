//! What a share has beside a publish: a name that nobody can guess, a receipt that lets the next share of the same entry have the same
//! address, and where its token is.

mod name;
mod receipts;
mod token;

pub(crate) use name::unguessable;
pub(crate) use receipts::{Receipt, Receipts};
pub(crate) use token::{Held, TOKEN_VARIABLE, TokenPlace, token};
