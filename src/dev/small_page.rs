//! Small pages that are loaded again when what they show is another.

use super::live_reload::{LiveReload, ReloadTarget};
use crate::server::{SmallPage, small_page};
use axum::{http::StatusCode, response::Response};
use maud::Markup;

/// An answer with such a page.
pub(super) async fn respond(
    status: StatusCode,
    title: &str,
    main: &Markup,
    (reload, shown): (&LiveReload, &ReloadTarget),
) -> Response {
    reload.serve(shown, small_page(&SmallPage { status, title, main, reloads: true })).await
}
