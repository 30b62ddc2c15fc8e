//! `POST /api/data`: the bindings' data, as [`crate::data`] has it.

use crate::{
    console::{
        call::Call,
        form::{self, MAX_UPLOAD},
        reply::{self, ReplyResult},
    },
    data::{self, DataOp},
};
use axum::{body::Body, http::StatusCode};
use serde_json::json;

pub(in crate::console) async fn data(call: &Call<'_>, body: Body) -> ReplyResult {
    let body = form::bytes(&call.headers, body, MAX_UPLOAD).await?;
    let op: DataOp = match serde_json::from_slice(&body) {
        Ok(op) => op,
        Err(error) => {
            let error = json!({ "error": { "code": "bad_request", "message": format!("this is no op: {error}") } });
            return Ok(reply::json_of(StatusCode::BAD_REQUEST, &error));
        }
    };
    Ok(match data::run(call.console.parts.control.emulator(), op).await {
        Ok(answer) => reply::json_of(StatusCode::OK, &answer),
        Err(error) => {
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            reply::json_of(status, &json!({ "error": { "code": error.code(), "message": error.to_string() } }))
        }
    })
}
