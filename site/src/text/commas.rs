//! Values with a comma in them, in braces and without quotes: `font: { heading: Georgia, serif }` is two keys to YAML, `heading` and a `serif`
//! without a value.

use serde_json::{Map, Value};

/// The most values of a text that are looked at: who has more has written something else.
const MAX_LOOKS: usize = 200;

/// A value that was taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SplitAtComma {
    /// The byte of the text at which the key stands that was to be a part of the value.
    pub at: usize,
    /// The keys on the way there, and the one that has lost the rest of its value.
    pub path: Vec<String>,
    /// The first key that is none.
    pub rest: String,
    /// The whole value, as it was meant.
    pub whole: String,
}

impl SplitAtComma {
    pub(crate) fn message(&self) -> String {
        let (path, rest) = (self.path.join("."), &self.rest);
        format!("`{path}` ends at the comma, and `{rest}` is a key without a value")
    }

    pub(crate) fn hint(&self) -> String {
        let key = self.path.last().map_or("", String::as_str);
        format!(
            "a value with a comma in it stands in quotes: `{key}: \"{}\"`",
            self.whole.replace('\\', "\\\\").replace('"', "\\\"")
        )
    }
}

/// All such values of a mapping; `text` is what it was read from.
pub(crate) fn taken_apart(values: &Map<String, Value>, text: &str) -> Vec<SplitAtComma> {
    if !text.contains('{') {
        return Vec::new();
    }
    let mut finder = Finder { text, looks: MAX_LOOKS, path: Vec::new(), found: Vec::new() };
    finder.mapping(values);
    finder.found
}

struct Finder<'t> {
    text: &'t str,
    looks: usize,
    path: Vec<String>,
    found: Vec<SplitAtComma>,
}

impl Finder<'_> {
    fn mapping(&mut self, values: &Map<String, Value>) {
        for (key, value) in values {
            self.path.push(key.clone());
            match value {
                Value::Object(inner) => self.mapping(inner),
                Value::Array(list) => list.iter().filter_map(Value::as_object).for_each(|inner| self.mapping(inner)),
                Value::String(_) | Value::Number(_) => self.value(values, key, value),
                Value::Null | Value::Bool(_) => {}
            }
            self.path.pop();
        }
    }

    /// Whether keys without a value follow this one in the text, behind commas.
    fn value(&mut self, siblings: &Map<String, Value>, key: &str, value: &Value) {
        if !siblings.values().any(Value::is_null) || self.looks == 0 {
            return;
        }
        self.looks -= 1;
        let written = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if written.is_empty() {
            return;
        }
        let text = self.text;
        for (start, _) in text.match_indices(&*written).take(MAX_LOOKS) {
            let before = text[..start].trim_end();
            let is_value = before
                .strip_suffix(':')
                .is_some_and(|before| before.trim_end().trim_end_matches(['"', '\'']).ends_with(key));
            if !is_value {
                continue;
            }
            let mut end = start + written.len();
            let mut first = None;
            while let Some((at, next)) = next_key(text, end) {
                if !siblings.get(next).is_some_and(Value::is_null) {
                    break;
                }
                first.get_or_insert((at, next));
                end = at + next.len();
            }
            if let Some((at, rest)) = first {
                let whole = text[start..end].split_whitespace().collect::<Vec<_>>().join(" ");
                self.found.push(SplitAtComma { at, path: self.path.clone(), rest: rest.to_owned(), whole });
                return;
            }
        }
    }
}

/// The word behind a comma, up to the next comma or the brace, and where it stands.
fn next_key(text: &str, end: usize) -> Option<(usize, &str)> {
    let rest = text.get(end..)?;
    let inside = rest.trim_start().strip_prefix(',')?.trim_start();
    let at = text.len() - inside.len();
    let key = inside[..inside.find([',', '}', ']', ':', '\n'])?].trim_end();
    (!key.is_empty()).then_some((at, key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::yaml;
    use proptest::prelude::*;

    fn of(text: &str) -> Vec<(String, String)> {
        let found = taken_apart(&yaml::mapping(text).unwrap(), text);
        found.iter().map(|found| (found.message(), found.hint())).collect()
    }

    #[test]
    fn a_value_that_ends_at_a_comma_is_told_with_the_whole_of_it() {
        assert_eq!(
            of("font: { heading: Georgia, serif }\n"),
            [(
                "`font.heading` ends at the comma, and `serif` is a key without a value".to_owned(),
                "a value with a comma in it stands in quotes: `heading: \"Georgia, serif\"`".to_owned()
            )]
        );
        assert_eq!(
            of("a:\n  - {title: One, two, three, by: me}\n"),
            [(
                "`a.title` ends at the comma, and `two` is a key without a value".to_owned(),
                "a value with a comma in it stands in quotes: `title: \"One, two, three\"`".to_owned()
            )]
        );
        assert_eq!(
            of("{description: Words, and more, tags: [x]}")[0].0,
            "`description` ends at the comma, and `and more` is a key without a value"
        );
    }

    #[test]
    fn keys_that_have_no_value_otherwise_are_the_authors_own() {
        for text in [
            "title: Georgia\nserif:\n",
            "font: { heading: \"Georgia, serif\", body: }",
            "a: {b: c, d: e}",
            "a: {b, c}",
            "tags: [Georgia, serif]\nserif:",
            "a: {b: c}\nd: {e: }",
            "",
        ] {
            assert_eq!(of(text), [], "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_mapping_is_looked_at_without_fear(text in "[a-c:,{}\\[\\] \n\"é1-]{0,40}") {
            if let Ok(values) = yaml::mapping(&text) {
                for found in taken_apart(&values, &text) {
                    prop_assert!(text[found.at..].starts_with(&found.rest));
                }
            }
        }
    }
}
