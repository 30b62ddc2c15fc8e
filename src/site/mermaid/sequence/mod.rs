//! `sequenceDiagram`: who says what to whom, from top to bottom.

mod columns;
mod paint;
mod read;

use super::{lines::Source, svg::Canvas};

/// Draws a sequence diagram.
pub(super) fn draw(source: &Source<'_>, canvas: &mut Canvas) -> Result<(), String> {
    let sequence = read::read(source)?;
    if sequence.people.is_empty() {
        return Err("the diagram has nobody in it".to_owned());
    }
    let columns = columns::columns(&sequence);
    paint::paint(&sequence, &columns, canvas);
    Ok(())
}
