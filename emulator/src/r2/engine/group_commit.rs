//! Puts that come at once are one transaction: whoever gets hold of the writer puts for all who wait for it.

use super::{Conditional, NewObject, ObjectMeta, Store, change::Inserted};
use crate::storage::StoreError;
use crate::sync::lock;
use rusqlite::Connection;
use std::{
    mem,
    sync::{Arc, Mutex},
};

/// What became of a put, once that is known.
type PutResult = Result<Option<ObjectMeta>, StoreError>;

/// A put that waits for the writer.
#[derive(Debug)]
pub(in crate::r2) struct PendingPut {
    object: NewObject,
    only_if: Option<Conditional>,
    outcome: Arc<Mutex<Option<PutResult>>>,
}

/// A put's transaction was undone for another's sake, or with the writer.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the transaction that the object was put in could not be committed")]
struct Undone;

impl Store {
    /// Puts an object; `None` if its condition does not hold. It is durable when this returns.
    pub(in crate::r2) fn put(&self, object: NewObject, only_if: Option<Conditional>) -> PutResult {
        let outcome = Arc::new(Mutex::new(None));
        lock(&self.pending).push(PendingPut { object, only_if, outcome: Arc::clone(&outcome) });
        let writer = lock(&self.writer);
        // Whoever had the writer may have put this one, too. If not, it is still among those that wait.
        if lock(&outcome).is_none() {
            let group = mem::take(&mut *lock(&self.pending));
            self.put_group(&writer, group);
        }
        drop(writer);
        lock(&outcome).take().unwrap_or_else(|| Err(Undone.into()))
    }

    fn put_group(&self, writer: &Connection, group: Vec<PendingPut>) {
        let grouped = group.len() > 1 && writer.execute_batch("BEGIN").is_ok();
        let mut results: Vec<_> = group
            .into_iter()
            .map(|PendingPut { object, only_if, outcome }| (self.insert(writer, object, only_if.as_ref()), outcome))
            .collect();
        if grouped {
            // A full disk, for one, ends the transaction itself.
            let lost = writer.is_autocommit() || writer.execute_batch("COMMIT").is_err();
            if !writer.is_autocommit() {
                let _ = writer.execute_batch("ROLLBACK");
            }
            if lost {
                for (result, _) in &mut results {
                    self.undo(result);
                }
            }
        }
        let mut replaced = Vec::new();
        for (result, outcome) in results {
            let result = result.map(|stored| stored.map(|stored| self.publish(stored, &mut replaced)));
            *lock(&outcome) = Some(result);
        }
        for blob in replaced {
            self.blobs.remove(blob);
        }
    }

    /// What was put is not there.
    fn undo(&self, result: &mut Result<Option<Inserted>, StoreError>) {
        if let Ok(stored) = mem::replace(result, Err(Undone.into()))
            && let Some(blob) = stored.and_then(|stored| stored.blob())
        {
            self.blobs.remove(blob);
        }
    }
}
