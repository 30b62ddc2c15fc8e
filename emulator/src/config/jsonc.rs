//! `wrangler.jsonc` and `wrangler.json`: JSON with comments and commas at the end of lists, in both.

use super::{
    limits::MAX_DEPTH,
    syntax::{Count, SyntaxError},
    tree::{Field, Node, NodeValue, Table},
};
use jsonc_parser::{
    CollectOptions, ParseOptions,
    ast::{Object, Value},
    common::Ranged as _,
    parse_to_ast,
};

/// What npm's `jsonc-parser` takes, with which wrangler reads: comments and trailing commas, none of JSON5.
const OPTIONS: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_loose_object_property_names: false,
    allow_trailing_commas: true,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Reads a file.
///
/// # Errors
/// It is no JSON, no object, or larger than a config may be.
pub(super) fn parse(text: &str) -> Result<Table, SyntaxError> {
    let document = parse_to_ast(text, &CollectOptions::default(), &OPTIONS)
        .map_err(|error| SyntaxError { at: error.range().start, message: error.kind().to_string() })?;
    match &document.value {
        Some(Value::Object(root)) => object(root, 0, &mut Count::default()),
        Some(other) => Err(SyntaxError { at: other.start(), message: "the file is no object".to_owned() }),
        None => Err(SyntaxError { at: 0, message: "the file is empty".to_owned() }),
    }
}

fn object(object: &Object<'_>, depth: usize, count: &mut Count) -> Result<Table, SyntaxError> {
    let fields = object.properties.iter().map(|property| {
        let key = property.name.as_str().to_owned();
        Ok(Field { key, at: property.range.start, node: node(&property.value, depth + 1, count)? })
    });
    Ok(Table::new(fields.collect::<Result<_, _>>()?))
}

fn node(value: &Value<'_>, depth: usize, count: &mut Count) -> Result<Node, SyntaxError> {
    let at = value.start();
    count.one(at)?;
    if depth > MAX_DEPTH {
        return Err(SyntaxError { at, message: format!("nested more than {MAX_DEPTH} deep") });
    }
    let value = match value {
        Value::NullKeyword(_) => NodeValue::Null,
        Value::BooleanLit(literal) => NodeValue::Bool(literal.value),
        Value::StringLit(literal) => NodeValue::Text(literal.value.clone().into_owned()),
        Value::NumberLit(literal) => match (literal.value.parse(), literal.value.parse()) {
            (Ok(whole), _) => NodeValue::Integer(whole),
            (_, Ok(number)) => NodeValue::Float(number),
            _ => return Err(SyntaxError { at, message: format!("{} is no number", literal.value) }),
        },
        Value::Array(list) => {
            NodeValue::List(list.elements.iter().map(|value| node(value, depth + 1, count)).collect::<Result<_, _>>()?)
        }
        Value::Object(inner) => NodeValue::Table(object(inner, depth, count)?),
    };
    Ok(Node { at, value })
}
