//! Who was here, in KV: written seldom and read everywhere. A place far away may see a name a minute later, which is fine for this.

use crate::text;
use pmx_edge::{
    Edge,
    bindings::{Bound, KvListOptions, KvPutOptions},
    http::{Request, Response},
};

/// What keys begin with, so that the namespace has room for other things.
const PREFIX: &str = "name:";
/// The most bytes of a name.
const MAX_NAME: u64 = 40;
/// How long a name is remembered if the variable `NAME_DAYS` does not say, in days.
const DEFAULT_DAYS: f64 = 30.0;
/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// Remembers the name that is the body of the request.
pub(crate) async fn add(edge: Edge, mut request: Request) -> Bound<Response> {
    // Nothing of a larger body enters the Worker.
    let Some(name) = request.take_body().all(MAX_NAME).await? else {
        return Ok(text(413, "a name has 40 bytes at most"));
    };
    let name = match std::str::from_utf8(&name).map(str::trim) {
        Ok(name) if !name.is_empty() && !name.contains(char::is_control) => name,
        _ => return Ok(text(400, "that is no name")),
    };
    let days = edge.var("NAME_DAYS").and_then(|days| days.parse().ok()).unwrap_or(DEFAULT_DAYS);
    // The platform forgets it by itself.
    let options = KvPutOptions::new().expiration_ttl(days * DAY);
    edge.kv("NAMES").put_with(&format!("{PREFIX}{name}"), "", &options).await?;
    Ok(text(201, &format!("remembered {name}")))
}

/// All names, as JSON.
pub(crate) async fn list(edge: Edge) -> Bound<Response> {
    let (mut names, mut cursor) = (Vec::new(), Some(String::new()));
    while let Some(from) = cursor {
        let page =
            edge.kv("NAMES").list(KvListOptions { prefix: PREFIX, cursor: &from, ..KvListOptions::default() }).await?;
        names.extend(page.keys.iter().filter_map(|key| key.name.strip_prefix(PREFIX)).map(str::to_owned));
        cursor = page.cursor;
    }
    Ok(Response::json(200, &names))
}
