//! Where everybody stands: as near as what is written between them allows.

use super::read::{Event, Sequence, Side};
use crate::site::mermaid::text::Label;

/// The width of a bar that says that somebody is at work.
pub(super) const BAR: f64 = 10.0;

/// The middle of each column.
pub(super) fn columns(sequence: &Sequence) -> Vec<f64> {
    let people = &sequence.people;
    let mut gaps: Vec<f64> =
        people.windows(2).map(|pair| width(&pair[0].label) / 2.0 + width(&pair[1].label) / 2.0 + 28.0).collect();
    let mut wide = Vec::new();
    for event in &sequence.events {
        match event {
            Event::Message { from, to, label, .. } if from == to => {
                wide.push((*from, from + 1, label.width + 56.0));
            }
            Event::Message { from, to, label, .. } => wide.push((*from.min(to), *from.max(to), label.width + 36.0)),
            Event::Note { from, to, side: Side::Over, label } if from == to => {
                let half = label.width / 2.0 + 22.0;
                wide.push((*from, from + 1, half));
                if let Some(before) = from.checked_sub(1) {
                    wide.push((before, *from, half));
                }
            }
            Event::Note { from, to, side: Side::Over, label } => wide.push((*from, *to, label.width - 20.0)),
            Event::Note { from, side: Side::Right, label, .. } => wide.push((*from, from + 1, label.width + 50.0)),
            Event::Note { from, side: Side::Left, label, .. } => {
                if let Some(before) = from.checked_sub(1) {
                    wide.push((before, *from, label.width + 50.0));
                }
            }
            _ => {}
        }
    }
    // What stands between neighbours first: it may be all that those further apart need.
    wide.sort_by_key(|(from, to, _)| to - from);
    for (from, to, wanted) in wide {
        let Some(span) = gaps.get_mut(from..to) else { continue };
        let missing = wanted - span.iter().sum::<f64>();
        if missing > 0.0 {
            let share = missing / f64::from(u16::try_from(span.len().max(1)).unwrap_or(u16::MAX));
            span.iter_mut().for_each(|gap| *gap += share);
        }
    }
    let mut at = 0.0;
    let mut columns = vec![at];
    for gap in gaps {
        at += gap;
        columns.push(at);
    }
    columns
}

/// The width of somebody's box.
pub(super) fn width(label: &Label) -> f64 {
    (label.width + 28.0).max(84.0)
}
