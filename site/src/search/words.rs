//! The terms of one Source while they are shared_parts: one buffer of letters and a table of places in it, since a build meets
//! hundreds of terms a page and nearly all of them again and again.

use super::terms::{MAX_SHARDS, rank, shard_of};

/// Where a term occurs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Occurrence {
    pub title: bool,
    pub heading: bool,
    pub code: bool,
    pub text: u32,
}

/// Terms, each once, with what is known of them.
#[derive(Debug, Default)]
pub(super) struct TermTable {
    letters: String,
    known: Vec<TermEntry>,
    /// Numbers of words + 1, by the hash of their letters; 0 is free. A power of two, or empty.
    table: Vec<u32>,
}

#[derive(Debug)]
struct TermEntry {
    hash: u32,
    from: u32,
    to: u32,
    found: Occurrence,
}

impl TermTable {
    /// What is known of a term. A new one is taken in only while there are fewer than `most`.
    pub(super) fn get(&mut self, term: &str, most: usize) -> Option<&mut Occurrence> {
        if self.known.len() * 2 >= self.table.len() {
            self.grow();
        }
        let hash = hash(term);
        let mask = self.table.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let number = self.table[at] as usize;
            let Some(number) = number.checked_sub(1) else { break };
            if self.known[number].hash == hash && self.letters(&self.known[number]) == term {
                return Some(&mut self.known[number].found);
            }
            at = (at + 1) & mask;
        }
        if self.known.len() >= most {
            return None;
        }
        let from = u32::try_from(self.letters.len()).ok()?;
        self.letters.push_str(term);
        let to = u32::try_from(self.letters.len()).ok()?;
        self.known.push(TermEntry { hash, from, to, found: Occurrence::default() });
        self.table[at] = u32::try_from(self.known.len()).ok()?;
        self.known.last_mut().map(|word| &mut word.found)
    }

    /// All of them, by the [`rank`] of their shard out of [`MAX_SHARDS`] and then by their letters.
    pub(super) fn ranked(&self) -> Vec<(&str, Occurrence)> {
        // Eight bytes tell nearly all words apart, and cost one comparison.
        let begin = |term: &str| {
            let mut bytes = [rank(shard_of(term, MAX_SHARDS), MAX_SHARDS), 0, 0, 0, 0, 0, 0, 0];
            let length = term.len().min(7);
            bytes[1..=length].copy_from_slice(&term.as_bytes()[..length]);
            u64::from_be_bytes(bytes)
        };
        let mut all: Vec<(u64, &str, Occurrence)> = self
            .known
            .iter()
            .map(|word| (self.letters(word), word.found))
            .map(|(term, found)| (begin(term), term, found))
            .collect();
        all.sort_unstable_by(|(a, x, _), (b, y, _)| a.cmp(b).then_with(|| x.cmp(y)));
        all.into_iter().map(|(_, term, found)| (term, found)).collect()
    }

    fn letters(&self, word: &TermEntry) -> &str {
        &self.letters[word.from as usize..word.to as usize]
    }

    fn grow(&mut self) {
        let size = (self.table.len() * 2).max(512);
        self.table.clear();
        self.table.resize(size, 0);
        for (number, word) in (1_u32..).zip(&self.known) {
            let mut at = word.hash as usize & (size - 1);
            while self.table[at] != 0 {
                at = (at + 1) & (size - 1);
            }
            self.table[at] = number;
        }
    }
}

/// FNV-1a, mixed once more, since the table looks at the lowest bits.
fn hash(term: &str) -> u32 {
    let hash = term.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash ^ (hash >> 15)
}
