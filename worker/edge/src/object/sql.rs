use super::Object;
use crate::abi::{Bound, Reader, Writer, call, some};

/// A value in SQL.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// INTEGER, exact up to 2^53 as on the platform.
    Integer(i64),
    /// REAL.
    Real(f64),
    /// TEXT.
    Text(String),
    /// BLOB.
    Blob(Vec<u8>),
}

impl Value {
    /// The text; of any other value none.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            _ => "",
        }
    }

    /// The integer; of any other value, and of a negative one, 0.
    #[must_use]
    pub fn number(&self) -> u64 {
        match self {
            Self::Integer(number) => u64::try_from(*number).unwrap_or(0),
            _ => 0,
        }
    }

    pub(crate) fn write(&self, frame: &mut Writer) {
        match self {
            Self::Null => frame.field(b"n"),
            Self::Integer(number) => frame.tagged(b'i', number.to_string().as_bytes()),
            Self::Real(f64::INFINITY) => frame.field(b"rInfinity"),
            Self::Real(f64::NEG_INFINITY) => frame.field(b"r-Infinity"),
            Self::Real(number) => frame.tagged(b'r', number.to_string().as_bytes()),
            Self::Text(text) => frame.tagged(b't', text.as_bytes()),
            Self::Blob(bytes) => frame.tagged(b'b', bytes),
        };
    }

    pub(crate) fn read(field: &[u8]) -> Self {
        let Some((tag, bytes)) = field.split_first() else { return Self::Null };
        let text = || String::from_utf8_lossy(bytes).into_owned();
        match tag {
            b'i' => Self::Integer(text().parse().unwrap_or_default()),
            b'r' => Self::Real(text().parse().unwrap_or_default()),
            b't' => Self::Text(text()),
            b'b' => Self::Blob(bytes.to_vec()),
            _ => Self::Null,
        }
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// What a statement answered. It is read as a list of rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows, each with a value for each column.
    pub rows: Vec<Vec<Value>>,
    /// How many rows the platform counts as read.
    pub read: u64,
    /// How many rows the platform counts as written.
    pub written: u64,
}

impl std::ops::Deref for Rows {
    type Target = [Vec<Value>];

    fn deref(&self) -> &Self::Target {
        &self.rows
    }
}

impl Object {
    /// Runs a statement, or several of which the last one's rows are answered.
    ///
    /// # Errors
    /// As SQLite and the platform say.
    pub fn sql(self, statement: &str, bindings: &[Value]) -> Bound<Rows> {
        let mut frame = Writer::with_capacity(statement.len() + 64 * bindings.len() + 32);
        frame.text("sql.exec").text(statement);
        for value in bindings {
            value.write(&mut frame);
        }
        some(call(self.host(), &frame, rows))
    }

    /// Size of the database in bytes.
    ///
    /// # Errors
    /// Outside of a Durable Object.
    pub fn sql_size(self) -> Bound<u64> {
        some(call(self.host(), &Writer::named("sql.size"), |fields| fields.number()))
    }
}

fn rows(fields: &mut Reader<'_>) -> Rows {
    let (width, height, read, written) = (fields.number(), fields.number(), fields.number(), fields.number());
    let columns = (0..width).map(|_| String::from_utf8_lossy(fields.bytes()).into_owned()).collect();
    let rows = (0..height).map(|_| (0..width).map(|_| Value::read(fields.bytes())).collect()).collect();
    Rows { columns, rows, read, written }
}
