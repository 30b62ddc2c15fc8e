//! Numbers that YAML reads otherwise than they look: `010` is 10 to it, and `1.10` is 1.1. They stay as they were written.

use super::yaml;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::Spanned;
use std::{collections::BTreeMap, fmt};

/// Puts a text in place of each number of a mapping that would be shown in another way than `text` has it.
pub(crate) fn as_written(values: &mut Map<String, Value>, text: &str) {
    if !values.values().any(has_number) || !text.split([' ', '\n', ',', '[', ']', '{', '}']).any(is_odd) {
        return;
    }
    let Ok(ValuePlace::Mapping(places)) = serde_saphyr::from_str_with_options(text, yaml::options()) else { return };
    for (key, place) in &places {
        if let Some(value) = values.get_mut(key) {
            restore(value, place, text);
        }
    }
}

fn has_number(value: &Value) -> bool {
    match value {
        Value::Number(_) => true,
        Value::Array(list) => list.iter().any(has_number),
        Value::Object(map) => map.values().any(has_number),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

/// Whether a word may be a number that is written in another way than numbers are shown.
fn is_odd(word: &str) -> bool {
    let digits = word.trim_start_matches(['+', '-', '.']);
    let is_plain = || word.parse::<i64>().is_ok_and(|number| number.to_string() == word);
    digits.starts_with(|c: char| c.is_ascii_digit()) && !is_plain()
}

fn restore(value: &mut Value, place: &Spanned<ValuePlace>, text: &str) {
    match (value, &place.value) {
        (Value::Object(map), ValuePlace::Mapping(places)) => {
            for (key, place) in places {
                if let Some(value) = map.get_mut(key) {
                    restore(value, place, text);
                }
            }
        }
        (Value::Array(list), ValuePlace::List(places)) => {
            for (value, place) in list.iter_mut().zip(places) {
                restore(value, place, text);
            }
        }
        (value @ Value::Number(_), _) => {
            let shown = value.to_string();
            let span = place.defined.span();
            let range = || {
                let start = usize::try_from(span.byte_offset()?).ok()?;
                Some(start..start + usize::try_from(span.byte_len()?).ok()?)
            };
            let written = range().and_then(|range| text.get(range)).map(str::trim);
            if let Some(written) = written.filter(|written| !written.is_empty() && shown != **written) {
                *value = Value::String(written.to_owned());
            }
        }
        _ => {}
    }
}

/// Where values stand.
enum ValuePlace {
    Mapping(BTreeMap<String, Spanned<ValuePlace>>),
    List(Vec<Spanned<ValuePlace>>),
    Scalar,
}

impl<'de> Deserialize<'de> for ValuePlace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PlaceVisitor)
    }
}

struct PlaceVisitor;

impl<'de> Visitor<'de> for PlaceVisitor {
    type Value = ValuePlace;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ValuePlace, A::Error> {
        let mut places = BTreeMap::new();
        while let Some((key, place)) = map.next_entry()? {
            places.insert(key, place);
        }
        Ok(ValuePlace::Mapping(places))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ValuePlace, A::Error> {
        let mut places = Vec::new();
        while let Some(place) = list.next_element()? {
            places.push(place);
        }
        Ok(ValuePlace::List(places))
    }

    fn visit_bool<E>(self, _: bool) -> Result<ValuePlace, E> {
        Ok(ValuePlace::Scalar)
    }

    fn visit_i64<E>(self, _: i64) -> Result<ValuePlace, E> {
        Ok(ValuePlace::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<ValuePlace, E> {
        Ok(ValuePlace::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<ValuePlace, E> {
        Ok(ValuePlace::Scalar)
    }

    fn visit_str<E>(self, _: &str) -> Result<ValuePlace, E> {
        Ok(ValuePlace::Scalar)
    }

    fn visit_unit<E>(self) -> Result<ValuePlace, E> {
        Ok(ValuePlace::Scalar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stays_as_it_was_written() {
        for (text, expected) in [
            ("title: 010", r#"{"title":"010"}"#),
            ("title: 1.10 # x\nn: 3", r#"{"title":"1.10","n":3}"#),
            ("é: {v: 1.10, w: [007, 7, \"07\"]}", r#"{"é":{"v":"1.10","w":["007",7,"07"]}}"#),
            ("a: 1e3\nb: 0x1F\nc: +1\nd: .5\ne: 1_000\nf: 1.5\ng: -2", "d"),
            ("a: &x 1.10\nb: *x", r#"{"a":"1.10","b":"1.10"}"#),
        ] {
            let mut values = yaml::mapping(text).unwrap();
            as_written(&mut values, text);
            if expected.len() > 1 {
                assert_eq!(Value::Object(values).to_string(), expected);
                continue;
            }
            for (key, written) in [("a", "1e3"), ("b", "0x1F"), ("c", "+1"), ("d", ".5"), ("e", "1_000"), ("f", "1.5")]
            {
                let shown = values[key].as_str().map_or_else(|| values[key].to_string(), str::to_owned);
                assert_eq!(shown, written);
            }
            assert_eq!((values["f"].is_number(), &values["g"]), (true, &Value::from(-2)));
        }
    }
}
