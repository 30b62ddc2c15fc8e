//! A finding with the line that it is about, as compilers show it.

use crate::report::{Report, Style, is_active};
use pmx_site::{Diagnostic, Severity};

/// The most characters of a line that are shown; what comes before the place is left out if the line is longer.
const WIDTH: usize = 110;
/// How many characters are shown before the place in a line that is too long.
const BEFORE: usize = 40;

/// The finding:
///
/// ```text
/// error: the frontmatter is not YAML [frontmatter/yaml]
///   --> paths/one.lesson.md:2:8
///    |
///  2 | title: [unclosed
///    |        ^
///    = hint: close the bracket
/// ```
pub(super) fn show(report: &Report, site: Option<&str>, diagnostic: &Diagnostic) -> Vec<String> {
    let text = std::fs::read_to_string(&diagnostic.path).ok();
    let line = text.as_deref().and_then(|text| text.lines().nth(diagnostic.line.checked_sub(1)?));
    render(report, site, diagnostic, line)
}

fn render(report: &Report, site: Option<&str>, diagnostic: &Diagnostic, line: Option<&str>) -> Vec<String> {
    let Diagnostic { path, line: number, column, severity, code, message, hint } = diagnostic;
    let style = if *severity == Severity::Error { Style::Bad } else { Style::Warn };
    let dim = |text: &str| report.paint(Style::Dim, text);
    let site = site.map_or_else(String::new, |site| format!("{site}: "));
    let number = number.to_string();
    let margin = " ".repeat(number.len());
    let mut out = vec![
        format!("{}: {site}{message} {}", report.paint(style, &severity.to_string()), dim(&format!("[{code}]"))),
        format!(" {margin}{} {path}:{number}:{column}", dim("-->")),
    ];
    if let Some(line) = line {
        let (shown, caret) = window(line, *column);
        let caret = format!("{}{}", " ".repeat(caret), report.paint(style, "^"));
        let bar = dim("|");
        out.push(format!(" {margin} {bar}"));
        out.push(format!(" {} {bar} {shown}", dim(&number)));
        out.push(format!(" {margin} {bar} {caret}"));
    }
    if let Some(hint) = hint {
        out.push(format!(" {margin} {} {}: {hint}", dim("="), report.paint(Style::Bold, "hint")));
    }
    out
}

/// The part of a line that holds the place, and how far it is into that part. Tabs become single spaces and what would do something
/// on a terminal `·`, so that the caret stands below its character.
fn window(line: &str, column: usize) -> (String, usize) {
    let characters: Vec<char> = line
        .chars()
        .map(|c| match c {
            '\t' => ' ',
            c if is_active(c) => '·',
            c => c,
        })
        .collect();
    let at = column.saturating_sub(1).min(characters.len());
    let skipped = if characters.len() > WIDTH { at.saturating_sub(BEFORE) } else { 0 };
    let shown: String = characters.iter().skip(skipped).take(WIDTH).collect();
    (shown.trim_end().to_owned(), at - skipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_below_the_place() {
        let report = Report::plain();
        let diagnostic = Diagnostic {
            path: "paths/one.md".to_owned(),
            line: 12,
            column: 8,
            severity: Severity::Error,
            code: "frontmatter/yaml",
            message: "a bracket is open".to_owned(),
            hint: Some("close it".to_owned()),
        };
        let shown = render(&report, Some("a"), &diagnostic, Some("title:\t[open\u{1b}"));
        let expected = "error: a: a bracket is open [frontmatter/yaml]\n   --> paths/one.md:12:8\n    |\n 12 | title: [open·\n\
                        \u{20}   |        ^\n    = hint: close it";
        assert_eq!(shown.join("\n"), expected);
        let long = format!("{}x{}", "a".repeat(200), "b".repeat(200));
        let (shown, at) = window(&long, 201);
        assert_eq!((shown.chars().nth(at), shown.chars().count()), (Some('x'), WIDTH));
        assert_eq!(window("short", 99), ("short".to_owned(), 5));
    }
}
