//! Values of SQL, into statements and out of them.

use crate::durable_object::limits;
use rusqlite::{CachedStatement, types::ValueRef};

/// A value of SQL.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// INTEGER. When bound it becomes a REAL, since the platform's numbers are JavaScript's.
    Integer(i64),
    /// REAL.
    Real(f64),
    /// TEXT.
    Text(String),
    /// BLOB.
    Blob(Vec<u8>),
}

/// The result of the last statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// As many values in each row.
    pub rows: Vec<Vec<Value>>,
    /// Rows of tables that all statements together have looked at. SQLite counts them for scans of whole tables only; for others it is as
    /// many as came back, or were changed.
    pub rows_read: u64,
    /// Rows of tables, and of their indexes, that all statements together have written.
    pub rows_written: u64,
}

pub(super) fn bind(statement: &mut CachedStatement<'_>, index: usize, value: &Value) -> rusqlite::Result<()> {
    match value {
        Value::Null => statement.raw_bind_parameter(index, rusqlite::types::Null),
        #[expect(clippy::cast_precision_loss, reason = "that is what the platform's numbers lose too")]
        Value::Integer(integer) => statement.raw_bind_parameter(index, *integer as f64),
        // SQLite takes NaN for NULL, as the platform does.
        Value::Real(real) => statement.raw_bind_parameter(index, *real),
        Value::Text(text) => statement.raw_bind_parameter(index, text),
        Value::Blob(bytes) => statement.raw_bind_parameter(index, bytes),
    }
}

/// Why a statement yields nothing.
pub(super) enum RowsError {
    Sqlite(rusqlite::Error),
    TooLarge,
}

impl From<rusqlite::Error> for RowsError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Runs a statement to its end.
pub(super) fn read(statement: &mut CachedStatement<'_>, wanted: bool) -> Result<Vec<Vec<Value>>, RowsError> {
    let mut found = Vec::new();
    let mut bytes = 0;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        if !wanted {
            continue;
        }
        let columns = row.as_ref().column_count();
        let values: Vec<Value> =
            (0..columns).map(|column| Ok(value(row.get_ref(column)?))).collect::<rusqlite::Result<_>>()?;
        bytes += values.iter().map(size).sum::<usize>();
        if bytes > limits::MAX_RESULT_BYTES {
            return Err(RowsError::TooLarge);
        }
        found.push(values);
    }
    Ok(found)
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(integer) => Value::Integer(integer),
        ValueRef::Real(real) => Value::Real(real),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_owned()),
    }
}

fn size(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::Text(text) => text.len(),
            Value::Blob(bytes) => bytes.len(),
            _ => 0,
        }
}
