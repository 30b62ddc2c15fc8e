//! How the bucket of a state folder is opened.

use super::{CACHE_BYTES, Reader, Store, rows, schema};
use crate::{
    profile::Profile,
    state_dir::{StateDir, StateError},
    storage::{
        blobs::Blobs,
        cache,
        checkpoint::{self, Checkpointer},
        sqlite,
    },
    sync::lock,
    world::clock::Clock,
};
use rows::Columns;
use rusqlite::Connection;
use std::{collections::HashMap, io, sync::Mutex};
use tokio::sync::watch;

const FILE: &str = "r2.sqlite";

impl Store {
    pub(in crate::r2) fn open(state: &StateDir, clock: &Clock, profile: Profile) -> Result<Self, StateError> {
        if state.reads_only() {
            return Self::open_to_read(state, clock, profile);
        }
        let database = |source| StateError::Database { path: state.path().join(FILE), source };
        let writer = sqlite::open_store(state, FILE, "")?;
        schema::migrate(&writer).map_err(database)?;
        let opened = Blobs::open(state, "r2", &rows::blob_sizes(&writer).map_err(database)?)?;
        let mut lost = Vec::new();
        for blob in opened.damaged {
            let of_part = writer.execute("DELETE FROM parts WHERE blob = ?", [blob]).map_err(database)? > 0;
            if of_part {
                tracing::warn!(blob, "a part of an upload to R2 is lost, its file is gone or cut short");
                opened.blobs.remove(blob);
            } else {
                lost.push(blob);
            }
        }
        // The epoch first: a crash between the two must not leave fewer objects in the same epoch.
        let epoch = match rows::read_epoch(&writer).map_err(database)? {
            Some(epoch) if lost.is_empty() => epoch,
            _ => rows::write_epoch(&writer, clock)
                .map_err(|source| StateError::Unusable { path: state.path().join(FILE), source })?,
        };
        for blob in &lost {
            tracing::warn!(blob, "an object of R2 is lost, its file is gone or cut short: its key is removed");
            writer.execute("DELETE FROM objects WHERE blob = ?", [blob]).map_err(database)?;
            opened.blobs.remove(*blob);
        }
        writer.pragma_update(None, "wal_autocheckpoint", checkpoint::BACKSTOP_PAGES).map_err(database)?;
        let store = Self {
            checkpointer: Some(Checkpointer::start(sqlite::open_store(state, FILE, "")?)),
            state: state.clone(),
            clock: clock.clone(),
            profile,
            epoch,
            lost: watch::Sender::new(lost.len() as u64),
            pending: Mutex::default(),
            writer: Mutex::new(writer),
            reader: reader(sqlite::open_store(state, FILE, "")?, Columns::All),
            cache: cache::with_capacity(CACHE_BYTES),
            blobs: opened.blobs,
        };
        store.expire(&lock(&store.writer)).map_err(|source| StateError::Unusable {
            path: state.path().join(FILE),
            source: io::Error::other(source),
        })?;
        Ok(store)
    }

    fn open_to_read(state: &StateDir, clock: &Clock, profile: Profile) -> Result<Self, StateError> {
        let database = |source| StateError::Database { path: state.path().join(FILE), source };
        let connection = sqlite::open_store(state, FILE, schema::SCHEMA)?;
        let columns = schema::columns(&connection).map_err(database)?;
        Ok(Self {
            checkpointer: None,
            state: state.clone(),
            clock: clock.clone(),
            profile,
            epoch: String::new(),
            lost: watch::Sender::default(),
            pending: Mutex::default(),
            writer: Mutex::new(Connection::open_in_memory().map_err(database)?),
            reader: reader(connection, columns),
            cache: cache::with_capacity(CACHE_BYTES),
            blobs: Blobs::open(state, "r2", &HashMap::new())?.blobs,
        })
    }
}

fn reader(connection: Connection, columns: Columns) -> Mutex<Reader> {
    Mutex::new(Reader { connection, columns, generation: 0 })
}
