//! The lines of two texts, side after side.

use maud::{Markup, html};
use similar::{ChangeTag, DiffOp, TextDiff};
use std::{borrow::Cow, time::Duration};

/// Lines around a change.
const AROUND: usize = 3;
/// How long the best difference is looked for; then a coarser one is taken.
const PATIENCE: Duration = Duration::from_millis(300);
/// Lines that are shown.
const SHOWN: usize = 2000;
/// Characters of a line.
const MAX_WIDTH: usize = 400;

/// Whether a file of this name is compared line by line.
pub(super) fn is_text(path: &str) -> bool {
    let extension = path.rsplit('.').next().unwrap_or_default();
    matches!(extension, "html" | "md" | "txt" | "css" | "js" | "mjs" | "json" | "svg" | "xml" | "csv" | "yaml" | "yml")
}

/// What changed in a file, with the lines around it.
pub(super) fn lines(path: &str, before: &str, after: &str) -> Markup {
    let (before, after) = (readable(path, before), readable(path, after));
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(before.as_ref(), after.as_ref());
    let mut left = SHOWN;
    let mut hunk = |group: &Vec<DiffOp>| {
        let changes: Vec<_> = group.iter().flat_map(|op| diff.iter_changes(op)).take(left).collect();
        left -= changes.len();
        (place(group), changes)
    };
    let hunks: Vec<_> = diff.grouped_ops(AROUND).iter().map(&mut hunk).collect();
    html! {
        @if hunks.is_empty() { p.muted { "The lines are the same; only their ends or the spaces between tags differ." } }
        @else {
            pre.diff tabindex="0" role="group" aria-label={ "Changed lines of " (path) } {
                @for (place, changes) in &hunks {
                    span.at { (place) }
                    @for change in changes {
                        @match change.tag() {
                            ChangeTag::Delete => span.del { "− " (cut(change.value())) },
                            ChangeTag::Insert => span.add { "+ " (cut(change.value())) },
                            ChangeTag::Equal => span { "  " (cut(change.value())) },
                        }
                    }
                }
            }
            @if left == 0 { p.muted { "Only the first " (SHOWN) " lines are shown." } }
        }
    }
}

/// `@@ −7,7 +7,7 @@`
fn place(group: &[DiffOp]) -> String {
    let (Some(first), Some(last)) = (group.first(), group.last()) else { return String::new() };
    let old = first.old_range().start..last.old_range().end;
    let new = first.new_range().start..last.new_range().end;
    format!("@@ −{},{} +{},{} @@", old.start + 1, old.len(), new.start + 1, new.len())
}

/// Pages are few long lines: a break before each tag makes them lines that can be compared.
fn readable<'a>(path: &str, text: &'a str) -> Cow<'a, str> {
    if path.ends_with(".html") || path.ends_with(".svg") { text.replace("><", ">\n<").into() } else { text.into() }
}

fn cut(line: &str) -> Cow<'_, str> {
    let line = line.trim_end_matches(['\n', '\r']);
    match line.char_indices().nth(MAX_WIDTH) {
        Some((end, _)) => format!("{}…", &line[..end]).into(),
        None => line.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_lines_stand_with_those_around_them() {
        let text = |word: &str| {
            (1..=20).map(|n| if n == 10 { format!("{word} <b>\n") } else { format!("{n}\n") }).collect::<String>()
        };
        let shown = lines("/a.md", &text("old"), &text("new")).into_string();
        assert!(shown.contains("@@ −7,7 +7,7 @@"), "{shown}");
        assert!(
            shown.contains("<span class=\"del\">− old &lt;b&gt;</span><span class=\"add\">+ new &lt;b&gt;</span>"),
            "{shown}"
        );
        assert!(shown.contains("<span>  13</span>") && !shown.contains("<span>  14</span>"), "{shown}");
        assert!(lines("/a.html", "<p><b>x</b></p>", "<p>\n<b>x</b></p>").into_string().contains("only their ends"));
    }
}
