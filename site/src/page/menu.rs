//! The rows of a list of pages, under the headings that its pages stand under.

use super::nav::Child;
use crate::source::Section;

/// A row, or the end of what stands below one. Places are indices, as in [`Child`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row<'s> {
    Page(usize),
    /// A heading; what follows up to its end stands below it.
    Section(&'s str),
    /// The same, and the heading is the link to a page.
    PageSection(usize),
    End,
}

/// The rows of these pages, which stand in these sections. A section without a page has none.
pub(super) fn rows<'s>(children: &[Child], sections: &'s [Section]) -> Vec<Row<'s>> {
    let mut rows = Vec::with_capacity(children.len() + 2 * sections.len());
    // The sections around the child at hand, the outermost first, and how many of them have rows that are open.
    let (mut around, mut open): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
    let mut passed = 0;
    for child in children {
        let end = child.section.map_or(0, |section| section + 1);
        for (index, section) in sections.iter().enumerate().take(end).skip(passed) {
            around.retain(|outer| sections.get(*outer).is_some_and(|outer| outer.depth < section.depth));
            around.push(index);
        }
        passed = passed.max(end);
        let shared = open.iter().zip(&around).take_while(|(one, other)| one == other).count();
        for _ in open.drain(shared..) {
            end_section(&mut rows);
        }
        for index in around.iter().skip(shared) {
            let title = sections.get(*index).map_or("", |section| &*section.title);
            let is_own = child.is_heading && Some(*index) == child.section;
            rows.push(if is_own { Row::PageSection(child.place) } else { Row::Section(title) });
            open.push(*index);
        }
        if !matches!(rows.last(), Some(Row::PageSection(place)) if *place == child.place) {
            rows.push(Row::Page(child.place));
        }
    }
    for _ in open {
        end_section(&mut rows);
    }
    rows
}

/// Ends a section. A heading that is a link and has nothing below it is a page like any other.
fn end_section(rows: &mut Vec<Row<'_>>) {
    match rows.last_mut() {
        Some(last @ Row::PageSection(_)) => {
            if let Row::PageSection(place) = *last {
                *last = Row::Page(place);
            }
        }
        _ => rows.push(Row::End),
    }
}
