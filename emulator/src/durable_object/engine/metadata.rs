//! What the platform notes in an object's file besides the object's own tables: its alarm and its name.

use super::{Backing, Database, SqlError};
use rusqlite::{Connection, OptionalExtension as _};

/// The platform's own table, with workerd's name; it holds the alarm under [`ALARM_KEY`].
const METADATA: &str = "_cf_METADATA";
const ALARM_KEY: i64 = 1;
/// Where the emulator notes the object's name; workerd has no such row, and does not mind it.
const NAME_KEY: i64 = 2;

impl Database {
    /// Has the object's name, if it is known, noted beside the alarm with the first turn that writes, so that the file tells whose it is.
    #[must_use]
    pub(crate) fn named(mut self, name: Option<&str>) -> Self {
        self.name = name.map(str::to_owned);
        self
    }

    /// The name that is noted in the file.
    ///
    /// # Errors
    /// If storage fails.
    pub(crate) fn noted_name(&mut self) -> Result<Option<String>, SqlError> {
        self.trusted(|connection| {
            if !connection.table_exists(None, METADATA)? {
                return Ok(None);
            }
            connection
                .query_row(&format!("SELECT value FROM {METADATA} WHERE key = ?"), [NAME_KEY], |row| row.get(0))
                .optional()
        })
    }

    /// Notes the name, in the turn's transaction that has just begun.
    pub(super) fn note_name(&self) -> Result<(), SqlError> {
        let Some(name) = self.name.clone() else { return Ok(()) };
        self.trusted(|connection| {
            create_metadata(connection)?;
            connection
                .execute(&format!("INSERT OR IGNORE INTO {METADATA} (key, value) VALUES (?, ?)"), (NAME_KEY, name))
        })?;
        Ok(())
    }

    /// Makes the alarm due at `now_ms` if it is due later, in a turn of its own. Whether there is one.
    ///
    /// # Errors
    /// If storage fails; nothing has changed then.
    pub(crate) fn make_alarm_due(&mut self, now_ms: u64) -> Result<bool, SqlError> {
        match self.get_alarm()? {
            None => return Ok(false),
            Some(due) if due <= now_ms => {}
            Some(_) => {
                if let Err(error) = self.set_alarm(now_ms) {
                    self.rollback_turn();
                    return Err(error);
                }
                self.commit_turn()?;
            }
        }
        Ok(true)
    }

    /// Sets the alarm, in the turn's transaction.
    ///
    /// # Errors
    /// If the time is 0, or storage fails.
    pub fn set_alarm(&mut self, due_ms: u64) -> Result<(), SqlError> {
        if due_ms == 0 {
            return Err(SqlError::AlarmTime);
        }
        self.begin()?;
        self.trusted(|connection| {
            create_metadata(connection)?;
            connection.execute(
                &format!("INSERT OR REPLACE INTO {METADATA} (key, value) VALUES (?, ?)"),
                (ALARM_KEY, due_ms.cast_signed()),
            )
        })?;
        self.pending_alarm = Some(Some(due_ms));
        Ok(())
    }

    /// Removes the alarm, in the turn's transaction. None set is as good.
    ///
    /// # Errors
    /// If storage fails.
    pub fn delete_alarm(&mut self) -> Result<(), SqlError> {
        if self.get_alarm()?.is_none() {
            return Ok(());
        }
        self.begin()?;
        self.trusted(|connection| connection.execute(&format!("DELETE FROM {METADATA} WHERE key = ?"), [ALARM_KEY]))?;
        self.pending_alarm = Some(None);
        Ok(())
    }

    /// When the alarm is due, in milliseconds since 1970, as this turn sees it.
    ///
    /// # Errors
    /// If storage fails.
    pub fn get_alarm(&mut self) -> Result<Option<u64>, SqlError> {
        if self.backing == Backing::Nowhere {
            return Ok(None);
        }
        self.trusted(|connection| {
            if !connection.table_exists(None, METADATA)? {
                return Ok(None);
            }
            let due = connection
                .query_row(&format!("SELECT value FROM {METADATA} WHERE key = ?"), [ALARM_KEY], |row| row.get(0))
                .optional()?;
            Ok(due.map(i64::cast_unsigned))
        })
    }

    /// What the turn has done to the alarm and not committed yet: `None` nothing, `Some(None)` removed it. What
    /// `AlarmIndex` (`alarm_index.rs`) must be told before the commit.
    #[must_use]
    pub fn pending_alarm(&self) -> Option<Option<u64>> {
        self.pending_alarm
    }
}

fn create_metadata(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&format!("CREATE TABLE IF NOT EXISTS {METADATA} (key INTEGER PRIMARY KEY, value BLOB)"))
}
