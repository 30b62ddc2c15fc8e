//! When to wake which Durable Object.

use crate::{
    sqlite::{self, lock},
    state_dir::{StateDir, StateError},
};
use rusqlite::{Connection, params};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex},
};

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS alarms (
        id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        due INTEGER NOT NULL      -- milliseconds since 1970
    ) STRICT";

/// An object that may have an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// The object's name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// When to ask it, in milliseconds since 1970.
    pub due_ms: u64,
}

/// Which objects have alarms, and when. Clones share it.
///
/// The object's own file is the truth. The index may name a time that is too early, or an object that has no alarm any
/// more; it never misses one, and never names a time that is too late. For that a turn with
/// [`pending_alarm`](super::engine::Database::pending_alarm) calls [`Self::promise`] before it commits and
/// [`Self::settle`] with the truth after. Whoever is woken for nothing calls [`Self::settle`] too.
#[derive(Clone, Debug)]
pub struct AlarmIndex(Arc<Mutex<Index>>);

#[derive(Debug)]
struct Index {
    /// The folder is ours for as long as the index is open.
    _state: StateDir,
    connection: Connection,
    objects: HashMap<String, (String, u64)>,
    by_time: BTreeSet<(u64, String)>,
}

impl AlarmIndex {
    /// Opens the index of a state folder.
    ///
    /// # Errors
    /// If its database cannot be used.
    pub fn open(state: &StateDir) -> Result<Self, StateError> {
        const FILE: &str = "do/alarms.sqlite";
        let connection = sqlite::open_store(state, FILE, SCHEMA)?;
        let alarms =
            read(&connection).map_err(|source| StateError::Database { path: state.path().join(FILE), source })?;
        let by_time = alarms.iter().map(|alarm| (alarm.due_ms, alarm.id.clone())).collect();
        let objects = alarms.into_iter().map(|alarm| (alarm.id, (alarm.name, alarm.due_ms))).collect();
        Ok(Self(Arc::new(Mutex::new(Index { _state: state.clone(), connection, objects, by_time }))))
    }

    /// Before a commit that sets an alarm: from now on the object is asked at `due_ms` or earlier, whatever becomes of
    /// the commit. Costs no write if that is so already.
    ///
    /// # Errors
    /// If the index cannot be written; the turn must then not be committed.
    pub fn promise(&self, name: &str, id: &str, due_ms: u64) -> rusqlite::Result<()> {
        let mut index = lock(&self.0);
        match index.objects.get(id) {
            Some((_, earlier)) if *earlier <= due_ms => Ok(()),
            _ => index.write(name, id, due_ms),
        }
    }

    /// What is true of an object's alarm: after a commit, or when it was asked.
    ///
    /// # Errors
    /// If the index cannot be written; it then still holds what it held, which is earlier than the truth.
    pub fn settle(&self, name: &str, id: &str, due_ms: Option<u64>) -> rusqlite::Result<()> {
        let mut index = lock(&self.0);
        match (index.objects.get(id), due_ms) {
            (None, None) => Ok(()),
            (Some((_, known)), Some(due_ms)) if *known == due_ms => Ok(()),
            (_, Some(due_ms)) => index.write(name, id, due_ms),
            (Some(_), None) => index.remove(id),
        }
    }

    /// The object to ask next.
    #[must_use]
    pub fn next(&self) -> Option<Alarm> {
        let index = lock(&self.0);
        let (_, id) = index.by_time.first()?;
        index.alarm(id)
    }

    /// What is known of an object's alarm, or of the lack of one.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<Alarm> {
        lock(&self.0).alarm(id)
    }

    /// The objects to ask at `now_ms`, the longest overdue first.
    #[must_use]
    pub fn due(&self, now_ms: u64) -> Vec<Alarm> {
        let index = lock(&self.0);
        index.by_time.iter().take_while(|(due, _)| *due <= now_ms).filter_map(|(_, id)| index.alarm(id)).collect()
    }
}

impl Index {
    fn write(&mut self, name: &str, id: &str, due_ms: u64) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO alarms (id, name, due) VALUES (?, ?, ?)")?
            .execute(params![id, name, due_ms.cast_signed()])?;
        let before = self.objects.insert(id.to_owned(), (name.to_owned(), due_ms));
        if let Some((_, before)) = before {
            self.by_time.remove(&(before, id.to_owned()));
        }
        self.by_time.insert((due_ms, id.to_owned()));
        Ok(())
    }

    fn remove(&mut self, id: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached("DELETE FROM alarms WHERE id = ?")?.execute([id])?;
        if let Some((_, before)) = self.objects.remove(id) {
            self.by_time.remove(&(before, id.to_owned()));
        }
        Ok(())
    }

    fn alarm(&self, id: &str) -> Option<Alarm> {
        let (name, due_ms) = self.objects.get(id)?;
        Some(Alarm { name: name.clone(), id: id.to_owned(), due_ms: *due_ms })
    }
}

fn read(connection: &Connection) -> rusqlite::Result<Vec<Alarm>> {
    connection
        .prepare("SELECT name, id, due FROM alarms")?
        .query_map([], |row| {
            Ok(Alarm { name: row.get(0)?, id: row.get(1)?, due_ms: row.get::<_, i64>(2)?.cast_unsigned() })
        })?
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(index: &AlarmIndex) -> Vec<(String, u64)> {
        index.due(u64::MAX).into_iter().map(|alarm| (alarm.name, alarm.due_ms)).collect()
    }

    #[test]
    fn alarms_survive_a_restart_in_the_order_of_their_times() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(folder.path()).unwrap();
        let index = AlarmIndex::open(&state).unwrap();
        index.promise("late", "1", 300).unwrap();
        index.promise("early", "2", 100).unwrap();
        index.promise("gone", "3", 50).unwrap();
        index.settle("gone", "3", None).unwrap();
        drop((index, state));
        let state = StateDir::open(folder.path()).unwrap();
        let index = AlarmIndex::open(&state).unwrap();
        assert_eq!(due(&index), [("early".to_owned(), 100), ("late".to_owned(), 300)]);
        assert_eq!(index.next().unwrap().id, "2");
        assert_eq!(index.due(99), []);
        assert_eq!(index.due(100).len(), 1);
    }

    #[test]
    fn a_promise_never_makes_an_alarm_later() {
        let state = StateDir::temporary().unwrap();
        let index = AlarmIndex::open(&state).unwrap();
        index.promise("a", "1", 100).unwrap();
        index.promise("a", "1", 200).unwrap();
        assert_eq!(due(&index), [("a".to_owned(), 100)], "the commit may still fail");
        index.settle("a", "1", Some(200)).unwrap();
        assert_eq!(due(&index), [("a".to_owned(), 200)]);
        index.promise("a", "1", 50).unwrap();
        assert_eq!(due(&index), [("a".to_owned(), 50)]);
    }
}
