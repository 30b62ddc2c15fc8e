//! Which links of a Source stand under which of its headings.

use super::{Link, Place};
use crate::text::shorten::shorten;
use serde::{Deserialize, Serialize};

/// The longest title of a section, in characters: every page of a Path has the titles of its entry's sections.
const MAX_TITLE: usize = 120;
/// How deep sections nest; what is deeper belongs to the section around it. A list of pages that is indented further is no
/// list that one finds something in.
const MAX_DEPTH: u8 = 3;

/// What stands under a heading that has links, or has headings below it that do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Section {
    /// The heading without markup.
    pub title: String,
    /// How many sections are around it.
    pub depth: u8,
    /// Index of the first link that stands in it, in its heading or below.
    pub first: usize,
    /// Whether the heading itself is a link, and holds no other.
    pub is_link: bool,
}

/// How a link to a page is written, if not in prose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Standing {
    /// In a list, a table or a heading.
    List,
    /// As a button, wherever that stands.
    Button,
}

/// A heading as it is met, and how many links were before it and up to its end.
#[derive(Debug)]
pub(super) struct Met {
    pub level: u8,
    pub title: String,
    pub first: usize,
    pub end: usize,
}

/// The sections of a Source. `headings`: those that stand on their own, in order, as the sections of `links`. The one that names
/// the whole Source, which is called `title`, begins no section.
pub(super) fn sections(headings: &[Met], links: &[Link], title: Option<&str>) -> Vec<Section> {
    let counts: Vec<bool> = links
        .iter()
        .map(|link| matches!(link.place, Place::Anchor | Place::Request | Place::Wiki | Place::Embed | Place::Include))
        .collect();
    let has_links = |from: usize, to: usize| counts.get(from..to).is_some_and(|part| part.contains(&true));
    let whole = whole(headings, title);
    let mut sections = Vec::new();
    // The levels of the sections around, the outermost first.
    let mut around: Vec<u8> = Vec::new();
    for (index, met) in headings.iter().enumerate() {
        let to = headings.get(index + 1).map_or(links.len(), |next| next.first);
        around.retain(|level| *level < met.level);
        if whole == Some(index) {
            continue;
        }
        let depth = u8::try_from(around.len()).unwrap_or(u8::MAX);
        around.push(met.level);
        let is_link = counts.get(met.first..met.end).is_some_and(|own| own == [true]);
        let section = Section { title: shorten(&met.title, MAX_TITLE), depth, first: met.first, is_link };
        sections.push((section, has_links(met.first, to)));
    }
    // What holds nothing is left out. Seen from the end, a section holds something if the next one below it does.
    let mut below = 0;
    let mut kept: Vec<Section> = Vec::new();
    for (section, has_own) in sections.into_iter().rev() {
        if has_own || section.depth < below {
            below = section.depth;
            kept.push(section);
        }
    }
    kept.reverse();
    kept.retain(|section| section.depth < MAX_DEPTH);
    kept
}

/// The heading that names the whole Source: the only one of the highest rank, if that is the first, or if the Source is called so.
fn whole(headings: &[Met], title: Option<&str>) -> Option<usize> {
    let rank = headings.iter().map(|met| met.level).min()?;
    let mut highest = headings.iter().enumerate().filter(|(_, met)| met.level == rank);
    let (index, met) = highest.next()?;
    let names = rank == 1 || title == Some(&met.title);
    (highest.next().is_none() && names).then_some(index)
}
