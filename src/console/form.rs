//! What browsers send: queries, forms and files.

use super::reply::RequestFailure;
use crate::server;
use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, StatusCode, header},
};

/// The most bytes of a form without a file; a KV value that is written by hand fits well.
pub(super) const MAX_FORM: usize = 4 * 1024 * 1024;
/// The most bytes of a form with a file: the largest KV value or blob (25 MiB) in base64, with some lines around it.
pub(super) const MAX_UPLOAD: usize = 64 * 1024 * 1024;
/// The most fields of a form.
const MAX_FIELDS: usize = 256;

/// Names and values, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields(Vec<(String, Vec<u8>)>);

impl Fields {
    /// Those of a query.
    pub(super) fn of_query(query: Option<&str>) -> Self {
        Self(urlencoded(query.unwrap_or_default().as_bytes()))
    }

    /// Those of a form's body of either kind.
    pub(super) async fn of_form(headers: &HeaderMap, body: Body) -> Result<Self, RequestFailure> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let (name, parameters) = kind.split_once(';').unwrap_or((kind, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "application/x-www-form-urlencoded" => Ok(Self(urlencoded(&bytes(headers, body, MAX_FORM).await?))),
            "multipart/form-data" => {
                let boundary = parameters.split(';').find_map(|pair| pair.trim().strip_prefix("boundary="));
                let boundary = boundary.map(|text| text.trim_matches('"')).filter(|text| !text.is_empty());
                let boundary = boundary.ok_or_else(|| RequestFailure::bad("The form names no boundary"))?;
                multipart(&bytes(headers, body, MAX_UPLOAD).await?, boundary)
                    .map(Self)
                    .ok_or_else(|| RequestFailure::bad("The form is cut off"))
            }
            _ => Err(RequestFailure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "A change is sent as a form")),
        }
    }

    /// The text of a field; empty if there is none.
    pub(super) fn text(&self, name: &str) -> Result<&str, RequestFailure> {
        std::str::from_utf8(self.bytes(name).unwrap_or_default())
            .map_err(|_| RequestFailure::bad(format!("The field `{name}` is not UTF-8")))
    }

    /// As [`Self::text`]; what cannot be read is as good as missing.
    pub(super) fn get(&self, name: &str) -> &str {
        self.text(name).unwrap_or_default()
    }

    /// The bytes of a field.
    pub(super) fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_slice())
    }

    /// A number within bounds; without one, the least.
    pub(super) fn number(&self, name: &str, from: usize, to: usize) -> usize {
        self.get(name).parse().unwrap_or(from).clamp(from, to)
    }
}

/// A body within a limit.
pub(super) async fn bytes(headers: &HeaderMap, body: Body, most: usize) -> Result<Vec<u8>, RequestFailure> {
    let too_large = || {
        RequestFailure::new(StatusCode::PAYLOAD_TOO_LARGE, format!("That is too large: at most {most} bytes are taken"))
    };
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > most) {
        return Err(too_large());
    }
    to_bytes(body, most).await.map(Vec::from).map_err(|_| too_large())
}

fn urlencoded(text: &[u8]) -> Vec<(String, Vec<u8>)> {
    let fields = server::urlencoded(text).take(MAX_FIELDS);
    fields.map(|(name, value)| (String::from_utf8_lossy(&name).into_owned(), value)).collect()
}

/// Fields of RFC 7578; `None` if an end is missing.
fn multipart(body: &[u8], boundary: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let delimiter = format!("\r\n--{boundary}").into_bytes();
    let mut rest = body.strip_prefix(&delimiter[2..])?;
    let mut fields = Vec::new();
    while !rest.starts_with(b"--") {
        rest = rest.strip_prefix(b"\r\n")?;
        let head_end = find(rest, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&rest[..head_end]).into_owned();
        rest = &rest[head_end + 4..];
        let end = find(rest, &delimiter)?;
        if fields.len() == MAX_FIELDS {
            return None;
        }
        fields.push((field_name(&head)?, rest[..end].to_vec()));
        rest = &rest[end + delimiter.len()..];
    }
    Some(fields)
}

fn field_name(head: &str) -> Option<String> {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let parameters = line.split(';').map(str::trim);
    let name = parameters.filter_map(|parameter| parameter.strip_prefix("name=\"")).next()?;
    Some(name.strip_suffix('"')?.replace("%22", "\""))
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    let (first, others) = what.split_first()?;
    let mut from = 0;
    loop {
        let at = from + text[from..].iter().position(|byte| byte == first)?;
        if text[at + 1..].starts_with(others) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_as_it_is_written() {
        let written = super::super::url::address("/x", &[("key", "ä b/&=%"), ("none", ""), ("n", "7")]);
        assert_eq!(written, "/x?key=%C3%A4%20b%2F%26%3D%25&n=7");
        let fields = Fields::of_query(written.split_once('?').map(|(_, query)| query));
        assert_eq!((fields.get("key"), fields.number("n", 1, 5), fields.number("m", 1, 5)), ("ä b/&=%", 5, 1));
        assert_eq!(Fields::of_query(Some("a=1+2")).get("a"), "1 2");
        assert!(Fields::of_query(Some("a=%ff")).text("a").is_err());
    }

    #[test]
    fn a_file_arrives_as_it_was_sent() {
        let body = b"--x\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\na b\r\n--x\r\n\
            content-disposition: form-data; name=\"file\"; filename=\"name=\"\r\nContent-Type: text/plain\r\n\r\n\r\n\xff\r\n--y\r\n\r\n--x--\r\n";
        let fields = Fields(multipart(body, "x").unwrap());
        assert_eq!(fields.get("key"), "a b");
        assert_eq!(fields.bytes("file"), Some(&b"\r\n\xff\r\n--y\r\n"[..]));
        for cut in [0, 3, 20, 60, body.len() - 10] {
            assert_eq!(multipart(&body[..cut], "x"), None, "{cut}");
        }
    }
}
