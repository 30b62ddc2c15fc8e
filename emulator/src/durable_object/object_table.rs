//! The objects of a namespace that are in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use super::alarm_scheduler::NextDue;
use super::container::{ObjectContainer, Registry};
use super::input::Input;
use super::namespace_state::NamespaceState;
use super::object_key::ObjectKey;
use crate::state_dir::StateError;
use crate::sync::lock;

/// The objects in memory, by id.
pub(super) struct ObjectTable {
    namespace: Arc<NamespaceState>,
    objects: Mutex<HashMap<String, Arc<ObjectContainer>>>,
}

impl ObjectTable {
    pub(super) fn new(namespace: Arc<NamespaceState>) -> Self {
        Self { namespace, objects: Mutex::default() }
    }

    pub(super) fn get(&self, id: &str) -> Option<Arc<ObjectContainer>> {
        self.lock().get(id).cloned()
    }

    pub(super) fn all(&self) -> Vec<Arc<ObjectContainer>> {
        self.lock().values().cloned().collect()
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    pub(super) fn deliver_due_alarms(self: &Arc<Self>) -> NextDue {
        self.namespace.alarms.deliver_due(|object, attempt| self.post(&object, Input::Alarm { attempt }))
    }

    /// Delivers an input to an object, which is brought into memory for it.
    pub(super) fn post(self: &Arc<Self>, key: &ObjectKey, mut input: Input) {
        loop {
            let object = match self.object(key) {
                Ok(object) => object,
                Err(error) => {
                    tracing::error!(object = key.label(), %error, "there is no place for a Durable Object");
                    return;
                }
            };
            match object.post(input) {
                Ok(()) => return,
                // It was forgotten between the look-up and this: the next look-up makes another.
                Err(back) => input = back,
            }
        }
    }

    fn object(self: &Arc<Self>, key: &ObjectKey) -> Result<Arc<ObjectContainer>, StateError> {
        let mut objects = self.lock();
        if let Some(object) = objects.get(&key.id) {
            return Ok(Arc::clone(object));
        }
        let path = self.namespace.shared.state_dir.object_path(self.namespace.key.folder(), &key.id)?;
        let registry: Weak<Self> = Arc::downgrade(self);
        let object = Arc::new(ObjectContainer::new(Arc::clone(&self.namespace), registry, key.clone(), path));
        objects.insert(key.id.clone(), Arc::clone(&object));
        Ok(object)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<ObjectContainer>>> {
        lock(&self.objects)
    }
}

impl Registry for ObjectTable {
    fn retire(&self, id: &str) {
        let mut objects = self.lock();
        if objects.get(id).is_some_and(|object| object.retire()) {
            objects.remove(id);
        }
    }
}
