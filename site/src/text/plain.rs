//! What the format of the cache cannot hold as it is: values of any type, and findings.

use crate::diagnostic::{Diagnostic, Severity};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::{Map, Number, Value};
use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

/// How deep values may nest: twice as deep as the frontmatter that they are from.
const MAX_DEPTH: usize = 64;
/// The most codes of findings, and the longest: there are some hundred, of at most 30 bytes.
const MAX_CODES: usize = 1_000;
const MAX_CODE: usize = 64;

/// A piece of a value, so written that it reads back as it was, fractions to the last bit. Lists and mappings are followed by what is in
/// them, a mapping by a text and a value in turns: reading the pieces needs no recursion, however they are nested.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ValueToken {
    Null,
    Bool(bool),
    Natural(u64),
    Integer(i64),
    Fraction(f64),
    Text(String),
    List(usize),
    Map(usize),
}

/// A mapping as it is written.
pub(crate) type ValueTokens = Vec<ValueToken>;

/// A mapping as it is written.
pub(crate) fn members(map: &Map<String, Value>) -> ValueTokens {
    let mut pieces = Vec::new();
    write_map(map, &mut pieces);
    pieces
}

fn write_map(map: &Map<String, Value>, pieces: &mut ValueTokens) {
    pieces.push(ValueToken::Map(map.len()));
    for (key, value) in map {
        pieces.push(ValueToken::Text(key.clone()));
        write(value, pieces);
    }
}

fn write(value: &Value, pieces: &mut ValueTokens) {
    pieces.push(match value {
        Value::Null => ValueToken::Null,
        Value::Bool(is) => ValueToken::Bool(*is),
        Value::Number(number) => number
            .as_u64()
            .map(ValueToken::Natural)
            .or_else(|| number.as_i64().map(ValueToken::Integer))
            .unwrap_or_else(|| ValueToken::Fraction(number.as_f64().unwrap_or_default())),
        Value::String(text) => ValueToken::Text(text.clone()),
        Value::Array(items) => {
            pieces.push(ValueToken::List(items.len()));
            items.iter().for_each(|item| write(item, pieces));
            return;
        }
        Value::Object(map) => return write_map(map, pieces),
    });
}

/// The mapping of what was written; none, if it is no mapping or nests too deep.
pub(crate) fn map(pieces: ValueTokens) -> Option<Map<String, Value>> {
    let mut pieces = pieces.into_iter();
    match read(&mut pieces, 0)? {
        Value::Object(map) if pieces.next().is_none() => Some(map),
        _ => None,
    }
}

fn read(pieces: &mut impl Iterator<Item = ValueToken>, depth: usize) -> Option<Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    // A count is believed as far as there are pieces: nothing is set aside for it.
    Some(match pieces.next()? {
        ValueToken::Null => Value::Null,
        ValueToken::Bool(is) => Value::Bool(is),
        ValueToken::Natural(number) => number.into(),
        ValueToken::Integer(number) => number.into(),
        ValueToken::Fraction(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        ValueToken::Text(text) => Value::String(text),
        ValueToken::List(count) => {
            let mut items = Vec::new();
            for _ in 0..count {
                items.push(read(pieces, depth + 1)?);
            }
            Value::Array(items)
        }
        ValueToken::Map(count) => {
            let mut map = Map::new();
            for _ in 0..count {
                let ValueToken::Text(key) = pieces.next()? else { return None };
                map.insert(key, read(pieces, depth + 1)?);
            }
            Value::Object(map)
        }
    })
}

/// A finding as it is written.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Finding {
    path: String,
    line: usize,
    column: usize,
    is_error: bool,
    code: String,
    message: String,
    hint: Option<String>,
}

impl Finding {
    pub(crate) fn of(finding: &Diagnostic) -> Self {
        let Diagnostic { path, line, column, severity, code, message, hint } = finding.clone();
        Self { path, line, column, is_error: severity == Severity::Error, code: code.to_owned(), message, hint }
    }

    /// None, if its code is none.
    pub(crate) fn diagnostic(self) -> Option<Diagnostic> {
        let Self { path, line, column, is_error, code, message, hint } = self;
        let severity = if is_error { Severity::Error } else { Severity::Warning };
        Some(Diagnostic { path, line, column, severity, code: known(&code)?, message, hint })
    }
}

/// For fields of findings: `#[serde(with = "plain::findings")]`.
pub(crate) mod findings {
    use super::{Deserialize, Deserializer, Diagnostic, Error as _, Finding, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(findings: &[Diagnostic], serializer: S) -> Result<S::Ok, S::Error> {
        findings.iter().map(Finding::of).collect::<Vec<_>>().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Diagnostic>, D::Error> {
        let findings = Vec::<Finding>::deserialize(deserializer)?;
        let findings: Option<Vec<Diagnostic>> = findings.into_iter().map(Finding::diagnostic).collect();
        findings.ok_or_else(|| D::Error::custom("too many codes"))
    }
}

/// The code of a finding for as long as the program runs; none, if there cannot be such a one.
fn known(code: &str) -> Option<&'static str> {
    static CODES: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);
    let mut codes = CODES.lock().unwrap_or_else(PoisonError::into_inner);
    let codes = codes.get_or_insert_default();
    if let Some(known) = codes.get(code) {
        return Some(known);
    }
    if codes.len() == MAX_CODES || code.len() > MAX_CODE {
        return None;
    }
    let new: &'static str = Box::leak(code.into());
    codes.insert(new);
    Some(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nests_too_deep_or_is_cut_short_is_no_mapping() {
        let nested = |depth: usize| {
            let lists = (0..depth).map(|_| ValueToken::List(1));
            let key = [ValueToken::Map(1), ValueToken::Text("a".to_owned())];
            key.into_iter().chain(lists).chain([ValueToken::Null]).collect::<ValueTokens>()
        };
        assert!(map(nested(MAX_DEPTH - 1)).is_some());
        assert!(map(nested(MAX_DEPTH)).is_none());
        // As deep as the stack is not.
        let bytes = postcard::to_allocvec(&nested(1_000_000)).unwrap();
        assert!(map(postcard::from_bytes(&bytes).unwrap()).is_none());
        assert!(map(vec![ValueToken::Map(1)]).is_none() && map(vec![ValueToken::Null]).is_none());
        assert!(
            map(vec![ValueToken::Map(0), ValueToken::Null]).is_none()
                && map(vec![ValueToken::Map(usize::MAX)]).is_none()
        );
    }

    #[test]
    fn there_are_not_more_codes_of_findings_than_a_program_has() {
        assert_eq!(known("link/unresolved"), Some("link/unresolved"));
        assert_eq!(known(&"x".repeat(MAX_CODE + 1)), None);
    }
}
