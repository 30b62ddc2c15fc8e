//! How many rows a statement has read and written, as the platform counts them for its users' bills.
//!
//! The platform has patched its SQLite to count rows. Plain SQLite tells how many steps were made in scans of whole tables and how many rows
//! of tables were changed, and its compiled statements tell which indexes are written with each row. That is enough for statements on one
//! table; in joins, rows that are looked up by an index and do not come back are not counted.

use std::cell::RefCell;
use std::collections::HashMap;

use rusqlite::{CachedStatement, Connection, StatementStatus};

use super::statements::first_word;
use super::value::Value;

/// Statements whose trees are kept in mind.
const KEPT_STATEMENTS: usize = 64;
/// The first words of statements that change what others write to.
const SCHEMA_CHANGES: [&str; 3] = ["CREATE", "DROP", "ALTER"];

/// In how many trees of the database each statement enters its rows, as long as the schema is what it was.
#[derive(Debug, Default)]
pub(super) struct WrittenTrees(RefCell<HashMap<String, u64>>);

impl WrittenTrees {
    /// The schema may be another from now on.
    pub(super) fn forget(&self) {
        self.0.borrow_mut().clear();
    }

    fn of(&self, connection: &Connection, text: &str) -> u64 {
        if SCHEMA_CHANGES.iter().any(|word| first_word(text).eq_ignore_ascii_case(word)) {
            self.forget();
            return 0;
        }
        if let Some(count) = self.0.borrow().get(text) {
            return *count;
        }
        let count = written_with_a_row(connection, text);
        let mut known = self.0.borrow_mut();
        if known.len() >= KEPT_STATEMENTS {
            known.clear();
        }
        known.insert(text.to_owned(), count);
        count
    }
}

/// What is known before a statement runs.
pub(super) struct Cost {
    changes: u64,
}

impl Cost {
    pub(super) fn begin(connection: &Connection, statement: &CachedStatement<'_>) -> Self {
        statement.reset_status(StatementStatus::FullscanStep);
        Self { changes: connection.total_changes() }
    }

    /// The rows read and written by a statement that has run to its end.
    pub(super) fn end(
        &self,
        (connection, trees): (&Connection, &WrittenTrees),
        statement: &CachedStatement<'_>,
        text: &str,
        rows: &[Vec<Value>],
    ) -> (u64, u64) {
        let changed = connection.total_changes().saturating_sub(self.changes);
        let written = if statement.readonly() { 0 } else { changed * trees.of(connection, text).max(1) };
        let steps = u64::try_from(statement.get_status(StatementStatus::FullscanStep)).unwrap_or(0);
        let read = if steps > 0 {
            // A step leads from one row to the next.
            steps + 1
        } else if statement.readonly() {
            counted(connection, text, rows).unwrap_or(rows.len() as u64)
        } else if ["INSERT", "REPLACE"].iter().any(|verb| first_word(text).eq_ignore_ascii_case(verb)) {
            0
        } else {
            changed
        };
        (read, written)
    }
}

/// In how many trees of the database a row is entered that the statement writes: its table's and its indexes'. 0 if it only removes.
fn written_with_a_row(connection: &Connection, text: &str) -> u64 {
    let (mut opened, mut entered) = (Vec::new(), Vec::new());
    for (opcode, cursor) in program(connection, text).unwrap_or_default() {
        match opcode.as_str() {
            "OpenWrite" => opened.push(cursor),
            "Insert" | "IdxInsert" if opened.contains(&cursor) && !entered.contains(&cursor) => entered.push(cursor),
            _ => {}
        }
    }
    entered.len() as u64
}

/// The rows that SQLite counted without stepping through them: the statement's only value.
fn counted(connection: &Connection, text: &str, rows: &[Vec<Value>]) -> Option<u64> {
    let [row] = rows else { return None };
    let [Value::Integer(count)] = row.as_slice() else { return None };
    let counts = program(connection, text).ok()?.iter().any(|(opcode, _)| opcode == "Count");
    u64::try_from(*count).ok().filter(|_| counts)
}

/// The compiled statement: opcodes, and the first operand of each.
fn program(connection: &Connection, text: &str) -> rusqlite::Result<Vec<(String, i64)>> {
    let mut explained = connection.prepare_cached(&format!("EXPLAIN {text}"))?;
    let mut found = Vec::new();
    // Parameters that are not bound are NULL; nothing is run.
    let mut rows = explained.raw_query();
    while let Some(row) = rows.next()? {
        found.push((row.get("opcode")?, row.get("p1")?));
    }
    Ok(found)
}
