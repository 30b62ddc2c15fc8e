//! The namespace as the [`Inspector`](crate::inspect::Inspector) sees it.

use super::container::{Input, Object};
use super::engine::{self, Database};
use super::error::SqlError;
use super::id::object_id;
use super::namespace::{CLASS, Namespace, Shared, UNIQUE_KEY};
use crate::inspect::{InspectError, ObjectInfo, SocketInfo};
use crate::storage::sqlite::lock;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::oneshot;

/// An object that exists.
pub(crate) struct Found {
    /// As the caller named it.
    named: String,
    name: Option<String>,
    id: String,
    path: PathBuf,
}

impl Namespace {
    /// All objects that have a file or an instance, by name; may block on the disk.
    pub(crate) fn known(&self) -> Result<Vec<ObjectInfo>, InspectError> {
        let shared = &self.shared;
        let mut found: BTreeMap<String, ObjectInfo> = BTreeMap::new();
        let files = shared.state.objects(CLASS);
        for (id, path, bytes) in files.map_err(|source| InspectError::Storage { object: CLASS.to_owned(), source })? {
            let name = shared.name_of(&id, Some(path));
            let info = ObjectInfo { name, id: id.clone(), awake: false, sockets: 0, alarm_ms: None, bytes };
            found.insert(id, info);
        }
        for object in self.all() {
            let id = object.id();
            let info = found.entry(id.to_owned()).or_insert_with(|| ObjectInfo {
                name: None,
                id: id.to_owned(),
                awake: false,
                sockets: 0,
                alarm_ms: None,
                bytes: 0,
            });
            info.name = Some(object.name().to_owned());
            info.awake = object.is_awake();
            info.sockets = object.sockets().len();
        }
        let mut objects: Vec<ObjectInfo> = found.into_values().collect();
        for object in &mut objects {
            object.alarm_ms = shared.alarms.get(&object.id).map(|alarm| alarm.due_ms);
        }
        // Those without a name last.
        objects.sort_by(|a, b| (a.name.is_none(), &a.name, &a.id).cmp(&(b.name.is_none(), &b.name, &b.id)));
        Ok(objects)
    }

    /// The object with this name or id; may block on the disk.
    pub(crate) fn find(&self, named: &str) -> Result<Found, InspectError> {
        let shared = &self.shared;
        let missing = || InspectError::NoObject { object: named.to_owned() };
        let place = |id: &str| {
            shared.state.object_path(CLASS, id).map_err(|error| InspectError::Storage {
                object: named.to_owned(),
                source: std::io::Error::other(error),
            })
        };
        if is_id(named) {
            let path = place(named)?;
            let exists = engine::exists(&path);
            let name = shared.name_of(named, exists.then(|| path.clone()));
            return if exists || name.is_some() {
                Ok(Found { named: named.to_owned(), name, id: named.to_owned(), path })
            } else {
                Err(missing())
            };
        }
        let id = object_id(UNIQUE_KEY, named);
        let path = place(&id)?;
        if !engine::exists(&path) && !shared.objects().contains_key(named) {
            return Err(missing());
        }
        Ok(Found { named: named.to_owned(), name: Some(named.to_owned()), id, path })
    }

    /// Works on an object's storage, in a turn of its own.
    pub(crate) async fn with_storage<T: Send + 'static>(
        &self,
        object: Found,
        work: impl FnOnce(&mut Database) -> Result<T, SqlError> + Send + 'static,
    ) -> Result<T, InspectError> {
        if self.shared.is_closing() {
            return Err(InspectError::Closing);
        }
        let Some(name) = &object.name else {
            // Nobody can reach it, so nobody has it open; and if somebody should, SQLite keeps the two apart.
            let shared = Arc::clone(&self.shared);
            let work = move || work(&mut shared.open_database(object.path)?);
            let result = tokio::task::spawn_blocking(work).await;
            return Ok(result.map_err(|_| InspectError::Closing)??);
        };
        let (reply, answer) = oneshot::channel();
        let work = move |database: Result<&mut Database, SqlError>| {
            let _ = reply.send(database.and_then(work));
        };
        self.shared.post(name, Input::Storage(Box::new(work)));
        Ok(answer.await.map_err(|_| InspectError::Closing)??)
    }

    /// Delivers an object's alarm now; returns when its handler has ended.
    pub(crate) async fn fire_alarm(&self, object: Found) -> Result<(), InspectError> {
        if self.shared.is_closing() {
            return Err(InspectError::Closing);
        }
        let Found { named, name, id, .. } = object;
        let Some(name) = name else { return Err(InspectError::Nameless { id }) };
        let ended = self.shared.await_alarm(&id);
        let (done, found) = oneshot::channel();
        self.shared.post(&name, Input::FireAlarm { done });
        match found.await {
            Err(_) => return Err(InspectError::Closing),
            Ok(Err(error)) => return Err(error.into()),
            Ok(Ok(false)) => return Err(InspectError::NoAlarm { object: named }),
            Ok(Ok(true)) => {}
        }
        match ended.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(InspectError::AlarmFailed { object: named }),
            Err(_) => Err(InspectError::Closing),
        }
    }

    /// Removes all that an object has stored, its instance and its sockets.
    pub(crate) async fn delete(&self, object: Found) -> Result<(), InspectError> {
        if self.shared.is_closing() {
            return Err(InspectError::Closing);
        }
        let Found { named, name, id, path } = object;
        let removed = match name {
            Some(name) => {
                let (done, removed) = oneshot::channel();
                self.shared.post(&name, Input::Delete { done });
                removed.await.map_err(|_| InspectError::Closing)?
            }
            None => engine::remove_files(&path),
        };
        lock(&self.shared.names).remove(&id);
        removed.map_err(|source| InspectError::Storage { object: named, source })
    }

    /// Ends an object's instance as idleness does.
    pub(crate) async fn evict_found(&self, object: &Found) {
        if let Some(name) = &object.name {
            self.evict(name).await;
        }
    }

    /// The sockets of an object; none if there is no such object in memory.
    pub(crate) fn sockets(&self, named: &str) -> Vec<SocketInfo> {
        let same = |object: &&Arc<Object>| object.name() == named || object.id() == named;
        self.all().iter().find(same).map(|object| object.sockets().describe()).unwrap_or_default()
    }
}

impl Shared {
    /// Opens an object's file as far as the state folder allows.
    pub(super) fn open_database(&self, path: PathBuf) -> Result<Database, SqlError> {
        if self.state.reads_only() {
            Database::open_to_look(path, self.profile)
        } else {
            Database::open(path, self.profile, self.durability)
        }
    }

    /// The name that belongs to an id, where anybody knows it.
    fn name_of(&self, id: &str, file: Option<PathBuf>) -> Option<String> {
        if let Some(name) = lock(&self.names).get(id) {
            return Some(name.clone());
        }
        let in_memory = self.objects().values().find(|object| object.id() == id).map(|object| object.name().to_owned());
        let name = in_memory.or_else(|| Some(self.alarms.get(id)?.name)).or_else(|| {
            let mut database = self.open_database(file?).ok()?;
            database.noted_name().ok()?
        })?;
        // A file that came from elsewhere may say anything.
        if object_id(UNIQUE_KEY, &name) != id {
            return None;
        }
        lock(&self.names).insert(id.to_owned(), name.clone());
        Some(name)
    }
}

fn is_id(named: &str) -> bool {
    named.len() == 64 && named.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}
