//! The files of terms, made anew only where a Source changed.

use super::{record::Record, terms::shard_of};
use crate::site::build::Blob;
use pmx_worker::model::Hash;
use rayon::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

/// About how many Sources make another shard worth it.
const SOURCES_PER_SHARD: usize = 8;
/// The most shards: with 10,000 Sources one has some 150 kB, and compresses to a quarter.
const MAX_SHARDS: usize = 256;
/// Records that one task cuts into shards.
const CHUNK: usize = 512;

/// All shards of a Path. Made from those of the build before, or from nothing, the bytes are the same.
#[derive(Debug, Default)]
pub(in crate::site) struct Shards {
    /// By key.
    records: Vec<(Key, Arc<Record>)>,
    files: Vec<(Hash, Blob)>,
}

/// A Source's name in the shards: FNV-1a (64 bit, folded to 40) of its id in base 32.
///
/// With 10,000 Sources two share one in a site of 20,000; one of them is then not found by its text.
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

impl Shards {
    /// The shards of these Sources, by id. What `before` has and did not change is taken over.
    pub(in crate::site) fn of<'a>(
        sources: impl Iterator<Item = (&'a str, &'a Arc<Record>)>,
        before: Option<&Self>,
    ) -> Self {
        let mut records: Vec<(Key, Arc<Record>)> =
            sources.map(|(id, record)| (Key::of(id), Arc::clone(record))).collect();
        records.sort_by_key(|(key, _)| *key);
        records.dedup_by_key(|(key, _)| *key);
        let count = count_for(records.len());
        let files = match before.filter(|before| before.files.len() == count) {
            Some(before) => edited(before, &records),
            None => files(&records, count),
        };
        Self { records, files }
    }

    /// How many there are.
    pub(in crate::site) const fn count(&self) -> usize {
        self.files.len()
    }

    /// The files, with their paths below the Path's folder.
    pub(in crate::site) fn files(&self) -> impl Iterator<Item = (String, &(Hash, Blob))> {
        self.files.iter().enumerate().map(|(n, file)| (format!("search/{}/{n}.json", self.files.len()), file))
    }
}

/// A power of two.
fn count_for(sources: usize) -> usize {
    (sources / SOURCES_PER_SHARD).clamp(1, MAX_SHARDS).next_power_of_two()
}

/// All files from nothing.
fn files(records: &[(Key, Arc<Record>)], count: usize) -> Vec<(Hash, Blob)> {
    let parts: Vec<Vec<String>> = records
        .par_chunks(CHUNK)
        .map(|chunk| {
            let mut parts = vec![String::new(); count];
            let mut terms: Vec<(usize, &str)> = Vec::new();
            for (key, record) in chunk {
                terms.clear();
                terms.extend(record.terms().map(|term| (shard_of(term, count), term)));
                terms.sort_by_key(|(shard, _)| *shard);
                for of_shard in terms.chunk_by(|(a, _), (b, _)| a == b) {
                    let Some(part) = of_shard.first().and_then(|(shard, _)| parts.get_mut(*shard)) else { continue };
                    begin_line(part, *key);
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
    let file = |shard: usize| {
        let mut lines = String::new();
        for part in parts.iter().filter_map(|parts| parts.get(shard)).filter(|part| !part.is_empty()) {
            lines.push_str(if lines.is_empty() { "" } else { ",\n" });
            lines.push_str(part);
        }
        finish(&lines)
    };
    (0..count).into_par_iter().map(file).collect()
}

fn begin_line(lines: &mut String, key: Key) {
    lines.push_str(if lines.is_empty() { "\"" } else { ",\n\"" });
    lines.push_str(key.as_str());
    lines.push_str("\":\"");
}

/// Lines without the frame -> the file.
fn finish(lines: &str) -> (Hash, Blob) {
    let bytes = if lines.is_empty() { "{}\n".to_owned() } else { format!("{{\n{lines}\n}}\n") }.into_bytes();
    (Hash::of(&bytes), bytes.into())
}

/// What a Source has in each shard now, if anything; by shard, then sorted by key.
type Edits = BTreeMap<usize, Vec<(Key, Option<String>)>>;

/// The files of `before`, brought to these records.
fn edited(before: &Shards, records: &[(Key, Arc<Record>)]) -> Vec<(Hash, Blob)> {
    let count = before.files.len();
    let mut edits = Edits::new();
    let mut old = before.records.iter().peekable();
    for (key, record) in records {
        while let Some((gone, was)) = old.next_if(|(known, _)| known < key) {
            compare(*gone, Some(was), None, count, &mut edits);
        }
        let was = old.next_if(|(known, _)| known == key).map(|(_, was)| was);
        compare(*key, was, Some(record), count, &mut edits);
    }
    for (gone, was) in old {
        compare(*gone, Some(was), None, count, &mut edits);
    }
    let mut files = before.files.clone();
    let touched: Vec<(usize, (Hash, Blob))> = edits
        .into_par_iter()
        .filter_map(|(shard, edits)| Some((shard, splice(&before.files.get(shard)?.1, edits))))
        .collect();
    for (shard, file) in touched {
        if let Some(old) = files.get_mut(shard) {
            *old = file;
        }
    }
    files
}

/// Notes the shards in which a Source has other terms than before.
fn compare(key: Key, was: Option<&Arc<Record>>, is: Option<&Arc<Record>>, count: usize, edits: &mut Edits) {
    if let (Some(was), Some(is)) = (was, is)
        && (Arc::ptr_eq(was, is) || was.terms == is.terms)
    {
        return;
    }
    let (was, mut is) = (by_shard(was, count), by_shard(is, count));
    let touched: BTreeSet<usize> = was.keys().chain(is.keys()).copied().collect();
    for shard in touched {
        let terms = is.remove(&shard);
        if was.get(&shard) != terms.as_ref() {
            edits.entry(shard).or_default().push((key, terms));
        }
    }
}

fn by_shard(record: Option<&Arc<Record>>, count: usize) -> BTreeMap<usize, String> {
    let mut shards: BTreeMap<usize, String> = BTreeMap::new();
    for term in record.into_iter().flat_map(|record| record.terms()) {
        let terms = shards.entry(shard_of(term, count)).or_default();
        terms.push_str(if terms.is_empty() { "" } else { " " });
        terms.push_str(term);
    }
    shards
}

/// Replaces lines of a file. Terms and keys hold neither commas nor line ends, so its lines are found without parsing.
fn splice(file: &[u8], edits: Vec<(Key, Option<String>)>) -> (Hash, Blob) {
    let text = std::str::from_utf8(file).unwrap_or_default();
    let inner = text.strip_prefix("{\n").and_then(|text| text.strip_suffix("\n}\n")).unwrap_or_default();
    let mut out = String::with_capacity(text.len() + 256);
    let mut lines = inner.split(",\n").filter(|line| !line.is_empty()).peekable();
    let copy = |out: &mut String, line: &str| {
        out.push_str(if out.is_empty() { "" } else { ",\n" });
        out.push_str(line);
    };
    for (key, terms) in edits {
        while let Some(line) = lines.next_if(|line| line.get(1..9).unwrap_or_default() < key.as_str()) {
            copy(&mut out, line);
        }
        lines.next_if(|line| line.get(1..9) == Some(key.as_str()));
        if let Some(terms) = terms {
            begin_line(&mut out, key);
            out.push_str(&terms);
            out.push('"');
        }
    }
    for line in lines {
        copy(&mut out, line);
    }
    finish(&out)
}
