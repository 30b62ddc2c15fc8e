//! Names that are nearly another one.

/// How alike two names must be before one is worth suggesting (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.85;
/// A shorter word is a slip away from too many, in bytes.
const SHORTEST: usize = 5;

/// Whether a word is another one with a slip: a letter less, more, or another, or two that changed places. Short words are near too many.
pub(crate) fn is_slip(written: &str, meant: &str) -> bool {
    meant.len() >= SHORTEST && strsim::osa_distance(written, meant) == 1
}

/// The likest of some names, if any is like enough.
pub(crate) fn likest<'a>(name: &str, candidates: impl Iterator<Item = (&'a str, &'a str)>) -> Option<&'a str> {
    candidates
        .map(|(candidate, path)| (strsim::jaro_winkler(name, candidate), path))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(a, x), (b, y)| a.total_cmp(b).then_with(|| y.cmp(x)))
        .map(|(_, path)| path)
}
