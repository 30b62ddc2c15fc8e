//! The calls `sql.…` (`worker/ABI.md`, "Synchronous calls").

use super::engine::{Rows, Value};
use super::error::SqlError;
use super::imports::ObjectImports;
use super::limits::MAX_PARAMETERS;
use crate::abi::error::GuestError;
use crate::abi::frame::{FrameError, FrameReader, FrameWriter};

/// Above this a JavaScript number does not hold every integer.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

pub(super) fn call(
    object: &mut ObjectImports,
    name: &str,
    mut fields: FrameReader<'_>,
    answer: &mut FrameWriter<'_>,
) -> Result<(), GuestError> {
    match name {
        "exec" => {
            let (query, bindings) = statement(&mut fields)?;
            let Rows { columns, rows, rows_read, rows_written } = execute(object, query, &bindings)?;
            answer.text("ok").number(columns.len()).number(rows.len()).number(rows_read).number(rows_written);
            for column in &columns {
                answer.text(column);
            }
            for value in rows.iter().flatten() {
                write_value(value, answer);
            }
        }
        "size" => {
            answer.text("ok").number(object.database.size()?);
        }
        _ => return Err(GuestError::unknown_call(&format!("sql.{name}"))),
    }
    Ok(())
}

fn execute(object: &mut ObjectImports, query: &str, bindings: &[Value]) -> Result<Rows, SqlError> {
    object.database.give_up_after(Some(object.statement_limit))?;
    let result = object.database.exec(query, bindings);
    // The commit of the turn is not to be given up.
    object.database.give_up_after(None)?;
    result
}

fn statement<'a>(fields: &mut FrameReader<'a>) -> Result<(&'a str, Vec<Value>), FrameError> {
    const BINDING: FrameError = FrameError::Missing("a typed binding");
    let query = fields.text("statement")?;
    let mut bindings = Vec::new();
    // One more than there may be is for the database to refuse, and no further one is kept.
    while bindings.len() <= usize::try_from(MAX_PARAMETERS).unwrap_or(0)
        && let Some(field) = fields.next()?
    {
        let (kind, value) = field.split_first().ok_or(BINDING)?;
        let text = || std::str::from_utf8(value).map_err(|_| FrameError::NotText("binding"));
        bindings.push(match kind {
            b'n' => Value::Null,
            b'i' => Value::Integer(text()?.parse().map_err(|_| FrameError::NotNumber("binding"))?),
            b'r' => Value::Real(text()?.parse().map_err(|_| FrameError::NotNumber("binding"))?),
            b't' => Value::Text(text()?.to_owned()),
            b'b' => Value::Blob(value.to_owned()),
            _ => return Err(BINDING),
        });
    }
    Ok((query, bindings))
}

fn write_value(value: &Value, answer: &mut FrameWriter<'_>) {
    answer.compose(|out| match value {
        Value::Null => out.push(b'n'),
        Value::Integer(integer) => out.extend_from_slice(format!("i{integer}").as_bytes()),
        // The platform's numbers do not tell 7.0 from 7.
        Value::Real(real) if real.fract() == 0.0 && real.abs() <= MAX_SAFE_INTEGER => {
            out.extend_from_slice(format!("i{real:.0}").as_bytes());
        }
        Value::Real(real) => out.extend_from_slice(format!("r{real}").as_bytes()),
        Value::Text(text) => {
            out.push(b't');
            out.extend_from_slice(text.as_bytes());
        }
        Value::Blob(bytes) => {
            out.push(b'b');
            out.extend_from_slice(bytes);
        }
    });
}

impl From<SqlError> for GuestError {
    fn from(error: SqlError) -> Self {
        match error {
            SqlError::AlarmTime => Self::type_error(error.to_string()),
            _ => Self::error(error.to_string()),
        }
    }
}
