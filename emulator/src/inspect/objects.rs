//! Objects as they are found from outside, by name or by id, and what is done to them through their queues.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::{InspectError, ObjectInfo};
use crate::durable_object::engine::{self, Database};
use crate::durable_object::error::SqlError;
use crate::durable_object::id::{CLASS, is_object_id};
use crate::durable_object::input::Input;
use crate::durable_object::namespace::Namespace;

/// An object that exists.
pub(super) struct ObjectRef {
    /// As the caller named it.
    named: String,
    name: Option<String>,
    id: String,
    path: PathBuf,
}

/// All objects that have a file or an instance, by name, those without one last; may block on the disk.
pub(super) fn list(namespace: &Namespace) -> Result<Vec<ObjectInfo>, InspectError> {
    let new = |id: &str, name, bytes| ObjectInfo {
        name,
        id: id.to_owned(),
        awake: false,
        sockets: 0,
        alarm_ms: namespace.alarms().index().get(id).map(|alarm| alarm.due_ms),
        bytes,
    };
    let mut found: BTreeMap<String, ObjectInfo> = BTreeMap::new();
    let files = namespace.state().objects(CLASS);
    for (id, path, bytes) in files.map_err(|source| InspectError::Storage { object: CLASS.to_owned(), source })? {
        let info = new(&id, namespace.name_of(&id, Some(path)), bytes);
        found.insert(id, info);
    }
    for object in namespace.all() {
        let info = found.entry(object.id().to_owned()).or_insert_with(|| new(object.id(), None, 0));
        info.name = Some(object.name().to_owned());
        info.awake = object.has_instance();
        info.sockets = object.sockets().len();
    }
    let mut objects: Vec<ObjectInfo> = found.into_values().collect();
    objects.sort_by(|a, b| (a.name.is_none(), &a.name, &a.id).cmp(&(b.name.is_none(), &b.name, &b.id)));
    Ok(objects)
}

/// The object with this name or id; may block on the disk.
pub(super) fn find(namespace: &Namespace, named: &str) -> Result<ObjectRef, InspectError> {
    let missing = || InspectError::NoObject { object: named.to_owned() };
    let path_of = |id: &str| {
        namespace
            .state()
            .object_path(CLASS, id)
            .map_err(|error| InspectError::Storage { object: named.to_owned(), source: std::io::Error::other(error) })
    };
    if is_object_id(named) {
        let path = path_of(named)?;
        let exists = engine::exists(&path);
        let name = namespace.name_of(named, exists.then(|| path.clone()));
        return if exists || name.is_some() {
            Ok(ObjectRef { named: named.to_owned(), name, id: named.to_owned(), path })
        } else {
            Err(missing())
        };
    }
    let id = Namespace::id_of(named);
    let path = path_of(&id)?;
    if !engine::exists(&path) && !namespace.contains(named) {
        return Err(missing());
    }
    Ok(ObjectRef { named: named.to_owned(), name: Some(named.to_owned()), id, path })
}

/// Works on an object's storage, in a turn of its own.
pub(super) async fn with_storage<T: Send + 'static>(
    namespace: &Arc<Namespace>,
    object: ObjectRef,
    work: impl FnOnce(&mut Database) -> Result<T, SqlError> + Send + 'static,
) -> Result<T, InspectError> {
    refuse_closing(namespace)?;
    let Some(name) = &object.name else {
        // Nobody can reach it, so nobody has it open; and if somebody should, SQLite keeps the two apart.
        let namespace = Arc::clone(namespace);
        let work = move || work(&mut namespace.open_database(object.path)?);
        let result = tokio::task::spawn_blocking(work).await;
        return Ok(result.map_err(|_| InspectError::Closing)??);
    };
    let (reply, answer) = oneshot::channel();
    let work = move |database: Result<&mut Database, SqlError>| {
        let _ = reply.send(database.and_then(work));
    };
    namespace.post(name, Input::Storage(Box::new(work)));
    Ok(answer.await.map_err(|_| InspectError::Closing)??)
}

/// Delivers an object's alarm now; returns when its handler has ended.
pub(super) async fn fire_alarm(namespace: &Namespace, object: ObjectRef) -> Result<(), InspectError> {
    refuse_closing(namespace)?;
    let ObjectRef { named, name, id, .. } = object;
    let Some(name) = name else { return Err(InspectError::Nameless { id }) };
    let ended = namespace.alarms().wait_for_end(&id);
    let (done, found) = oneshot::channel();
    namespace.post(&name, Input::FireAlarm { done });
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
pub(super) async fn delete(namespace: &Namespace, object: ObjectRef) -> Result<(), InspectError> {
    refuse_closing(namespace)?;
    let ObjectRef { named, name, id, path } = object;
    let removed = match name {
        Some(name) => {
            let (done, removed) = oneshot::channel();
            namespace.post(&name, Input::Delete { done });
            removed.await.map_err(|_| InspectError::Closing)?
        }
        None => engine::remove_files(&path),
    };
    namespace.forget_name(&id);
    removed.map_err(|source| InspectError::Storage { object: named, source })
}

/// Ends an object's instance as idleness does.
pub(super) async fn evict(namespace: &Namespace, object: &ObjectRef) {
    if let Some(name) = &object.name {
        namespace.evict(name).await;
    }
}

fn refuse_closing(namespace: &Namespace) -> Result<(), InspectError> {
    if namespace.is_closing() { Err(InspectError::Closing) } else { Ok(()) }
}
