//! Bytes, texts and numbers as the steps write them, and as outcomes show them.

use crate::{
    abi::{self, Failure, Fields, Frame},
    run::Context,
};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

/// Longer texts are shown by their length and a checksum.
const SHOWN_TEXT: usize = 400;
/// Longer bytes that are no text, too.
const SHOWN_BYTES: usize = 64;
/// More than any body of the corpus.
pub(crate) const ALL: &str = "100000000";

/// A text, or `{"repeat","times"}` with what may stand `before` and `after` it.
pub(crate) fn text(written: &Value) -> String {
    if let Some(text) = written.as_str() {
        return text.to_owned();
    }
    let part = |name: &str| written[name].as_str().unwrap_or_default();
    let times = written["times"].as_u64().unwrap_or(0);
    format!("{}{}{}", part("before"), part("repeat").repeat(usize::try_from(times).unwrap_or(0)), part("after"))
}

/// A number as the ABI writes it, empty if there is none; `{"number":"NaN"}` for those that JSON cannot write.
pub(crate) fn number(written: &Value) -> String {
    match written {
        Value::Number(number) => number.to_string(),
        Value::Object(named) => named["number"].as_str().unwrap_or_default().to_owned(),
        _ => String::new(),
    }
}

/// The two fields of a body.
pub(crate) enum Body {
    None,
    Bytes(Vec<u8>),
    Handle(String),
}

impl Body {
    pub(crate) fn write(&self, frame: &mut Frame) {
        match self {
            Self::None => frame.text("none").text(""),
            Self::Bytes(bytes) => frame.text("bytes").field(bytes),
            Self::Handle(handle) => frame.text("body").text(handle),
        };
    }

    pub(crate) fn read(fields: &mut Fields) -> Self {
        match fields.text().as_str() {
            "bytes" => Self::Bytes(fields.bytes()),
            "body" => Self::Handle(fields.text()),
            _ => {
                fields.bytes();
                Self::None
            }
        }
    }

    /// All of it.
    pub(crate) async fn all(self) -> Result<Option<Vec<u8>>, Failure> {
        match self {
            Self::None => Ok(None),
            Self::Bytes(bytes) => Ok(Some(bytes)),
            Self::Handle(handle) => {
                let all = abi::op(Frame::of("body.all").text(&handle).text(ALL)).await?;
                Ok(Some(all.map(|mut fields| fields.bytes()).unwrap_or_default()))
            }
        }
    }

    pub(crate) async fn shown(self) -> Result<Value, Failure> {
        Ok(self.all().await?.map_or(Value::Null, |bytes| shown(&bytes)))
    }
}

/// What a step writes for a body. Of one that is written in pieces, the writer runs beside what consumes it.
pub(crate) fn body(written: &Value, context: &Context) -> Result<Body, Failure> {
    if written.is_null() {
        return Ok(Body::None);
    }
    if written["body"] == json!(true) {
        return Ok(context.take_body());
    }
    if written["message"] == json!(true) {
        return Ok(Body::Bytes(context.message.1.clone()));
    }
    if let Some(pieces) = written["stream"].as_array() {
        let mut handle = abi::call(Frame::of("body.new").text(&number(&written["length"])))?;
        let handle = handle.as_mut().map(Fields::text).unwrap_or_default();
        let writer = write(handle.clone(), pieces.iter().map(bytes).collect(), written.clone());
        context.writers.borrow_mut().push(Box::pin(writer));
        return Ok(Body::Handle(handle));
    }
    Ok(Body::Bytes(bytes(written)))
}

async fn write(handle: String, pieces: Vec<Vec<u8>>, how: Value) {
    for piece in pieces {
        if let Some(ms) = how["pause"].as_u64() {
            let _ = abi::op(Frame::of("sleep").text(&ms.to_string())).await;
        }
        if let Err(failure) = abi::op(Frame::of("body.write").text(&handle).field(&piece)).await {
            let _ = abi::call(Frame::of("body.fail").text(&handle).text(&failure.message));
            return;
        }
    }
    let _ = match how["fails"].as_str() {
        Some(message) => abi::call(Frame::of("body.fail").text(&handle).text(message)),
        None => abi::call(Frame::of("body.end").text(&handle)),
    };
}

/// Bytes that a step writes in full.
pub(crate) fn bytes(written: &Value) -> Vec<u8> {
    match written["hex"].as_str() {
        Some(digits) => HEXLOWER.decode(digits.as_bytes()).unwrap_or_default(),
        None => text(written).into_bytes(),
    }
}

/// Bytes as an outcome shows them: a text if they are one, else `{"hex"}`; long ones as `{"bytes","fnv1a"}`.
pub(crate) fn shown(bytes: &[u8]) -> Value {
    if bytes.len() <= SHOWN_TEXT {
        match std::str::from_utf8(bytes) {
            Ok(text) => return json!(text),
            Err(_) if bytes.len() <= SHOWN_BYTES => return json!({ "hex": HEXLOWER.encode(bytes) }),
            Err(_) => {}
        }
    }
    let sum = bytes.iter().fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    json!({ "bytes": bytes.len(), "fnv1a": format!("{sum:08x}") })
}

/// Numbers that JSON cannot write are shown by name.
pub(crate) fn shown_number(number: f64) -> Value {
    if number.is_finite() {
        return json!(number);
    }
    let name = if number.is_nan() {
        "NaN"
    } else if number > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    };
    json!({ "number": name })
}

/// Headers and other pairs of a step.
pub(crate) fn pairs(written: &Value) -> Vec<(String, String)> {
    let one = |pair: &Value| (text(&pair[0]), text(&pair[1]));
    written.as_array().map(|pairs| pairs.iter().map(one).collect()).unwrap_or_default()
}

/// Texts of a step.
pub(crate) fn texts(written: &Value) -> Vec<String> {
    written.as_array().map(|texts| texts.iter().map(text).collect()).unwrap_or_default()
}

/// JSON that a field holds; null if it is empty.
pub(crate) fn json_of(field: &str) -> Value {
    serde_json::from_str(field).unwrap_or(Value::Null)
}
