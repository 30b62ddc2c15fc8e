//! Durable Objects inspected, and changed by hand, from outside of the Worker: for a console, a command line and tests.

mod json;
mod objects;
mod types;

pub use crate::websocket::SocketInfo;
pub use types::{ColumnInfo, ObjectInfo, SqlResult, TableInfo};

use crate::durable_object::{
    engine::{Database, Rows, Value},
    error::SqlError,
    namespace::Namespace,
};
use objects::ObjectRef;
use serde_json::Value as Json;
use std::{sync::Arc, time::Duration};

/// Inspects the Durable Objects of an emulator, and changes them by hand.
///
/// Objects are named by their name or by their id (64 hex digits). What reads or writes storage is a turn of its own in the
/// object's queue, so that it never races with an event; it neither wakes an object that sleeps nor keeps one awake. What is
/// written is committed when the call returns, and is not seen by the Worker's code as an event.
///
/// It looks at one class at a time: first at the one that the Worker's bindings name first ([`Self::class`] chooses another).
#[derive(Clone)]
pub struct Inspector {
    namespaces: Arc<[Arc<Namespace>]>,
    at: usize,
}

/// Why an object cannot be looked into.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// Nothing is known of it.
    #[error("there is no Durable Object `{object}`")]
    NoObject {
        /// As it was named.
        object: String,
    },
    /// It has no alarm that could be fired.
    #[error("`{object}` has no alarm")]
    NoAlarm {
        /// As it was named.
        object: String,
    },
    /// The alarm was delivered, and its handler crashed; it is tried again as always.
    #[error("the alarm of `{object}` failed: its handler crashed, and it will be tried again")]
    AlarmFailed {
        /// As it was named.
        object: String,
    },
    /// The query is refused.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// A parameter is no value of SQL.
    #[error("parameter {number} is {what}; a parameter is null, a number, a string or {{\"hex\": \"…\"}}")]
    Parameter {
        /// Which one, from 1.
        number: usize,
        /// What it is instead.
        what: &'static str,
    },
    /// A file cannot be read or removed.
    #[error("the storage of `{object}` cannot be used: {source}")]
    Storage {
        /// As it was named.
        object: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The emulator is being shut down.
    #[error("the emulator is shutting down")]
    Closing,
}

/// How long a query may take: the object answers nobody meanwhile, and what a person writes may have no end.
const LONGEST_QUERY: Duration = Duration::from_secs(10);
/// The tables of an object that are not SQLite's or the platform's.
const TABLES: &str = "SELECT name, coalesce(sql, '') FROM sqlite_master WHERE type = 'table' \
                      AND name NOT GLOB 'sqlite_*' AND lower(name) NOT GLOB '_cf_*' ORDER BY name";

impl Inspector {
    pub(crate) fn new(namespaces: Arc<[Arc<Namespace>]>) -> Self {
        Self { namespaces, at: 0 }
    }

    /// The classes of Durable Objects, in the order of the Worker's bindings.
    pub fn classes(&self) -> impl Iterator<Item = &str> {
        self.namespaces.iter().map(|namespace| namespace.class())
    }

    /// As this, but for the objects of another class, if there is one with this name.
    #[must_use]
    pub fn class(&self, name: &str) -> Option<Self> {
        let at = self.namespaces.iter().position(|namespace| namespace.class() == name)?;
        Some(Self { namespaces: Arc::clone(&self.namespaces), at })
    }

    fn namespace(&self) -> Option<&Arc<Namespace>> {
        self.namespaces.get(self.at)
    }

    fn namespace_of(&self, object: &str) -> Result<&Arc<Namespace>, InspectError> {
        self.namespace().ok_or_else(|| InspectError::NoObject { object: object.to_owned() })
    }

    /// All objects that have a file or an instance, in the order of their names; those without a known name last.
    ///
    /// # Errors
    /// If the state folder cannot be read.
    pub async fn objects(&self) -> Result<Vec<ObjectInfo>, InspectError> {
        match self.namespace() {
            Some(namespace) => blocking(namespace, objects::list).await,
            None => Ok(Vec::new()),
        }
    }

    /// The tables of an object.
    ///
    /// # Errors
    /// If there is no such object, or its storage cannot be read.
    pub async fn tables(&self, object: &str) -> Result<Vec<TableInfo>, InspectError> {
        let (namespace, found) = self.find(object).await?;
        objects::with_storage(namespace, found, tables).await
    }

    /// Runs SQL in an object's storage, under the limits that the object's own code has: several statements may follow each
    /// other, the last may have parameters, and its rows are returned. All of it is committed, or nothing. After ten seconds it is
    /// given up.
    ///
    /// # Errors
    /// If there is no such object, a parameter is none, or SQLite or the platform refuses the query.
    pub async fn sql(&self, object: &str, query: &str, parameters: &[Json]) -> Result<SqlResult, InspectError> {
        let bindings = parameters
            .iter()
            .zip(1..)
            .map(|(parameter, number)| json::to_value(parameter, number))
            .collect::<Result<Vec<_>, _>>()?;
        let (namespace, found) = self.find(object).await?;
        let query = query.to_owned();
        objects::with_storage(namespace, found, move |database| run(database, &query, &bindings)).await
    }

    /// The sockets of an object, in the order of their acceptance. None if there is no such object.
    #[must_use]
    pub fn sockets(&self, object: &str) -> Vec<SocketInfo> {
        let Some(namespace) = self.namespace() else { return Vec::new() };
        let by_id = namespace.by_id(object).ok().and_then(|key| namespace.loaded(&key.id));
        let found = by_id.or_else(|| namespace.loaded(&namespace.by_name(object).id));
        found.map(|found| found.sockets().describe()).unwrap_or_default()
    }

    /// When an object's alarm is due, in milliseconds since 1970, if it has one.
    ///
    /// # Errors
    /// If there is no such object, or its storage cannot be read.
    pub async fn alarm(&self, object: &str) -> Result<Option<u64>, InspectError> {
        let (namespace, found) = self.find(object).await?;
        objects::with_storage(namespace, found, Database::get_alarm).await
    }

    /// Delivers an object's alarm now, whenever it is due. Returns when its handler has ended.
    ///
    /// # Errors
    /// If there is no such object, it has no alarm, or the handler crashed.
    pub async fn fire_alarm(&self, object: &str) -> Result<(), InspectError> {
        let (namespace, found) = self.find(object).await?;
        objects::fire_alarm(namespace, found).await
    }

    /// Ends an object's instance as idleness does, once its events have ended. Its sockets stay.
    ///
    /// # Errors
    /// If there is no such object.
    pub async fn evict(&self, object: &str) -> Result<(), InspectError> {
        let (namespace, found) = self.find(object).await?;
        objects::evict(namespace, &found).await;
        Ok(())
    }

    /// Removes all that an object has stored, and its alarm. Its instance ends at once and its sockets drop, so that open pages
    /// come back to an object that is new.
    ///
    /// # Errors
    /// If there is no such object, or its files cannot be removed.
    pub async fn delete(&self, object: &str) -> Result<(), InspectError> {
        let (namespace, found) = self.find(object).await?;
        objects::delete(namespace, found).await
    }

    async fn find(&self, object: &str) -> Result<(&Arc<Namespace>, ObjectRef), InspectError> {
        let namespace = self.namespace_of(object)?;
        let object = object.to_owned();
        Ok((namespace, blocking(namespace, move |namespace| objects::find(namespace, &object)).await?))
    }
}

async fn blocking<T: Send + 'static>(
    namespace: &Arc<Namespace>,
    work: impl FnOnce(&Namespace) -> Result<T, InspectError> + Send + 'static,
) -> Result<T, InspectError> {
    let namespace = Arc::clone(namespace);
    tokio::task::spawn_blocking(move || work(&namespace)).await.unwrap_or(Err(InspectError::Closing))
}

impl std::fmt::Debug for Inspector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inspector").finish_non_exhaustive()
    }
}

fn run(database: &mut Database, query: &str, bindings: &[Value]) -> Result<SqlResult, SqlError> {
    database.give_up_after(Some(LONGEST_QUERY))?;
    let result = database.exec(query, bindings);
    database.give_up_after(None)?;
    let rows = match result {
        Ok(rows) => rows,
        Err(error) => {
            database.rollback_turn();
            return Err(error);
        }
    };
    database.commit_turn()?;
    let Rows { columns, rows, rows_read, rows_written } = rows;
    let rows: Vec<Vec<Json>> = rows.iter().map(|row| row.iter().map(json::from_value).collect()).collect();
    Ok(SqlResult { columns, rows, rows_read, rows_written })
}

fn tables(database: &mut Database) -> Result<Vec<TableInfo>, SqlError> {
    let mut found = Vec::new();
    for row in database.exec(TABLES, &[])?.rows {
        let [Value::Text(name), Value::Text(schema)] = row.as_slice() else { continue };
        let quoted = format!("\"{}\"", name.replace('"', "\"\""));
        let count = database.exec(&format!("SELECT count(*) FROM {quoted}"), &[])?;
        let rows = match count.rows.first().and_then(|row| row.first()) {
            Some(Value::Integer(rows)) => u64::try_from(*rows).unwrap_or(0),
            _ => 0,
        };
        let columns = database.exec(&format!("PRAGMA table_info({quoted})"), &[])?;
        let columns = columns.rows.iter().filter_map(|row| column(row)).collect();
        found.push(TableInfo { name: name.clone(), rows, columns, schema: schema.clone() });
    }
    Ok(found)
}

/// A row of `PRAGMA table_info`.
fn column(row: &[Value]) -> Option<ColumnInfo> {
    let [_, Value::Text(name), Value::Text(kind), Value::Integer(not_null), _, Value::Integer(primary_key)] = row
    else {
        return None;
    };
    Some(ColumnInfo {
        name: name.clone(),
        kind: kind.clone(),
        not_null: *not_null != 0,
        primary_key: u32::try_from(*primary_key).unwrap_or(0),
    })
}
