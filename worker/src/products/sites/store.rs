//! The object's tables. Nothing is written before the first commit, which makes the schema.

use pmx_edge::{
    bindings::Bound,
    deploys::{self, ACTIVATIONS_KEPT, Deploys},
    migrations::{self, Migration},
    object::{Object, Value},
    outbox::{OutboxOutcome, Progress},
    time::rfc3339,
};
use pmx_model::{DeployRecord, Meta, Roots, SiteName, SiteState, SpaceState, Tombstone, Unpublished};

/// Each entry leads from the schema version of its index to the next.
pub(super) const MIGRATIONS: &[Migration] = &[FIRST, WITH_SIZES, WITH_TOMBSTONES];

/// What a site shows: `roots.json`.
pub(super) type Deploy = deploys::Deploy<Roots>;
/// The record of what it showed.
pub(super) const DEPLOYS: Deploys<Roots> = Deploys::new("roots");
const DEPLOY_TABLES: [&str; 2] = pmx_edge::deploy_tables!("roots");

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
    DEPLOY_TABLES[0],
    DEPLOY_TABLES[1],
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

/// Earlier deploys whose assets are still served.
const PREVIOUS: usize = 5;
/// Activations that are looked through for them.
const LOOKED_AT: usize = 50;
/// No `seq` is larger: the platform's numbers are exact up to here.
const NEWEST: u64 = 1 << 53;

/// The one row of `space`.
#[derive(Clone, Debug)]
pub(super) struct SpaceRow {
    /// The version of the schema.
    schema: u64,
    pub(super) name: String,
    /// Of the last change, and how far KV is behind it. Events that cannot be computed count as attempts, too.
    pub(super) progress: Progress,
    /// The last change that all open pages were told of.
    pub(super) sent_seq: u64,
}

/// Whether the site was ever published.
pub(super) fn exists(object: Object) -> Bound<bool> {
    let rows = object.sql("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'space'", &[])?;
    Ok(!rows.is_empty())
}

/// Makes or moves on the schema, in the turn of the write that needs it.
pub(super) fn migrate(object: Object, site: &SiteName) -> Bound<()> {
    let version = if exists(object)? {
        let rows = object.sql("SELECT schema FROM space", &[])?;
        rows.first().map_or(0, |row| row[0].number())
    } else {
        0
    };
    if let Some(version) = migrations::run(object, MIGRATIONS, version)? {
        let upsert = "INSERT INTO space (id, schema, name) VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET schema = excluded.schema";
        object.sql(upsert, &[version.into(), Value::Text(site.to_string())])?;
    }
    Ok(())
}

/// The row of `space`; `None` before the first commit.
pub(super) fn space(object: Object) -> Bound<Option<SpaceRow>> {
    if !exists(object)? {
        return Ok(None);
    }
    let rows = object.sql("SELECT name, seq, kv_seq, sent_seq, attempts, check_at, schema FROM space", &[])?;
    Ok(rows.first().map(|row| SpaceRow {
        name: row[0].text().to_owned(),
        progress: Progress {
            seq: row[1].number(),
            kv_seq: row[2].number(),
            attempts: row[4].number(),
            check_at: row[5].number(),
        },
        sent_seq: row[3].number(),
        schema: row[6].number(),
    }))
}

/// The active deploy.
pub(super) fn active(object: Object) -> Bound<Option<Deploy>> {
    if exists(object)? { DEPLOYS.active(object) } else { Ok(None) }
}

/// The deploy of this id.
pub(super) fn deploy(object: Object, id: &str) -> Bound<Option<Deploy>> {
    if exists(object)? { DEPLOYS.get(object, id) } else { Ok(None) }
}

/// The active deploy, if its blobs were proven in the present generation of proofs.
pub(super) fn vouching(object: Object) -> Bound<Option<Deploy>> {
    DEPLOYS.one(object, "deploys d WHERE d.is_active = 1 AND d.proofs = (SELECT proofs FROM space)", &[])
}

/// Records a deploy whose blobs were proven in this generation of proofs; it is not active yet.
pub(super) fn insert(object: Object, deploy: &Deploy, meta: Option<&Meta>, proofs: u64) -> Bound<()> {
    DEPLOYS.insert(object, deploy, meta)?;
    let bindings = [proofs.into(), (&*deploy.id).into()];
    object.sql("UPDATE deploys SET proofs = ? WHERE deploy_id = ?", &bindings).map(|_| ())
}

/// Counts one more change of what the site shows.
fn next(object: Object) -> Bound<u64> {
    let rows = object.sql("UPDATE space SET seq = seq + 1 RETURNING seq", &[])?;
    Ok(rows.first().map_or(0, |row| row[0].number()))
}

/// Makes a deploy the active one and answers the new `seq`.
pub(super) fn activate(object: Object, id: &str) -> Bound<u64> {
    let seq = next(object)?;
    DEPLOYS.activate(object, id, seq)?;
    Ok(seq)
}

/// Lets the site show nothing and answers the new `seq`. `since` is when that began, if it did not begin now.
pub(super) fn unpublish(object: Object, status: u16, since: Option<String>) -> Bound<u64> {
    let seq = next(object)?;
    DEPLOYS.deactivate(object)?;
    let now = rfc3339(object.now_ms());
    let bindings =
        [seq.into(), u64::from(status).into(), Value::Text(since.unwrap_or_else(|| now.clone())), Value::Text(now)];
    object.sql("INSERT INTO tombstones (seq, status, at, changed_at) VALUES (?, ?, ?, ?)", &bindings)?;
    object.sql("DELETE FROM tombstones WHERE seq <= ?", &[seq.saturating_sub(ACTIVATIONS_KEPT).into()])?;
    Ok(seq)
}

/// What stands in the place of a deploy, if the site was taken down.
pub(super) fn tombstone(object: Object) -> Bound<Option<Tombstone>> {
    let Some(row) = space(object)? else { return Ok(None) };
    Ok(row.tombstone_before(object, NEWEST)?.filter(|tombstone| tombstone.seq == row.progress.seq))
}

/// The tombstone that was recorded with this `seq`.
pub(super) fn tombstone_of(object: Object, seq: u64) -> Bound<Option<Tombstone>> {
    let Some(row) = space(object)? else { return Ok(None) };
    Ok(row.tombstone_before(object, seq)?.filter(|tombstone| tombstone.seq == seq))
}

impl SpaceRow {
    /// Whether there are changes that the open pages were not told of.
    pub(super) const fn is_broadcast_pending(&self) -> bool {
        self.sent_seq < self.progress.seq
    }

    /// The last tombstone up to this `seq`, be it in force then or not.
    fn tombstone_before(&self, object: Object, seq: u64) -> Bound<Option<Tombstone>> {
        if self.schema < TOMBSTONES {
            return Ok(None);
        }
        let query = "SELECT seq, status, at, changed_at FROM tombstones WHERE seq <= ? ORDER BY seq DESC LIMIT 1";
        let rows = object.sql(query, &[seq.into()])?;
        Ok(rows.first().map(|row| Tombstone {
            unpublished: Unpublished {
                status: u16::try_from(row[1].number()).unwrap_or(Unpublished::GONE),
                at: row[2].text().to_owned(),
            },
            updated_at: row[3].text().to_owned(),
            seq: row[0].number(),
        }))
    }
}

/// All pages were told of this `seq`.
pub(super) fn set_sent(object: Object, seq: u64) -> Bound<()> {
    object.sql("UPDATE space SET sent_seq = MAX(sent_seq, ?)", &[seq.into()]).map(|_| ())
}

/// Writes down what came of a try to bring KV into line.
pub(super) fn record(object: Object, outcome: OutboxOutcome) -> Bound<()> {
    let (statement, bindings) = match outcome {
        OutboxOutcome::Put { seq, check_at } => {
            ("UPDATE space SET kv_seq = MAX(kv_seq, ?), attempts = 0, check_at = ?", vec![seq.into(), check_at.into()])
        }
        OutboxOutcome::Failed => ("UPDATE space SET attempts = attempts + 1", Vec::new()),
        OutboxOutcome::Checked { agrees: true } => ("UPDATE space SET attempts = 0, check_at = 0", Vec::new()),
        OutboxOutcome::Checked { agrees: false } => {
            ("UPDATE space SET attempts = 0, check_at = 0, kv_seq = 0", Vec::new())
        }
    };
    object.sql(statement, &bindings).map(|_| ())
}

/// The state as it is in KV when all is well.
pub(super) fn state(object: Object) -> Bound<Option<SiteState>> {
    let Some(row) = space(object)? else { return Ok(None) };
    match row.tombstone_before(object, NEWEST)? {
        Some(tombstone) if tombstone.seq == row.progress.seq => Ok(Some(SiteState::Unpublished(tombstone))),
        tombstone => Ok(state_at(object, NEWEST, tombstone)?.map(|(state, _)| SiteState::Published(state))),
    }
}

/// The state of the last activation up to this `seq`, and the ids of the deploys whose roots it names. What was shown before the site was
/// taken down by this tombstone is not among those whose files are still served, though the deploy that was shown last can be rolled back to.
fn state_at(object: Object, seq: u64, tombstone: Option<Tombstone>) -> Bound<Option<(SpaceState, Vec<String>)>> {
    let mut activations = DEPLOYS.activations(object, seq, LOOKED_AT)?.into_iter();
    let Some(newest) = activations.next() else { return Ok(None) };
    let Some(active_roots) = newest.content else { return Ok(None) };
    let (mut previous, mut ids) = (Vec::<Roots>::new(), vec![newest.deploy_id.clone()]);
    let taken_down = tombstone.map_or(0, |tombstone| tombstone.seq);
    for earlier in activations.take_while(|earlier| earlier.seq > taken_down) {
        match earlier.content {
            Some(roots) if previous.len() < PREVIOUS && roots != active_roots && !previous.contains(&roots) => {
                previous.push(roots);
                ids.push(earlier.deploy_id);
            }
            _ => {}
        }
    }
    let state = SpaceState {
        deploy_id: newest.deploy_id,
        roots: active_roots,
        updated_at: newest.at,
        seq: newest.seq,
        previous,
    };
    Ok(Some((state, ids)))
}

/// Ids of at most `limit` deploys that may be forgotten, oldest first: all but the newest `keep`, the active one, and those that
/// readers of KV are served from, be it the newest state or the one that KV was last known to hold.
pub(super) fn prunable(object: Object, keep: u32, limit: usize) -> Bound<Vec<String>> {
    let mut live = Vec::new();
    let row = space(object)?;
    for (row, seq) in row.iter().flat_map(|row| [(row, row.progress.seq), (row, row.progress.kv_seq)]) {
        let tombstone = row.tombstone_before(object, seq)?;
        live.extend(state_at(object, seq, tombstone)?.into_iter().flat_map(|(_, ids)| ids));
    }
    DEPLOYS.prunable(object, keep, &live, limit)
}

/// Every deploy, newest first.
pub(super) fn deploys(object: Object) -> Bound<Vec<DeployRecord>> {
    if !exists(object)? {
        return Ok(Vec::new());
    }
    let records = DEPLOYS.list::<Meta>(object)?;
    let last = records.iter().filter_map(|record| record.activated.as_ref()).map(|(seq, _)| *seq).max();
    let unpublished = tombstone(object)?.map(|tombstone| tombstone.unpublished);
    let record = |record: deploys::Record<Roots, Meta>| {
        let (seq, at) = record.activated.unzip();
        let is_last = seq.is_some() && seq == last;
        DeployRecord {
            seq,
            deploy_id: record.deploy.id,
            roots: record.deploy.content,
            meta: record.meta,
            is_active: record.is_active,
            created_at: record.created_at,
            activated_at: at.filter(|_| record.is_active && is_last),
            unpublished: unpublished.clone().filter(|_| is_last),
        }
    };
    Ok(records.into_iter().map(record).collect())
}
