//! Beats: the stops of guided reading. The build marks them in the HTML of each Block, and the Player only reads the marks.
//!
//! The numbers in a Beat's id count within its Block, so that an edit of one Block leaves the ids of all others alone.

mod density;
mod label;
mod survey;
mod table;
mod walk;

use crate::{
    diagnostic::{Diagnostic, Position},
    text::dom::Node,
};
use density::Density;
use serde::Serialize;
use serde_json::{Map, Value};
use walk::BeatWalk;

/// The Block whose Beats are marked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BeatBlock<'b> {
    pub id: &'b str,
    /// Its topmatter.
    pub values: &'b Map<String, Value>,
    /// The frontmatter of its Source.
    pub source_values: &'b Map<String, Value>,
    /// Where the Block starts: for what is wrong with its topmatter.
    pub position: Position,
}

/// A stop of guided reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Beat {
    /// Unique in the page: it begins with the id of the Block.
    pub id: String,
    #[serde(rename = "type")]
    pub kind: BeatKind,
    /// The Beat that it is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The beginning of its text, at most [`label::MAX_LABEL`] characters.
    pub label: String,
}

/// What a Beat is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum BeatKind {
    Heading,
    /// A paragraph, and whatever else reads as one.
    Step,
    Item,
    Table,
    TableRow,
    /// A part of a table that its author named.
    TableStep,
    Figure,
    Math,
    Code,
    /// Some lines of a code fence.
    CodeStep,
    Component,
    /// A state of a component, after its first.
    State,
}

impl BeatKind {
    /// As attributes and documents have it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Heading => "heading",
            Self::Step => "step",
            Self::Item => "item",
            Self::Table => "table",
            Self::TableRow => "table-row",
            Self::TableStep => "table-step",
            Self::Figure => "figure",
            Self::Math => "math",
            Self::Code => "code",
            Self::CodeStep => "code-step",
            Self::Component => "component",
            Self::State => "state",
        }
    }
}

/// Marks the Beats of a Block and gives them in the order in which they are played, parents before their children.
///
/// What a Beat is: a heading (a stop for browsing), a paragraph with content, a list item (one with a list in it holds that
/// list's items as children), a table with its body rows, a figure, a display formula, a code fence with its focus steps,
/// a component with its ordered states. Nothing inside of a Beat is one again but nested items, rows, components and focus
/// steps. What is hidden, folded away, a footnote or a form control is none.
pub(crate) fn annotate(block: &BeatBlock<'_>, nodes: &mut [Node<'_>], findings: &mut Vec<Diagnostic>) -> Vec<Beat> {
    let density = Density::of(block.source_values, block.values);
    let present = survey::BlockSurvey::of(nodes);
    let table_steps = match table::steps(block.values, &present) {
        Ok(steps) => steps,
        Err(message) => {
            let finding = Diagnostic::warning("choreographer/table-steps-invalid", block.position, message);
            findings.push(finding.hint("the rows of the table are the steps until this is mended"));
            None
        }
    };
    let mut walk = BeatWalk::new(block.id, density, table_steps, present.authored);
    walk.block(nodes);
    if walk.exhausted {
        let message = format!("the focus steps of this Block name more than {} lines or cells", walk::MAX_MEMBERS);
        findings.push(Diagnostic::warning("choreographer/too-many-members", block.position, message));
    }
    walk.beats
}

#[cfg(test)]
mod tests;
