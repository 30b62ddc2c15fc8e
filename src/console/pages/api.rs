//! `POST /api/data`: the bindings' data, as the command line asks for it.

use crate::console::{
    reply::{Failure, Outcome},
    routes::Call,
};
use axum::{body::Body, http::StatusCode};

pub(in crate::console) async fn data(_: &Call<'_>, _: Body) -> Outcome {
    Err(Failure::new(StatusCode::NOT_IMPLEMENTED, "not yet"))
}
