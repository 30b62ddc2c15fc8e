//! Values of SQL as JSON.

use super::InspectError;
use crate::durable_object::engine::Value;
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde_json::{Value as Json, json};

/// The member that holds bytes.
const HEX: &str = "hex";

pub(super) fn from_value(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Integer(integer) => json!(integer),
        // JSON has neither infinities nor NaN; SQLite's own text for them reads better than null.
        Value::Real(real) if !real.is_finite() => json!(real.to_string()),
        Value::Real(real) => json!(real),
        Value::Text(text) => json!(text),
        Value::Blob(bytes) => json!({ HEX: HEXLOWER.encode(bytes) }),
    }
}

/// `number` counts the parameters from 1.
pub(super) fn to_value(json: &Json, number: usize) -> Result<Value, InspectError> {
    let refused = |what| InspectError::Parameter { number, what };
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Integer(i64::from(*bool)),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Value::Integer(integer),
            (None, Some(real)) => Value::Real(real),
            (None, None) => return Err(refused("a number that is too large")),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(_) => return Err(refused("an array")),
        Json::Object(members) => {
            match members.get(HEX).and_then(Json::as_str).map(|hex| HEXLOWER_PERMISSIVE.decode(hex.as_bytes())) {
                Some(Ok(bytes)) if members.len() == 1 => Value::Blob(bytes),
                _ => return Err(refused("another object")),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_went() {
        for value in [
            Value::Null,
            Value::Integer(i64::MAX),
            Value::Real(1.5),
            Value::Text("ä\"".to_owned()),
            Value::Blob(vec![0, 255, 16]),
            Value::Blob(Vec::new()),
        ] {
            assert_eq!(to_value(&from_value(&value), 1).unwrap(), value);
        }
    }

    #[test]
    fn a_parameter_that_is_no_value_is_named() {
        for (parameter, what) in [
            (json!([1]), "an array"),
            (json!({ "hex": "0" }), "another object"),
            (json!({ "hex": "+1" }), "another object"),
            (json!({ "hex": "00", "more": 1 }), "another object"),
        ] {
            let error = to_value(&parameter, 3).unwrap_err().to_string();
            assert!(error.starts_with(&format!("parameter 3 is {what};")), "{error}");
        }
    }
}
