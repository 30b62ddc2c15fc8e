//! Which blobs are proven to exist, and of what size.
//!
//! There are two kinds of proof: a row in `known_blobs`, and being named by the active deploy, whose blobs were all proven when it was
//! committed. Blobs are immutable, so a proof holds until the bucket loses the blob. Then it falls: for one blob when a page misses it
//! (`lost_blobs`), for all when the host says that its bucket is another one (`STORAGE_EPOCH`).

use super::{
    activate::or_abort,
    store::{self, Deploy},
};
use pmx_edge::{
    bindings::Bound,
    object::{Object, Value},
};
use pmx_model::{Hash, SiteName};
use serde_json::json;
use std::collections::BTreeSet;

/// The most bytes of one binding that carries a list: a value may have 2 MB on the platform.
const SLICE: usize = 1_000_000;
/// A hash in a JSON list, with a colon and a size behind it: 64 digits, two quotes, a comma, and at most 21 more.
const LISTED_PROOF: usize = 88;
/// The most lost blobs that are remembered one by one. Where more are lost, nothing is taken as proven any more.
const MAX_LOST: u64 = 1_000;
/// The most bytes of the variable `STORAGE_EPOCH` that count.
const MAX_EPOCH: usize = 128;

/// What proves that blobs exist, as it was when it was asked.
pub(super) struct Proofs {
    /// Counts how often all proofs fell. A deploy whose blobs were proven before the last time vouches for none of them.
    pub(super) generation: u64,
    /// The active deploy, if it vouches for its blobs.
    pub(super) vouching: Option<Deploy>,
    /// Blobs for which it does not.
    pub(super) lost: BTreeSet<Hash>,
}

/// Brings the tables up to date, lets all proofs fall if the bucket is another one, and answers what is proven. Before the first commit
/// nothing is, and nothing is written.
#[inline(never)]
pub(super) fn current(object: Object, site: &SiteName) -> Bound<Proofs> {
    if !store::exists(object)? {
        return Ok(Proofs { generation: 0, vouching: None, lost: BTreeSet::new() });
    }
    let generation = or_abort(object, begin(object, site));
    Ok(Proofs { generation, vouching: store::vouching(object)?, lost: lost(object)? })
}

/// The variable by which the host says which bucket it has.
fn epoch(object: Object) -> Value {
    let mut epoch = object.var("STORAGE_EPOCH").unwrap_or_default();
    while epoch.len() > MAX_EPOCH {
        epoch.pop();
    }
    Value::Text(epoch)
}

/// Brings the tables up to date and lets all proofs fall if the bucket is another one; the generation of proofs afterwards.
#[inline(never)]
pub(super) fn begin(object: Object, site: &SiteName) -> Bound<u64> {
    store::migrate(object, site)?;
    let epoch = epoch(object);
    let rows = object.sql("SELECT storage_epoch FROM space", &[])?;
    if rows.first().is_none_or(|row| row[0] != epoch) {
        object.sql("UPDATE space SET storage_epoch = ?", &[epoch])?;
        forget_all(object)?;
    }
    generation(object)
}

fn generation(object: Object) -> Bound<u64> {
    let rows = object.sql("SELECT proofs FROM space", &[])?;
    Ok(rows.first().map_or(0, |row| row[0].number()))
}

fn lost(object: Object) -> Bound<BTreeSet<Hash>> {
    let rows = object.sql("SELECT hash FROM lost_blobs", &[])?;
    Ok(set_of(rows.iter().filter_map(|row| row[0].text().parse().ok())))
}

/// Those of these blobs that no row proves, in their order.
pub(super) fn unproven(object: Object, hashes: &[Hash]) -> Bound<Vec<Hash>> {
    if !store::exists(object)? {
        return Ok(hashes.to_vec());
    }
    let mut unproven = Vec::new();
    let query = "SELECT value FROM json_each(?) WHERE value NOT IN (SELECT hash FROM known_blobs)";
    for slice in hashes.chunks(SLICE / LISTED_PROOF) {
        let rows = object.sql(query, &[list(slice)])?;
        unproven.extend(rows.iter().filter_map(|row| row[0].text().parse::<Hash>().ok()));
    }
    Ok(unproven)
}

/// Those of these blobs that no row proves with this size, in their order.
pub(super) fn unproven_sizes(object: Object, blobs: &[(Hash, u64)]) -> Bound<Vec<(Hash, u64)>> {
    if !store::exists(object)? {
        return Ok(blobs.to_vec());
    }
    let mut unproven = Vec::new();
    let query = "SELECT value FROM json_each(?) WHERE NOT EXISTS (SELECT 1 FROM known_blobs
        WHERE hash = substr(value, 1, 64) AND size = CAST(substr(value, 66) AS INTEGER))";
    for slice in blobs.chunks(SLICE / LISTED_PROOF) {
        let rows = object.sql(query, &[sized_list(slice)])?;
        unproven.extend(rows.iter().filter_map(|row| sized(row[0].text())));
    }
    Ok(unproven)
}

/// Remembers that these blobs exist with these sizes, and that they are not lost any more.
#[inline(never)]
pub(super) fn prove(object: Object, blobs: &[(Hash, u64)]) -> Bound<()> {
    for slice in blobs.chunks(SLICE / LISTED_PROOF) {
        let insert = "INSERT OR REPLACE INTO known_blobs (hash, size)
            SELECT substr(value, 1, 64), CAST(substr(value, 66) AS INTEGER) FROM json_each(?)";
        object.sql(insert, &[sized_list(slice)])?;
        let found = "DELETE FROM lost_blobs WHERE hash IN (SELECT substr(value, 1, 64) FROM json_each(?))";
        object.sql(found, &[sized_list(slice)])?;
    }
    Ok(())
}

/// Lets the rows of these blobs fall.
#[inline(never)]
pub(super) fn disprove(object: Object, hashes: &[Hash]) -> Bound<()> {
    for slice in hashes.chunks(SLICE / LISTED_PROOF) {
        object.sql("DELETE FROM known_blobs WHERE hash IN (SELECT value FROM json_each(?))", &[list(slice)])?;
    }
    Ok(())
}

/// Lets the proofs of these blobs fall, that of being named by the active deploy too, until they are proven again.
#[inline(never)]
pub(super) fn lose(object: Object, hashes: &[Hash]) -> Bound<()> {
    disprove(object, hashes)?;
    for slice in hashes.chunks(SLICE / LISTED_PROOF) {
        object.sql("INSERT OR IGNORE INTO lost_blobs (hash) SELECT value FROM json_each(?)", &[list(slice)])?;
    }
    let rows = object.sql("SELECT COUNT(*) FROM lost_blobs", &[])?;
    if rows.first().is_some_and(|row| row[0].number() > MAX_LOST) { forget_all(object) } else { Ok(()) }
}

/// Forgets the rows; the active deploy goes on vouching.
pub(super) fn forget(object: Object) -> Bound<()> {
    object.sql("DELETE FROM known_blobs", &[]).map(|_| ())
}

/// Lets all proofs fall.
fn forget_all(object: Object) -> Bound<()> {
    forget(object)?;
    object.sql("DELETE FROM lost_blobs", &[])?;
    object.sql("UPDATE space SET proofs = proofs + 1", &[]).map(|_| ())
}

fn list(hashes: &[Hash]) -> Value {
    Value::Text(json!(hashes).to_string())
}

fn sized_list(blobs: &[(Hash, u64)]) -> Value {
    let mut list = String::with_capacity(blobs.len() * LISTED_PROOF + 2);
    list.push('[');
    for (at, (hash, size)) in blobs.iter().enumerate() {
        list.push_str(if at == 0 { "\"" } else { "\",\"" });
        list.push_str(std::str::from_utf8(&hash.hex()).unwrap_or_default());
        list.push(':');
        list.push_str(&size.to_string());
    }
    list.push_str(if blobs.is_empty() { "]" } else { "\"]" });
    Value::Text(list)
}

fn sized(text: &str) -> Option<(Hash, u64)> {
    let (hash, size) = text.split_once(':')?;
    Some((hash.parse().ok()?, size.parse().ok()?))
}

/// A set, filled one by one: `collect` would sort its hashes first, and code that sorts hashes takes 26 kB of the wasm.
pub(super) fn set_of(hashes: impl IntoIterator<Item = Hash>) -> BTreeSet<Hash> {
    let mut set = BTreeSet::new();
    set.extend(hashes);
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_blobs_is_json_and_reads_back() {
        for blobs in [vec![], vec![(Hash::of(b"a"), 0)], vec![(Hash::of(b"a"), 7), (Hash::of(b"b"), u64::MAX)]] {
            let Value::Text(list) = sized_list(&blobs) else { panic!("no text") };
            assert!(list.len() <= blobs.len() * LISTED_PROOF + 2, "{list}");
            let read: Vec<String> = serde_json::from_str(&list).unwrap();
            assert_eq!(read.iter().filter_map(|text| sized(text)).collect::<Vec<_>>(), blobs);
        }
    }
}
