//! The record of an object's deploys: which there are, which one is active, and which were active before, so that there is a way back.
//!
//! A deploy never changes. Activating one (a new one, or one of the history: that is a rollback) moves the mark and writes an activation
//! down with the object's count of changes, `seq`, which the object keeps itself. All calls are synchronous: those of one turn are
//! one transaction.

use crate::{
    bindings::Bound,
    object::{Object, Value},
    time::rfc3339,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, marker::PhantomData};

/// Activations that are remembered.
pub const ACTIVATIONS_KEPT: u64 = 100;

/// The statements that make the tables, for the object's migrations. `$content` is the column for what a deploy shows, as JSON; it is the
/// one that [`Deploys::new`] is given.
#[macro_export]
macro_rules! deploy_tables {
    ($content:literal) => {
        [
            concat!(
                "CREATE TABLE deploys (
        n INTEGER PRIMARY KEY AUTOINCREMENT,
        deploy_id TEXT NOT NULL UNIQUE,
        ",
                $content,
                " TEXT NOT NULL,
        meta TEXT,
        is_active INTEGER NOT NULL DEFAULT 0,
        created_at TEXT NOT NULL
    ) STRICT"
            ),
            "CREATE TABLE activations (
        seq INTEGER PRIMARY KEY,
        deploy_id TEXT NOT NULL,
        at TEXT NOT NULL
    ) STRICT",
        ]
    };
}

/// A deploy that can be made active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deploy<C> {
    /// Its id, which is never used again.
    pub id: String,
    /// What it shows.
    pub content: C,
}

/// That a deploy became active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation<C> {
    /// The change of the object.
    pub seq: u64,
    /// When, as RFC 3339.
    pub at: String,
    /// The deploy.
    pub deploy_id: String,
    /// What it shows; `None` if that cannot be read.
    pub content: Option<C>,
}

/// What is known of a deploy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<C, M> {
    /// The deploy.
    pub deploy: Deploy<C>,
    /// What was said of it when it was made.
    pub meta: Option<M>,
    /// Whether it is active.
    pub is_active: bool,
    /// When it was recorded, as RFC 3339.
    pub created_at: String,
    /// When it became active for the last time, if that is still remembered: the change, and the time as RFC 3339.
    pub activated: Option<(u64, String)>,
}

/// The record of an object whose deploys show a `C`. The tables must exist ([`deploy_tables!`](crate::deploy_tables)). Every call fails only if
/// a statement does; after a failed write the turn must be discarded.
#[derive(Debug)]
pub struct Deploys<C> {
    content: &'static str,
    shows: PhantomData<fn() -> C>,
}

#[allow(clippy::missing_errors_doc, reason = "said once, at the type")]
impl<C: Serialize + DeserializeOwned> Deploys<C> {
    /// The record whose content stands in this column.
    #[must_use]
    pub const fn new(content: &'static str) -> Self {
        Self { content, shows: PhantomData }
    }

    /// Records a deploy; it is not active yet.
    pub fn insert(&self, object: Object, deploy: &Deploy<C>, meta: Option<&impl Serialize>) -> Bound<()> {
        let insert = format!("INSERT INTO deploys (deploy_id, {}, meta, created_at) VALUES (?, ?, ?, ?)", self.content);
        let bindings = [
            Value::from(&*deploy.id),
            json(&deploy.content),
            meta.map_or(Value::Null, json),
            rfc3339(object.now_ms()).into(),
        ];
        object.sql(&insert, &bindings).map(|_| ())
    }

    /// Makes a recorded deploy the active one, as this change of the object.
    pub fn activate(&self, object: Object, id: &str, seq: u64) -> Bound<()> {
        self.deactivate(object)?;
        object.sql("UPDATE deploys SET is_active = 1 WHERE deploy_id = ?", &[id.into()])?;
        let bindings = [seq.into(), id.into(), rfc3339(object.now_ms()).into()];
        object.sql("INSERT INTO activations (seq, deploy_id, at) VALUES (?, ?, ?)", &bindings)?;
        let old = seq.saturating_sub(ACTIVATIONS_KEPT);
        object.sql("DELETE FROM activations WHERE seq <= ?", &[old.into()]).map(|_| ())
    }

    /// Makes none active.
    pub fn deactivate(&self, object: Object) -> Bound<()> {
        object.sql("UPDATE deploys SET is_active = 0 WHERE is_active = 1", &[]).map(|_| ())
    }

    /// The active deploy.
    pub fn active(&self, object: Object) -> Bound<Option<Deploy<C>>> {
        self.one(object, "deploys d WHERE d.is_active = 1", &[])
    }

    /// The deploy of this id.
    pub fn get(&self, object: Object, id: &str) -> Bound<Option<Deploy<C>>> {
        self.one(object, "deploys d WHERE d.deploy_id = ?", &[id.into()])
    }

    /// The deploy that became active with this change.
    pub fn activated(&self, object: Object, seq: u64) -> Bound<Option<Deploy<C>>> {
        self.one(object, "activations a JOIN deploys d ON d.deploy_id = a.deploy_id WHERE a.seq = ?", &[seq.into()])
    }

    /// The deploy that these rows (`deploys d …`) begin with.
    pub fn one(&self, object: Object, rows: &str, bindings: &[Value]) -> Bound<Option<Deploy<C>>> {
        let query = format!("SELECT d.deploy_id, d.{} FROM {rows}", self.content);
        let rows = object.sql(&query, bindings)?;
        let deploy = |row: &Vec<Value>| Some(Deploy { id: row[0].text().to_owned(), content: read(&row[1])? });
        Ok(rows.first().and_then(deploy))
    }

    /// The last activations up to a change, the newest first, `most` at most; without those whose deploy was deleted.
    pub fn activations(&self, object: Object, seq: u64, most: usize) -> Bound<Vec<Activation<C>>> {
        let query = format!(
            "SELECT a.seq, a.deploy_id, a.at, d.{} FROM activations a JOIN deploys d ON d.deploy_id = a.deploy_id WHERE a.seq <= ? ORDER BY a.seq DESC LIMIT ?",
            self.content
        );
        let rows = object.sql(&query, &[seq.into(), (most as u64).into()])?;
        let activation = |row: &Vec<Value>| Activation {
            seq: row[0].number(),
            deploy_id: row[1].text().to_owned(),
            at: row[2].text().to_owned(),
            content: read(&row[3]),
        };
        Ok(rows.iter().map(activation).collect())
    }

    /// Every deploy, the newest first; without those whose content cannot be read.
    pub fn list<M: DeserializeOwned>(&self, object: Object) -> Bound<Vec<Record<C, M>>> {
        let shown = object.sql("SELECT deploy_id, seq, at FROM activations ORDER BY seq", &[])?;
        // Of several activations of a deploy, the last one stays.
        let mut last: BTreeMap<&str, (u64, &str)> = BTreeMap::new();
        // One by one: `collect` would sort first, and code that sorts is large.
        for row in &*shown {
            last.insert(row[0].text(), (row[1].number(), row[2].text()));
        }
        let query =
            format!("SELECT deploy_id, {}, meta, is_active, created_at FROM deploys ORDER BY n DESC", self.content);
        let record = |row: &Vec<Value>| {
            let id = row[0].text();
            Some(Record {
                deploy: Deploy { id: id.to_owned(), content: read(&row[1])? },
                meta: read(&row[2]),
                is_active: row[3].number() == 1,
                created_at: row[4].text().to_owned(),
                activated: last.get(id).map(|(seq, at)| (*seq, (*at).to_owned())),
            })
        };
        Ok(object.sql(&query, &[])?.iter().filter_map(record).collect())
    }

    /// Ids of at most `limit` deploys, the oldest first, that may be deleted: all but the newest `keep`, the active one, and `live`.
    pub fn prunable(&self, object: Object, keep: u32, live: &[String], limit: usize) -> Bound<Vec<String>> {
        let query = "SELECT deploy_id FROM deploys WHERE is_active = 0
        AND n <= (SELECT n FROM deploys ORDER BY n DESC LIMIT 1 OFFSET ?)
        AND deploy_id NOT IN (SELECT value FROM json_each(?)) ORDER BY n LIMIT ?";
        let bindings = [u64::from(keep).into(), json(live), (limit as u64).into()];
        Ok(object.sql(query, &bindings)?.iter().map(|row| row[0].text().to_owned()).collect())
    }

    /// Deletes these deploys.
    pub fn delete(&self, object: Object, ids: &[String]) -> Bound<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let statement = "DELETE FROM deploys WHERE deploy_id IN (SELECT value FROM json_each(?))";
        object.sql(statement, &[json(ids)]).map(|_| ())
    }

    /// How many deploys are recorded.
    pub fn count(&self, object: Object) -> Bound<u64> {
        let rows = object.sql("SELECT COUNT(*) FROM deploys", &[])?;
        Ok(rows.first().map_or(0, |row| row[0].number()))
    }
}

fn json<T: Serialize + ?Sized>(value: &T) -> Value {
    // Only maps with keys that are no strings cannot be written.
    Value::Text(serde_json::to_string(value).unwrap_or_default())
}

fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    // From bytes, as everything is that a Worker is sent: a second kind of source would be a second copy of each reader in the wasm.
    serde_json::from_slice(value.text().as_bytes()).ok()
}
