//! What pmx offers at the edge, each product in a folder of its own.
//!
//! A product answers the requests that [`crate::entry`] hands it (`mod.rs`), has its API for programs (`api`), the Durable Object that
//! alone writes (`object`), and that object's tables (`store`). Products do not import each other: what two of them need is in `pmx-edge`, or, if
//! the other side must agree on it, in `pmx-model`.
//!
//! `sites` is here. Others will stand beside it: `projects` (code of users, its deploys and addresses), `rooms` (what people on
//! one page share while they are there) and `accounts` (who may do what, and how much of it).

pub(crate) mod sites;
