//! The object's tables. Nothing is written before the first commit, which makes the schema.

use pmx_edge::{
    bindings::{Bound, Object, Storage, Value},
    http::{ApiError, Code},
    migrations::{self, Migration},
    time::rfc3339,
};
use pmx_model::{DeployRecord, Meta, Roots, SiteName, SiteState, SpaceState, Tombstone, Unpublished};
use serde_json::json;
use std::collections::BTreeMap;

/// Each entry leads from the schema version of its index to the next.
pub(super) const MIGRATIONS: &[Migration] = &[FIRST, WITH_SIZES, WITH_TOMBSTONES];

const FIRST: &[&str] = &[
    "CREATE TABLE space (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        schema INTEGER NOT NULL,
        name TEXT NOT NULL,
        seq INTEGER NOT NULL DEFAULT 0,
        kv_seq INTEGER NOT NULL DEFAULT 0,
        sent_seq INTEGER NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        check_at INTEGER NOT NULL DEFAULT 0
    ) STRICT",
    "CREATE TABLE deploys (
        n INTEGER PRIMARY KEY AUTOINCREMENT,
        deploy_id TEXT NOT NULL UNIQUE,
        roots TEXT NOT NULL,
        meta TEXT,
        is_active INTEGER NOT NULL DEFAULT 0,
        created_at TEXT NOT NULL
    ) STRICT",
    "CREATE TABLE activations (
        seq INTEGER PRIMARY KEY,
        deploy_id TEXT NOT NULL,
        at TEXT NOT NULL
    ) STRICT",
    "CREATE TABLE known_blobs (hash TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
];

/// Proofs have sizes and can fall. What was proven without its size is looked up once more.
const WITH_SIZES: &[&str] = &[
    "DROP TABLE known_blobs",
    "CREATE TABLE known_blobs (hash TEXT PRIMARY KEY, size INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE lost_blobs (hash TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
    "ALTER TABLE space ADD COLUMN storage_epoch TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE space ADD COLUMN proofs INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE deploys ADD COLUMN proofs INTEGER NOT NULL DEFAULT 0",
];

/// Sites can be taken down. A tombstone is in force while no activation follows it.
const WITH_TOMBSTONES: &[&str] = &[
    "CREATE TABLE tombstones (seq INTEGER PRIMARY KEY, status INTEGER NOT NULL, at TEXT NOT NULL, changed_at TEXT NOT NULL) STRICT",
];
/// The first version of the schema that knows of them. What only reads does not bring the tables up to date.
const TOMBSTONES: u64 = 3;

/// Activations that are remembered; KV is told of the last few of them.
const ACTIVATIONS_KEPT: u64 = 100;
/// Earlier deploys whose assets are still served.
const PREVIOUS: usize = 5;
/// No `seq` is larger: the platform's numbers are exact up to here.
const NEWEST: u64 = 1 << 53;

/// The one row of `space`.
#[derive(Clone, Debug)]
pub(super) struct SpaceRow {
    /// The version of the schema.
    schema: u64,
    pub(super) name: String,
    pub(super) seq: u64,
    pub(super) kv_seq: u64,
    pub(super) sent_seq: u64,
    /// Failed puts into KV since the last good one.
    pub(super) attempts: u64,
    /// When KV is to be read once more, in milliseconds; 0 for never.
    pub(super) check_at: u64,
}

/// A deploy that can be made active.
#[derive(Clone, Debug)]
pub(super) struct Deploy {
    pub(super) id: String,
    pub(super) roots: Roots,
}

pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        _ => String::new(),
    }
}

pub(super) fn number(value: &Value) -> u64 {
    match value {
        Value::Integer(number) => u64::try_from(*number).unwrap_or(0),
        _ => 0,
    }
}

fn integer(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn roots(json: &Value) -> Option<Roots> {
    serde_json::from_slice(text(json).as_bytes()).ok()
}

/// Whether the site was ever published.
pub(super) fn exists<S: Storage>(storage: S) -> Bound<bool> {
    let rows = storage.sql("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'space'", &[])?;
    Ok(!rows.0.is_empty())
}

/// Makes or moves on the schema, in the turn of the write that needs it.
pub(super) fn migrate<S: Storage>(storage: S, site: &SiteName) -> Bound<()> {
    let version = if exists(storage)? {
        let rows = storage.sql("SELECT schema FROM space", &[])?;
        rows.0.first().map_or(0, |row| number(&row[0]))
    } else {
        0
    };
    if let Some(version) = migrations::run(storage, MIGRATIONS, version)? {
        let upsert = "INSERT INTO space (id, schema, name) VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET schema = excluded.schema";
        storage.sql(upsert, &[integer(version), Value::Text(site.to_string())])?;
    }
    Ok(())
}

/// The object must be the one that it is asked to be: by the platform's word, and by its own.
pub(super) fn check_name<O: Object>(object: O, reached_as: &str, site: &SiteName) -> Result<(), ApiError> {
    let own = space(object).map_err(super::object::failed(object, "own name"))?.map(|row| row.name);
    let wrong = |name: &str| !name.is_empty() && name != site.as_str();
    if wrong(reached_as) || own.as_deref().is_some_and(wrong) {
        return Err(ApiError::new(Code::WrongSpace, format!("This object does not belong to {site}")));
    }
    Ok(())
}

/// The row of `space`; `None` before the first commit.
pub(super) fn space<S: Storage>(storage: S) -> Bound<Option<SpaceRow>> {
    if !exists(storage)? {
        return Ok(None);
    }
    let rows = storage.sql("SELECT name, seq, kv_seq, sent_seq, attempts, check_at, schema FROM space", &[])?;
    Ok(rows.0.first().map(|row| SpaceRow {
        name: text(&row[0]),
        seq: number(&row[1]),
        kv_seq: number(&row[2]),
        sent_seq: number(&row[3]),
        attempts: number(&row[4]),
        check_at: number(&row[5]),
        schema: number(&row[6]),
    }))
}

/// The active deploy.
pub(super) fn active<S: Storage>(storage: S) -> Bound<Option<Deploy>> {
    if !exists(storage)? {
        return Ok(None);
    }
    one_deploy(storage, "SELECT deploy_id, roots FROM deploys WHERE is_active = 1", &[])
}

/// The deploy of this id.
pub(super) fn deploy<S: Storage>(storage: S, id: &str) -> Bound<Option<Deploy>> {
    if !exists(storage)? {
        return Ok(None);
    }
    one_deploy(storage, "SELECT deploy_id, roots FROM deploys WHERE deploy_id = ?", &[Value::Text(id.to_owned())])
}

/// The deploy that was active at this `seq`.
pub(super) fn activated<S: Storage>(storage: S, seq: u64) -> Bound<Option<Deploy>> {
    let query =
        "SELECT d.deploy_id, d.roots FROM activations a JOIN deploys d ON d.deploy_id = a.deploy_id WHERE a.seq = ?";
    one_deploy(storage, query, &[integer(seq)])
}

pub(super) fn one_deploy<S: Storage>(storage: S, query: &str, bindings: &[Value]) -> Bound<Option<Deploy>> {
    let rows = storage.sql(query, bindings)?;
    Ok(rows.0.first().and_then(|row| Some(Deploy { id: text(&row[0]), roots: roots(&row[1])? })))
}

/// Records a deploy whose blobs were proven in this generation of proofs; it is not active yet.
pub(super) fn insert<S: Storage>(storage: S, deploy: &Deploy, meta: Option<&Meta>, proofs: u64) -> Bound<()> {
    let meta = meta.map_or(Value::Null, |meta| Value::Text(json!(meta).to_string()));
    let bindings = [
        Value::Text(deploy.id.clone()),
        Value::Text(json!(deploy.roots).to_string()),
        meta,
        Value::Text(rfc3339(storage.now_ms())),
        integer(proofs),
    ];
    let insert = "INSERT INTO deploys (deploy_id, roots, meta, created_at, proofs) VALUES (?, ?, ?, ?, ?)";
    storage.sql(insert, &bindings).map(|_| ())
}

/// Counts one more change of what the site shows, from nothing on.
fn next<S: Storage>(storage: S) -> Bound<u64> {
    storage.sql("UPDATE deploys SET is_active = 0 WHERE is_active = 1", &[])?;
    let rows = storage.sql("UPDATE space SET seq = seq + 1 RETURNING seq", &[])?;
    Ok(rows.0.first().map_or(0, |row| number(&row[0])))
}

/// Makes a deploy the active one and answers the new `seq`.
pub(super) fn activate<S: Storage>(storage: S, id: &str) -> Bound<u64> {
    let seq = next(storage)?;
    storage.sql("UPDATE deploys SET is_active = 1 WHERE deploy_id = ?", &[Value::Text(id.to_owned())])?;
    let bindings = [integer(seq), Value::Text(id.to_owned()), Value::Text(rfc3339(storage.now_ms()))];
    storage.sql("INSERT INTO activations (seq, deploy_id, at) VALUES (?, ?, ?)", &bindings)?;
    storage.sql("DELETE FROM activations WHERE seq <= ?", &[integer(seq.saturating_sub(ACTIVATIONS_KEPT))])?;
    Ok(seq)
}

/// Lets the site show nothing and answers the new `seq`. `since` is when that began, if it did not begin now.
pub(super) fn unpublish<S: Storage>(storage: S, status: u16, since: Option<String>) -> Bound<u64> {
    let seq = next(storage)?;
    let now = rfc3339(storage.now_ms());
    let bindings =
        [integer(seq), integer(status.into()), Value::Text(since.unwrap_or_else(|| now.clone())), Value::Text(now)];
    storage.sql("INSERT INTO tombstones (seq, status, at, changed_at) VALUES (?, ?, ?, ?)", &bindings)?;
    storage.sql("DELETE FROM tombstones WHERE seq <= ?", &[integer(seq.saturating_sub(ACTIVATIONS_KEPT))])?;
    Ok(seq)
}

/// What stands in the place of a deploy, if the site was taken down.
pub(super) fn tombstone<S: Storage>(storage: S) -> Bound<Option<Tombstone>> {
    let Some(row) = space(storage)? else { return Ok(None) };
    Ok(row.tombstone_before(storage, NEWEST)?.filter(|tombstone| tombstone.seq == row.seq))
}

/// The tombstone that was recorded with this `seq`.
pub(super) fn tombstone_of<S: Storage>(storage: S, seq: u64) -> Bound<Option<Tombstone>> {
    let Some(row) = space(storage)? else { return Ok(None) };
    Ok(row.tombstone_before(storage, seq)?.filter(|tombstone| tombstone.seq == seq))
}

impl SpaceRow {
    /// The last tombstone up to this `seq`, be it in force then or not.
    fn tombstone_before<S: Storage>(&self, storage: S, seq: u64) -> Bound<Option<Tombstone>> {
        if self.schema < TOMBSTONES {
            return Ok(None);
        }
        let query = "SELECT seq, status, at, changed_at FROM tombstones WHERE seq <= ? ORDER BY seq DESC LIMIT 1";
        let rows = storage.sql(query, &[integer(seq)])?;
        Ok(rows.0.first().map(|row| Tombstone {
            unpublished: Unpublished {
                status: u16::try_from(number(&row[1])).unwrap_or(Unpublished::GONE),
                at: text(&row[2]),
            },
            updated_at: text(&row[3]),
            seq: number(&row[0]),
        }))
    }
}

/// All pages were told of this `seq`.
pub(super) fn set_sent<S: Storage>(storage: S, seq: u64) -> Bound<()> {
    storage.sql("UPDATE space SET sent_seq = MAX(sent_seq, ?)", &[integer(seq)]).map(|_| ())
}

/// KV holds this `seq`, and is to be read once more at `check_at`.
pub(super) fn set_kv<S: Storage>(storage: S, seq: u64, check_at: u64) -> Bound<()> {
    let bindings = [integer(seq), integer(check_at)];
    storage.sql("UPDATE space SET kv_seq = MAX(kv_seq, ?), attempts = 0, check_at = ?", &bindings).map(|_| ())
}

/// A put into KV failed.
pub(super) fn count_attempt<S: Storage>(storage: S) -> Bound<()> {
    storage.sql("UPDATE space SET attempts = attempts + 1", &[]).map(|_| ())
}

/// KV was read once more: it agrees, or it does not and has to be written again.
pub(super) fn set_checked<S: Storage>(storage: S, agrees: bool) -> Bound<()> {
    let statement = if agrees { "UPDATE space SET check_at = 0" } else { "UPDATE space SET check_at = 0, kv_seq = 0" };
    storage.sql(statement, &[]).map(|_| ())
}

/// The state as it is in KV when all is well.
pub(super) fn state<S: Storage>(storage: S) -> Bound<Option<SiteState>> {
    let Some(row) = space(storage)? else { return Ok(None) };
    match row.tombstone_before(storage, NEWEST)? {
        Some(tombstone) if tombstone.seq == row.seq => Ok(Some(SiteState::Unpublished(tombstone))),
        tombstone => Ok(state_at(storage, NEWEST, tombstone)?.map(|(state, _)| SiteState::Published(state))),
    }
}

/// The state of the last activation up to this `seq`, and the ids of the deploys whose roots it names. What was shown before the site was
/// taken down by this tombstone is not among those whose files are still served, though the deploy that was shown last can be rolled back to.
fn state_at<S: Storage>(
    storage: S,
    seq: u64,
    tombstone: Option<Tombstone>,
) -> Bound<Option<(SpaceState, Vec<String>)>> {
    let query = "SELECT a.seq, a.deploy_id, a.at, d.roots FROM activations a JOIN deploys d ON d.deploy_id = a.deploy_id WHERE a.seq <= ? ORDER BY a.seq DESC LIMIT 50";
    let rows = storage.sql(query, &[integer(seq)])?.0;
    let Some((newest, earlier)) = rows.split_first() else { return Ok(None) };
    let Some(active_roots) = roots(&newest[3]) else { return Ok(None) };
    let (mut previous, mut ids) = (Vec::<Roots>::new(), vec![text(&newest[1])]);
    let taken_down = tombstone.map_or(0, |tombstone| tombstone.seq);
    for row in earlier.iter().take_while(|row| number(&row[0]) > taken_down) {
        match roots(&row[3]) {
            Some(roots) if previous.len() < PREVIOUS && roots != active_roots && !previous.contains(&roots) => {
                previous.push(roots);
                ids.push(text(&row[1]));
            }
            _ => {}
        }
    }
    let (seq, deploy_id, updated_at) = (number(&newest[0]), text(&newest[1]), text(&newest[2]));
    Ok(Some((SpaceState { deploy_id, roots: active_roots, updated_at, seq, previous }, ids)))
}

/// Ids of at most `limit` deploys that may be forgotten, oldest first: all but the newest `keep`, the active one, and those that
/// readers of KV are served from, be it the newest state or the one that KV was last known to hold.
pub(super) fn prunable<S: Storage>(storage: S, keep: u32, limit: usize) -> Bound<Vec<String>> {
    let mut live = Vec::new();
    let row = space(storage)?;
    for (row, seq) in row.iter().flat_map(|row| [(row, row.seq), (row, row.kv_seq)]) {
        let tombstone = row.tombstone_before(storage, seq)?;
        live.extend(state_at(storage, seq, tombstone)?.into_iter().flat_map(|(_, ids)| ids));
    }
    let query = "SELECT deploy_id FROM deploys WHERE is_active = 0
        AND n <= (SELECT n FROM deploys ORDER BY n DESC LIMIT 1 OFFSET ?)
        AND deploy_id NOT IN (SELECT value FROM json_each(?)) ORDER BY n LIMIT ?";
    let bindings = [integer(u64::from(keep)), Value::Text(json!(live).to_string()), integer(limit as u64)];
    let rows = storage.sql(query, &bindings)?;
    Ok(rows.0.iter().map(|row| text(&row[0])).collect())
}

/// Forgets these deploys.
pub(super) fn delete<S: Storage>(storage: S, ids: &[String]) -> Bound<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let statement = "DELETE FROM deploys WHERE deploy_id IN (SELECT value FROM json_each(?))";
    storage.sql(statement, &[Value::Text(json!(ids).to_string())]).map(|_| ())
}

/// How many deploys are recorded.
pub(super) fn count<S: Storage>(storage: S) -> Bound<u64> {
    let rows = storage.sql("SELECT COUNT(*) FROM deploys", &[])?;
    Ok(rows.0.first().map_or(0, |row| number(&row[0])))
}

/// Every deploy, newest first.
pub(super) fn deploys<S: Storage>(storage: S) -> Bound<Vec<DeployRecord>> {
    if !exists(storage)? {
        return Ok(Vec::new());
    }
    let shown = storage.sql("SELECT deploy_id, at, seq FROM activations ORDER BY seq", &[])?;
    let (last, since) = shown.0.last().map(|row| (text(&row[0]), text(&row[1]))).unwrap_or_default();
    // Of several activations of a deploy, the last one stays.
    let seqs: BTreeMap<String, u64> = shown.0.iter().map(|row| (text(&row[0]), number(&row[2]))).collect();
    let unpublished = tombstone(storage)?.map(|tombstone| tombstone.unpublished);
    let rows = storage.sql("SELECT deploy_id, roots, meta, is_active, created_at FROM deploys ORDER BY n DESC", &[])?;
    let record = |row: &Vec<Value>| {
        let (deploy_id, is_active) = (text(&row[0]), number(&row[3]) == 1);
        let is_last = deploy_id == last;
        Some(DeployRecord {
            seq: seqs.get(&deploy_id).copied(),
            deploy_id,
            roots: roots(&row[1])?,
            meta: serde_json::from_slice(text(&row[2]).as_bytes()).ok(),
            is_active,
            created_at: text(&row[4]),
            activated_at: (is_active && is_last).then(|| since.clone()),
            unpublished: unpublished.clone().filter(|_| is_last),
        })
    };
    Ok(rows.0.iter().filter_map(record).collect())
}
