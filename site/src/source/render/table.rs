//! Tables. A browser gives a column the room of its longest word and shares out what is left, so that beside one long text all others
//! are squeezed. The heads of a table with long texts say how many characters their columns have, for the base style sheet to give
//! each its room: `--pmx-column`.

use super::Renderer;
use comrak::nodes::{AstNode, NodeValue, TableAlignment};
use std::fmt::Write as _;

/// In characters: a table whose texts are no longer needs no help.
const SHORT: usize = 16;
/// In characters: what is longer is read in lines, whatever its length.
const LONG: usize = 40;

impl<'a> Renderer<'a, '_> {
    pub(super) fn open_table_part(&mut self, node: &'a AstNode<'a>) {
        self.fresh_line();
        match &node.data().value {
            NodeValue::Table(_) => {
                self.columns = columns(node);
                self.out.push_str("<div class=\"pmx-table-scroll\">\n<table>\n");
            }
            NodeValue::TableRow(header) => {
                self.column = 0;
                if *header {
                    self.out.push_str("<thead>\n");
                } else if node.previous_sibling().is_some_and(is_header) {
                    self.out.push_str("<tbody>\n");
                }
                self.out.push_str("<tr>\n");
            }
            _ => {
                let row = node.parent();
                let column = self.column;
                self.column += 1;
                let alignment = row.and_then(AstNode::parent).and_then(|table| match &table.data().value {
                    NodeValue::Table(table) => table.alignments.get(column).copied(),
                    _ => None,
                });
                let mut style = String::from(match alignment {
                    Some(TableAlignment::Left) => "text-align:left",
                    Some(TableAlignment::Center) => "text-align:center",
                    Some(TableAlignment::Right) => "text-align:right",
                    _ => "",
                });
                let is_head = row.is_some_and(is_header);
                if is_head && let Some(characters) = self.columns.get(column) {
                    let semicolon = if style.is_empty() { "" } else { ";" };
                    let _ = write!(style, "{semicolon}--pmx-column:{characters}");
                }
                let name = if is_head { "th" } else { "td" };
                let _ = match style.as_str() {
                    "" => write!(self.out, "<{name}>"),
                    style => write!(self.out, "<{name} style=\"{style}\">"),
                };
            }
        }
    }

    pub(super) fn close_table_part(&mut self, node: &'a AstNode<'a>) {
        match &node.data().value {
            NodeValue::Table(_) => {
                if node.last_child().is_some_and(|row| !is_header(row)) {
                    self.out.push_str("</tbody>\n");
                }
                self.out.push_str("</table>\n</div>\n");
            }
            NodeValue::TableRow(header) => {
                self.out.push_str(if *header { "</tr>\n</thead>\n" } else { "</tr>\n" });
            }
            _ => self.out.push_str(if node.parent().is_some_and(is_header) { "</th>\n" } else { "</td>\n" }),
        }
    }
}

/// The length of each column's longest text below its head, [`LONG`] at most; empty if none is longer than [`SHORT`].
fn columns<'a>(table: &'a AstNode<'a>) -> Vec<usize> {
    let mut longest: Vec<usize> = Vec::new();
    for row in table.children().filter(|row| !is_header(row)) {
        for (column, cell) in row.children().enumerate() {
            let length = cell.descendants().map(|part| characters(&part.data().value)).sum::<usize>().min(LONG);
            match longest.get_mut(column) {
                Some(known) => *known = length.max(*known),
                None => longest.push(length),
            }
        }
    }
    if longest.iter().any(|length| *length > SHORT) { longest } else { Vec::new() }
}

fn characters(value: &NodeValue) -> usize {
    match value {
        NodeValue::Text(text) => text.chars().count(),
        NodeValue::Code(code) => code.literal.chars().count(),
        NodeValue::Math(math) => math.literal.chars().count(),
        NodeValue::SoftBreak => 1,
        _ => 0,
    }
}

fn is_header<'a>(row: &'a AstNode<'a>) -> bool {
    matches!(row.data().value, NodeValue::TableRow(true))
}
