//! Words as the index knows them. The browser does the same with what is typed, so each step has its twin there (see the
//! format in [`super`]).

/// The most shards: with 10,000 Sources one has some 150 kB, and compresses to a quarter.
pub(super) const MAX_SHARDS: usize = 256;
/// The most characters of a term; the rest is cut off.
const MAX_TERM: usize = 32;

/// The base letter of U+00C0 to U+024F where it is ASCII, else `-`.
const LATIN: &[u8; 0x190] = b"\
AAAAAA-CEEEEIIII-NOOOOO--UUUUY--aaaaaa-ceeeeiiii-nooooo--uuuuy-yAaAaAaCcCcCcCcDd--EeEeEeEeEeGgGgGgGg\
Hh--IiIiIiIiI---JjKk-LlLlLl----NnNnNn---OoOoOo--RrRrRrSsSsSsSsTtTt--UuUuUuUuUuUuWwYyYZzZzZz---------\
------------------------Oo-------------Uu----------------------------AaIiOoUuUuUuUuUu-AaAa----GgKkOo\
Oo--j---Gg--NnAa----AaAaEeEeIiIiOoOoRrRrUuUuSsTt--Hh------AaEeOoOoOoOoYy----------------------------";

/// The same for U+1E00 to U+1EFF.
const LATIN_ADDITIONAL: &[u8; 0x100] = b"\
AaBbBbBbCcDdDdDdDdDdEeEeEeEeEeFfGgHhHhHhHhHhIiIiKkKkKkLlLlLlLlMmMmMmNnNnNnNnOoOoOoOoPpPpRrRrRrRrSsSs\
SsSsSsTtTtTtTtUuUuUuUuUuVvVvWwWwWwWwWwXxXxYyZzZzZzhtwy------AaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEeEeEeEeEe\
IiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYy------";

/// Hands out the terms of a text in order, each occurrence.
pub(super) fn each_term(text: &str, mut each: impl FnMut(&str)) {
    let mut word = CurrentWord::default();
    let mut rest = text;
    // Nearly all text is runs of ASCII letters and what is between them.
    while !rest.is_empty() {
        let run = rest.bytes().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(rest.len());
        if run > 0 {
            word.ascii(&rest[..run], &mut each);
            rest = &rest[run..];
        }
        let Some(c) = rest.chars().next() else { break };
        rest = &rest[c.len_utf8()..];
        if c.is_ascii() {
            word.end(&mut each);
        } else {
            c.to_lowercase().for_each(|c| word.lower(c, &mut each));
        }
    }
    word.end(&mut each);
}

/// The shard of a term: FNV-1a (32 bit) of its first two characters, modulo the number of shards, a power of two.
pub(super) fn shard_of(term: &str, shards: usize) -> usize {
    let end = term.char_indices().nth(2).map_or(term.len(), |(at, _)| at);
    part_of(&term[..end], shards)
}

/// The file of a term's end: the same of its last two characters.
pub(super) fn end_of(term: &str, files: usize) -> usize {
    let start = term.char_indices().nth_back(1).map_or(0, |(at, _)| at);
    part_of(&term[start..], files)
}

fn part_of(text: &str, parts: usize) -> usize {
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    usize::try_from(hash).unwrap_or(0) & (parts - 1)
}

/// Where the terms of a shard out of `count` stand among all terms of a Source: those of one shard side by side, however many shards
/// there are. It is the shard with its bits reversed, so that shards that are laid together follow one another.
pub(super) fn rank(shard: usize, count: usize) -> u8 {
    let bits = count.trailing_zeros().min(8);
    let reversed = u8::try_from(shard).unwrap_or(0).reverse_bits();
    reversed.checked_shr(8 - bits).unwrap_or(0)
}

/// The word that is being read.
#[derive(Default)]
struct CurrentWord {
    letters: String,
    length: usize,
    /// The character before, in writing without spaces, and whether it is part of a term already.
    before: Option<(char, bool)>,
}

impl CurrentWord {
    /// ASCII letters and digits.
    fn ascii(&mut self, run: &str, each: &mut impl FnMut(&str)) {
        if self.before.is_some() {
            self.end(each);
        }
        let room = MAX_TERM.saturating_sub(self.length);
        self.length += run.len();
        let from = self.letters.len();
        self.letters.push_str(&run[..run.len().min(room)]);
        self.letters[from..].make_ascii_lowercase();
    }

    /// A lower-case character.
    fn lower(&mut self, c: char, each: &mut impl FnMut(&str)) {
        if is_ignored(c) {
            return;
        }
        let c = fold(c);
        if !c.is_alphanumeric() {
            self.end(each);
        } else if is_unspaced(c) {
            self.unspaced(c, each);
        } else {
            self.letter(c, each);
        }
    }

    fn letter(&mut self, c: char, each: &mut impl FnMut(&str)) {
        if self.before.is_some() {
            self.end(each);
        }
        self.length += 1;
        if self.length <= MAX_TERM {
            self.letters.push(c);
        }
    }

    /// Writing without spaces is indexed by pairs of characters.
    fn unspaced(&mut self, c: char, each: &mut impl FnMut(&str)) {
        let Some((before, _)) = self.before else {
            self.end(each);
            self.before = Some((c, false));
            return;
        };
        let mut pair = [0; 8];
        let first = before.encode_utf8(&mut pair).len();
        let second = c.encode_utf8(&mut pair[first..]).len();
        each(std::str::from_utf8(&pair[..first + second]).unwrap_or_default());
        self.before = Some((c, true));
    }

    fn end(&mut self, each: &mut impl FnMut(&str)) {
        if let Some((alone, false)) = self.before.take() {
            each(alone.encode_utf8(&mut [0; 4]));
        }
        if self.length >= 2 {
            each(&self.letters);
        }
        self.letters.clear();
        self.length = 0;
    }
}

/// Combining accents, and characters without a width: they stand in the middle of words.
const fn is_ignored(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// Chinese and Japanese.
const fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// A Latin letter without its accent.
pub(crate) fn fold(c: char) -> char {
    let base = match c {
        'ς' => return 'σ',
        '\u{c0}'..='\u{24f}' => LATIN.get(c as usize - 0xc0),
        '\u{1e00}'..='\u{1eff}' => LATIN_ADDITIONAL.get(c as usize - 0x1e00),
        _ => None,
    };
    base.filter(|base| **base != b'-').map_or(c, |base| char::from(*base))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn terms(text: &str) -> Vec<String> {
        let mut terms = Vec::new();
        each_term(text, |term| terms.push(term.to_owned()));
        terms
    }

    #[test]
    fn words_are_found_without_case_and_accents() {
        assert_eq!(terms("The Café, don't x; snake_case v2.0"), ["the", "cafe", "don", "snake", "case", "v2"]);
        assert_eq!(terms("cafe\u{301} Crème-Brûlée Việt"), ["cafe", "creme", "brulee", "viet"]);
        assert_eq!(terms("Straße ΛΌΓΟΣ λόγος Ёлка Ørsted"), ["straße", "λόγοσ", "λόγοσ", "ёлка", "ørsted"]);
        assert_eq!(terms("İstanbul Donau\u{ad}dampf"), ["istanbul", "donaudampf"]);
        assert_eq!(terms(""), Vec::<String>::new());
    }

    #[test]
    fn writing_without_spaces_is_cut_into_pairs() {
        assert_eq!(terms("東京都 は x日本"), ["東京", "京都", "は", "日本"]);
        assert_eq!(terms("東京tower"), ["東京", "tower"]);
    }

    #[test]
    fn long_words_are_cut() {
        assert_eq!(terms(&"a".repeat(100)), ["a".repeat(32)]);
    }

    #[test]
    fn a_term_and_what_continues_it_are_in_one_shard() {
        // Computed by hand: the browser must come to the same number.
        assert_eq!(shard_of("ab", 256), 0x4d2505ca_usize % 256);
        for term in ["abc", "ab1", "abacus"] {
            assert_eq!(shard_of(term, 64), shard_of("ab", 64));
        }
        assert_eq!(shard_of("日本", 64), shard_of("日本語", 64));
    }

    proptest! {
        #[test]
        fn any_text_gives_terms_that_need_no_escaping(text in "\\PC{0,40}|[a-zäé\u{301}日本 \"\\\\-]{0,40}") {
            for term in terms(&text) {
                prop_assert!(term.chars().all(char::is_alphanumeric), "{term:?}");
                prop_assert!(term.chars().count() <= MAX_TERM);
                prop_assert_eq!(terms(&term), [term.clone()], "folding twice changes nothing");
            }
        }
    }
}
