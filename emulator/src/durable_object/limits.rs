//! What a Durable Object's SQL refuses. Numbers from Cloudflare's "Durable Objects limits" page, and from workerd where
//! the two differ or the page is silent; the texts are SQLite's own.

use crate::profile::Profile;
use rusqlite::{Connection, limits::Limit};

/// Bytes of what one call runs.
pub const MAX_SQL_BYTES: usize = 100_000;
/// Parameters of a statement.
pub const MAX_PARAMETERS: i32 = 100;
/// Columns of a table or a result.
pub const MAX_COLUMNS: i32 = 100;
/// Bytes of the pattern of a LIKE or GLOB.
pub const MAX_PATTERN_BYTES: i32 = 50;
/// SELECTs in a compound SELECT.
pub const MAX_COMPOUND_TERMS: i32 = 5;
/// Depth of an expression.
pub const MAX_EXPRESSION_DEPTH: i32 = 100;
/// Instructions of a compiled statement.
pub const MAX_INSTRUCTIONS: i32 = 25_000;
/// Depth to which triggers may fire triggers.
pub const MAX_TRIGGER_DEPTH: i32 = 10;
/// Bytes that a result may take in memory: half of what an isolate has.
pub const MAX_RESULT_BYTES: usize = 64 * 1024 * 1024;

/// Bytes of a string, a blob or a row.
#[must_use]
pub fn max_value_bytes(profile: Profile) -> i32 {
    match profile {
        Profile::Production => 2_000_000,
        Profile::WorkerdLocal => 2_200_000,
    }
}

/// Arguments of a function.
#[must_use]
pub fn max_function_arguments(profile: Profile) -> i32 {
    match profile {
        Profile::Production => 32,
        Profile::WorkerdLocal => 127,
    }
}

pub(super) fn apply(connection: &Connection, profile: Profile) -> rusqlite::Result<()> {
    for (limit, value) in [
        (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, MAX_PARAMETERS),
        (Limit::SQLITE_LIMIT_COLUMN, MAX_COLUMNS),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, MAX_PATTERN_BYTES),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, MAX_COMPOUND_TERMS),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, MAX_EXPRESSION_DEPTH),
        (Limit::SQLITE_LIMIT_VDBE_OP, MAX_INSTRUCTIONS),
        (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, MAX_TRIGGER_DEPTH),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
        (Limit::SQLITE_LIMIT_LENGTH, max_value_bytes(profile)),
        (Limit::SQLITE_LIMIT_FUNCTION_ARG, max_function_arguments(profile)),
    ] {
        connection.set_limit(limit, value)?;
    }
    Ok(())
}
