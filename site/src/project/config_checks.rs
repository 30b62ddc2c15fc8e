//! Keys of a config that say something else than they seem to.

use crate::{
    diagnostic::{Diagnostic, Position},
    source,
    text::{commas, nearest},
};
use serde_json::{Map, Value};

/// The keys that mean something. The others are for other tools.
const KEYS: [&str; 10] =
    ["lang", "markdown", "outDir", "plugins", "pmx", "publish", "sourceDir", "title", "url", "workspace"];

/// What is to be said of a config; `text` is its frontmatter.
pub(crate) fn findings(values: &Map<String, Value>, text: &str) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut tell = |position: Position, message: String, hint: String| {
        findings.push(Diagnostic::warning("config/key", position, message).hint(hint));
    };
    let place = |key: &str| source::key_position(text, key);
    let apart = commas::taken_apart(values, text);
    for found in &apart {
        tell(Position::of(text, found.at), found.message(), found.hint());
    }
    for (key, value) in values {
        if KEYS.contains(&key.as_str()) {
            if value.is_null() && !apart.iter().any(|found| found.rest == *key) {
                let hint = "write its value behind the colon, or leave the line out";
                tell(place(key), format!("`{key}` has no value, so it says nothing"), hint.to_owned());
            }
        } else if let Some(known) = KEYS.iter().find(|known| is_near(key, known) && !values.contains_key(**known)) {
            tell(place(key), format!("`{key}` means nothing to pmx"), format!("did you mean `{known}`?"));
        }
    }
    findings
}

fn is_near(key: &str, known: &str) -> bool {
    nearest::is_other_spelling(key, known) || nearest::is_slip(key, known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::yaml;

    #[test]
    fn keys_without_a_value_and_keys_that_are_nearly_one_are_told_where_they_stand() {
        let text = "sourcedir: x\nlang:\nmarkdwon: {}\nother: 1\npublish: {options: {name: One, two}}\noutDir: y\nout_dir: z\n";
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
