//! The files of terms, made anew only where a Source changed.

use super::{
    ends::{self, Vocabulary},
    record::{Record, letters},
    terms::{MAX_SHARDS, rank, shard_of},
};
use rayon::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fmt, mem,
    sync::Arc,
};

/// About how many Sources make another shard worth it.
const SOURCES_PER_SHARD: usize = 8;
/// Shards that are made at a time, so that not all of them are in memory.
const GROUP: usize = 64;
/// Records that one task cuts into shards.
const CHUNK: usize = 512;

/// All shards of a Path. Sources come and go; what they are written to is made of the shards that this touched. However it came about, the
/// bytes are the same.
///
/// It keeps the records and, of each file, what `put` gave for its bytes: with 10,000 Sources of 300 terms some 25 MB.
#[derive(Clone, Debug)]
pub(crate) struct Shards<F> {
    /// By key and id. Of Sources with one key, only the first is written.
    records: BTreeMap<(SourceKey, Box<str>), ShardSource>,
    /// In which a term came or went since the files were written.
    touched: ShardSet,
    files: Vec<F>,
    /// By how terms end.
    ends: Vec<F>,
    /// The terms of each shard; none where only the files are known.
    vocabulary: Option<Vocabulary>,
}

impl<F> Default for Shards<F> {
    fn default() -> Self {
        let (files, ends) = (Vec::new(), Vec::new());
        Self { records: BTreeMap::new(), touched: ShardSet::default(), files, ends, vocabulary: None }
    }
}

/// A Source in the shards.
#[derive(Clone, Debug)]
struct ShardSource {
    record: Arc<Record>,
    present: ShardSet,
}

/// Of the most shards that there can be, those that a Source has terms in. Fewer shards are these, some laid together.
#[derive(Clone, Copy, Debug, Default)]
struct ShardSet([u64; MAX_SHARDS / 64]);

impl ShardSet {
    /// Of these terms, with their weights.
    fn of<'t>(terms: impl Iterator<Item = &'t str>) -> Self {
        let mut present = Self::default();
        let mut last = "";
        for term in terms {
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

    fn extend(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(bits, more)| *bits |= more);
    }

    /// Which of `count` shards that is.
    fn out_of(&self, count: usize) -> BTreeSet<usize> {
        let is_in = |shard: &usize| self.0.get(shard / 64).is_some_and(|bits| bits & (1 << (shard % 64)) != 0);
        (0..MAX_SHARDS).filter(is_in).map(|shard| shard % count).collect()
    }
}

/// A Source's name in the shards: FNV-1a (64 bit, folded to 40) of its id in base 32. In one site of 20,000 with 10,000 Sources two
/// share one, and one of them is not found by its text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SourceKey([u8; 8]);

impl SourceKey {
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

impl fmt::Debug for SourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<F: Clone + Send + Sync> Shards<F> {
    /// The shards of these Sources, by id, of which the files are known already; none, if it cannot be these.
    pub(crate) fn known<'a>(sources: impl Iterator<Item = (&'a str, &'a Arc<Record>)>, files: &[F]) -> Option<Self> {
        let mut known = Self::default();
        known.insert(sources);
        known.touched = ShardSet::default();
        let count = count_for(known.written().len());
        let (files, ends) = files.split_at_checked(count)?;
        (ends.len() == ends::count_for(count)).then(|| Self { files: files.to_vec(), ends: ends.to_vec(), ..known })
    }

    /// Takes these Sources in, by id, in the place of what they were.
    pub(crate) fn insert<'a>(&mut self, sources: impl Iterator<Item = (&'a str, &'a Arc<Record>)>) {
        let sources: Vec<_> = sources.map(|(id, record)| ((SourceKey::of(id), Box::<str>::from(id)), record)).collect();
        let known = &self.records;
        let is_other = |(at, now): &((SourceKey, Box<str>), &Arc<Record>)| {
            known.get(at).is_none_or(|kept| !Arc::ptr_eq(&kept.record, now))
        };
        let kept =
            |record: &Arc<Record>| ShardSource { record: Arc::clone(record), present: ShardSet::of(record.terms()) };
        let sources = sources.into_par_iter().filter(is_other).map(|(at, record)| (at, kept(record)));
        let new: Vec<((SourceKey, Box<str>), ShardSource)> = sources.collect();
        for (at, kept) in new {
            let present = kept.present;
            match self.records.insert(at, kept.clone()) {
                None => self.touched.extend(&present),
                Some(before) => self.touched.extend(&different(&before.record, &kept.record)),
            }
        }
    }

    /// Drops all Sources but those with these ids.
    pub(crate) fn retain(&mut self, is_there: impl Fn(&str) -> bool) {
        let touched = &mut self.touched;
        self.records.retain(|(_, id), kept| {
            let stays = is_there(id);
            if !stays {
                touched.extend(&kept.present);
            }
            stays
        });
    }

    /// Writes the files that are other than before; `put` takes the bytes of each.
    pub(crate) fn write(&mut self, put: impl Fn(Vec<u8>) -> F + Sync) {
        let touched = mem::take(&mut self.touched);
        let records = self.written();
        let count = count_for(records.len());
        let is_known = self.files.len() == count;
        let wanted = if is_known { touched.out_of(count) } else { (0..count).collect() };
        let has_ends = ends::count_for(count) > 0;
        let mut order: Vec<usize> = wanted.into_iter().collect();
        if order.is_empty() {
            return;
        }
        order.sort_unstable_by_key(|shard| rank(*shard, count));
        let mut files: Vec<Option<F>> = match is_known {
            true => self.files.iter().cloned().map(Some).collect(),
            false => vec![None; count],
        };
        let was = self.vocabulary.as_ref().filter(|_| is_known);
        let mut vocabulary = was.cloned().unwrap_or_else(|| vec![Arc::default(); count]);
        for group in order.chunks(GROUP) {
            let lines = lines(&records, count, group, has_ends);
            let made: Vec<(F, Arc<str>)> =
                lines.into_par_iter().map(|ShardText { text, terms }| (put(file(&text)), terms)).collect();
            for (shard, (made, terms)) in group.iter().zip(made) {
                if let (Some(file), Some(known)) = (files.get_mut(*shard), vocabulary.get_mut(*shard)) {
                    (*file, *known) = (Some(made), terms);
                }
            }
        }
        if has_ends && is_known && was.is_none() {
            // Another process made the files, so the terms of those that stay are still to be gathered.
            let all: Vec<usize> = order_of(count);
            let terms = all.chunks(GROUP).flat_map(|group| lines(&records, count, group, true));
            for (shard, ShardText { terms, .. }) in all.iter().zip(terms) {
                if let Some(known) = vocabulary.get_mut(*shard) {
                    *known = terms;
                }
            }
        }
        let ends = Self::ends(&vocabulary, was.map(|was| (was, &*self.ends)), count, put);
        drop(records);
        self.files = files.into_iter().flatten().collect();
        (self.ends, self.vocabulary) = (ends, Some(vocabulary));
    }

    /// What is in the files, by key.
    fn written(&self) -> Vec<(SourceKey, &ShardSource)> {
        let mut written: Vec<(SourceKey, &ShardSource)> =
            self.records.iter().map(|((key, _), kept)| (*key, kept)).collect();
        written.dedup_by_key(|(key, _)| *key);
        written
    }

    /// The files by how terms end; those of before where no term came or went.
    fn ends(
        vocabulary: &Vocabulary,
        before: Option<(&Vocabulary, &[F])>,
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
            Some((_, known)) => known.iter().cloned().map(Some).collect(),
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

/// A power of two.
fn count_for(sources: usize) -> usize {
    (sources / SOURCES_PER_SHARD).clamp(1, MAX_SHARDS).next_power_of_two()
}

/// The shards of terms that only one of two records has, or with another weight.
fn different(before: &Record, now: &Record) -> ShardSet {
    if before.terms == now.terms {
        return ShardSet::default();
    }
    let (was, is): (BTreeSet<&str>, BTreeSet<&str>) = (before.terms().collect(), now.terms().collect());
    ShardSet::of(was.symmetric_difference(&is).copied())
}

/// All shards, in the order of their [`rank`].
fn order_of(count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_unstable_by_key(|shard| rank(*shard, count));
    order
}

/// What goes into the file of a shard, and the terms in it that are listed by their ends.
struct ShardText {
    text: String,
    terms: Arc<str>,
}

/// The lines of these shards, which come in the order of their [`rank`]; with `listed` their terms, too.
fn lines(records: &[(SourceKey, &ShardSource)], count: usize, wanted: &[usize], listed: bool) -> Vec<ShardText> {
    let present = ShardSet::wanted(wanted, count);
    let parts: Vec<Vec<(String, HashSet<&str>)>> = records
        .par_chunks(CHUNK)
        .map(|chunk| {
            let mut parts = vec![(String::new(), HashSet::new()); wanted.len()];
            let mut terms: Vec<&str> = Vec::new();
            for (key, ShardSource { record, .. }) in chunk.iter().filter(|(_, kept)| kept.present.meets(&present)) {
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
        ShardText { text: texts.collect::<Vec<_>>().join(",\n"), terms: ends::sorted(terms) }
    };
    (0..wanted.len()).into_par_iter().map(join).collect()
}

fn file(lines: &str) -> Vec<u8> {
    if lines.is_empty() { "{}\n".to_owned() } else { format!("{{\n{lines}\n}}\n") }.into_bytes()
}
