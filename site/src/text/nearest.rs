//! Names that are nearly another one.

/// How alike two names must be before one is worth suggesting (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.85;
/// A shorter word is a slip away from too many, in bytes.
const SHORTEST: usize = 5;

/// Whether a word is another one with a slip: a letter less, more, or another, or two that changed places. Short words are near too many.
pub(crate) fn is_slip(written: &str, meant: &str) -> bool {
    if !is_one_letter_off(written, meant) {
        return false;
    }
    let letters = |word: &str| {
        let mut letters = word.as_bytes().to_vec();
        letters.sort_unstable();
        letters
    };
    // Two letters that changed places rarely make another word.
    meant.len() >= SHORTEST || meant.len() + 1 == SHORTEST && letters(written) == letters(meant)
}

/// Whether two words are the same but for one letter, or for two that changed places.
fn is_one_letter_off(a: &str, b: &str) -> bool {
    let begin = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum();
    let (a, b) = (&a[begin..], &b[begin..]);
    let end: usize = a.chars().rev().zip(b.chars().rev()).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum();
    let (mut a, mut b) = (a[..a.len() - end].chars(), b[..b.len() - end].chars());
    match ((a.next(), a.next(), a.next()), (b.next(), b.next(), b.next())) {
        ((Some(_), None, _), (None, ..) | (Some(_), None, _)) | ((None, ..), (Some(_), None, _)) => true,
        ((Some(a), Some(other), None), (Some(b), Some(another), None)) => (a, other) == (another, b),
        _ => false,
    }
}

/// Whether a word is another one but for capitals and dashes: `component-name`, `Title`.
pub(crate) fn is_other_spelling(written: &str, meant: &str) -> bool {
    let same = |text: &str| text.to_ascii_lowercase().replace(['-', '_'], "");
    same(written) == same(meant)
}

/// The likest of some names, if any is like enough.
pub(crate) fn likest<'a>(name: &str, candidates: impl Iterator<Item = (&'a str, &'a str)>) -> Option<&'a str> {
    candidates
        .map(|(candidate, path)| (strsim::jaro_winkler(name, candidate), path))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(a, x), (b, y)| a.total_cmp(b).then_with(|| y.cmp(x)))
        .map(|(_, path)| path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn one_letter_off_is_a_distance_of_one(a in "[abé]{0,6}", b in "[abé]{0,6}") {
            prop_assert_eq!(is_one_letter_off(&a, &b), strsim::osa_distance(&a, &b) == 1, "{} {}", a, b);
        }
    }
}
