//! What can be done about a text that is no YAML.

use super::{quotes, yaml};

/// The cure for a text that cannot be read at a line, from 1, as a hint; none where the message says it all.
pub(crate) fn cure(text: &str, line: usize) -> Option<String> {
    let quoted = || Some(format!("put the value into quotes: `{}`", quotes::cure(text, line)?));
    let lines: Vec<&str> = text.lines().collect();
    let at = line.checked_sub(1)?;
    comment(&lines, at)
        .or_else(quoted)
        .or_else(|| tab(&lines, at))
        .or_else(|| no_value(&lines, at))
        .or_else(|| column(&lines, at))
}

/// Whether the text can be read with another line in place of this one, or what is wrong stands further down.
fn is_cured(lines: &[&str], at: usize, by: &str) -> bool {
    let mut lines = lines.to_vec();
    lines[at] = by;
    yaml::mapping(&lines.join("\n")).err().is_none_or(|error| error.position.line > at + 1)
}

/// A `#` in brackets, which hides the closing one: `{accent: #ff0000}`.
fn comment(lines: &[&str], at: usize) -> Option<String> {
    let line = lines.get(at)?.trim_end();
    let mut quoted = String::new();
    let mut rest = line;
    while let Some(start) = rest.find(" #") {
        let (before, value) = rest.split_at(start + 1);
        let length = value.find([',', '}', ']', ' ']).unwrap_or(value.len());
        quoted.push_str(&format!("{before}\"{}\"", &value[..length]));
        rest = &value[length..];
    }
    quoted.push_str(rest);
    (quoted != line && !line.contains('"') && is_cured(lines, at, &quoted))
        .then(|| format!("put the value into quotes: `{}`", quoted.trim_start()))
}

/// Tabs in front of a line.
fn tab(lines: &[&str], at: usize) -> Option<String> {
    let is_indented = |line: &&&str| line.starts_with([' ', '\t']) && line.len() > line.trim_start().len();
    let near = lines.iter().skip(at).take(2).filter(is_indented);
    let with_tab = |line: &&str| line[..line.len() - line.trim_start().len()].contains('\t');
    near.copied().any(|line| with_tab(&line)).then(|| "YAML has no tabs: write two spaces for each".to_owned())
}

/// A line that has no `: ` in it: `key:value`, `key = value`, words.
fn no_value(lines: &[&str], at: usize) -> Option<String> {
    let line = lines.get(at)?;
    let bare = line.trim();
    if bare.is_empty()
        || bare.contains(": ")
        || bare.ends_with(':')
        || bare.starts_with(['-', '"', '\'', '[', '{', '#'])
    {
        return None;
    }
    for (sign, why) in [(':', "a space comes behind the colon"), ('=', "a colon stands between key and value")] {
        if let Some((key, value)) = bare.split_once(sign).filter(|(key, _)| yaml::is_plain_key(key.trim())) {
            return Some(format!("{why}: `{}: {}`", key.trim(), value.trim()));
        }
    }
    Some("each line is a key and its value, `key: value`; further lines of a value are indented".to_owned())
}

/// A line that stands in another column than the one above it, and should not.
fn column(lines: &[&str], at: usize) -> Option<String> {
    let line = lines.get(at)?.trim_start();
    let above = lines[..at].iter().rev().find(|above| !above.trim().is_empty())?;
    let indent = &above[..above.len() - above.trim_start().len()];
    let moved = format!("{indent}{line}");
    (*lines[at] != *moved && is_cured(lines, at, &moved))
        .then(|| format!("let `{line}` begin in the column of the line above it"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> (String, Option<String>) {
        let error = yaml::mapping(text).unwrap_err();
        (error.message, cure(text, error.position.line))
    }

    #[test]
    fn what_a_person_writes_wrong_has_its_cure() {
        for (text, hint) in [
            ("title: a: b", "put the value into quotes: `title: \"a: b\"`"),
            ("title: A\n\tb: c", "YAML has no tabs: write two spaces for each"),
            ("title: A\n  b: c", "let `b: c` begin in the column of the line above it"),
            (" title: A\nb: c", "let `b: c` begin in the column of the line above it"),
            (
                "theme: {color: {accent: #ff0000, bg: #fff}}",
                "put the value into quotes: `theme: {color: {accent: \"#ff0000\", bg: \"#fff\"}}`",
            ),
            ("title:A", "a space comes behind the colon: `title: A`"),
            ("x: y\ntitle:A", "a space comes behind the colon: `title: A`"),
            ("title: A\ntags = [b]", "a colon stands between key and value: `tags: [b]`"),
            (
                "title: A\njust words",
                "each line is a key and its value, `key: value`; further lines of a value are indented",
            ),
        ] {
            assert_eq!(of(text).1.as_deref(), Some(hint), "{text}");
        }
        for text in ["a: [", "a: 1\na: 2", "{a: 1}\nb: 2"] {
            assert_eq!(of(text).1, None, "{text}");
        }
    }

    #[test]
    fn no_message_is_in_the_words_of_a_parser() {
        for text in [
            "a: @b",
            "a: %b",
            "a: *b",
            "a: &",
            "a: >b",
            "a: - b",
            "a: 'b' c",
            "a: \"\\q\"",
            "a: \"b",
            "a: b: c",
            "a\nb: c",
            "~: b",
            "[a]: b",
            "a: [b: c: d]",
            "a: b\n- c",
            " a: b\nc: d",
            "a: b\n\tc: d",
            "a: 1\nb",
        ] {
            let said = of(text).0;
            for word in
                ["scalar", "anchor", "alias", "deserialize", "block", "document", "context", "while", "expected"]
            {
                assert!(!said.contains(word), "{text}: {said}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_looked_at_without_fear(text in "[ab:#&=@*\"'|\\[{}\t \n-é]{0,40}", line in 0..9_usize) {
            cure(&text, line);
        }
    }
}
