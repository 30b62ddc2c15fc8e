//! Where the site starts, as the Worker says it.

use axum::{
    body::Body,
    http::{Request, header},
};
use pmx_emulator::Emulator;

/// The route of the default entry: where `/` redirects to, and `/` itself if it does not.
pub(super) async fn route(emulator: &Emulator) -> String {
    let top = || "/".to_owned();
    let Ok(request) = Request::get("http://localhost/").header(header::HOST, "localhost").body(Body::empty()) else {
        return top();
    };
    let answer = emulator.fetch(request).await;
    let location = answer.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
    location.filter(|location| location.starts_with('/')).map_or_else(top, str::to_owned)
}
