//! Diagrams in Mermaid's notation become SVG while the site is built: no script, nothing from elsewhere.
//!
//! What a Source says is read here anew; the libraries that do so cost more to build than all of pmx may, or do not know
//! half of the notation. Flowcharts, state, class and entity diagrams are graphs and share `layout`; sequences, pies and
//! Gantt charts place their parts themselves. Colours are classes, which `theme/code.css` fills for light and dark.

mod class;
mod entity;
mod flowchart;
mod gantt;
mod graph;
mod layout;
mod lines;
mod pie;
mod sequence;
mod shapes;
mod state;
mod style;
mod svg;
mod text;

#[cfg(test)]
mod tests;

use graph::Graph;
use layout::End;
use lines::Source;
use std::{collections::HashMap, panic};
use svg::Canvas;

/// Longer diagrams are refused, in bytes.
const MAX_LENGTH: usize = 64 * 1024;

/// A diagram as `<svg class="pmx-mermaid-svg" …>`, or in one sentence why it is none: its kind is not supported, it cannot
/// be read, or it is too large. A function of the text alone; what it draws has no ids, so that pages may hold many.
pub(in crate::site) fn render(text: &str) -> Result<String, String> {
    if text.len() > MAX_LENGTH {
        return Err(format!("the diagram has {} bytes; {MAX_LENGTH} are the most", text.len()));
    }
    let source = Source::read(text);
    // Geometry of whatever an author writes: a mistake in it costs the diagram, not the build.
    panic::catch_unwind(|| draw(&source)).unwrap_or_else(|_| Err("the diagram cannot be drawn".to_owned()))
}

fn draw(source: &Source<'_>) -> Result<String, String> {
    let mut canvas = Canvas::new();
    let kind = source.kind();
    let name = match kind {
        "graph" | "flowchart" | "flowchart-elk" => {
            flowchart::read(source)?.draw(&mut canvas)?;
            "Flowchart"
        }
        "stateDiagram" | "stateDiagram-v2" => {
            state::read(source)?.draw(&mut canvas)?;
            "State diagram"
        }
        "classDiagram" | "classDiagram-v2" => {
            class::read(source)?.draw(&mut canvas)?;
            "Class diagram"
        }
        "erDiagram" => {
            entity::read(source)?.draw(&mut canvas)?;
            "Entity diagram"
        }
        "sequenceDiagram" => {
            sequence::draw(source, &mut canvas)?;
            "Sequence diagram"
        }
        "pie" => {
            pie::draw(source, &mut canvas)?;
            "Pie chart"
        }
        "gantt" => {
            gantt::draw(source, &mut canvas)?;
            "Gantt chart"
        }
        "" => return Err("the diagram is empty".to_owned()),
        kind => return Err(format!("diagrams of the kind `{kind}` are not supported")),
    };
    Ok(canvas.finish(name, source.title(), source.description()))
}

/// Replaces nodes by the groups of the same name, to which their edges then lead.
fn merge(graph: &mut Graph, group_of: &HashMap<usize, usize>) {
    let mut number = Vec::new();
    let mut kept = 0;
    for node in 0..graph.nodes.len() {
        number.push(kept);
        kept += usize::from(!group_of.contains_key(&node));
    }
    for edge in &mut graph.edges {
        for end in [&mut edge.from, &mut edge.to] {
            if let End::Node(node) = *end {
                *end = group_of.get(&node).map_or(End::Node(number[node]), |group| End::Group(*group));
            }
        }
    }
    let mut at = 0;
    graph.nodes.retain(|_| {
        at += 1;
        !group_of.contains_key(&(at - 1))
    });
}
