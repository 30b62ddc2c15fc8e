//! Bytes and texts as the steps write them, and as outcomes show them.

use serde_json::{Value, json};

/// Longer texts are shown by their length and a checksum.
const SHOWN_TEXT: usize = 400;
/// Longer bytes that are no text, too.
const SHOWN_BYTES: usize = 64;

/// A text, or `{"repeat","times"}` with what may stand `before` and `after` it.
pub(crate) fn text(written: &Value) -> String {
    if let Some(text) = written.as_str() {
        return text.to_owned();
    }
    let part = |name: &str| written[name].as_str().unwrap_or_default();
    let times = usize::try_from(written["times"].as_u64().unwrap()).unwrap();
    format!("{}{}{}", part("before"), part("repeat").repeat(times), part("after"))
}

/// The same as bytes, or `{"hex"}`.
pub(crate) fn bytes(written: &Value) -> Vec<u8> {
    match written["hex"].as_str() {
        Some(digits) => data_encoding::HEXLOWER.decode(digits.as_bytes()).unwrap(),
        None => text(written).into_bytes(),
    }
}

/// Bytes as an outcome shows them: a text if they are one, else `{"hex"}`; long ones as `{"bytes","fnv1a"}`.
pub(crate) fn shown(bytes: &[u8]) -> Value {
    if bytes.len() <= SHOWN_TEXT {
        match std::str::from_utf8(bytes) {
            Ok(text) => return json!(text),
            Err(_) if bytes.len() <= SHOWN_BYTES => return json!({ "hex": data_encoding::HEXLOWER.encode(bytes) }),
            Err(_) => {}
        }
    }
    let sum = bytes.iter().fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    json!({ "bytes": bytes.len(), "fnv1a": format!("{sum:08x}") })
}

/// Headers of a step: pairs, in their order.
pub(crate) fn pairs(written: &Value) -> Vec<(String, String)> {
    let one = |pair: &Value| (text(&pair[0]), text(&pair[1]));
    written.as_array().map(|pairs| pairs.iter().map(one).collect()).unwrap_or_default()
}
