//! YAML of strangers: small, flat, and never a reason to stop.

use crate::diagnostic::Position;
use serde_json::{Map, Value};

/// The largest frontmatter or topmatter, in bytes. The largest one in public Sources has about 2 kB.
const MAX_BYTES: usize = 64 * 1024;
/// The deepest nesting. Themes, the deepest documented use, have four levels.
const MAX_DEPTH: usize = 32;
/// The most values of one mapping, nested ones counted, aliases expanded.
const MAX_NODES: usize = 10_000;
/// The most aliases: nothing in PathMX needs one.
const MAX_ALIASES: usize = 64;

/// Whether a text is a key as people write them: letters, digits, `_` and `-`.
pub(crate) fn is_plain_key(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}

/// What a parser says of a text that is no YAML, and the same in the words of who wrote it.
const PLAIN: [(&str, &str); 15] = [
    ("did not find expected <document start>", "this line is no part of the values above it"),
    ("simple key expected ':'", "this line is no `key: value`"),
    ("mapping values are not allowed", "there is no place for a `: ` here"),
    ("did not find expected key", "this is no key of the lines above"),
    ("alias references unknown anchor", "a value cannot begin with `*`"),
    ("expected alphabetic or numeric character", "a value cannot begin with `&` or `*`"),
    ("cannot deserialize null into string", "this key is no word"),
    ("expected string scalar", "this key is no word"),
    ("block sequence entries are not allowed", "a list begins on a line of its own"),
    ("invalid trailing content after", "a value that begins with a quote ends with it"),
    ("invalid indentation in multiline quoted scalar", "a quote is never closed"),
    ("expected comment or line break", "nothing can follow a `|` or a `>` on its line"),
    ("found unknown escape character", "in double quotes a backslash begins an escape, and this is none"),
    ("found a tab", "a tab stands here"),
    ("expected ',' or", "a comma or a closing bracket is missing"),
];

/// Why a text is no mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct YamlError {
    /// In the text that was given.
    pub position: Position,
    pub message: String,
}

/// Reads a mapping; an empty text is an empty mapping. Keys come sorted.
pub(crate) fn mapping(text: &str) -> Result<Map<String, Value>, YamlError> {
    if text.len() > MAX_BYTES {
        let message = format!("{} bytes, at most {MAX_BYTES} are allowed", text.len());
        return Err(YamlError { position: Position::START, message });
    }
    match serde_saphyr::from_str_with_options(text, options()) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(_) => Err(YamlError { position: Position::START, message: "expected `key: value` lines".to_owned() }),
        Err(error) => {
            let place = |n: u64| usize::try_from(n).unwrap_or(1).max(1);
            let position = error
                .location()
                .map_or(Position::START, |l| Position { line: place(l.line()), column: place(l.column()) });
            Err(YamlError { position, message: first_line(&error) })
        }
    }
}

/// The limits with which YAML is read.
pub(super) fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_nodes: MAX_NODES,
            max_events: 4 * MAX_NODES,
            max_aliases: MAX_ALIASES,
            max_anchors: MAX_ALIASES,
            max_total_scalar_bytes: 4 * MAX_BYTES,
            max_documents: 1,
        },
    }
}

/// The parser's message without the place, which is said apart.
fn first_line(error: &serde_saphyr::Error) -> String {
    if let serde_saphyr::Error::DuplicateMappingKey { key, .. } = error.without_snippet() {
        return key
            .as_ref()
            .map_or_else(|| "a key stands here twice".to_owned(), |key| format!("`{key}` stands here twice"));
    }
    let text = error.to_string();
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("unreadable YAML").trim();
    let line = line.split(" at line ").next().unwrap_or(line);
    if let Some((_, plain)) = PLAIN.iter().find(|(said, _)| line.contains(said)) {
        return (*plain).to_owned();
    }
    if let Some(sign) = line.strip_prefix("unexpected character: `").and_then(|rest| rest.strip_suffix('\'')) {
        return format!("a value cannot begin with `{sign}`");
    }
    line.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_read_and_anything_else_is_named_with_its_place() {
        let map = mapping("b: [1, x]\na: 2026-07-20\n").unwrap();
        assert_eq!(serde_json::to_string(&map).unwrap(), r#"{"b":[1,"x"],"a":"2026-07-20"}"#);
        assert!(mapping("").unwrap().is_empty());
        assert!(mapping("just words").is_err());
        assert_eq!(mapping("a: 1\nb: [1\nc: 2\n").unwrap_err().position.line, 3);
    }

    #[test]
    fn a_key_that_stands_twice_is_named_in_the_authors_words() {
        assert_eq!(mapping("a: 1\na: 2\n").unwrap_err().message, "`a` stands here twice");
    }

    #[test]
    fn a_bomb_is_refused() {
        let mut bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for (from, to) in [('a', 'b'), ('b', 'c'), ('c', 'd'), ('d', 'e'), ('e', 'f'), ('f', 'g')] {
            bomb.push_str(&format!("{to}: &{to} [{}]\n", vec![format!("*{from}"); 10].join(",")));
        }
        assert!(mapping(&bomb).is_err());
        assert!(mapping(&format!("a: {}", "[".repeat(10_000))).is_err());
    }
}
