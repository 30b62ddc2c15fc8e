//! Code: fences with their settings, and the fences that are something else than code.

use super::{Renderer, escape};
use crate::{
    diagnostic::{Diagnostic, Position},
    source::{
        Place,
        highlight::{self, Highlighted},
        math,
        mermaid::{self, Drawing, Why},
    },
    text::{
        address::{self, Address},
        html,
        shorten::shorten,
    },
};
use comrak::nodes::{NodeCodeBlock, Sourcepos};
use std::{fmt::Write as _, sync::Arc};

/// The most steps of one fence: more than anybody presents.
const MAX_STEPS: usize = 200;

/// What an author can do about code without colours.
const PLAIN_HINT: &str = "`text` behind the fence says that it is meant to have none";

/// How much of a language's name is told, in characters: more than any name has.
const NAME: usize = 40;

/// What an info string says: `js [1,5|2-4] no-copy title="app.js"`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Info<'i> {
    language: &'i str,
    /// Inside the brackets, and the byte of the info string at which they open.
    steps: Option<(&'i str, usize)>,
    title: Option<String>,
    no_copy: bool,
    no_select: bool,
}

impl Renderer<'_, '_> {
    pub(super) fn code_block(&mut self, code: &NodeCodeBlock, at: Sourcepos) {
        let info = info(&code.info);
        self.fresh_line();
        match info.language {
            "math" if self.settings.has("math") => match math::render(code.literal.trim(), true) {
                Ok(math) => {
                    self.display_math(&math);
                    self.out.push('\n');
                    return;
                }
                Err(message) => self.warn("math/invalid", at, format!("this formula cannot be set: {message}")),
            },
            "mermaid" if self.settings.has("mermaid") => return self.diagram(&info, code, at),
            _ => {}
        }
        self.code(&info, code, at);
    }

    fn diagram(&mut self, info: &Info<'_>, code: &NodeCodeBlock, at: Sourcepos) {
        self.diagrams += 1;
        let id = format!("pmx-drawing-{}", self.diagrams);
        let start = (at.start.line, at.start.column);
        let drawing = mermaid::draw(&code.literal, &id, &mut |link| self.diagram_link(link, start));
        match drawing {
            Drawing::Drawn { svg, lacks } => {
                if let Some(lacks) = lacks {
                    self.warn("mermaid/icon", at, format!("this diagram is drawn, but {lacks}"));
                }
                let _ = writeln!(self.out, "<figure class=\"pmx-mermaid\">{svg}</figure>");
            }
            Drawing::Left(why) => {
                self.draws_in_browser = true;
                let finding = self.undrawn("mermaid/browser", "this diagram is left to the reader's browser", &why, at);
                self.findings.push(finding.hint(why.hint.unwrap_or(mermaid::LEFT_HINT.to_owned())));
                self.out.push_str("<figure class=\"pmx-mermaid\" data-pmx-diagram>\n");
                self.code(info, code, at);
                self.out.push_str("</figure>\n");
            }
            Drawing::Refused(why) => {
                let finding = self.undrawn("mermaid/invalid", "this diagram is shown as text", &why, at);
                self.findings.push(match why.hint {
                    Some(hint) => finding.hint(hint),
                    None => finding,
                });
                self.code(info, code, at);
            }
        }
    }

    /// Where a link in a diagram leads; none, if it leads to what pages do not link to.
    fn diagram_link(&mut self, link: &str, at: (usize, usize)) -> Option<String> {
        let scheme = link.trim().split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
        let is_elsewhere = matches!(address::classify(link), Address::Elsewhere);
        if is_elsewhere && !scheme.is_some_and(|scheme| matches!(&*scheme, "http" | "https" | "mailto" | "tel")) {
            return None;
        }
        let from = self.out.len();
        self.address(link, Place::Anchor, at);
        Some(self.out.split_off(from))
    }

    fn undrawn(&self, code: &'static str, what: &str, why: &Why, at: Sourcepos) -> Diagnostic {
        // A fence opens in the line before the diagram.
        let line = at.start.line + why.line.map_or(0, |line| line + 1);
        let position = match why.line {
            Some(_) => {
                self.lines.position(line, self.lines.get(line).len() - self.lines.get(line).trim_start().len() + 1)
            }
            None => self.position(at),
        };
        Diagnostic::warning(code, position, format!("{what}: {}", why.message))
    }

    fn code(&mut self, info: &Info<'_>, code: &NodeCodeBlock, at: Sourcepos) {
        let literal = code.literal.strip_suffix('\n').unwrap_or(&code.literal);
        self.out.push_str("<div class=\"pmx-code-block\"");
        if !info.language.is_empty() {
            let _ = write!(self.out, " data-language=\"{}\"", html::escape(info.language));
        }
        if let Some((steps, column)) = info.steps {
            match checked_steps(steps, literal.split('\n').count()) {
                Ok(steps) => {
                    let _ = write!(self.out, " data-pathmx-code-steps=\"{steps}\"");
                }
                Err(message) => {
                    let position = self.info_position(code, column, at);
                    self.findings.push(Diagnostic::warning(
                        "choreographer/code-steps-invalid",
                        position,
                        format!("the steps `[{steps}]` are left out: {message}"),
                    ));
                }
            }
        }
        self.out.push_str(if info.no_copy { " data-pathmx-copy=\"false\"" } else { "" });
        self.out.push_str(if info.no_select { " data-pathmx-select=\"false\"" } else { "" });
        self.out.push('>');
        if let Some(title) = &info.title {
            self.out.push_str("<p class=\"pmx-code-title\">");
            escape(title, &mut self.out);
            self.out.push_str("</p>");
        }
        self.out.push_str("<pre class=\"shiki\"><code");
        if !info.language.is_empty() {
            let _ = write!(self.out, " class=\"language-{}\"", html::escape(info.language));
        }
        self.out.push('>');
        self.code_lines(info.language, literal, at);
        self.out.push_str("</code></pre></div>\n");
    }

    fn code_lines(&mut self, language: &str, code: &str, at: Sourcepos) {
        let coloured = !language.is_empty() && self.settings.has("highlight");
        let highlighted = if coloured { self.highlighted(language, code, at) } else { None };
        let written = |out: &mut String, index: usize, line: &dyn Fn(&mut String)| {
            out.push_str(if index > 0 { "\n<span class=\"line\">" } else { "<span class=\"line\">" });
            line(out);
            out.push_str("</span>");
        };
        match highlighted {
            Some(lines) => {
                for (index, line) in lines.iter().enumerate() {
                    written(&mut self.out, index, &|out| out.push_str(line));
                }
            }
            None => {
                for (index, line) in code.split('\n').enumerate() {
                    written(&mut self.out, index, &|out| escape(line, out));
                }
            }
        }
    }

    /// The coloured lines of code; without them it is told why.
    fn highlighted(&mut self, language: &str, code: &str, at: Sourcepos) -> Option<Arc<[String]>> {
        let position = self.position(at);
        match highlight::highlight(language, code) {
            Highlighted::Lines(lines) => return Some(lines),
            Highlighted::Unknown(meant) => {
                let message = format!(
                    "no language that is known here is called `{}`, so this code has no colours",
                    shorten(language, NAME)
                );
                let hint = meant.map_or(PLAIN_HINT.to_owned(), |meant| format!("did you mean `{meant}`?"));
                self.findings.push(Diagnostic::warning("code/unknown-language", position, message).hint(hint));
            }
            Highlighted::Left(reason) => {
                let message = format!("this code has no colours: {reason}");
                let finding = Diagnostic::warning("code/not-highlighted", position, message);
                self.findings.push(finding.hint(PLAIN_HINT));
            }
        }
        None
    }

    /// The place of a byte of the info string.
    fn info_position(&self, code: &NodeCodeBlock, byte: usize, at: Sourcepos) -> Position {
        let line = self.lines.get(at.start.line);
        let column = line.find(code.info.as_str()).map_or(at.start.column, |start| start + byte + 1);
        self.lines.position(at.start.line, column)
    }
}

/// Reads an info string. Words without a meaning are left alone.
fn info(text: &str) -> Info<'_> {
    let mut info = Info::default();
    let end = text.find(|c: char| c.is_whitespace() || c == '[').unwrap_or(text.len());
    info.language = &text[..end];
    let mut at = end;
    while let Some(start) = text[at..].find(|c: char| !c.is_whitespace()).map(|offset| at + offset) {
        let rest = &text[start..];
        let length = if rest.starts_with('[') {
            let length = rest.find(']').map_or(rest.len(), |close| close + 1);
            info.steps = Some((rest[1..length].trim_end_matches(']'), start));
            length
        } else if let Some((quote, value)) = quoted(rest, "title=") {
            info.title = Some(html::unescape(value).into_owned()).filter(|title| !title.trim().is_empty());
            "title=".len() + value.len() + 2 * quote
        } else {
            let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
            match &rest[..length] {
                "no-copy" => info.no_copy = true,
                "no-select" => info.no_select = true,
                _ => {}
            }
            length
        };
        at = start + length.max(1);
    }
    info
}

/// The value after `name=`, and how many bytes a quote of it has.
fn quoted<'i>(text: &'i str, name: &str) -> Option<(usize, &'i str)> {
    let value = text.strip_prefix(name)?;
    for quote in ['"', '\''] {
        if let Some(inside) = value.strip_prefix(quote) {
            return inside.find(quote).map(|end| (1, &inside[..end]));
        }
    }
    let end = value.find(char::is_whitespace).unwrap_or(value.len());
    Some((0, &value[..end]))
}

/// `1,5|2-4`: lines from 1, together with `,`, one step after the other with `|`. Comes back without spaces.
fn checked_steps(text: &str, lines: usize) -> Result<String, String> {
    let mut steps = Vec::new();
    for step in text.split('|') {
        let mut parts = Vec::new();
        for part in step.split(',').map(str::trim) {
            let number = |text: &str| text.trim().parse::<usize>().ok().filter(|number| *number > 0);
            let (from, to) = match part.split_once('-') {
                Some((from, to)) => (number(from), number(to)),
                None => (number(part), number(part)),
            };
            let (Some(from), Some(to)) = (from, to) else {
                return Err(format!("`{part}` is no line and no range of lines, like `3` or `2-4`"));
            };
            if from > to {
                return Err(format!("the range `{part}` runs backwards"));
            }
            if to > lines {
                return Err(format!("there is no line {to}, the code has {lines}"));
            }
            parts.push(if from == to { from.to_string() } else { format!("{from}-{to}") });
        }
        steps.push(parts.join(","));
    }
    if steps.len() > MAX_STEPS { Err(format!("more than {MAX_STEPS} steps")) } else { Ok(steps.join("|")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_info_string_has_a_language_steps_flags_and_a_title() {
        let found = info("js [1,5|2-4] no-copy title=\"a &amp; b.js\" other");
        assert_eq!((found.language, found.steps, found.no_copy), ("js", Some(("1,5|2-4", 3)), true));
        assert_eq!(found.title.as_deref(), Some("a & b.js"));
        assert_eq!(info("[1|2]").steps, Some(("1|2", 0)));
        assert_eq!(
            info("py[2] title='x y' no-select"),
            Info {
                language: "py",
                steps: Some(("2", 2)),
                title: Some("x y".to_owned()),
                no_select: true,
                ..Info::default()
            }
        );
        assert_eq!(info("js [1"), Info { language: "js", steps: Some(("1", 3)), ..Info::default() });
        assert_eq!(info(""), Info::default());
    }

    #[test]
    fn steps_name_lines_that_are_there() {
        assert_eq!(checked_steps("1, 5 |2 - 4|3-3", 5).unwrap(), "1,5|2-4|3");
        for bad in ["", "a", "0", "1|", "4-2", "6", "1-6", "1,,2", "-1", "1-2-3"] {
            assert!(checked_steps(bad, 5).is_err(), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_info_string_is_read_without_fear(text in "[a-z\\[\\]|,0-9 ='\"é-]{0,40}|title=[\"']?é?[\"']?") {
            let info = info(&text);
            if let Some((steps, at)) = info.steps {
                proptest::prop_assert!(text[at..].starts_with('['));
                let _ = checked_steps(steps, 3);
            }
        }
    }
}
