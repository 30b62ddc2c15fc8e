//! Entries of KV and R2 as a file of JSON lines, each with the fields of a `kv.put` or `r2.put` of [`crate::data`]:
//! `{"key":"…","value":{"text":"…"}}`, `{"base64":"…"}` where the value is no UTF-8, and `expiration` and `metadata` of KV.

use super::reply::{self, RequestFailure};
use crate::data::Data;
use axum::{
    body::{Body, Bytes},
    response::Response,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::convert::Infallible;
use tokio::sync::mpsc;

/// Lines that wait for a slow client; the reading waits with them.
const AHEAD: usize = 4;

/// An entry.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportedEntry {
    pub(super) key: String,
    pub(super) value: Data,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expiration: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) metadata: Option<Value>,
}

impl ExportedEntry {
    pub(super) fn new(key: String, bytes: Vec<u8>) -> Self {
        Self { key, value: Data(bytes), expiration: None, metadata: None }
    }
}

/// Reads the entries of a file, one at a time; how many were taken.
pub(super) fn import(
    file: &[u8],
    mut take: impl FnMut(&ExportedEntry) -> Result<(), RequestFailure>,
) -> Result<usize, RequestFailure> {
    let mut taken = 0;
    for (index, line) in file.split(|byte| *byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let at = |message: String| {
            let mut failure = RequestFailure::refused(&format!("Line {}: {message}", index + 1));
            failure.hints.push(format!("{taken} entries before it were taken"));
            failure
        };
        let entry: ExportedEntry = serde_json::from_slice(line).map_err(|error| at(error.to_string()))?;
        take(&entry).map_err(|failure| at(failure.message))?;
        taken += 1;
    }
    Ok(taken)
}

/// A file that is written while it is sent. `write` runs where it may block, and stops when its caller has gone.
pub(super) fn export(name: &str, write: impl FnOnce(&dyn Fn(String) -> bool) + Send + 'static) -> Response {
    let (sender, receiver) = mpsc::channel::<String>(AHEAD);
    tokio::task::spawn_blocking(move || write(&|text| sender.blocking_send(text).is_ok()));
    let stream = futures_util::stream::unfold(receiver, |mut receiver| async move {
        let text = receiver.recv().await?;
        Some((Ok::<_, Infallible>(Bytes::from(text)), receiver))
    });
    reply::download(name, Body::from_stream(stream))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_exported_can_be_imported() {
        let mut entries =
            [ExportedEntry::new("a".into(), "ä\n\"".into()), ExportedEntry::new("b".into(), vec![0, 255, 16])];
        entries[0].metadata = Some(serde_json::json!({ "of": 1 }));
        let file: String = entries.iter().map(|entry| serde_json::to_string(entry).unwrap() + "\n").collect();
        let mut back = Vec::new();
        let taken = import(file.as_bytes(), |entry| {
            back.push(serde_json::to_string(entry).unwrap() + "\n");
            Ok(())
        });
        assert_eq!((taken.unwrap(), back.concat()), (2, file));
        for bad in
            ["{", "{\"key\":\"a\"}", "{\"key\":\"a\",\"value\":{\"base64\":\"=\"}}", "{\"value\":{\"text\":\"\"}}"]
        {
            let failure = import(format!("\n{bad}").as_bytes(), |_| Ok(())).unwrap_err();
            assert!(failure.message.starts_with("Line 2: "), "{}", failure.message);
        }
    }
}
