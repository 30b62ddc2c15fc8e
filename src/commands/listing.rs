//! Lists: a table for people, one JSON array a line for programs.

use crate::{
    cli::ListArgs,
    commands::data::DataClient,
    data::{DataOp, ListPage},
    error::Result,
    report::{Report, Style, is_active},
};
use serde_json::Value as Json;

/// Characters of a cell; what is longer is for `--json`.
const MAX_CELL: usize = 80;

/// All pages of a list, or the one that is asked for.
pub(super) fn pages(
    data: DataClient,
    list: &ListArgs,
    field: &str,
    op: impl Fn(ListPage) -> DataOp,
    report: &Report,
) -> Result<Vec<Json>> {
    data.each(|ask| {
        let (mut items, mut cursor) = (Vec::new(), list.cursor.clone());
        loop {
            let page = ListPage { prefix: list.prefix.clone(), limit: list.limit, cursor };
            let mut answer = ask(op(page))?;
            if let Some(found) = answer[field].as_array_mut() {
                items.append(found);
            }
            cursor = answer["cursor"].as_str().map(str::to_owned);
            match &cursor {
                Some(cursor) if list.limit.is_some() => {
                    report.say(format_args!("there is more: --cursor {cursor}"));
                    return Ok(items);
                }
                Some(_) => {}
                None => return Ok(items),
            }
        }
    })
}

/// Prints items, each by some of its members.
pub(super) fn print(items: &[Json], columns: &[(&str, &str)], nothing: &str, report: &Report) {
    if report.json() {
        return report.event(&items);
    }
    if items.is_empty() {
        return report.say(nothing);
    }
    let rows: Vec<Vec<String>> =
        items.iter().map(|item| columns.iter().map(|(member, _)| cell(&item[*member])).collect()).collect();
    let heads: Vec<String> = columns.iter().map(|(_, head)| (*head).to_owned()).collect();
    table(&heads, &rows, report);
}

/// Prints rows under heads, aligned.
pub(super) fn table(heads: &[String], rows: &[Vec<String>], report: &Report) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).chain(heads.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    report.data(report.paint(Style::Bold, &line(heads)));
    for row in rows {
        report.data(line(row));
    }
}

/// A value on one line, without what would move a terminal's cursor.
pub(super) fn cell(value: &Json) -> String {
    let text = match value {
        Json::Null => "-".to_owned(),
        Json::String(text) => text.clone(),
        other => match other["hex"].as_str() {
            Some(hex) => format!("x'{hex}'"),
            None => other.to_string(),
        },
    };
    let mut shown: String = text.chars().map(|c| if is_active(c) { '·' } else { c }).take(MAX_CELL).collect();
    if text.chars().nth(MAX_CELL).is_some() {
        shown.push('…');
    }
    shown
}
