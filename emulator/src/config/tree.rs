//! A config as values with places, whichever of the two languages it was written in.

use super::limits::MAX_SHOWN_CHARS;
use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};

/// The largest whole number that JavaScript writes without an exponent.
const MAX_PLAIN_NUMBER: f64 = 1e15;

/// A value, and the byte of the file where it begins.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) at: usize,
    pub(super) value: NodeValue,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum NodeValue {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    /// A date or time of TOML, as it was written. JSON has none.
    Date(String),
    List(Vec<Node>),
    Table(Table),
}

/// A table, in the order of the file; each key is there once.
#[derive(Clone, Debug, Default)]
pub(super) struct Table(Vec<Field>);

/// A key of a table, the byte where it begins, and its value.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) key: String,
    pub(super) at: usize,
    pub(super) node: Node,
}

impl Table {
    /// Of fields in the order of the file. Of a key that is there twice the last one counts, as for `JSON.parse`.
    pub(super) fn new(mut fields: Vec<Field>) -> Self {
        let mut seen = std::collections::HashSet::new();
        fields.reverse();
        fields.retain(|field| seen.insert(field.key.clone()));
        fields.reverse();
        Self(fields)
    }

    pub(super) fn field(&self, key: &str) -> Option<&Field> {
        self.0.iter().find(|field| field.key == key)
    }

    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.field(key).map(|field| &field.node)
    }

    /// The value of a key, unless it is null.
    pub(super) fn given(&self, key: &str) -> Option<&Node> {
        self.get(key).filter(|node| !matches!(node.value, NodeValue::Null))
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Node::text)
    }

    pub(super) fn fields(&self) -> &[Field] {
        &self.0
    }
}

impl Node {
    pub(super) fn text(&self) -> Option<&str> {
        if let NodeValue::Text(text) = &self.value { Some(text) } else { None }
    }

    pub(super) const fn bool(&self) -> Option<bool> {
        if let NodeValue::Bool(value) = self.value { Some(value) } else { None }
    }

    #[expect(clippy::cast_precision_loss, reason = "JavaScript has no other numbers")]
    pub(super) const fn number(&self) -> Option<f64> {
        match self.value {
            NodeValue::Integer(number) => Some(number as f64),
            NodeValue::Float(number) => Some(number),
            _ => None,
        }
    }

    pub(super) const fn table(&self) -> Option<&Table> {
        if let NodeValue::Table(table) = &self.value { Some(table) } else { None }
    }

    pub(super) fn list(&self) -> Option<&[Self]> {
        if let NodeValue::List(list) = &self.value { Some(list) } else { None }
    }

    /// The strings of a list; what is none is left out.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.list().unwrap_or_default().iter().filter_map(Self::text)
    }

    /// What JavaScript's `typeof` says.
    pub(super) const fn type_of(&self) -> &'static str {
        match self.value {
            NodeValue::Bool(_) => "boolean",
            NodeValue::Integer(_) | NodeValue::Float(_) => "number",
            NodeValue::Text(_) => "string",
            NodeValue::Null | NodeValue::Date(_) | NodeValue::List(_) | NodeValue::Table(_) => "object",
        }
    }

    /// As `JSON.stringify` writes it, cut to what a message may show.
    pub(super) fn json(&self) -> String {
        cut(serde_json::to_string(self).unwrap_or_default())
    }

    /// The value as the Worker's `env` has it.
    pub(super) fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

fn cut(text: String) -> String {
    match text.char_indices().nth(MAX_SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            NodeValue::Null => serializer.serialize_unit(),
            NodeValue::Bool(value) => serializer.serialize_bool(*value),
            NodeValue::Integer(number) => serializer.serialize_i64(*number),
            // JavaScript writes 1.0 as 1.
            #[expect(clippy::cast_possible_truncation, reason = "it is whole, and small")]
            NodeValue::Float(number) if number.fract() == 0.0 && number.abs() < MAX_PLAIN_NUMBER => {
                serializer.serialize_i64(*number as i64)
            }
            NodeValue::Float(number) => serializer.serialize_f64(*number),
            NodeValue::Text(text) | NodeValue::Date(text) => serializer.serialize_str(text),
            NodeValue::List(list) => {
                let mut seq = serializer.serialize_seq(Some(list.len()))?;
                list.iter().try_for_each(|node| seq.serialize_element(node))?;
                seq.end()
            }
            NodeValue::Table(table) => {
                let mut map = serializer.serialize_map(Some(table.0.len()))?;
                table.0.iter().try_for_each(|field| map.serialize_entry(&field.key, &field.node))?;
                map.end()
            }
        }
    }
}
