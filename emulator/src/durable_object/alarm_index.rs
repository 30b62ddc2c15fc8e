//! When to wake which Durable Object.

use super::{engine::Database, namespace_key::NamespaceKey, object_key::ObjectKey};
use crate::{
    profile::Profile,
    state_dir::{StateDir, StateError},
    storage::sqlite,
    sync::lock,
    world::clock::Clock,
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
        due INTEGER NOT NULL,     -- milliseconds since 1970
        noted INTEGER,            -- when that was written, in the same
        nameless INTEGER          -- 1: the name is not known
    ) STRICT";
/// Columns that older versions have made the table without.
const ADDED: [(&str, &str); 2] = [
    ("noted", "ALTER TABLE alarms ADD COLUMN noted INTEGER"),
    ("nameless", "ALTER TABLE alarms ADD COLUMN nameless INTEGER"),
];

/// An object that may have an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alarm {
    pub(crate) object: ObjectKey,
    /// When to ask it, in milliseconds since 1970.
    pub(crate) due_ms: u64,
}

/// Which objects of a namespace have alarms, and when. Clones share it.
///
/// The object's own file is the truth. The index may name a time that is too early, or an object that has no alarm any
/// more; it never misses one, and never names a time that is too late. For that a turn with
/// [`pending_alarm`](super::engine::Database::pending_alarm) calls [`Self::note_pending`] before it commits and
/// [`Self::confirm`] with the truth after. Whoever is woken for nothing calls [`Self::confirm`] too.
///
/// Alarms are due at a time of day. While the process runs its [`Clock`] never goes back. If the machine's clock was set back since an
/// alarm was noted, which shows when the index is opened, the alarm is due so much earlier: it keeps its distance, and "in five
/// seconds" does not come to be "in a day".
#[derive(Clone, Debug)]
pub(crate) struct AlarmIndex(Arc<Mutex<Index>>);

#[derive(Debug)]
struct Index {
    state: StateDir,
    namespace: NamespaceKey,
    clock: Clock,
    connection: Connection,
    objects: HashMap<String, Indexed>,
    by_time: BTreeSet<(u64, String)>,
}

/// What is known of an object's alarm.
#[derive(Clone, Debug)]
struct Indexed {
    name: Option<String>,
    due_ms: u64,
    /// By how much that is earlier than what the object's file says, because the machine's clock was set back.
    earlier_ms: u64,
}

impl AlarmIndex {
    /// Opens the index of a namespace. Where it is missing, and objects are not, they are asked for their alarms.
    ///
    /// # Errors
    /// If its database cannot be used.
    pub(crate) fn open(state: &StateDir, namespace: &NamespaceKey, clock: &Clock) -> Result<Self, StateError> {
        let file = namespace.alarms_file();
        let database = |source| StateError::Database { path: state.path().join(&file), source };
        let is_new = !super::engine::exists(&state.database(&file));
        state.ensure_objects(namespace.folder())?;
        let connection = sqlite::open_store(state, &file, SCHEMA)?;
        for (column, add) in ADDED {
            if !state.reads_only() && !sqlite::has_column(&connection, "alarms", column).map_err(database)? {
                connection.execute_batch(add).map_err(database)?;
            }
        }
        let mut index = Index {
            state: state.clone(),
            namespace: namespace.clone(),
            clock: clock.clone(),
            connection,
            objects: HashMap::new(),
            by_time: BTreeSet::new(),
        };
        index.read().map_err(database)?;
        if state.reads_only() {
            // Whoever copies it needs the only connection that there can be.
            index.connection = Connection::open_in_memory().map_err(database)?;
        }
        if is_new && !state.reads_only() {
            index.rebuild().map_err(database)?;
        }
        Ok(Self(Arc::new(Mutex::new(index))))
    }

    /// Before a commit that sets an alarm: from now on the object is asked at `due_ms` or earlier, whatever becomes of
    /// the commit. Costs no write if that is so already.
    ///
    /// # Errors
    /// If the index cannot be written; the turn must then not be committed.
    pub(crate) fn note_pending(&self, object: &ObjectKey, due_ms: u64) -> rusqlite::Result<()> {
        let mut index = lock(&self.0);
        match index.objects.get(&object.id) {
            Some(noted) if noted.due_ms <= due_ms => Ok(()),
            _ => index.write(object, due_ms),
        }
    }

    /// What is true of an object's alarm: after a commit, or when it was asked.
    ///
    /// # Errors
    /// If the index cannot be written; it then still holds what it held, which is earlier than the truth.
    pub(crate) fn confirm(&self, object: &ObjectKey, due_ms: Option<u64>) -> rusqlite::Result<()> {
        let mut index = lock(&self.0);
        match (index.objects.get(&object.id), due_ms) {
            (None, None) => Ok(()),
            (Some(noted), Some(due_ms)) if noted.due_ms.saturating_add(noted.earlier_ms) == due_ms => Ok(()),
            (_, Some(due_ms)) => index.write(object, due_ms),
            (Some(_), None) => index.remove(&object.id),
        }
    }

    /// What is known of an object's alarm, or of the lack of one.
    pub(crate) fn get(&self, id: &str) -> Option<Alarm> {
        lock(&self.0).alarm(id)
    }

    /// The objects to ask at `now_ms`, the longest overdue first.
    pub(crate) fn due(&self, now_ms: u64) -> Vec<Alarm> {
        let index = lock(&self.0);
        index.by_time.iter().take_while(|(due, _)| *due <= now_ms).filter_map(|(_, id)| index.alarm(id)).collect()
    }

    /// Whether the time has come for an alarm that is due at `due_ms` by the object's file.
    pub(crate) fn is_due(&self, id: &str, due_ms: u64) -> bool {
        let index = lock(&self.0);
        let earlier_ms = index.objects.get(id).map_or(0, |noted| noted.earlier_ms);
        due_ms.saturating_sub(earlier_ms) <= index.clock.now_ms()
    }
}

impl Index {
    fn read(&mut self) -> rusqlite::Result<()> {
        let now_ms = self.clock.now_ms();
        // All columns: in a folder that is only read the last may not be there yet.
        let mut statement = self.connection.prepare("SELECT * FROM alarms")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id: String = row.get("id")?;
            let due_ms = row.get::<_, i64>("due")?.cast_unsigned();
            let noted = row.get::<_, Option<i64>>("noted").unwrap_or_default().map_or(0, i64::cast_unsigned);
            let earlier_ms = noted.saturating_sub(now_ms).min(due_ms);
            let due_ms = due_ms - earlier_ms;
            self.by_time.insert((due_ms, id.clone()));
            let is_nameless = row.get::<_, Option<i64>>("nameless").unwrap_or_default() == Some(1);
            let name = if is_nameless { None } else { Some(row.get("name")?) };
            self.objects.insert(id, Indexed { name, due_ms, earlier_ms });
        }
        Ok(())
    }

    /// Fills the index from the objects' files. A file that cannot be read is reported when its object is.
    fn rebuild(&mut self) -> rusqlite::Result<()> {
        let objects = self.state.objects(self.namespace.folder()).unwrap_or_else(|error| {
            tracing::warn!(%error, "alarms may be missed");
            Vec::new()
        });
        for (id, path, _) in objects {
            let stored = Database::open(path, Profile::default(), self.state.durability())
                .and_then(|mut database| Ok((database.noted_name()?, database.get_alarm()?)));
            match stored {
                Ok((name, Some(due_ms))) => self.write(&ObjectKey { id, name }, due_ms)?,
                Ok((_, None)) => {}
                Err(error) => tracing::warn!(%error, id, "an object does not tell whether it has an alarm"),
            }
        }
        Ok(())
    }

    fn write(&mut self, ObjectKey { id, name }: &ObjectKey, due_ms: u64) -> rusqlite::Result<()> {
        let noted = self.clock.now_ms().cast_signed();
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO alarms (id, name, due, noted, nameless) VALUES (?, ?, ?, ?, ?)")?
            .execute(params![id, name.as_deref().unwrap_or(""), due_ms.cast_signed(), noted, name.is_none()])?;
        let noted = Indexed { name: name.clone(), due_ms, earlier_ms: 0 };
        if let Some(before) = self.objects.insert(id.clone(), noted) {
            self.by_time.remove(&(before.due_ms, id.clone()));
        }
        self.by_time.insert((due_ms, id.clone()));
        Ok(())
    }

    fn remove(&mut self, id: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached("DELETE FROM alarms WHERE id = ?")?.execute([id])?;
        if let Some(before) = self.objects.remove(id) {
            self.by_time.remove(&(before.due_ms, id.to_owned()));
        }
        Ok(())
    }

    fn alarm(&self, id: &str) -> Option<Alarm> {
        let noted = self.objects.get(id)?;
        let object = ObjectKey { id: id.to_owned(), name: noted.name.clone() };
        Some(Alarm { object, due_ms: noted.due_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state_dir::layout;

    fn due(index: &AlarmIndex) -> Vec<(String, u64)> {
        index.due(u64::MAX).into_iter().map(|alarm| (alarm.object.label().to_owned(), alarm.due_ms)).collect()
    }

    fn open(state: &StateDir, clock: &Clock) -> AlarmIndex {
        AlarmIndex::open(state, &NamespaceKey::bundled(), clock).unwrap()
    }

    fn object(name: &str, id: &str) -> ObjectKey {
        ObjectKey { id: id.to_owned(), name: Some(name.to_owned()) }
    }

    #[test]
    fn alarms_survive_a_restart_in_the_order_of_their_times() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(folder.path()).unwrap();
        let index = open(&state, &Clock::manual(10));
        index.note_pending(&object("late", "1"), 300).unwrap();
        index.note_pending(&object("early", "2"), 100).unwrap();
        index.note_pending(&object("gone", "3"), 50).unwrap();
        index.confirm(&object("gone", "3"), None).unwrap();
        drop((index, state));
        let state = StateDir::open(folder.path()).unwrap();
        let index = open(&state, &Clock::manual(10));
        assert_eq!(due(&index), [("early".to_owned(), 100), ("late".to_owned(), 300)]);
        assert_eq!(index.due(u64::MAX)[0].object.id, "2");
        assert_eq!(index.due(99), []);
        assert_eq!(index.due(100).len(), 1);
    }

    #[test]
    fn a_promise_never_makes_an_alarm_later() {
        let state = StateDir::temporary().unwrap();
        let index = open(&state, &Clock::manual(10));
        index.note_pending(&object("a", "1"), 100).unwrap();
        index.note_pending(&object("a", "1"), 200).unwrap();
        assert_eq!(due(&index), [("a".to_owned(), 100)], "the commit may still fail");
        index.confirm(&object("a", "1"), Some(200)).unwrap();
        assert_eq!(due(&index), [("a".to_owned(), 200)]);
        index.note_pending(&object("a", "1"), 50).unwrap();
        assert_eq!(due(&index), [("a".to_owned(), 50)]);
    }

    #[test]
    fn an_alarm_keeps_its_distance_when_the_clock_was_set_back_between_two_runs() {
        const YEAR: u64 = 365 * 24 * 3_600_000;
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(folder.path()).unwrap();
        let index = open(&state, &Clock::manual(YEAR + 1_000));
        index.note_pending(&object("a", "1"), YEAR + 6_000).unwrap();
        drop((index, state));
        let state = StateDir::open(folder.path()).unwrap();
        let clock = Clock::manual(1_000);
        let index = open(&state, &clock);
        assert_eq!(due(&index), [("a".to_owned(), 6_000)]);
        assert!(!index.is_due("1", YEAR + 6_000));
        index.confirm(&object("a", "1"), Some(YEAR + 6_000)).unwrap();
        assert_eq!(due(&index), [("a".to_owned(), 6_000)], "what the file says is no news");
        clock.advance(std::time::Duration::from_secs(5));
        assert!(index.is_due("1", YEAR + 6_000));
        index.confirm(&object("a", "1"), Some(YEAR + 9_000)).unwrap();
        assert_eq!(due(&index), [("a".to_owned(), YEAR + 9_000)], "set anew, by the clock of today");
        assert!(!index.is_due("1", YEAR + 9_000));
    }

    #[test]
    fn an_index_that_is_gone_is_made_anew_from_the_objects() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(folder.path()).unwrap();
        drop(open(&state, &Clock::manual(10)));
        let path = state.object_path(layout::BUNDLED_FOLDER, "ab").unwrap();
        let mut object = Database::open(path, Profile::default(), state.durability()).unwrap().named(Some("a"));
        object.set_alarm(500).unwrap();
        object.commit_turn().unwrap();
        drop((object, state));
        fs_err::remove_file(folder.path().join("do/alarms.sqlite")).unwrap();
        let state = StateDir::open(folder.path()).unwrap();
        assert_eq!(due(&open(&state, &Clock::manual(10))), [("a".to_owned(), 500)]);
    }

    #[test]
    fn an_object_without_a_name_has_its_alarm_after_a_restart_and_each_namespace_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(folder.path()).unwrap();
        let other = NamespaceKey::of_class("w", "Counter");
        let nameless = ObjectKey { id: "1".to_owned(), name: None };
        let index = AlarmIndex::open(&state, &other, &Clock::manual(10)).unwrap();
        index.note_pending(&nameless, 100).unwrap();
        drop((index, state));
        let state = StateDir::open(folder.path()).unwrap();
        let index = AlarmIndex::open(&state, &other, &Clock::manual(10)).unwrap();
        assert_eq!(index.due(u64::MAX), [Alarm { object: nameless, due_ms: 100 }]);
        assert_eq!(open(&state, &Clock::manual(10)).due(u64::MAX), []);
    }
}
