//! The files of terms, made anew only where a Source changed.

use super::{
    ends::{self, Vocabulary},
    record::{Record, letters},
    terms::{MAX_SHARDS, rank, shard_of},
};
use rayon::prelude::*;
use std::{
    collections::{BTreeSet, HashSet},
    fmt,
    sync::Arc,
};

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
pub(crate) struct Shards<F> {
    /// By key.
    records: Vec<Kept>,
    files: Vec<F>,
    /// By how terms end.
    ends: Vec<F>,
    /// The terms of each shard; none where only the files are known.
    vocabulary: Option<Vocabulary>,
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
    pub(crate) fn of<'a>(
        sources: impl Iterator<Item = (&'a str, &'a Arc<Record>)>,
        before: Option<&Self>,
        put: impl Fn(Vec<u8>) -> F + Sync,
    ) -> Self {
        Self::made(kept(sources), before, put)
    }

    /// The shards of these Sources, by id, of which the files are known already; none, if it cannot be these.
    pub(crate) fn known<'a>(sources: impl Iterator<Item = (&'a str, &'a Arc<Record>)>, files: &[F]) -> Option<Self> {
        let records = kept(sources);
        let count = count_for(records.len());
        let (files, ends) = files.split_at_checked(count)?;
        let known = Self { records, files: files.to_vec(), ends: ends.to_vec(), vocabulary: None };
        (ends.len() == ends::count_for(count)).then_some(known)
    }

    /// The shards after some Sources changed: id, record before, record now.
    pub(crate) fn with(
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
        let has_ends = ends::count_for(count) > 0;
        let mut order: Vec<usize> = wanted.into_iter().collect();
        order.sort_unstable_by_key(|shard| rank(*shard, count));
        let mut files: Vec<Option<F>> = match known {
            Some(before) => before.files.iter().cloned().map(Some).collect(),
            None => vec![None; count],
        };
        let was = known.and_then(|before| before.vocabulary.as_ref());
        let mut vocabulary = was.cloned().unwrap_or_else(|| vec![Arc::default(); count]);
        for group in order.chunks(GROUP) {
            let lines = lines(&records, count, group, has_ends);
            let made: Vec<(F, Arc<str>)> =
                lines.into_par_iter().map(|Lines { text, terms }| (put(file(&text)), terms)).collect();
            for (shard, (made, terms)) in group.iter().zip(made) {
                if let (Some(file), Some(known)) = (files.get_mut(*shard), vocabulary.get_mut(*shard)) {
                    (*file, *known) = (Some(made), terms);
                }
            }
        }
        if has_ends && known.is_some() && was.is_none() {
            // Another process made the files, so the terms of those that stay are still to be shared_parts.
            let all: Vec<usize> = order_of(count);
            let terms = all.chunks(GROUP).flat_map(|group| lines(&records, count, group, true));
            for (shard, Lines { terms, .. }) in all.iter().zip(terms) {
                if let Some(known) = vocabulary.get_mut(*shard) {
                    *known = terms;
                }
            }
        }
        let ends = Self::ends(&vocabulary, was.zip(known), count, put);
        Self { records, files: files.into_iter().flatten().collect(), ends, vocabulary: Some(vocabulary) }
    }

    /// The files by how terms end; those of before where no term came or went.
    fn ends(
        vocabulary: &Vocabulary,
        before: Option<(&Vocabulary, &Self)>,
        shards: usize,
        put: impl Fn(Vec<u8>) -> F + Sync,
    ) -> Vec<F> {
        let count = ends::count_for(shards);
        let wanted = match before {
            _ if count == 0 => return Vec::new(),
            Some((was, _)) => ends::touched(was, vocabulary, count),
            None => (0..count).collect(),
        };
        let mut files: Vec<Option<F>> = match before {
            Some((_, known)) => known.ends.iter().cloned().map(Some).collect(),
            None => vec![None; count],
        };
        let bytes = if wanted.is_empty() { Vec::new() } else { ends::files(vocabulary, count, &wanted) };
        let made: Vec<(usize, F)> = bytes.into_par_iter().map(|(end, bytes)| (end, put(bytes))).collect();
        for (end, made) in made {
            if let Some(file) = files.get_mut(end) {
                *file = Some(made);
            }
        }
        files.into_iter().flatten().collect()
    }

    /// How many there are.
    pub(crate) const fn count(&self) -> usize {
        self.files.len()
    }

    /// The files, with their paths below the Path's folder.
    pub(crate) fn files(&self) -> impl Iterator<Item = (String, &F)> {
        let count = self.files.len();
        let shards = self.files.iter().enumerate().map(move |(n, file)| (format!("search/{count}/{n}.json"), file));
        shards.chain(self.ends.iter().enumerate().map(move |(n, file)| (format!("search/{count}/ends/{n}.json"), file)))
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

/// All shards, in the order of their [`rank`].
fn order_of(count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_unstable_by_key(|shard| rank(*shard, count));
    order
}

/// What goes into the file of a shard, and the terms in it that are listed by their ends.
struct Lines {
    text: String,
    terms: Arc<str>,
}

/// The lines of these shards, which come in the order of their [`rank`]; with `listed` their terms, too.
fn lines(records: &[Kept], count: usize, wanted: &[usize], listed: bool) -> Vec<Lines> {
    let present = Present::wanted(wanted, count);
    let parts: Vec<Vec<(String, HashSet<&str>)>> = records
        .par_chunks(CHUNK)
        .map(|chunk| {
            let mut parts = vec![(String::new(), HashSet::new()); wanted.len()];
            let mut terms: Vec<&str> = Vec::new();
            for Kept { key, record, .. } in chunk.iter().filter(|kept| kept.present.meets(&present)) {
                let mut from = 0;
                for ((part, known), shard) in parts.iter_mut().zip(wanted) {
                    let found = record.of_shard(*shard, count, &mut from);
                    if found.is_empty() {
                        continue;
                    }
                    terms.clear();
                    terms.extend(found.split(' '));
                    if listed {
                        terms.iter().for_each(|term| ends::note(known, letters(term)));
                    }
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
        let of_slot = || parts.iter().filter_map(move |parts| parts.get(slot));
        let texts = of_slot().map(|(text, _)| text.as_str()).filter(|text| !text.is_empty());
        let terms = of_slot().flat_map(|(_, terms)| terms).copied().collect();
        Lines { text: texts.collect::<Vec<_>>().join(",\n"), terms: ends::sorted(terms) }
    };
    (0..wanted.len()).into_par_iter().map(join).collect()
}

fn file(lines: &str) -> Vec<u8> {
    if lines.is_empty() { "{}\n".to_owned() } else { format!("{{\n{lines}\n}}\n") }.into_bytes()
}
