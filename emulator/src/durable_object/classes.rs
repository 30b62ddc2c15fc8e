//! Which class of which Worker has which namespace, and how that changes: the platform's migrations.
//!
//! All of it is one small file that is replaced as a whole, so that a migration has happened or has not, wherever the process ends. A class
//! that is renamed or goes to another Worker keeps its namespace, and with it its objects, their ids, alarms and folder. What a deleted
//! class leaves is removed afterwards, and again when the state is opened the next time, until nothing is left.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde::{Deserialize, Serialize};

use super::namespace_key::NamespaceKey;
use crate::state_dir::folder::{Folder, Kind};
use crate::state_dir::{StateDir, StateError, layout};

/// One step of the history of a Worker's classes, as `migrations` of its config has it. Within a step classes are renamed first, then
/// deleted, then transferred, then made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassMigration {
    /// The name by which it is applied once.
    pub tag: String,
    /// Classes that begin to have objects.
    pub new: Vec<String>,
    /// Classes with a new name: the one before, and the one from now on.
    pub renamed: Vec<(String, String)>,
    /// Classes that come from another Worker.
    pub transferred: Vec<TransferredClass>,
    /// Classes that are deleted with all their objects.
    pub deleted: Vec<String>,
}

/// A class that comes from another Worker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransferredClass {
    /// The Worker that has it.
    pub worker: String,
    /// Its name there.
    pub from: String,
    /// Its name here.
    pub to: String,
}

/// Why the classes of a Worker cannot be as its config has them.
#[derive(Debug, thiserror::Error)]
pub enum ClassError {
    /// What was applied last is not among the migrations.
    #[error("migration `{tag}` was applied to the Worker `{worker}`, and its config does not list it any more")]
    UnknownTag {
        /// The Worker.
        worker: String,
        /// What was applied last.
        tag: String,
    },
    /// A step speaks of a class that is not there.
    #[error("migration `{tag}` needs the class `{class}` of the Worker `{worker}`, which has no objects")]
    NoClass {
        /// The step.
        tag: String,
        /// The Worker that would have it.
        worker: String,
        /// The class.
        class: String,
    },
    /// A step would make a class that is there already.
    #[error("migration `{tag}` makes the class `{class}`, and the Worker `{worker}` has it already")]
    ClassExists {
        /// The step.
        tag: String,
        /// The Worker.
        worker: String,
        /// The class.
        class: String,
    },
    /// A binding to a class that no migration has made.
    #[error(
        "Cannot create binding for class '{class}' because it is not currently configured to implement Durable Objects."
    )]
    NotMade {
        /// The class.
        class: String,
    },
    /// The file cannot be read, written or understood.
    #[error("the classes of the state cannot be used: {0}")]
    Storage(#[from] io::Error),
    /// The state folder cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
}

/// The classes of a state folder.
#[derive(Debug)]
pub(crate) struct ClassCatalog {
    state: StateDir,
    stored: StoredClasses,
}

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct StoredClasses {
    workers: BTreeMap<String, StoredWorker>,
    /// Unique keys of namespaces whose files are still to be removed.
    deleted: BTreeSet<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct StoredWorker {
    /// The migration that was applied last.
    tag: Option<String>,
    /// The unique keys of their namespaces, by class.
    classes: BTreeMap<String, String>,
}

impl ClassCatalog {
    /// Reads the classes of a state folder, and removes what deleted ones have left.
    ///
    /// # Errors
    /// If the file or the folders cannot be used.
    pub(crate) fn open(state: &StateDir) -> Result<Self, ClassError> {
        let stored = match folder(state)
            .and_then(|folder| folder.read_small(layout::NAMESPACES, layout::MAX_NAMESPACES_BYTES))
        {
            Err(error) if error.kind() == io::ErrorKind::NotFound => StoredClasses::default(),
            bytes => serde_json::from_slice(&bytes?).map_err(io::Error::from)?,
        };
        let mut catalog = Self { state: state.clone(), stored };
        catalog.sweep()?;
        Ok(catalog)
    }

    /// The namespace of a class, if it has one.
    pub(crate) fn namespace(&self, worker: &str, class: &str) -> Option<NamespaceKey> {
        Some(NamespaceKey::new(self.stored.workers.get(worker)?.classes.get(class)?))
    }

    /// The namespace of a class of a Worker whose config lists no migrations: it is made if it is missing.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(crate) fn ensure(&mut self, worker: &str, class: &str) -> Result<NamespaceKey, ClassError> {
        if let Some(namespace) = self.namespace(worker, class) {
            return Ok(namespace);
        }
        let mut next = self.stored.clone();
        next.make(worker, class);
        self.store(next)?;
        self.namespace(worker, class).ok_or_else(|| ClassError::NotMade { class: class.to_owned() })
    }

    /// Applies the steps that were not applied to a Worker yet, in their order: all of them, or none.
    ///
    /// # Errors
    /// If one of them does not fit, or the file cannot be written. Nothing has changed then.
    pub(crate) fn migrate(&mut self, worker: &str, steps: &[ClassMigration]) -> Result<(), ClassError> {
        let applied = self.stored.workers.get(worker).and_then(|worker| worker.tag.as_deref());
        let new = match applied {
            None => steps,
            Some(tag) => match steps.iter().position(|step| step.tag == tag) {
                Some(at) => &steps[at + 1..],
                None => return Err(ClassError::UnknownTag { worker: worker.to_owned(), tag: tag.to_owned() }),
            },
        };
        let Some(last) = new.last() else { return Ok(()) };
        let mut next = self.stored.clone();
        for step in new {
            next.apply(worker, step)?;
        }
        next.workers.entry(worker.to_owned()).or_default().tag = Some(last.tag.clone());
        self.store(next)?;
        self.sweep()
    }

    fn store(&mut self, next: StoredClasses) -> Result<(), ClassError> {
        if !self.state.reads_only() {
            let bytes = serde_json::to_vec_pretty(&next).map_err(io::Error::from)?;
            folder(&self.state)?.write_atomically(layout::NAMESPACES, &bytes)?;
        }
        self.stored = next;
        Ok(())
    }

    /// Removes what deleted classes have left.
    fn sweep(&mut self) -> Result<(), ClassError> {
        if self.stored.deleted.is_empty() || self.state.reads_only() {
            return Ok(());
        }
        let objects = folder(&self.state)?;
        for key in &self.stored.deleted {
            let namespace = NamespaceKey::new(key);
            remove_objects(&objects, namespace.folder())?;
            if namespace == NamespaceKey::bundled() {
                remove_databases(&objects, |database| database == layout::ALARMS)?;
            }
        }
        self.store(StoredClasses { deleted: BTreeSet::new(), ..self.stored.clone() })
    }
}

impl StoredClasses {
    fn apply(&mut self, worker: &str, step: &ClassMigration) -> Result<(), ClassError> {
        for (from, to) in &step.renamed {
            let key = self.take(worker, from, step)?;
            self.put(worker, to, key, step)?;
        }
        for class in &step.deleted {
            let key = self.take(worker, class, step)?;
            self.deleted.insert(key);
        }
        for TransferredClass { worker: other, from, to } in &step.transferred {
            let key = self.take(other, from, step)?;
            self.put(worker, to, key, step)?;
        }
        for class in &step.new {
            self.check_free(worker, class, step)?;
            self.make(worker, class);
        }
        Ok(())
    }

    fn take(&mut self, worker: &str, class: &str, step: &ClassMigration) -> Result<String, ClassError> {
        let key = self.workers.get_mut(worker).and_then(|worker| worker.classes.remove(class));
        key.ok_or_else(|| ClassError::NoClass {
            tag: step.tag.clone(),
            worker: worker.to_owned(),
            class: class.to_owned(),
        })
    }

    fn put(&mut self, worker: &str, class: &str, key: String, step: &ClassMigration) -> Result<(), ClassError> {
        self.check_free(worker, class, step)?;
        self.workers.entry(worker.to_owned()).or_default().classes.insert(class.to_owned(), key);
        Ok(())
    }

    fn check_free(&self, worker: &str, class: &str, step: &ClassMigration) -> Result<(), ClassError> {
        if self.workers.get(worker).is_some_and(|worker| worker.classes.contains_key(class)) {
            let (tag, worker, class) = (step.tag.clone(), worker.to_owned(), class.to_owned());
            return Err(ClassError::ClassExists { tag, worker, class });
        }
        Ok(())
    }

    /// Gives a class a namespace of its own, whose key no other one has.
    fn make(&mut self, worker: &str, class: &str) {
        let is_taken = |key: &str| {
            self.deleted.contains(key)
                || self.workers.values().any(|other| other.classes.values().any(|used| used == key))
        };
        let first = NamespaceKey::of_class(worker, class).unique_key().to_owned();
        let further = (2_u64..).map(|number| format!("{first}-{number}"));
        let key = std::iter::once(first.clone()).chain(further).find(|key| !is_taken(key)).unwrap_or(first);
        self.workers.entry(worker.to_owned()).or_default().classes.insert(class.to_owned(), key);
    }
}

fn folder(state: &StateDir) -> io::Result<Folder> {
    if state.reads_only() { state.root().open_folder("do") } else { state.root().ensure_folder("do") }
}

/// Removes the objects in a folder, and the folder, unless somebody has put something else into it.
fn remove_objects(objects: &Folder, name: &str) -> io::Result<()> {
    let folder = match objects.open_folder(name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        folder => folder?,
    };
    remove_databases(&folder, |database| database == layout::ALARMS || layout::object_of(database).is_some())?;
    let is_empty = folder.entries()?.is_empty();
    drop(folder);
    if is_empty { objects.remove_empty_folder(name) } else { Ok(()) }
}

fn remove_databases(folder: &Folder, is_removed: impl Fn(&str) -> bool) -> io::Result<()> {
    for entry in folder.entries()? {
        if entry.kind == Kind::File && layout::database_of(&entry.name).is_some_and(&is_removed) {
            folder.remove_file(&entry.name)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(tag: &str) -> ClassMigration {
        ClassMigration { tag: tag.to_owned(), ..ClassMigration::default() }
    }

    fn new(tag: &str, classes: &[&str]) -> ClassMigration {
        ClassMigration { new: classes.iter().map(|&class| class.to_owned()).collect(), ..step(tag) }
    }

    fn renamed(tag: &str, from: &str, to: &str) -> ClassMigration {
        ClassMigration { renamed: vec![(from.to_owned(), to.to_owned())], ..step(tag) }
    }

    fn deleted(tag: &str, class: &str) -> ClassMigration {
        ClassMigration { deleted: vec![class.to_owned()], ..step(tag) }
    }

    fn key(catalog: &ClassCatalog, worker: &str, class: &str) -> Option<String> {
        Some(catalog.namespace(worker, class)?.unique_key().to_owned())
    }

    fn put_object(state: &StateDir, folder: &str) {
        fs_err::write(state.object_path(folder, "ab").unwrap(), "").unwrap();
        fs_err::write(state.database(&layout::alarms_file(folder)), "").unwrap();
    }

    #[test]
    fn a_step_is_applied_once_and_a_renamed_class_keeps_its_namespace() {
        let state = StateDir::temporary().unwrap();
        let mut catalog = ClassCatalog::open(&state).unwrap();
        let mut steps = vec![new("v1", &["A"])];
        catalog.migrate("w", &steps).unwrap();
        catalog.migrate("w", &steps).unwrap();
        assert_eq!(key(&catalog, "w", "A").as_deref(), Some("w-A"));
        steps.extend([renamed("v2", "A", "B"), new("v3", &["A"])]);
        let mut catalog = ClassCatalog::open(&state).unwrap();
        catalog.migrate("w", &steps).unwrap();
        assert_eq!(key(&catalog, "w", "B").as_deref(), Some("w-A"), "its ids stay");
        assert_eq!(key(&catalog, "w", "A").as_deref(), Some("w-A-2"), "and no other class gets them");
        assert_eq!(ClassCatalog::open(&state).unwrap().stored, catalog.stored);
    }

    #[test]
    fn a_class_that_goes_to_another_worker_takes_its_namespace_along() {
        let state = StateDir::temporary().unwrap();
        let mut catalog = ClassCatalog::open(&state).unwrap();
        catalog.migrate("one", &[new("v1", &["A"])]).unwrap();
        let from = TransferredClass { worker: "one".to_owned(), from: "A".to_owned(), to: "B".to_owned() };
        let transfer = ClassMigration { transferred: vec![from], ..step("v1") };
        catalog.migrate("two", std::slice::from_ref(&transfer)).unwrap();
        assert_eq!((key(&catalog, "one", "A"), key(&catalog, "two", "B").as_deref()), (None, Some("one-A")));
        let again = ClassMigration { tag: "v2".to_owned(), ..transfer.clone() };
        let error = catalog.migrate("two", &[transfer, again]).unwrap_err();
        assert!(matches!(error, ClassError::NoClass { .. }), "{error}");
    }

    #[test]
    fn what_a_deleted_class_has_stored_is_removed_and_nothing_else() {
        let state = StateDir::temporary().unwrap();
        let mut catalog = ClassCatalog::open(&state).unwrap();
        catalog.migrate("w", &[new("v1", &["A", "B"])]).unwrap();
        put_object(&state, "w-A");
        put_object(&state, "w-B");
        catalog.migrate("w", &[new("v1", &["A", "B"]), deleted("v2", "A"), new("v3", &["A"])]).unwrap();
        assert_eq!(state.object_folders().unwrap(), ["w-B"]);
        assert_eq!(state.objects("w-B").unwrap().len(), 1);
        assert_eq!(key(&catalog, "w", "A").as_deref(), Some("w-A-2"));
    }

    #[test]
    fn a_process_that_ends_after_any_step_of_a_deletion_leaves_what_the_next_one_finishes() {
        for removed in 0..4 {
            let state = StateDir::temporary().unwrap();
            let mut catalog = ClassCatalog::open(&state).unwrap();
            catalog.migrate("w", &[new("v1", &["A"])]).unwrap();
            put_object(&state, "w-A");
            // As far as it came: the file was replaced, and so many files were removed.
            let mut next = catalog.stored.clone();
            next.apply("w", &deleted("v2", "A")).unwrap();
            catalog.store(next).unwrap();
            let folder = state.root().open_folder("do").unwrap().open_folder("w-A").unwrap();
            for entry in folder.entries().unwrap().into_iter().take(removed) {
                folder.remove_file(&entry.name).unwrap();
            }
            drop(catalog);
            let catalog = ClassCatalog::open(&state).unwrap();
            assert_eq!(state.object_folders().unwrap(), [""; 0], "{removed}");
            assert_eq!(catalog.stored.deleted.len(), 0);
        }
    }

    #[test]
    fn steps_that_do_not_fit_change_nothing() {
        let state = StateDir::temporary().unwrap();
        let mut catalog = ClassCatalog::open(&state).unwrap();
        catalog.migrate("w", &[new("v1", &["A"])]).unwrap();
        let before = catalog.stored.clone();
        for (steps, expected) in [
            (vec![new("v1", &["A"]), new("v2", &["B"]), new("v3", &["A"])], "has it already"),
            (vec![new("v1", &["A"]), renamed("v2", "X", "Y")], "has no objects"),
            (vec![new("v1", &["A"]), deleted("v2", "X")], "has no objects"),
            (vec![new("other", &["A"])], "does not list it any more"),
        ] {
            let error = catalog.migrate("w", &steps).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            assert_eq!(catalog.stored, before);
            assert_eq!(ClassCatalog::open(&state).unwrap().stored, before);
        }
    }

    #[test]
    fn the_objects_of_a_folder_without_the_file_are_the_bundled_worker_s() {
        let state = StateDir::temporary().unwrap();
        put_object(&state, layout::BUNDLED_FOLDER);
        let mut catalog = ClassCatalog::open(&state).unwrap();
        let namespace = catalog.ensure("pmx", "SpaceDO").unwrap();
        assert_eq!((namespace.clone(), namespace.folder()), (NamespaceKey::bundled(), "SpaceDO"));
        assert_eq!(state.objects("SpaceDO").unwrap().len(), 1);
    }
}
