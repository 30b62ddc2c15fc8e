//! Entries of KV and R2 as a file of JSON lines: `{"key":"…","value":"…"}`, with `"hex":"…"` instead where the value is no
//! UTF-8, and `expiration` (seconds since 1970) and `metadata` (a JSON text) where KV has them.

use super::reply::{self, Failure};
use axum::{
    body::{Body, Bytes},
    response::Response,
};
use serde::{Deserialize, Serialize};
use std::{convert::Infallible, fmt::Write as _};
use tokio::sync::mpsc;

/// Lines that wait for a slow client; the reading waits with them.
const AHEAD: usize = 4;

/// An entry.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hex: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expiration: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) metadata: Option<String>,
}

impl Entry {
    pub(super) fn new(key: String, bytes: &[u8]) -> Self {
        let value = std::str::from_utf8(bytes).ok().map(str::to_owned);
        let hex = value.is_none().then(|| to_hex(bytes));
        Self { key, value, hex, expiration: None, metadata: None }
    }

    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        match (&self.value, &self.hex) {
            (Some(value), None) => Some(value.clone().into_bytes()),
            (None, Some(hex)) => from_hex(hex),
            _ => None,
        }
    }
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn from_hex(hex: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

/// Reads the entries of a file, one at a time; how many were taken.
pub(super) fn import(
    file: &[u8],
    mut take: impl FnMut(&Entry, &[u8]) -> Result<(), Failure>,
) -> Result<usize, Failure> {
    let mut taken = 0;
    for (index, line) in file.split(|byte| *byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let at = |message: String| {
            let mut failure = Failure::refused(&format!("Line {}: {message}", index + 1));
            failure.hints.push(format!("{taken} entries before it were taken"));
            failure
        };
        let entry: Entry = serde_json::from_slice(line).map_err(|error| at(error.to_string()))?;
        let bytes = entry
            .bytes()
            .ok_or_else(|| at("an entry has either a `value` or an even number of `hex` digits".to_owned()))?;
        take(&entry, &bytes).map_err(|failure| at(failure.message))?;
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
        let entries = [Entry::new("a".into(), "ä\n\"".as_bytes()), Entry::new("b".into(), &[0, 255, 16])];
        let file: String = entries.iter().map(|entry| serde_json::to_string(entry).unwrap() + "\n").collect();
        let mut back = Vec::new();
        let taken = import(file.as_bytes(), |entry, bytes| {
            back.push((entry.key.clone(), bytes.to_vec()));
            Ok(())
        });
        assert_eq!(taken.unwrap(), 2);
        assert_eq!(back, [("a".into(), "ä\n\"".as_bytes().to_vec()), ("b".into(), vec![0, 255, 16])]);
        for bad in ["{", "{\"key\":\"a\"}", "{\"key\":\"a\",\"hex\":\"0\"}", "{\"key\":\"a\",\"hex\":\"+1\"}"] {
            let failure = import(format!("\n{bad}").as_bytes(), |_, _| Ok(())).unwrap_err();
            assert!(failure.message.starts_with("Line 2: "), "{}", failure.message);
        }
    }
}
