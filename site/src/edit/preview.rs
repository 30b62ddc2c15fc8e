//! A change as a person reads it before it is made.

use super::{pieces::LineTable, plan::Change};
use std::fmt::Write as _;

/// The lines that change, in the form of a unified diff without context.
pub(super) fn diff(change: &Change, old: &str, new: &str) -> String {
    let text = String::from_utf8_lossy(&change.before);
    let lines = LineTable::of(&text);
    let mut out = format!("--- {old}\n+++ {new}\n");
    let mut edits = change.edits.iter().peekable();
    let mut shift = 0_isize;
    while let Some((range, replacement)) = edits.next() {
        let start = lines.range(lines.number(range.start)).start;
        let mut to = line_end(&text, range.end, start);
        let mut after = text[start..range.start].to_owned() + replacement;
        let mut from = range.end;
        while let Some((range, replacement)) = edits.next_if(|(range, _)| range.start < to) {
            after.push_str(&text[from..range.start]);
            after.push_str(replacement);
            from = range.end;
            to = to.max(line_end(&text, range.end, start));
        }
        after.push_str(&text[from..to]);
        let removed: Vec<&str> = text[start..to].lines().collect();
        let added: Vec<&str> = after.lines().collect();
        let line = lines.number(start);
        let place = line.saturating_add_signed(shift);
        shift += added.len().cast_signed() - removed.len().cast_signed();
        let _ = writeln!(out, "@@ -{} +{} @@", span(line, removed.len()), span(place, added.len()));
        for line in removed {
            let _ = writeln!(out, "-{line}");
        }
        for line in added {
            let _ = writeln!(out, "+{line}");
        }
    }
    out
}

/// The end of the last line that a change touches, with its line end.
fn line_end(text: &str, at: usize, start: usize) -> usize {
    if at > start && text[..at].ends_with('\n') {
        return at;
    }
    text[at..].find('\n').map_or(text.len(), |end| at + end + 1)
}

fn span(line: usize, count: usize) -> String {
    match count {
        0 => format!("{},0", line.saturating_sub(1)),
        1 => line.to_string(),
        count => format!("{line},{count}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_change_are_shown_and_counted() {
        let before = "one\ntwo [a](b) [c](b)\nthree\nfour\nfive\n";
        let at = |needle: &str| before.find(needle).unwrap();
        let edits = vec![
            (at("(b)") + 1..at("(b)") + 2, "x".to_owned()),
            (at("[c](b") + 4..at("[c](b") + 5, "x".to_owned()),
            (at("three")..at("four"), String::new()),
            (at("five")..at("five") + 4, "5".to_owned()),
        ];
        let change = Change { path: String::new(), before: before.into(), after: Vec::new(), edits, references: 3 };
        let expected = "--- o\n+++ n\n@@ -2 +2 @@\n-two [a](b) [c](b)\n+two [a](x) [c](x)\n\
                        @@ -3 +2,0 @@\n-three\n@@ -5 +4 @@\n-five\n+5\n";
        assert_eq!(diff(&change, "o", "n"), expected);
    }
}
