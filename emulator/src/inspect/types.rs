//! What an [`Inspector`](super::Inspector) reports.

use serde::Serialize;
use serde_json::Value as Json;

/// A Durable Object: one that has a file, or is in memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectInfo {
    /// The name by which it is reached, where that is known: files of an earlier version do not tell until they are written again.
    pub name: Option<String>,
    /// 64 hex digits.
    pub id: String,
    /// Whether it has an instance.
    pub awake: bool,
    /// Its accepted WebSockets.
    pub sockets: usize,
    /// When its alarm is due, in milliseconds since 1970. It may be early, never late.
    pub alarm_ms: Option<u64>,
    /// Bytes of its file; 0 if it has none.
    pub bytes: u64,
}

/// A table of an object, without those of SQLite and the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TableInfo {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// Its columns, in order.
    pub columns: Vec<ColumnInfo>,
    /// The statement that made it.
    pub schema: String,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ColumnInfo {
    /// Its name.
    pub name: String,
    /// The type as declared; empty if none was.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it may not be NULL.
    pub not_null: bool,
    /// Its place in the primary key, from 1; 0 if it is not part of it.
    pub primary_key: u32,
}

/// What a query yields.
///
/// A value is JSON's null, number or string; bytes are `{"hex": "…"}`, in parameters too.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SqlResult {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// As many values in each row.
    pub rows: Vec<Vec<Json>>,
    /// Rows of tables that were looked at; see [`Rows::rows_read`](crate::durable_object::engine::Rows::rows_read).
    pub rows_read: u64,
    /// Rows of tables and of their indexes that were written.
    pub rows_written: u64,
}
