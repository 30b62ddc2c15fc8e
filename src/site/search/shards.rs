//! The files of terms, made anew only where a Source changed.

use super::{record::Record, terms::shard_of};
use rayon::prelude::*;
use std::{collections::BTreeSet, fmt, sync::Arc};

/// About how many Sources make another shard worth it.
const SOURCES_PER_SHARD: usize = 8;
/// The most shards: with 10,000 Sources one has some 150 kB, and compresses to a quarter.
const MAX_SHARDS: usize = 256;
/// Records that one task cuts into shards.
const CHUNK: usize = 512;

/// All shards of a Path. Made from those of the build before, or from nothing, the bytes are the same.
///
/// It keeps the records and, of each file, what `put` gave for its bytes: with 10,000 Sources of 300 terms some 25 MB.
#[derive(Clone, Debug, Default)]
pub(in crate::site) struct Shards<F> {
    /// By key.
    records: Vec<(Key, Arc<Record>)>,
    files: Vec<F>,
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
        let mut records: Vec<(Key, Arc<Record>)> =
            sources.map(|(id, record)| (Key::of(id), Arc::clone(record))).collect();
        records.sort_by_key(|(key, _)| *key);
        records.dedup_by_key(|(key, _)| *key);
        Self::made(records, before, put)
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
            let Ok(at) = records.binary_search_by_key(&key, |(key, _)| *key) else { continue };
            // Of two Sources with one key only the first is here.
            if let Some((_, record)) = records.get_mut(at).filter(|(_, record)| Arc::ptr_eq(record, before)) {
                *record = Arc::clone(now);
            }
        }
        Self::made(records, Some(self), put)
    }

    /// `records`: sorted, each key once.
    fn made(records: Vec<(Key, Arc<Record>)>, before: Option<&Self>, put: impl Fn(Vec<u8>) -> F + Sync) -> Self {
        let count = count_for(records.len());
        let known = before.filter(|before| before.files.len() == count);
        let wanted = match known {
            Some(before) => touched(&before.records, &records, count),
            None => (0..count).collect(),
        };
        let mut made = lines(&records, count, &wanted)
            .into_par_iter()
            .map(|lines| put(file(&lines)))
            .collect::<Vec<_>>()
            .into_iter();
        let kept = |shard: usize| known.and_then(|before| before.files.get(shard)).cloned();
        let files =
            (0..count).filter_map(|shard| if wanted.contains(&shard) { made.next() } else { kept(shard) }).collect();
        Self { records, files }
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

/// A power of two.
fn count_for(sources: usize) -> usize {
    (sources / SOURCES_PER_SHARD).clamp(1, MAX_SHARDS).next_power_of_two()
}

/// The shards in which anything is different.
fn touched(before: &[(Key, Arc<Record>)], now: &[(Key, Arc<Record>)], count: usize) -> BTreeSet<usize> {
    let mut touched = BTreeSet::new();
    let mut old = before.iter().peekable();
    for (key, is) in now {
        while let Some((_, gone)) = old.next_if(|(known, _)| known < key) {
            touched.extend(gone.terms().map(|term| shard_of(term, count)));
        }
        match old.next_if(|(known, _)| known == key) {
            Some((_, was)) if Arc::ptr_eq(was, is) || was.terms == is.terms => {}
            Some((_, was)) => {
                let (was, is): (BTreeSet<&str>, BTreeSet<&str>) = (was.terms().collect(), is.terms().collect());
                touched.extend(was.symmetric_difference(&is).map(|term| shard_of(term, count)));
            }
            None => touched.extend(is.terms().map(|term| shard_of(term, count))),
        }
    }
    for (_, gone) in old {
        touched.extend(gone.terms().map(|term| shard_of(term, count)));
    }
    touched
}

/// The lines of these shards, in their order.
fn lines(records: &[(Key, Arc<Record>)], count: usize, wanted: &BTreeSet<usize>) -> Vec<String> {
    let mut slots: Vec<Option<usize>> = vec![None; count];
    for (slot, shard) in wanted.iter().enumerate() {
        slots[*shard] = Some(slot);
    }
    if wanted.is_empty() {
        return Vec::new();
    }
    let parts: Vec<Vec<String>> = records
        .par_chunks(CHUNK)
        .map(|chunk| {
            let mut parts = vec![String::new(); wanted.len()];
            let mut terms: Vec<(usize, &str)> = Vec::new();
            for (key, record) in chunk {
                terms.clear();
                terms.extend(record.terms().filter_map(|term| Some((slots[shard_of(term, count)]?, term))));
                // Stable: the terms of a shard stay sorted.
                terms.sort_by_key(|(slot, _)| *slot);
                for of_shard in terms.chunk_by(|(a, _), (b, _)| a == b) {
                    let Some(part) = of_shard.first().and_then(|(slot, _)| parts.get_mut(*slot)) else { continue };
                    part.push_str(if part.is_empty() { "\"" } else { ",\n\"" });
                    part.push_str(key.as_str());
                    part.push_str("\":\"");
                    for (at, (_, term)) in of_shard.iter().enumerate() {
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
