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

/// Key and value of a line that has both.
fn simple(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let is_key = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    (is_key && (value.is_empty() || value.starts_with(' '))).then(|| (key, value.trim()))
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
    fn what_is_no_mapping_is_named_with_its_line_and_left_out() {
        let front = frontmatter("---\na: 1\nb: [\n---\nBody\n");
        assert!(front.values.is_empty());
        assert!(front.error.unwrap().position.line >= 3);
        assert_eq!(front.body_line, 5);
        assert_eq!(key_position("---\na: 1\nroute : /x\n---\n", "route").line, 3);
    }
}
