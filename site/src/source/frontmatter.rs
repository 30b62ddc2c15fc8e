use crate::{
    diagnostic::{Diagnostic, Position},
    text::{
        numbers,
        yaml::{self, YamlError},
    },
};
use serde_json::{Map, Value};

/// The YAML between `---` lines at the very top of a Source.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frontmatter {
    pub values: Map<String, Value>,
    /// Why the values are missing; its position counts from the top of the Source.
    pub error: Option<YamlError>,
    /// Byte at which the body starts.
    pub body: usize,
    /// Line at which the body starts, from 1.
    pub body_line: usize,
}

/// Takes the frontmatter off a text. Without a closing line there is none.
pub(crate) fn frontmatter(text: &str) -> Frontmatter {
    let none = Frontmatter { body_line: 1, ..Frontmatter::default() };
    let mut lines = text.split_inclusive('\n');
    let Some(open) = lines.next().filter(|line| line.trim_end() == "---") else { return none };
    let start = open.len();
    let mut end = start;
    for (index, line) in lines.enumerate() {
        if matches!(line.trim_end(), "---" | "...") {
            let body = end + line.len();
            let (values, error) = match yaml::mapping(&text[start..end]) {
                Ok(mut values) => {
                    numbers::as_written(&mut values, &text[start..end]);
                    (values, None)
                }
                Err(error) => {
                    let position = error.position.within(Position { line: 2, column: 1 });
                    (Map::new(), Some(YamlError { position, ..error }))
                }
            };
            return Frontmatter { values, error, body, body_line: index + 3 };
        }
        end += line.len();
    }
    none
}

/// What is to be said of a text that begins as if it had a frontmatter, `---` and a key below it, and has no line that ends it.
/// Below a comment, which may be a heading, it is a key that `is_known`.
pub(super) fn unclosed(text: &str, is_known: fn(&str) -> bool) -> Option<Diagnostic> {
    let comments = text.lines().skip(1).take_while(|line| line.starts_with('#')).count();
    let (key, value) = simple(text.lines().nth(1 + comments)?)?;
    if text.lines().next()?.trim_end() != "---" || value.starts_with("//") || comments > 0 && !is_known(key) {
        return None;
    }
    let message = "the frontmatter is never closed, so it is text";
    let finding = Diagnostic::warning("source/unclosed-frontmatter", Position::START, message);
    // A line that nearly ends it.
    let is_near = |line: &&str| line.trim().len() > 1 && line.trim().bytes().all(|byte| byte == b'-');
    let near = text.lines().enumerate().skip(1).find(|(_, line)| is_near(line));
    Some(finding.hint(match near {
        Some((at, line)) => format!("line {} is `{line}`: write `---`", at + 1),
        None => "end it with a line `---`".to_owned(),
    }))
}

/// What is to be said of lines that were taken for frontmatter and may be text between two thematic breaks: a blank line begins them, no
/// key `is_known`, and they end with another blank line, or have a comment alone, which is a heading, or a key of several words.
pub(super) fn swallowed(text: &str, front: &Frontmatter, is_known: fn(&str) -> bool) -> Option<Diagnostic> {
    let inside = text.get(..front.body)?.split_once('\n')?.1;
    let inside = inside.rsplit_once('\n').filter(|(_, end)| end.is_empty()).map_or(inside, |(inside, _)| inside);
    // Without its last line, which closes it.
    let inside = inside.rsplit_once('\n')?.0;
    let is_blank = |line: Option<&str>| line.is_some_and(|line| line.trim().is_empty());
    if front.error.is_some() || inside.trim().is_empty() || !is_blank(inside.split('\n').next()) {
        return None;
    }
    let keys = || front.values.keys();
    let is_prose =
        keys().next().is_none() || is_blank(inside.split('\n').next_back()) || keys().any(|key| key.contains(' '));
    if keys().any(|key| is_known(key)) || !is_prose {
        return None;
    }
    let message = "what stands between these lines `---` is read as frontmatter, so no reader sees it";
    let finding = Diagnostic::warning("source/frontmatter-text", Position::START, message);
    Some(
        finding.hint("if it is text, write `***` for the first line; if it is data, take the blank line below it away"),
    )
}

/// Key and value of a line that has both.
fn simple(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    (yaml::is_plain_key(key) && (value.is_empty() || value.starts_with(' '))).then(|| (key, value.trim()))
}

/// Where a top-level key of the frontmatter stands.
pub(crate) fn key_position(text: &str, key: &str) -> Position {
    let is_key = |line: &str| {
        let line = line.trim_start_matches(['"', '\'']);
        line.strip_prefix(key).is_some_and(|rest| rest.trim_start_matches(['"', '\'', ' ']).starts_with(':'))
    };
    let line = text.lines().position(is_key).map_or(1, |index| index + 1);
    Position { line, column: 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_closed_fence_at_the_very_top_is_frontmatter() {
        let front = frontmatter("---\ntitle: A\n---\n\n# B\n");
        assert_eq!((front.values["title"].as_str(), front.body, front.body_line), (Some("A"), 17, 4));
        for text in ["# A\n\n---\na: 1\n---\n", "---\n\nnever closed\n", "", "----\na: 1\n----\n"] {
            let front = frontmatter(text);
            assert_eq!((front.values.len(), front.body, front.body_line), (0, 0, 1), "{text}");
        }
        assert_eq!(frontmatter("---\r\na: 1\r\n---\r\nB").body, 16);
    }

    #[test]
    fn text_between_two_rules_is_told_from_data() {
        let said = |text: &str| swallowed(text, &frontmatter(text), |key| key == "title").is_some();
        for text in [
            "---\n\nJust a rule and text: with colon\n\n---\n\n# A\n",
            "---\n\nA rule: and text\n---\n",
            "---\r\n\r\nNote: this\r\n\r\n---\r\n",
            "---\n\n# A heading\n\n---\n\ntext\n",
            "---\n\nNote: this\n\n---",
        ] {
            assert!(said(text), "{text}");
        }
        for text in [
            "",
            "---\n---\n",
            "---\n\n---\n",
            "---\ntitle: A\n---\n",
            "---\n\ntitle: A\n\n---\n",
            "---\n\nown: A\n---\n",
            "---\nown words: A\n\n---\n",
            "---\n# title: A\n---\n",
            "---\n\nNote: this\n",
        ] {
            assert!(!said(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_mapping_is_named_with_its_line_and_left_out() {
        let front = frontmatter("---\na: 1\nb: [\n---\nBody\n");
        assert!(front.values.is_empty());
        assert!(front.error.unwrap().position.line >= 3);
        assert_eq!(front.body_line, 5);
        assert_eq!(key_position("---\na: 1\nroute : /x\n---\n", "route").line, 3);
    }
}
