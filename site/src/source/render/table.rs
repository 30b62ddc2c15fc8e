use super::Renderer;
use comrak::nodes::{AstNode, NodeValue, TableAlignment};
use std::fmt::Write as _;

impl<'a> Renderer<'a, '_> {
    pub(super) fn open_table_part(&mut self, node: &'a AstNode<'a>) {
        self.fresh_line();
        match &node.data().value {
            NodeValue::Table(_) => self.out.push_str("<div class=\"pmx-table-scroll\">\n<table>\n"),
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
                let name = if row.is_some_and(is_header) { "th" } else { "td" };
                let column = self.column;
                self.column += 1;
                let alignment = row.and_then(AstNode::parent).and_then(|table| match &table.data().value {
                    NodeValue::Table(table) => table.alignments.get(column).copied(),
                    _ => None,
                });
                let align = match alignment {
                    Some(TableAlignment::Left) => " style=\"text-align:left\"",
                    Some(TableAlignment::Center) => " style=\"text-align:center\"",
                    Some(TableAlignment::Right) => " style=\"text-align:right\"",
                    _ => "",
                };
                let _ = write!(self.out, "<{name}{align}>");
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

fn is_header<'a>(row: &'a AstNode<'a>) -> bool {
    matches!(row.data().value, NodeValue::TableRow(true))
}
