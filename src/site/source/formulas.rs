//! Display math over several lines. What stands between two lines `$$` is a formula whatever its lines look like; Markdown
//! would see lists, quotes and empty lines in it. So the two lines become those of a fence, which Markdown leaves alone.

use std::borrow::Cow;

/// The fence, longer than any that a formula would hold.
const FENCE: &str = "``````";
/// The deepest indentation of a `$$` that is no code, in spaces.
const INDENT: usize = 3;

/// The body with fences in place of the lines `$$`. No line comes or goes.
pub(super) fn fenced(body: &str) -> Cow<'_, str> {
    if !body.contains("$$") {
        return Cow::Borrowed(body);
    }
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    let mut open = Open::Nothing;
    // A formula and where its first line starts and ends.
    let mut formula: Option<(usize, usize)> = None;
    while at < body.len() {
        let end = body[at..].find('\n').map_or(body.len(), |offset| at + offset + 1);
        let line = body[at..end].trim_end();
        if let Some((start, first_end)) = formula {
            if is_dollars(line) {
                out.push_str(&body[copied..start]);
                let indent = |line: &str| " ".repeat(line.len() - line.trim_start().len());
                let opening = body[start..first_end].trim_end();
                out.extend([&indent(opening), FENCE, "math", &body[start + opening.len()..at], &indent(line), FENCE]);
                copied = at + line.len();
                formula = None;
            } else if line == "---" {
                // The Block ends; the dollars were none of a formula.
                formula = None;
            }
        } else if open.inside(line) {
            // Code or a comment.
        } else if is_dollars(line) {
            formula = Some((at, end));
        }
        at = end;
    }
    if copied == 0 {
        return Cow::Borrowed(body);
    }
    out.push_str(&body[copied..]);
    Cow::Owned(out)
}

fn is_dollars(line: &str) -> bool {
    let text = line.trim_start_matches(' ');
    text == "$$" && line.len() - text.len() <= INDENT
}

/// What hides lines from Markdown.
enum Open {
    Nothing,
    /// The character of the fence and its length.
    Fence(char, usize),
    Comment,
}

impl Open {
    /// Takes the next line; whether it belongs to something that hides it.
    fn inside(&mut self, line: &str) -> bool {
        match *self {
            Self::Nothing => {
                // A fence may stand in a list or a quote.
                let text = line.trim_start_matches([' ', '>', '-', '*', '+', '\t']);
                let fence = text.chars().next().filter(|c| matches!(c, '`' | '~'));
                if let Some(c) = fence {
                    let length = text.len() - text.trim_start_matches(c).len();
                    if length >= 3 && !(c == '`' && text[length..].contains('`')) {
                        *self = Self::Fence(c, length);
                        return true;
                    }
                }
                if text.starts_with("<!--") && !text.contains("-->") {
                    *self = Self::Comment;
                    return true;
                }
                false
            }
            Self::Fence(c, length) => {
                let text = line.trim_start_matches([' ', '>', '\t']);
                if text.len() >= length && text.trim_end_matches(c).is_empty() {
                    *self = Self::Nothing;
                }
                true
            }
            Self::Comment => {
                if line.contains("-->") {
                    *self = Self::Nothing;
                }
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_dollars_become_fences() {
        assert_eq!(fenced("a\n$$\nx\n\n- y\n  $$\r\nb $$z$$"), "a\n``````math\nx\n\n- y\n  ``````\r\nb $$z$$");
        assert_eq!(fenced("$$\nx\n$$"), "``````math\nx\n``````");
    }

    #[test]
    fn dollars_elsewhere_stay() {
        for text in [
            "$$x$$\n",
            "$$\nnever closed\n",
            "```\n$$\nx\n$$\n```\n",
            "> ~~~\n> $$\n\n~~~\n",
            "    $$\n    x\n    $$\n",
            "<!--\n$$\nx\n$$\n-->\n",
            "$$\n\n---\n\n$$ a\n",
        ] {
            assert_eq!(fenced(text), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_line_comes_or_goes(text in "(\\$\\$|\n|\r\n|```|~~~|<!--|-->|[a >é-]|---){0,40}") {
            let new = fenced(&text);
            proptest::prop_assert_eq!(new.lines().count(), text.lines().count());
            proptest::prop_assert_eq!(new.matches('\n').count(), text.matches('\n').count());
        }
    }
}
