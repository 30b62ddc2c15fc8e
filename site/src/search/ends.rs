//! The words of a site by how they end, for those that were typed with a wrong beginning.

use super::terms::end_of;
use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

/// The fewest characters of a term that is listed: one that was typed with one letter too many or too few has five then.
const FEWEST: usize = 4;

/// The terms of each shard that are listed, sorted, one space between.
pub(super) type Vocabulary = Vec<Arc<str>>;

/// How many files there are for so many shards. With one shard all terms are in that.
pub(super) const fn count_for(shards: usize) -> usize {
    match shards {
        0 | 1 => 0,
        2..8 => 1,
        more => more / 4,
    }
}

/// Adds a term of a shard, if it is one to list.
pub(super) fn note<'t>(known: &mut HashSet<&'t str>, term: &'t str) {
    // Most terms have been met before; the rest is asked of the others alone.
    if term.len() >= FEWEST && !known.contains(term) && is_listed(term) {
        known.insert(term);
    }
}

fn is_listed(term: &str) -> bool {
    term.chars().nth(FEWEST - 1).is_some() && term.chars().any(char::is_alphabetic)
}

/// The terms of a shard, put in order.
pub(super) fn sorted(known: HashSet<&str>) -> Arc<str> {
    let mut terms: Vec<&str> = known.into_iter().collect();
    terms.sort_unstable();
    terms.join(" ").into()
}

/// The files in which anything is different, out of `count`.
pub(super) fn touched(before: &Vocabulary, now: &Vocabulary, count: usize) -> BTreeSet<usize> {
    let mut touched = BTreeSet::new();
    for (was, is) in before.iter().zip(now).filter(|(was, is)| was != is) {
        let (was, is): (BTreeSet<&str>, BTreeSet<&str>) = (terms(was).collect(), terms(is).collect());
        touched.extend(was.symmetric_difference(&is).map(|term| end_of(term, count)));
    }
    touched
}

/// The bytes of these files, in their order.
pub(super) fn files(vocabulary: &Vocabulary, count: usize, wanted: &BTreeSet<usize>) -> Vec<(usize, Vec<u8>)> {
    let mut lists: Vec<Vec<&str>> = vec![Vec::new(); count];
    for term in vocabulary.iter().flat_map(|shard| terms(shard)) {
        let end = end_of(term, count);
        if wanted.contains(&end)
            && let Some(list) = lists.get_mut(end)
        {
            list.push(term);
        }
    }
    let made = lists.into_iter().enumerate().filter(|(end, _)| wanted.contains(end));
    made.map(|(end, mut list)| {
        list.sort_unstable();
        // Terms have no character that JSON would escape.
        (end, format!("\"{}\"\n", list.join(" ")).into_bytes())
    })
    .collect()
}

fn terms(shard: &str) -> impl Iterator<Item = &str> {
    shard.split(' ').filter(|term| !term.is_empty())
}
