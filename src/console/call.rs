//! A request as the pages see it, and a page as they answer it.

use super::{
    Console, SiteSource,
    editor::Editor,
    form::Fields,
    html::{self, Frame, Section},
    reply::{self, RequestFailure},
    url,
};
use axum::{
    http::{HeaderMap, StatusCode},
    response::Response,
};
use maud::Markup;
use std::sync::Arc;

/// A request that may be answered.
pub(super) struct Call<'a> {
    pub(super) console: &'a Arc<Console>,
    pub(super) query: Fields,
    pub(super) headers: HeaderMap,
    pub(super) editor: Editor,
    /// Path and query.
    pub(super) here: String,
}

/// A page before it has its frame.
pub(super) struct Page {
    pub(super) title: String,
    pub(super) section: Section,
    pub(super) body: Markup,
}

impl Page {
    pub(super) fn new(section: Section, title: impl Into<String>, body: Markup) -> Self {
        Self { title: title.into(), section, body }
    }
}

impl Call<'_> {
    /// A page in its frame.
    pub(super) fn shown(&self, status: StatusCode, page: Page) -> Response {
        let control = &self.console.parts.control;
        let frame = Frame {
            title: page.title,
            section: page.section,
            editor: self.editor,
            here: self.here.clone(),
            errors: control
                .session()
                .sites()
                .iter()
                .map(|site| site.errors() + usize::from(site.error.is_some()))
                .sum(),
            faulty: !control.emulator().faults().plan().is_empty(),
            done: self.done(),
        };
        reply::page(status, html::frame(&frame, &page.body))
    }

    pub(super) fn failed(&self, failure: &RequestFailure) -> Response {
        let section = match self.here.split(['/', '?']).nth(1) {
            Some("events") => Section::Events,
            Some("data") if self.here.starts_with("/data/r2") => Section::R2,
            Some("data") if self.here.starts_with("/data/objects") => Section::Objects,
            Some("data") => Section::Kv,
            Some("requests") => Section::Requests,
            Some("log") => Section::Log,
            Some("faults") => Section::Faults,
            Some("about") => Section::About,
            _ => Section::Sites,
        };
        let title = if failure.status == StatusCode::NOT_FOUND { "Not here" } else { "That did not work" };
        let body = maud::html! { div.head { div { h1 { (title) } } } (html::failure(failure)) p { a.button href="/" { "To the sites" } } };
        self.shown(failure.status, Page::new(section, title, body))
    }

    /// What a redirect says that was done; only known words are shown.
    fn done(&self) -> Option<String> {
        let count = self.query.number("count", 0, usize::MAX);
        Some(match self.query.get("done") {
            "rolled-back" if self.console.parts.sites == SiteSource::Written => {
                "Rolled back. It stays until a Source is edited.".to_owned()
            }
            "rolled-back" => "Rolled back. It stays until somebody publishes.".to_owned(),
            "newest" => "The newest deploy is shown again.".to_owned(),
            "rebuild" => "Building again.".to_owned(),
            "saved" => "Saved.".to_owned(),
            "deleted" => "Deleted.".to_owned(),
            "imported" => format!("Imported {}.", html::counted(count, "entry").replace("entrys", "entries")),
            "fired" => "The alarm was fired.".to_owned(),
            "evicted" => "The instance has ended; the next event makes a new one.".to_owned(),
            "faults" => "In force from now on.".to_owned(),
            _ => return None,
        })
    }

    /// Does what may block on a thread where it may.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Console) -> Result<T, RequestFailure> + Send + 'static,
    ) -> Result<T, RequestFailure> {
        let console = self.console.clone();
        tokio::task::spawn_blocking(move || work(&console))
            .await
            .map_err(|error| RequestFailure::internal(format!("That was lost on the way: {error}")))?
    }

    /// The page that says what was done.
    pub(super) fn done_at(path: &str, query: &[(&str, &str)]) -> Response {
        reply::see(&url::address(path, query))
    }
}
