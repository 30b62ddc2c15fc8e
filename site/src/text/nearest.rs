//! Names that are nearly another one.

/// How alike two names must be before one is worth suggesting (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.85;
/// A shorter word is a slip away from too many, in bytes.
const SHORTEST: usize = 5;

/// Whether a word is another one with a slip: a letter less, more, or another, or two that changed places. Short words are near too many.
pub(crate) fn is_slip(written: &str, meant: &str) -> bool {
    if strsim::osa_distance(written, meant) != 1 {
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
