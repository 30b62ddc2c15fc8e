//! Values that YAML reads otherwise than they look, because they stand without quotes.

use super::yaml;

/// The most lines that are tried: who has more wrong has written something else than YAML.
const MAX_TRIES: usize = 40;

/// A value of which YAML leaves out a part without an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Eaten {
    /// The byte of the text at which its key stands.
    pub at: usize,
    pub message: String,
    /// The line with the value in quotes.
    pub cure: String,
}

/// A line with a value: `  - key: value`, `key: value` or `- value`.
struct KeyLine<'t> {
    /// Up to the value: indentation, dash, key, colon.
    head: &'t str,
    key: &'t str,
    value: &'t str,
}

/// What a mapping loses to comments (`accent: #ff0000`), tags (`note: !x`) and anchors (`note: &a b`); `text` has been read without an error.
/// A comment with a space behind its `#` is meant as one, and so is an anchor that an alias names.
pub(crate) fn eaten(text: &str) -> Vec<Eaten> {
    if ![" #", " !", " &"].iter().any(|sign| text.contains(sign)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let (mut at, mut literal) = (0, None);
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(whole) = lines.next() {
        let start = at;
        at += whole.len();
        let indent = indent(whole);
        let is_blank = whole.trim().is_empty();
        if literal.is_some_and(|outer| is_blank || indent > outer) {
            continue;
        }
        literal = None;
        let Some(line) = KeyLine::of(whole).filter(|line| !line.key.is_empty()) else { continue };
        if line.value.starts_with(['|', '>']) {
            literal = Some(indent);
            continue;
        }
        let is_outer =
            lines.peek().is_some_and(|next| self::indent(next) > indent || next.trim_start().starts_with("- "));
        if let Some(message) = line.eaten(text).filter(|_| !is_outer) {
            found.push(Eaten { at: start + indent, message, cure: line.quoted() });
        }
    }
    found
}

/// A line of a text that is no YAML with its value in quotes, if that is what is wrong: with it, the text can be read, or what is wrong stands
/// further down. `line` is the one at which it cannot be read, from 1; the fault may be above it.
pub(crate) fn cure(text: &str, line: usize) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let last = line.min(lines.len());
    let broken = |text: &str| yaml::mapping(text).err().map(|error| error.position.line);
    (0..last).rev().take(MAX_TRIES).find_map(|number| {
        let line = KeyLine::of(lines[number]).filter(|line| line.looks_wrong())?;
        let quoted = line.quoted();
        let mut tried = lines.clone();
        let with = format!("{quoted}\n");
        tried[number] = &with;
        broken(&tried.concat()).is_none_or(|at| at > last).then(|| quoted.trim_start().to_owned())
    })
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

impl<'t> KeyLine<'t> {
    fn of(whole: &'t str) -> Option<Self> {
        let line = whole.trim_end();
        let mut rest = line.trim_start_matches(' ');
        let is_item = rest.starts_with("- ");
        while let Some(item) = rest.strip_prefix("- ") {
            rest = item.trim_start_matches(' ');
        }
        let is_key = |key: &&str| {
            !key.is_empty()
                && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ' | '"' | '\''))
        };
        let key =
            rest.split_once(':').filter(|(key, value)| is_key(key) && (value.is_empty() || value.starts_with(' ')));
        let (key, value) = match key {
            Some((key, value)) => (key, value.trim_start()),
            None if is_item => ("", rest),
            None => return None,
        };
        let key = key.trim_matches(['"', '\'', ' ']);
        (!value.is_empty()).then(|| Self { head: &line[..line.len() - value.len()], key, value })
    }

    /// Whether quotes could make its value another one. A list or mapping that is never closed wants its bracket.
    fn looks_wrong(&self) -> bool {
        let value = self.value;
        let is_open =
            [('[', ']'), ('{', '}')].iter().any(|(open, close)| value.starts_with(*open) && !value.contains(*close));
        let signs = ['@', '`', '*', '&', '!', '%', '"', '\'', '{', '[', '|', '>', ',', '-', '?', ']', '}'];
        !is_open && (value.starts_with(signs) || value.contains(": ") || value.ends_with(':'))
    }

    /// The whole line, the value in quotes.
    fn quoted(&self) -> String {
        let value = ['"', '\''].into_iter().find_map(|quote| {
            let inside = self.value.strip_prefix(quote)?;
            // `"a" b` keeps its quotes as signs; of `"a` and `'it's'` they were meant as quotes.
            match inside.strip_suffix(quote) {
                Some(inside) => Some(inside),
                None => (!inside.contains(quote)).then_some(inside),
            }
        });
        let value = value.unwrap_or(self.value);
        match value.contains('"') && !value.contains('\'') {
            true => format!("{}'{value}'", self.head),
            false => format!("{}\"{}\"", self.head, value.replace('\\', "\\\\").replace('"', "\\\"")),
        }
    }

    /// What YAML leaves out of the value.
    fn eaten(&self, text: &str) -> Option<String> {
        let (key, value) = (self.key, self.value);
        if let Some(rest) = value.strip_prefix('&') {
            let name = rest.split_whitespace().next().unwrap_or_default();
            let is_used = name.is_empty() || text.contains(&format!("*{name}"));
            return (!is_used).then(|| format!("`&{name}` is left out of `{key}`: to YAML it names a value"));
        }
        if value.starts_with('!') && !value.starts_with("!!") {
            let tag = value.split_whitespace().next().unwrap_or_default();
            return Some(format!("`{tag}` is left out of `{key}`: to YAML it is a type"));
        }
        if value.starts_with(['"', '\'', '[', '{', '*']) {
            return None;
        }
        let comment = if value.starts_with('#') { 0 } else { value.find(" #")? + 1 };
        let is_meant = value[comment + 1..].starts_with(|c: char| c.is_alphanumeric());
        is_meant.then(|| match comment {
            0 => format!("`{key}` has no value: to YAML, `{value}` is a comment"),
            _ => format!("`{key}` ends before `{}`: to YAML, that is a comment", &value[comment..]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_value_that_yaml_cuts_is_told_with_its_line_in_quotes() {
        for (text, message, cure) in [
            (
                "theme:\n  color:\n    accent: #ff0000\n",
                "`accent` has no value: to YAML, `#ff0000` is a comment",
                "    accent: \"#ff0000\"",
            ),
            ("a: learn #C\n", "`a` ends before `#C`: to YAML, that is a comment", "a: \"learn #C\""),
            ("a: !x\n", "`!x` is left out of `a`: to YAML it is a type", "a: \"!x\""),
            ("l:\n  - a: &b c\n", "`&b` is left out of `a`: to YAML it names a value", "  - a: \"&b c\""),
        ] {
            let found = eaten(text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!((found[0].message.as_str(), found[0].cure.as_str()), (message, cure));
        }
    }

    #[test]
    fn comments_literals_and_anchors_in_use_are_as_they_were_meant() {
        for text in [
            "a: b # a comment\n",
            "a: # the rest\n  b: c\n",
            "a: \"learn #C\"\n",
            "a: C#\nb: x#y\n",
            "a: |\n  b: #C\n\n  learn #C\nc: d\n",
            "a: &x b\nc: *x\n",
            "a: !!str 1\n",
            "# a: #b\nc: d\n",
            "tags: [a] # two\n",
        ] {
            assert_eq!(eaten(text), [], "{text}");
        }
    }

    #[test]
    fn quotes_are_the_cure_where_they_help() {
        for (value, quoted) in [
            ("a: b", "\"a: b\""),
            ("@home", "\"@home\""),
            ("`code`", "\"`code`\""),
            ("*bold* text", "\"*bold* text\""),
            ("\"a\" b", "'\"a\" b'"),
            ("'it's'", "\"it's\""),
            ("\"open", "\"open\""),
            ("{{ x }}", "\"{{ x }}\""),
            ("[x](y) z", "\"[x](y) z\""),
            ("| text", "\"| text\""),
            ("%x", "\"%x\""),
            ("foo:", "\"foo:\""),
        ] {
            let text = format!("title: A\nnote: {value}\nlast: 1\n");
            let Err(error) = yaml::mapping(&text) else { panic!("{value} can be read") };
            assert_eq!(cure(&text, error.position.line), Some(format!("note: {quoted}")), "{value}");
        }
        assert_eq!(cure("a:\n  - @home\n", 2).as_deref(), Some("- \"@home\""));
        assert_eq!(cure("a: [\n", 2), None);
        assert_eq!(cure("a: [1, 2\n", 2), None);
        assert_eq!(cure("a: 1\na: 2\n", 2), None);
    }

    proptest! {
        #[test]
        fn any_text_is_looked_at_without_fear(text in "[ab:#&!@*\"'|\\[{} \n-é]{0,40}", line in 0..9_usize) {
            cure(&text, line);
            for found in eaten(&text) {
                prop_assert!(text.is_char_boundary(found.at));
            }
        }
    }
}
