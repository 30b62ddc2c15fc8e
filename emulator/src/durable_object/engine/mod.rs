//! The SQLite file of one Durable Object, and the turns that write to it.

mod authorizer;
mod cost;
mod metadata;
mod savepoint;
mod statements;
mod value;

use super::{error::SqlError, limits};
use crate::{profile::Profile, state_dir::Durability, storage::sqlite, world::machine};
pub use value::{Rows, Value};

use authorizer::{Guard, RESERVED_PREFIX};
use cost::{Cost, WrittenTrees};
use rusqlite::{CachedStatement, Connection, config::DbConfig};
use savepoint::Savepoint;
use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};
use value::{RowsError, bind, read};

/// Instructions of SQLite between two checks of the time: well below a millisecond.
const CLOCK_INSTRUCTIONS: i32 = 10_000;
/// Compiled statements that are kept.
const STATEMENT_CACHE: usize = 64;
/// The storage of one object.
///
/// The first write of a turn opens a transaction; [`Self::commit_turn`] makes all that was written since durable at
/// once, [`Self::rollback_turn`] undoes it, and so does dropping the database or the end of the process. An object that
/// never writes leaves no file.
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    profile: Profile,
    access: Access,
    connection: Connection,
    guard: Guard,
    backing: Backing,
    in_turn: bool,
    written_trees: WrittenTrees,
    /// The transactions inside of the turn's that are open, the innermost last.
    savepoints: Vec<Savepoint>,
    /// The name to note in the file, if it is not known to be there.
    name: Option<String>,
    /// What this turn has done to the alarm.
    pending_alarm: Option<Option<u64>>,
}

/// What may be done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Write(Durability),
    /// Nothing is made or changed.
    Read,
}

/// Where the connection leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Backing {
    /// To an empty database in memory: the object has no file, and reads find nothing.
    Nowhere,
    /// To a file that this turn has made.
    NewFile,
    /// To the object's file.
    File,
}

impl Database {
    /// Opens the object's file, if there is one.
    ///
    /// # Errors
    /// If it cannot be opened, or is no database.
    pub fn open(path: impl Into<PathBuf>, profile: Profile, durability: Durability) -> Result<Self, SqlError> {
        Self::open_as(path.into(), profile, Access::Write(durability))
    }

    /// Opens the object's file for reading, if there is one: no file is made or changed, and what writes is refused.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub(crate) fn open_for_reading(path: impl Into<PathBuf>, profile: Profile) -> Result<Self, SqlError> {
        Self::open_as(path.into(), profile, Access::Read)
    }

    fn open_as(path: PathBuf, profile: Profile, access: Access) -> Result<Self, SqlError> {
        let guard = Guard::default();
        let (connection, backing) = if exists(&path) {
            (connect(Some(&path), profile, access, &guard)?, Backing::File)
        } else {
            (connect(None, profile, access, &guard)?, Backing::Nowhere)
        };
        Ok(Self {
            path,
            profile,
            access,
            connection,
            guard,
            backing,
            in_turn: false,
            written_trees: WrittenTrees::default(),
            savepoints: Vec::new(),
            name: None,
            pending_alarm: None,
        })
    }

    /// Whether there is anything outside of this process.
    pub(crate) fn has_file(&self) -> bool {
        self.backing != Backing::Nowhere
    }

    /// Bytes that the database takes, without pages that are free.
    ///
    /// # Errors
    /// If storage fails.
    pub fn size(&self) -> Result<u64, SqlError> {
        self.trusted(|connection| {
            let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
            let pages = pragma("page_count")? - pragma("freelist_count")?;
            Ok(u64::try_from(pages * pragma("page_size")?).unwrap_or(0))
        })
    }

    /// Has what is run from now on given up when this time is over; without one nothing is.
    ///
    /// # Errors
    /// If SQLite refuses.
    pub(crate) fn give_up_after(&mut self, time: Option<Duration>) -> Result<(), SqlError> {
        let is_over = time.map(|time| {
            let end = machine::elapsed() + time;
            move || machine::elapsed() > end
        });
        Ok(self.connection.progress_handler(CLOCK_INSTRUCTIONS, is_over)?)
    }

    /// Runs the statements of a text in order and returns what the last one yields. Only the last may have parameters.
    /// A statement that fails leaves nothing, those before it stand.
    ///
    /// # Errors
    /// If a statement is refused.
    pub fn exec(&mut self, query: &str, bindings: &[Value]) -> Result<Rows, SqlError> {
        if query.len() > limits::MAX_SQL_BYTES {
            return Err(SqlError::too_long());
        }
        let statements::Statements { mut statements, trailing } = statements::split(query);
        // The platform counts offsets in a further statement from behind the spaces that follow the one before.
        for further in statements.iter_mut().skip(1) {
            *further = further.trim_start_matches([' ', '\n']);
        }
        let Some((last, others)) = statements.split_last() else { return Err(SqlError::NoStatement) };
        let (mut rows_read, mut rows_written) = (0, 0);
        for statement in others {
            let rows = self.run(statement, None)?;
            rows_read += rows.rows_read;
            rows_written += rows.rows_written;
        }
        if trailing {
            self.run(last, None)?;
            return Err(SqlError::NoStatement);
        }
        let mut rows = self.run(last, Some(bindings))?;
        rows.rows_read += rows_read;
        rows.rows_written += rows_written;
        Ok(rows)
    }

    /// Makes what the turn has written durable. Nothing written is as good.
    ///
    /// # Errors
    /// If SQLite cannot commit; nothing of the turn is then left, and the object must be reset.
    pub fn commit_turn(&mut self) -> Result<(), SqlError> {
        if !self.in_turn {
            return Ok(());
        }
        self.savepoints.clear();
        if self.connection.is_autocommit() {
            self.rollback_turn();
            return Err(SqlError::TurnLost);
        }
        if let Err(error) = self.trusted(|connection| connection.execute_batch("COMMIT")) {
            self.rollback_turn();
            return Err(error);
        }
        self.in_turn = false;
        self.name = None;
        self.pending_alarm = None;
        self.backing = Backing::File;
        Ok(())
    }

    /// Undoes what the turn has written.
    pub fn rollback_turn(&mut self) {
        self.pending_alarm = None;
        self.savepoints.clear();
        self.undo_turn();
    }

    /// Undoes what was written since the turn's transaction was opened.
    fn undo_turn(&mut self) {
        self.written_trees.forget();
        if !std::mem::take(&mut self.in_turn) {
            return;
        }
        if !self.connection.is_autocommit()
            && let Err(error) = self.trusted(|connection| connection.execute_batch("ROLLBACK"))
        {
            tracing::error!(%error, path = %self.path.display(), "a turn could not be rolled back");
        }
        if self.backing == Backing::NewFile {
            self.forget_file();
        }
    }

    /// Runs one statement. Without bindings it is not the last, and its rows are not wanted.
    fn run(&mut self, statement: &str, bindings: Option<&[Value]>) -> Result<Rows, SqlError> {
        let skipped = statement.len() - statement.trim_start().len();
        if statements::renames_to(statement, RESERVED_PREFIX) {
            return Err(SqlError::not_authorized());
        }
        let is_write = {
            let prepared = self.prepare(statement, skipped)?;
            match bindings {
                None if prepared.parameter_count() > 0 => return Err(SqlError::ParametersBeforeLast),
                Some(bindings) if prepared.parameter_count() != bindings.len() => return Err(SqlError::BindingCount),
                _ => !prepared.readonly(),
            }
        };
        if is_write {
            self.begin()?;
        }
        // Once more, because the first write moves the connection to a file; otherwise it comes from the cache.
        let mut prepared = self.prepare(statement, skipped)?;
        for (index, value) in bindings.unwrap_or_default().iter().enumerate() {
            bind(&mut prepared, index + 1, value)?;
        }
        let cost = Cost::begin(&self.connection, &prepared);
        let rows = read(&mut prepared, bindings.is_some()).map_err(|error| match error {
            RowsError::Sqlite(error) => SqlError::new(error, skipped),
            RowsError::TooLarge => SqlError::ResultTooLarge,
        })?;
        let (rows_read, rows_written) = cost.end((&self.connection, &self.written_trees), &prepared, statement, &rows);
        // Only now: a kept statement learns of a changed schema when it runs.
        let columns = prepared.column_names().map(str::to_owned).collect();
        Ok(Rows { columns, rows, rows_read, rows_written })
    }

    fn prepare(&self, statement: &str, skipped: usize) -> Result<CachedStatement<'_>, SqlError> {
        self.connection.prepare_cached(statement).map_err(|error| {
            if self.guard.take_refused_transaction() { SqlError::Transaction } else { SqlError::new(error, skipped) }
        })
    }

    /// Opens the turn's transaction if it is not open.
    fn begin(&mut self) -> Result<(), SqlError> {
        if self.in_turn {
            // A failure, or `INSERT OR ROLLBACK`, has ended it. Writing on would tear the turn in two.
            return if self.connection.is_autocommit() { Err(SqlError::TurnLost) } else { Ok(()) };
        }
        if self.backing == Backing::Nowhere && self.access != Access::Read {
            self.connection = connect(Some(&self.path), self.profile, self.access, &self.guard)?;
            self.backing = Backing::NewFile;
        }
        self.in_turn = true;
        self.trusted(|connection| connection.execute_batch("BEGIN"))?;
        self.note_name()?;
        self.open_savepoints()
    }

    /// Back to having no file. What cannot be removed is an empty database, which is as good as none.
    fn forget_file(&mut self) {
        match connect(None, self.profile, self.access, &self.guard) {
            Ok(connection) => self.connection = connection,
            Err(_) => return,
        }
        self.backing = Backing::Nowhere;
        let _ = remove_files(&self.path);
    }

    /// Runs statements that the authorizer lets pass. They are not cached: a user's statement of the same text would
    /// find them.
    fn trusted<T>(&self, run: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, SqlError> {
        self.guard.set_trusted(true);
        let result = run(&self.connection);
        self.guard.set_trusted(false);
        Ok(result?)
    }
}

/// Whether there is a file, or anything else that would be in a file's way.
pub(crate) fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Removes a database that nobody has open, as far as it exists.
pub(crate) fn remove_files(path: &Path) -> io::Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.to_owned().into_os_string();
        file.push(suffix);
        match fs_err::remove_file(PathBuf::from(file)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn connect(path: Option<&Path>, profile: Profile, access: Access, guard: &Guard) -> Result<Connection, SqlError> {
    let mut connection = match (path, access) {
        (Some(path), Access::Write(durability)) => sqlite::open(path, durability)?,
        (Some(path), Access::Read) => sqlite::open_to_read(path)?,
        (None, _) => Connection::open_in_memory()?,
    };
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    limits::apply(&connection, profile)?;
    let guard = guard.clone();
    connection.authorizer(Some(move |context: rusqlite::hooks::AuthContext<'_>| guard.authorize(&context)))?;
    Ok(connection)
}
