//! Reads JSON in the one form in which pmx writes manifests and routes: sorted keys, no blanks, no escapes. It gives up on all else.

use super::{File, Hash, MAX_BLOB, index::IndexEntry};

/// A place in the bytes of a document.
pub(super) struct Scan<'a> {
    json: &'a [u8],
    at: usize,
}

/// What can stand under a name.
pub(super) trait Value: Copy {
    fn read(scan: &mut Scan<'_>) -> Option<Self>;
}

impl Value for File {
    fn read(scan: &mut Scan<'_>) -> Option<Self> {
        scan.literal(b"{\"hash\":\"")?;
        let hash = scan.hash()?;
        scan.literal(b"\",\"size\":")?;
        let size = scan.number()?;
        scan.literal(b"}")?;
        (size <= MAX_BLOB).then_some(Self { hash, size })
    }
}

impl Value for Hash {
    fn read(scan: &mut Scan<'_>) -> Option<Self> {
        scan.literal(b"{\"hash\":\"")?;
        let hash = scan.hash()?;
        scan.literal(b"\"}")?;
        Some(hash)
    }
}

impl<'a> Scan<'a> {
    pub(super) const fn new(json: &'a [u8]) -> Self {
        Self { json, at: 0 }
    }

    pub(super) fn literal(&mut self, literal: &[u8]) -> Option<()> {
        let rest = self.json.get(self.at..)?;
        rest.starts_with(literal).then(|| self.at += literal.len())
    }

    /// Nothing follows but the end of a line.
    pub(super) fn is_end(&self) -> bool {
        matches!(self.json.get(self.at..), Some(b"" | b"\n"))
    }

    /// An object of sorted names that `allowed` lets pass. Entries that stand in `near` with the same bytes are taken from there. The
    /// flag says whether all names are those of `near`.
    pub(super) fn entries<V: Value>(
        &mut self,
        near: Option<(&[u8], &[IndexEntry<V>])>,
        allowed: impl Fn(&str) -> bool,
    ) -> Option<(Vec<IndexEntry<V>>, bool)> {
        let (text, known) = near.unwrap_or_default();
        let mut entries = Vec::with_capacity(known.len() + 1);
        let mut same_names = near.is_some();
        let mut next = 0;
        self.literal(b"{")?;
        if self.literal(b"}").is_some() {
            return Some((entries, same_names && known.is_empty()));
        }
        loop {
            match known.get(next).and_then(|entry| self.same(text, entry)) {
                Some(entry) => {
                    entries.push(entry);
                    next += 1;
                }
                None => {
                    let entry = self.entry(&allowed)?;
                    let name = entry.name(self.json);
                    if entries.last().is_some_and(|last| last.name(self.json) >= name) {
                        return None;
                    }
                    let skipped = known[next..].iter().take_while(|entry| entry.name(text) < name).count();
                    next += skipped;
                    let is_known = known.get(next).is_some_and(|entry| entry.name(text) == name);
                    next += usize::from(is_known);
                    same_names &= skipped == 0 && is_known;
                    entries.push(entry);
                }
            }
            if self.literal(b",").is_none() {
                self.literal(b"}")?;
                entries.shrink_to_fit();
                return Some((entries, same_names && next == known.len()));
            }
        }
    }

    /// The entry, if its bytes stand here, too.
    fn same<V: Copy>(&mut self, text: &[u8], entry: &IndexEntry<V>) -> Option<IndexEntry<V>> {
        // With the quote before the name.
        let there = text.get(entry.from as usize - 1..entry.end as usize)?;
        let here = self.json.get(self.at..self.at + there.len())?;
        if !equal(here, there) {
            return None;
        }
        let from = self.at as u32 + 1;
        self.at += there.len();
        Some(IndexEntry { from, end: self.at as u32, ..*entry })
    }

    fn entry<V: Value>(&mut self, allowed: impl Fn(&str) -> bool) -> Option<IndexEntry<V>> {
        let (from, name) = self.string()?;
        if !allowed(name) {
            return None;
        }
        let len = name.len() as u32;
        self.literal(b":")?;
        let value = V::read(self)?;
        Some(IndexEntry { from, len, end: self.at as u32, value })
    }

    /// A string without escapes: where it begins, behind its quote, and what it says.
    pub(super) fn string(&mut self) -> Option<(u32, &'a str)> {
        self.literal(b"\"")?;
        let from = self.at;
        let rest = self.json.get(from..)?;
        let len = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))?;
        let text = std::str::from_utf8(&rest[..len]).ok()?;
        self.at += len;
        self.literal(b"\"")?;
        Some((from as u32, text))
    }

    fn hash(&mut self) -> Option<Hash> {
        let hash = Hash::from_hex(self.json.get(self.at..self.at + 64)?).ok()?;
        self.at += 64;
        Some(hash)
    }

    /// A whole number as JSON has it, of at most 18 digits.
    pub(super) fn number(&mut self) -> Option<u64> {
        let rest = self.json.get(self.at..)?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=18).contains(&digits) || (digits > 1 && rest[0] == b'0') {
            return None;
        }
        self.at += digits;
        Some(rest[..digits].iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
    }
}

/// Eight bytes at a time: compiled to wasm, comparing slices goes byte by byte.
fn equal(a: &[u8], b: &[u8]) -> bool {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| u64::from_le_bytes(*a) == u64::from_le_bytes(*b))
        && a_rest == b_rest
}
