//! The files of terms, made anew only where a Source changed.

use super::{
    record::{Record, letters},
    terms::{MAX_SHARDS, rank, shard_of},
};
use rayon::prelude::*;
use std::{collections::BTreeSet, fmt, sync::Arc};

/// About how many Sources make another shard worth it.
const SOURCES_PER_SHARD: usize = 8;
/// Shards that are made at a time, so that not all of them are in memory.
const GROUP: usize = 64;
/// Records that one task cuts into shards.
const CHUNK: usize = 512;

/// All shards of a Path. Made from those of the build before, or from nothing, the bytes are the same.
///
/// It keeps the records and, of each file, what `put` gave for its bytes: with 10,000 Sources of 300 terms some 25 MB.
#[derive(Clone, Debug, Default)]
pub(in crate::site) struct Shards<F> {
    /// By key.
    records: Vec<Kept>,
    files: Vec<F>,
}

/// A Source in the shards.
#[derive(Clone, Debug)]
struct Kept {
    key: Key,
    record: Arc<Record>,
    present: Present,
}

/// Of the most shards that there can be, those that a Source has terms in. Fewer shards are these, some laid together.
#[derive(Clone, Copy, Debug, Default)]
struct Present([u64; MAX_SHARDS / 64]);

impl Present {
    fn of(record: &Record) -> Self {
        let mut present = Self::default();
        let mut last = "";
        for term in record.terms() {
            // Terms of one beginning stand together.
            let term = letters(term);
            let begin = term.char_indices().nth(2).map_or(term, |(at, _)| &term[..at]);
            if begin != last {
                present.add(shard_of(begin, MAX_SHARDS));
                last = begin;
            }
        }
        present
    }

    fn add(&mut self, shard: usize) {
        if let Some(bits) = self.0.get_mut(shard / 64) {
            *bits |= 1 << (shard % 64);
        }
    }

    /// Those that are laid together to these ones of `count`.
    fn wanted(wanted: &[usize], count: usize) -> Self {
        let mut present = Self::default();
        (0..MAX_SHARDS).filter(|shard| wanted.contains(&(shard % count))).for_each(|shard| present.add(shard));
        present
    }

    fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).any(|(a, b)| a & b != 0)
    }
}

impl Kept {
    fn new(key: Key, record: &Arc<Record>) -> Self {
        Self { key, record: Arc::clone(record), present: Present::of(record) }
    }
}

/// A Source's name in the shards: FNV-1a (64 bit, folded to 40) of its id in base 32. In one site of 20,000 with 10,000 Sources two
/// share one, and one of them is not found by its text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key([u8; 8]);

impl Key {
    pub(super) fn of(id: &str) -> Self {
        let hash = id
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        let hash = hash ^ (hash >> 40);
        let digit =
            |at: u32| b"0123456789abcdefghijklmnopqrstuv"[usize::try_from((hash >> (5 * at)) & 31).unwrap_or(0)];
        Self([0, 1, 2, 3, 4, 5, 6, 7].map(digit))
    }

    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<F: Clone + Send + Sync> Shards<F> {
    /// The shards of these Sources, by id; `put` takes the bytes of each file that is new or other than in `before`.
    pub(in crate::site) fn of<'a>(
        sources: impl Iterator<Item = (&'a str, &'a Arc<Record>)>,
        before: Option<&Self>,
        put: impl Fn(Vec<u8>) -> F + Sync,
    ) -> Self {
        Self::made(kept(sources), before, put)
    }

    /// The shards of these Sources, by id, of which the files are known already; none, if it cannot be these.
    pub(in crate::site) fn known<'a>(
        sources: impl Iterator<Item = (&'a str, &'a Arc<Record>)>,
        files: &[F],
    ) -> Option<Self> {
        let records = kept(sources);
        (files.len() == count_for(records.len())).then(|| Self { records, files: files.to_vec() })
    }

    /// The shards after some Sources changed: id, record before, record now.
    pub(in crate::site) fn with(
        &self,
        changes: &[(String, Arc<Record>, Arc<Record>)],
        put: impl Fn(Vec<u8>) -> F + Sync,
    ) -> Self {
        let mut records = self.records.clone();
        for (id, before, now) in changes {
            let key = Key::of(id);
            let Ok(at) = records.binary_search_by_key(&key, |kept| kept.key) else { continue };
            // Of two Sources with one key only the first is here.
            if let Some(kept) = records.get_mut(at).filter(|kept| Arc::ptr_eq(&kept.record, before)) {
                *kept = Kept::new(key, now);
            }
        }
        Self::made(records, Some(self), put)
    }

    /// `records`: sorted, each key once.
    fn made(records: Vec<Kept>, before: Option<&Self>, put: impl Fn(Vec<u8>) -> F + Sync) -> Self {
        let count = count_for(records.len());
        let known = before.filter(|before| before.files.len() == count);
        let wanted = match known {
            Some(before) => touched(&before.records, &records, count),
            None => (0..count).collect(),
        };
        let mut order: Vec<usize> = wanted.into_iter().collect();
        order.sort_unstable_by_key(|shard| rank(*shard, count));
        let mut files: Vec<Option<F>> = match known {
            Some(before) => before.files.iter().cloned().map(Some).collect(),
            None => vec![None; count],
        };
        for group in order.chunks(GROUP) {
            let made: Vec<F> = lines(&records, count, group).into_par_iter().map(|lines| put(file(&lines))).collect();
            for (shard, made) in group.iter().zip(made) {
                if let Some(file) = files.get_mut(*shard) {
                    *file = Some(made);
                }
            }
        }
        Self { records, files: files.into_iter().flatten().collect() }
    }

    /// How many there are.
    pub(in crate::site) const fn count(&self) -> usize {
        self.files.len()
    }

    /// The files, with their paths below the Path's folder.
    pub(in crate::site) fn files(&self) -> impl Iterator<Item = (String, &F)> {
        self.files.iter().enumerate().map(|(n, file)| (format!("search/{}/{n}.json", self.files.len()), file))
    }
}

fn kept<'a>(sources: impl Iterator<Item = (&'a str, &'a Arc<Record>)>) -> Vec<Kept> {
    let sources: Vec<(&str, &Arc<Record>)> = sources.collect();
    let mut records: Vec<Kept> = sources.par_iter().map(|(id, record)| Kept::new(Key::of(id), record)).collect();
    records.sort_by_key(|kept| kept.key);
    records.dedup_by_key(|kept| kept.key);
    records
}

/// A power of two.
fn count_for(sources: usize) -> usize {
    (sources / SOURCES_PER_SHARD).clamp(1, MAX_SHARDS).next_power_of_two()
}

/// The shards in which anything is different.
fn touched(before: &[Kept], now: &[Kept], count: usize) -> BTreeSet<usize> {
    let mut touched = BTreeSet::new();
    let mut old = before.iter().peekable();
    for Kept { key, record: is, .. } in now {
        while let Some(Kept { record: gone, .. }) = old.next_if(|known| known.key < *key) {
            touched.extend(gone.terms().map(|term| shard_of(letters(term), count)));
        }
        match old.next_if(|known| known.key == *key).map(|known| &known.record) {
            Some(was) if Arc::ptr_eq(was, is) || was.terms == is.terms => {}
            Some(was) => {
                let (was, is): (BTreeSet<&str>, BTreeSet<&str>) = (was.terms().collect(), is.terms().collect());
                touched.extend(was.symmetric_difference(&is).map(|term| shard_of(letters(term), count)));
            }
            None => touched.extend(is.terms().map(|term| shard_of(letters(term), count))),
        }
    }
    for Kept { record: gone, .. } in old {
        touched.extend(gone.terms().map(|term| shard_of(letters(term), count)));
    }
    touched
}

/// The lines of these shards, which come in the order of their [`rank`].
fn lines(records: &[Kept], count: usize, wanted: &[usize]) -> Vec<String> {
    let present = Present::wanted(wanted, count);
    let parts: Vec<Vec<String>> = records
        .par_chunks(CHUNK)
        .map(|chunk| {
            let mut parts = vec![String::new(); wanted.len()];
            let mut terms: Vec<&str> = Vec::new();
            for Kept { key, record, .. } in chunk.iter().filter(|kept| kept.present.meets(&present)) {
                let mut from = 0;
                for (part, shard) in parts.iter_mut().zip(wanted) {
                    let found = record.of_shard(*shard, count, &mut from);
                    if found.is_empty() {
                        continue;
                    }
                    terms.clear();
                    terms.extend(found.split(' '));
                    // Those of fewer shards are only sorted in part; the weight does not count.
                    terms.sort_unstable_by_key(|term| letters(term));
                    part.push_str(if part.is_empty() { "\"" } else { ",\n\"" });
                    part.push_str(key.as_str());
                    part.push_str("\":\"");
                    for (at, term) in terms.iter().enumerate() {
                        part.push_str(if at == 0 { "" } else { " " });
                        part.push_str(term);
                    }
                    part.push('"');
                }
            }
            parts
        })
        .collect();
    let join = |slot: usize| {
        let parts = parts.iter().filter_map(|parts| parts.get(slot)).filter(|part| !part.is_empty());
        parts.map(String::as_str).collect::<Vec<_>>().join(",\n")
    };
    (0..wanted.len()).into_par_iter().map(join).collect()
}

fn file(lines: &str) -> Vec<u8> {
    if lines.is_empty() { "{}\n".to_owned() } else { format!("{{\n{lines}\n}}\n") }.into_bytes()
}
