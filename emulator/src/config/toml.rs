//! `wrangler.toml`.

use super::{
    syntax::{Count, SyntaxError},
    tree::{Field, Node, NodeValue, Table},
};
use std::ops::Range;
use toml::{
    Spanned,
    de::{DeFloat, DeInteger, DeTable, DeValue},
};

/// Reads a file.
///
/// # Errors
/// It is no TOML, or larger than a config may be.
pub(super) fn parse(text: &str) -> Result<Table, SyntaxError> {
    let document = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span: Range<usize>| span.start);
        SyntaxError { at, message: error.message().to_owned() }
    })?;
    table(document.get_ref(), &mut Count::default())
}

fn table(table: &DeTable<'_>, count: &mut Count) -> Result<Table, SyntaxError> {
    let mut fields = Vec::with_capacity(table.len());
    for (key, value) in table {
        let at = key.span().start;
        fields.push(Field { key: key.get_ref().clone().into_owned(), at, node: node(value, count)? });
    }
    fields.sort_by_key(|field| field.at);
    Ok(Table::new(fields))
}

fn node(value: &Spanned<DeValue<'_>>, count: &mut Count) -> Result<Node, SyntaxError> {
    let at = value.span().start;
    count.one(at)?;
    let value = match value.get_ref() {
        DeValue::String(text) => NodeValue::Text(text.clone().into_owned()),
        DeValue::Boolean(value) => NodeValue::Bool(*value),
        DeValue::Integer(number) => integer(number, at)?,
        DeValue::Float(number) => float(number, at)?,
        DeValue::Datetime(date) => NodeValue::Date(date.to_string()),
        DeValue::Array(list) => NodeValue::List(list.iter().map(|value| node(value, count)).collect::<Result<_, _>>()?),
        DeValue::Table(inner) => NodeValue::Table(table(inner, count)?),
    };
    Ok(Node { at, value })
}

fn integer(number: &DeInteger<'_>, at: usize) -> Result<NodeValue, SyntaxError> {
    i64::from_str_radix(number.as_str(), number.radix())
        .map(NodeValue::Integer)
        .map_err(|_| SyntaxError { at, message: format!("the number {number} is too large") })
}

fn float(number: &DeFloat<'_>, at: usize) -> Result<NodeValue, SyntaxError> {
    (number.as_str().parse())
        .map(NodeValue::Float)
        .map_err(|_| SyntaxError { at, message: format!("{number} is no number") })
}
