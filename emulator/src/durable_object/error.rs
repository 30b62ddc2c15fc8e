//! What SQL answers when it refuses, in the platform's words.

use rusqlite::ffi;
use std::fmt;

/// Why a Durable Object's storage refuses. As text it is exactly what the platform says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    /// Nothing but white space, comments and semicolons, also after the last statement.
    #[error("SQL code did not contain a statement.")]
    NoStatement,
    /// Parameters in a statement that is not the last.
    #[error("When executing multiple SQL statements in a single call, only the last statement can have parameters.")]
    ParametersBeforeLast,
    /// Fewer or more bindings than parameters.
    #[error("Wrong number of parameter bindings for SQL query.")]
    BindingCount,
    /// A transaction by hand.
    #[error(
        "To execute a transaction, please use the state.storage.transaction() or state.storage.transactionSync() APIs \
         instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements. The JavaScript API is safer because it will \
         automatically roll back on exceptions, and because it interacts correctly with Durable Objects' automatic \
         atomic write coalescing."
    )]
    Transaction,
    /// More than [`limits::MAX_RESULT_BYTES`](super::limits::MAX_RESULT_BYTES).
    #[error("SQL query result set is too large to fit in memory.")]
    ResultTooLarge,
    /// SQLite has given up the turn's transaction by itself; what the turn wrote is gone.
    #[error("Cannot commit transaction due to an earlier SQL critical error")]
    TurnLost,
    /// An alarm at the beginning of time.
    #[error("setAlarm() cannot be called with an alarm time <= 0")]
    AlarmTime,
    /// SQLite refuses.
    #[error("{0}")]
    Sqlite(SqliteError),
}

/// A refusal of SQLite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteError {
    /// What it says.
    pub message: String,
    /// At which byte of the statement, if it knows.
    pub offset: Option<usize>,
    /// Its extended result code.
    pub code: i32,
}

impl SqlError {
    /// What the authorizer's refusal looks like.
    pub(super) fn not_authorized() -> Self {
        Self::Sqlite(SqliteError { message: "not authorized".to_owned(), offset: None, code: ffi::SQLITE_AUTH })
    }

    /// SQLite's refusal of a text that is too long. It sees single statements only, and the limit is for all of them.
    pub(super) fn too_long() -> Self {
        let message = "statement too long".to_owned();
        Self::Sqlite(SqliteError { message, offset: None, code: ffi::SQLITE_TOOBIG })
    }

    /// `skipped` bytes of the statement were not shown to SQLite.
    pub(super) fn new(error: rusqlite::Error, skipped: usize) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(error, message) => Self::Sqlite(SqliteError {
                message: message.unwrap_or_else(|| default_message(error.extended_code)),
                offset: None,
                code: error.extended_code,
            }),
            rusqlite::Error::SqlInputError { error, msg, offset, .. } => Self::Sqlite(SqliteError {
                message: msg,
                offset: usize::try_from(offset).ok().map(|offset| offset + skipped),
                code: error.extended_code,
            }),
            other => Self::Sqlite(SqliteError { message: other.to_string(), offset: None, code: ffi::SQLITE_ERROR }),
        }
    }
}

impl From<rusqlite::Error> for SqlError {
    fn from(error: rusqlite::Error) -> Self {
        Self::new(error, 0)
    }
}

impl fmt::Display for SqliteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(offset) = self.offset {
            write!(f, " at offset {offset}")?;
        }
        let primary = self.code & 0xff;
        match name(primary) {
            Some(name) => write!(f, ": {name}")?,
            None => write!(f, ": {primary}")?,
        }
        if self.code == primary {
            return Ok(());
        }
        match name(self.code) {
            Some(name) => write!(f, " (extended: {name})"),
            None => write!(f, " (extended: {})", self.code),
        }
    }
}

/// What SQLite says of a code when the connection has no text for it.
fn default_message(code: i32) -> String {
    ffi::code_to_str(code).to_owned()
}

macro_rules! names {
    ($($name:ident)*) => {
        /// The name of a result code, as `sqlite3.h` has it.
        fn name(code: i32) -> Option<&'static str> {
            match code {
                $(ffi::$name => Some(stringify!($name)),)*
                _ => None,
            }
        }
    };
}

names! {
    SQLITE_ERROR SQLITE_INTERNAL SQLITE_PERM SQLITE_ABORT SQLITE_BUSY SQLITE_LOCKED SQLITE_NOMEM SQLITE_READONLY
    SQLITE_INTERRUPT SQLITE_IOERR SQLITE_CORRUPT SQLITE_NOTFOUND SQLITE_FULL SQLITE_CANTOPEN SQLITE_PROTOCOL
    SQLITE_EMPTY SQLITE_SCHEMA SQLITE_TOOBIG SQLITE_CONSTRAINT SQLITE_MISMATCH SQLITE_MISUSE SQLITE_NOLFS
    SQLITE_AUTH SQLITE_FORMAT SQLITE_RANGE SQLITE_NOTADB
    SQLITE_CONSTRAINT_CHECK SQLITE_CONSTRAINT_COMMITHOOK SQLITE_CONSTRAINT_DATATYPE SQLITE_CONSTRAINT_FOREIGNKEY
    SQLITE_CONSTRAINT_FUNCTION SQLITE_CONSTRAINT_NOTNULL SQLITE_CONSTRAINT_PINNED SQLITE_CONSTRAINT_PRIMARYKEY
    SQLITE_CONSTRAINT_ROWID SQLITE_CONSTRAINT_TRIGGER SQLITE_CONSTRAINT_UNIQUE SQLITE_CONSTRAINT_VTAB
    SQLITE_ERROR_MISSING_COLLSEQ SQLITE_ERROR_RETRY SQLITE_ERROR_SNAPSHOT
    SQLITE_BUSY_RECOVERY SQLITE_BUSY_SNAPSHOT SQLITE_BUSY_TIMEOUT SQLITE_LOCKED_SHAREDCACHE SQLITE_LOCKED_VTAB
    SQLITE_CORRUPT_INDEX SQLITE_CORRUPT_SEQUENCE SQLITE_CORRUPT_VTAB
    SQLITE_IOERR_READ SQLITE_IOERR_SHORT_READ SQLITE_IOERR_WRITE SQLITE_IOERR_FSYNC SQLITE_IOERR_TRUNCATE
}
