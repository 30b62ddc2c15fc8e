//! Keys of a config that say something else than they seem to.

use crate::{
    diagnostic::{Diagnostic, Position},
    text::{
        commas,
        keys::{Check, KnownKey, key},
    },
};
use serde_json::{Map, Value};

/// The keys that mean something. The others are for other tools.
static KEYS: [KnownKey; 10] = [
    key("lang").like(Value::is_string),
    key("markdown").like(Value::is_object),
    key("outDir").is(Value::is_string, "the path of a folder"),
    key("plugins").like(Value::is_object).with(&[
        key("annotations"),
        key("callouts"),
        key("highlight"),
        key("marks"),
        key("math"),
        key("mermaid"),
    ]),
    key("pmx").with(&[key("server"), key("site")]),
    key("publish").with(&[key("url")]),
    key("sourceDir").is(Value::is_string, "the path of a folder"),
    key("title").is(|title| title.is_string() || title.is_number(), "a line of text"),
    key("url").like(Value::is_string),
    key("workspace").like(Value::is_array),
];

/// Whether a key of a config means something.
pub(crate) fn is_known(key: &str) -> bool {
    KEYS.iter().any(|known| known.name == key)
}

/// What is to be said of a config; `text` is its frontmatter.
pub(crate) fn findings(values: &Map<String, Value>, text: &str) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut check = Check { text, start: Position::START, code: "config/key", findings: &mut findings };
    check.mapping(values, &KEYS);
    check.language(values);
    let apart = commas::taken_apart(values, text);
    for found in &apart {
        check.tell(found.at, found.message(), Some(found.hint()));
    }
    let is_ours = |key: &&String| is_known(key);
    let empty = values.iter().filter(|(_, value)| value.is_null()).map(|(key, _)| key).filter(is_ours);
    for key in empty.filter(|key| !apart.iter().any(|found| found.rest == **key)) {
        check.says_nothing(key);
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::yaml;

    #[test]
    fn keys_without_a_value_and_keys_that_are_nearly_one_are_told_where_they_stand() {
        let text = "sourcedir: x\nlang:\nmarkdwon: {}\nother: 1\npublish: {options: {name: One, two}}\noutDir: x\nout_dir: z\n";
        let found = findings(&yaml::mapping(text).unwrap(), text);
        let mut found: Vec<(usize, &str)> =
            found.iter().map(|finding| (finding.line, finding.message.as_str())).collect();
        found.sort_unstable();
        assert_eq!(
            found,
            [
                (1, "`sourcedir` means nothing to pmx"),
                (2, "`lang` has no value, so it says nothing"),
                (3, "`markdwon` means nothing to pmx"),
                (5, "`publish.options.name` ends at the comma, and `two` is a key without a value"),
            ]
        );
    }
}
