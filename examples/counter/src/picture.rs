//! The picture above the counter, in R2. Its bytes go from the client into the bucket and back without entering the Worker.

use crate::text;
use pmx_edge::{
    Edge,
    bindings::{Bound, Conditions, HttpField, Metadata, R2GetOptions, R2PutOptions},
    http::{Request, Response},
};

const KEY: &str = "picture";
/// The most bytes of a picture.
const MAX_BYTES: u64 = 1024 * 1024;
/// What may be shown. An SVG is not among them: it may hold scripts, and they would run as if they were ours.
const TYPES: [&str; 4] = ["image/gif", "image/jpeg", "image/png", "image/webp"];

/// Stores the picture that is the body of the request.
pub(crate) async fn put(edge: Edge, mut request: Request) -> Bound<Response> {
    let Some(kind) = TYPES.into_iter().find(|kind| request.header("content-type") == Some(kind)) else {
        return Ok(text(415, "a picture is a GIF, JPEG, PNG or WebP"));
    };
    match request.header("content-length").and_then(|length| length.parse::<u64>().ok()) {
        // A bucket takes no body of which the length is not known.
        None => return Ok(text(411, "a picture says its length")),
        Some(length) if length > MAX_BYTES => return Ok(text(413, "a picture has 1 MiB at most")),
        Some(_) => {}
    }
    let metadata = Metadata::new().http(HttpField::ContentType, kind);
    edge.bucket("PICTURES").put_with(KEY, request.take_body(), &R2PutOptions::new().metadata(&metadata)).await?;
    Ok(text(201, "stored"))
}

/// Answers the picture, unless the client has it already.
pub(crate) async fn get(edge: Edge, request: &Request) -> Bound<Response> {
    let unless_known = R2GetOptions::new().only_if(&Conditions::new().headers(&request.headers));
    let Some(found) = edge.bucket("PICTURES").get_with(KEY, &unless_known).await? else {
        return Ok(text(404, "there is no picture yet"));
    };
    let mut answer = Response::empty(if found.body.is_some() { 200 } else { 304 });
    answer.header("etag", format!("\"{}\"", found.object.etag())).header("cache-control", "no-cache");
    let Some(body) = found.body else { return Ok(answer) };
    let kind = found.object.http(HttpField::ContentType).unwrap_or("application/octet-stream").to_owned();
    answer.header("content-type", kind).header("content-length", found.object.size().to_string());
    answer.header("x-content-type-options", "nosniff");
    Ok(answer.with_body(body))
}
