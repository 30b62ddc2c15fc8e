//! What the format of the cache cannot hold as it is: values of any type, and findings.

use crate::site::diagnostic::{Diagnostic, Severity};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Number, Value};
use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

/// A value, so written that it reads back as it was, fractions to the last bit.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Plain {
    Null,
    Bool(bool),
    Natural(u64),
    Integer(i64),
    Fraction(f64),
    Text(String),
    List(Vec<Plain>),
    Map(Vec<(String, Plain)>),
}

/// The members of a mapping.
pub(super) type Members = Vec<(String, Plain)>;

impl Plain {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(is) => Self::Bool(*is),
            Value::Number(number) => number
                .as_u64()
                .map(Self::Natural)
                .or_else(|| number.as_i64().map(Self::Integer))
                .unwrap_or_else(|| Self::Fraction(number.as_f64().unwrap_or_default())),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(items) => Self::List(items.iter().map(Self::of).collect()),
            Value::Object(map) => Self::Map(members(map)),
        }
    }

    fn value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(is) => Value::Bool(is),
            Self::Natural(number) => number.into(),
            Self::Integer(number) => number.into(),
            Self::Fraction(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
            Self::Text(text) => Value::String(text),
            Self::List(items) => Value::Array(items.into_iter().map(Self::value).collect()),
            Self::Map(members) => Value::Object(map(members)),
        }
    }
}

/// A mapping as it is written.
pub(super) fn members(map: &Map<String, Value>) -> Members {
    map.iter().map(|(key, value)| (key.clone(), Plain::of(value))).collect()
}

/// The mapping of what was written.
pub(super) fn map(members: Members) -> Map<String, Value> {
    members.into_iter().map(|(key, value)| (key, value.value())).collect()
}

/// A finding as it is written.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Finding {
    path: String,
    line: usize,
    column: usize,
    is_error: bool,
    code: String,
    message: String,
    hint: Option<String>,
}

impl Finding {
    pub(super) fn of(finding: &Diagnostic) -> Self {
        let Diagnostic { path, line, column, severity, code, message, hint } = finding.clone();
        Self { path, line, column, is_error: severity == Severity::Error, code: code.to_owned(), message, hint }
    }

    pub(super) fn diagnostic(self) -> Diagnostic {
        let Self { path, line, column, is_error, code, message, hint } = self;
        let severity = if is_error { Severity::Error } else { Severity::Warning };
        Diagnostic { path, line, column, severity, code: known(&code), message, hint }
    }
}

/// For fields of findings: `#[serde(with = "plain::findings")]`.
pub(super) mod findings {
    use super::{Deserialize, Deserializer, Diagnostic, Finding, Serialize, Serializer};

    pub(in crate::site::cache) fn serialize<S: Serializer>(
        findings: &[Diagnostic],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        findings.iter().map(Finding::of).collect::<Vec<_>>().serialize(serializer)
    }

    pub(in crate::site::cache) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Diagnostic>, D::Error> {
        let findings = Vec::<Finding>::deserialize(deserializer)?;
        Ok(findings.into_iter().map(Finding::diagnostic).collect())
    }
}

/// The code of a finding for as long as the program runs: there are some hundred of them, and only this program writes them.
fn known(code: &str) -> &'static str {
    static CODES: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);
    let mut codes = CODES.lock().unwrap_or_else(PoisonError::into_inner);
    let codes = codes.get_or_insert_default();
    if let Some(known) = codes.get(code) {
        return known;
    }
    let new: &'static str = Box::leak(code.into());
    codes.insert(new);
    new
}
