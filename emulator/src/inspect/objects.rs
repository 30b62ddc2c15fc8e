//! Objects as they are found from outside, by name or by id, and what is done to them through their queues.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::{InspectError, ObjectInfo};
use crate::durable_object::engine::{self, Database};
use crate::durable_object::error::SqlError;
use crate::durable_object::id::is_object_id;
use crate::durable_object::input::Input;
use crate::durable_object::namespace::Namespace;
use crate::durable_object::object_key::ObjectKey;

/// An object that exists.
pub(super) struct ObjectRef {
    /// As the caller named it.
    named: String,
    key: ObjectKey,
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
    let files = namespace.state().objects(namespace.folder());
    let class = namespace.class();
    for (id, path, bytes) in files.map_err(|source| InspectError::Storage { object: class.to_owned(), source })? {
        let info = new(&id, namespace.name_of(&id, Some(path)), bytes);
        found.insert(id, info);
    }
    for object in namespace.all() {
        let ObjectKey { id, name } = object.key();
        let info = found.entry(id.clone()).or_insert_with(|| new(id, None, 0));
        info.name = info.name.take().or_else(|| name.clone());
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
    let key =
        if is_object_id(named) { namespace.by_id(named).map_err(|_| missing())? } else { namespace.by_name(named) };
    let path = namespace
        .state()
        .object_path(namespace.folder(), &key.id)
        .map_err(|error| InspectError::Storage { object: named.to_owned(), source: std::io::Error::other(error) })?;
    let exists = engine::exists(&path);
    if !exists && !namespace.contains(&key.id) && namespace.alarms().index().get(&key.id).is_none() {
        return Err(missing());
    }
    let name = key.name.or_else(|| namespace.name_of(&key.id, exists.then_some(path)));
    Ok(ObjectRef { named: named.to_owned(), key: ObjectKey { id: key.id, name } })
}

/// Works on an object's storage, in a turn of its own.
pub(super) async fn with_storage<T: Send + 'static>(
    namespace: &Arc<Namespace>,
    object: ObjectRef,
    work: impl FnOnce(&mut Database) -> Result<T, SqlError> + Send + 'static,
) -> Result<T, InspectError> {
    refuse_closing(namespace)?;
    let (reply, answer) = oneshot::channel();
    let work = move |database: Result<&mut Database, SqlError>| {
        let _ = reply.send(database.and_then(work));
    };
    namespace.post(&object.key, Input::Storage(Box::new(work)));
    Ok(answer.await.map_err(|_| InspectError::Closing)??)
}

/// Delivers an object's alarm now; returns when its handler has ended.
pub(super) async fn fire_alarm(namespace: &Namespace, object: ObjectRef) -> Result<(), InspectError> {
    refuse_closing(namespace)?;
    let ObjectRef { named, key, .. } = object;
    let ended = namespace.alarms().wait_for_end(&key.id);
    let (done, found) = oneshot::channel();
    namespace.post(&key, Input::FireAlarm { done });
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
    let ObjectRef { named, key, .. } = object;
    let (done, removed) = oneshot::channel();
    namespace.post(&key, Input::Delete { done });
    let removed = removed.await.map_err(|_| InspectError::Closing)?;
    namespace.forget_name(&key.id);
    removed.map_err(|source| InspectError::Storage { object: named, source })
}

/// Ends an object's instance as idleness does.
pub(super) async fn evict(namespace: &Namespace, object: &ObjectRef) {
    namespace.evict(&object.key.id).await;
}

fn refuse_closing(namespace: &Namespace) -> Result<(), InspectError> {
    if namespace.is_closing() { Err(InspectError::Closing) } else { Ok(()) }
}
