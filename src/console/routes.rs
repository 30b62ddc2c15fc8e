//! Which page answers which address.

use super::{
    Console, SiteSource, assets,
    call::Call,
    editor::{self, Editor},
    event_stream,
    form::Fields,
    pages,
    reply::{self, ReplyResult, RequestFailure},
};
use axum::{
    body::Body,
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    response::Response,
};
use std::sync::Arc;

/// How long a choice of editor is remembered, in seconds: a year.
const REMEMBERED: u32 = 365 * 24 * 60 * 60;

/// Answers whoever was let in.
pub(super) async fn answer(console: &Arc<Console>, parts: Parts, body: Body) -> Response {
    let path = parts.uri.path().to_owned();
    let here = parts.uri.path_and_query().map_or("/", |whole| whole.as_str()).to_owned();
    let editor = Editor::of(super::access::cookie_value(&parts.headers, editor::COOKIE).unwrap_or_default());
    let call = Call { console, query: Fields::of_query(parts.uri.query()), headers: parts.headers, editor, here };
    let segments: Vec<String> = path.split('/').filter(|segment| !segment.is_empty()).map(decoded).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let outcome = match parts.method {
        Method::GET | Method::HEAD => read(&call, &path, &segments).await,
        Method::POST => act(&call, &segments, body).await,
        _ => Err(RequestFailure::new(StatusCode::METHOD_NOT_ALLOWED, "Pages are read with GET and changed with POST")),
    };
    outcome.unwrap_or_else(|failure| {
        if segments.first() == Some(&"api") {
            return failure.json();
        }
        call.failed(&failure)
    })
}

fn decoded(segment: &str) -> String {
    String::from_utf8_lossy(&pmx_site::percent_decode(segment.as_bytes())).into_owned()
}

async fn read(call: &Call<'_>, path: &str, segments: &[&str]) -> ReplyResult {
    if let Some(asset) = assets::script(path) {
        return Ok(asset);
    }
    let page = match segments {
        [] if call.console.parts.sites != SiteSource::Written => pages::published::page(call).await,
        [] => pages::sites::page(call).await,
        ["sites", site] => pages::site::page(call, site).await,
        ["sites", site, "compare"] => pages::compare::page(call, site).await,
        ["events"] => Ok(pages::events::page(call)),
        ["data"] => return Ok(reply::see("/data/kv")),
        ["data", "kv"] => pages::kv::list(call).await,
        ["data", "kv", "entry"] => pages::kv::entry(call).await,
        ["data", "kv", "download"] => return pages::kv::download(call).await,
        ["data", "kv", "export"] => return pages::kv::export(call).await,
        ["data", "r2"] => pages::r2::list(call).await,
        ["data", "r2", "entry"] => pages::r2::entry(call).await,
        ["data", "r2", "download"] => return pages::r2::download(call).await,
        ["data", "r2", "export"] => return pages::r2::export(call).await,
        ["data", "objects"] => pages::objects::list(call).await,
        ["data", "objects", id] => pages::object::page(call, id).await,
        ["data", "objects", id, "export"] => return pages::object::export(call, id).await,
        ["requests"] => Ok(pages::requests::page(call)),
        ["log"] => Ok(pages::logs::page(call)),
        ["faults"] => Ok(pages::faults::page(call)),
        ["about"] => pages::about::page(call).await,
        ["api", "sites"] if call.console.parts.sites != SiteSource::Written => {
            return pages::published::json(call).await;
        }
        ["api", "sites"] => return Ok(pages::sites::json(call)),
        ["api", "events"] => return event_stream::events(call.console, &call.query),
        _ => Err(RequestFailure::missing("There is no such page")),
    }?;
    Ok(call.shown(StatusCode::OK, page))
}

async fn act(call: &Call<'_>, segments: &[&str], body: Body) -> ReplyResult {
    if let ["api", "data"] = segments {
        return pages::api::data(call, body).await;
    }
    // Nothing is read for an address that takes nothing.
    let known = match segments {
        ["editor" | "faults"] => true,
        ["sites", _, action] => matches!(*action, "rollback" | "rebuild"),
        ["data", "kv" | "r2", action] => matches!(*action, "put" | "delete" | "import"),
        ["data", "objects", _, action] => matches!(*action, "sql" | "alarm" | "evict"),
        _ => false,
    };
    if !known {
        return Err(RequestFailure::new(StatusCode::METHOD_NOT_ALLOWED, "Nothing can be changed at this address"));
    }
    let form = Fields::of_form(&call.headers, body).await?;
    match segments {
        ["editor"] => Ok(choose_editor(&form)),
        ["faults"] => pages::faults::set(call, &form),
        ["sites", site, "rollback"] => pages::site::rollback(call, site, &form).await,
        ["sites", site, "rebuild"] => pages::site::rebuild(call, site).await,
        ["data", "kv", "put"] => pages::kv::put(call, &form).await,
        ["data", "kv", "delete"] => pages::kv::delete(call, &form).await,
        ["data", "kv", "import"] => pages::kv::import(call, &form).await,
        ["data", "r2", "put"] => pages::r2::put(call, &form).await,
        ["data", "r2", "delete"] => pages::r2::delete(call, &form).await,
        ["data", "r2", "import"] => pages::r2::import(call, &form).await,
        ["data", "objects", id, "sql"] => pages::object::sql(call, id, &form).await,
        ["data", "objects", id, "alarm"] => pages::object::fire(call, id).await,
        ["data", "objects", id, "evict"] => pages::object::evict(call, id).await,
        _ => Err(RequestFailure::missing("There is no such page")),
    }
}

fn choose_editor(form: &Fields) -> Response {
    // Back to a page of the console and nowhere else.
    let back =
        Some(form.get("back")).filter(|back| back.starts_with('/') && !back.starts_with("//") && !back.contains('\\'));
    let mut response = reply::see(back.unwrap_or("/"));
    let cookie = format!(
        "{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={REMEMBERED}",
        editor::COOKIE,
        Editor::of(form.get("editor")).id()
    );
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}
