//! `.dev.vars`: secrets of this machine, in the form that dotenv reads.

use std::collections::BTreeMap;

/// What a file sets, and the lines (from 1) that set nothing and are no comments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DevVars {
    pub(super) secrets: BTreeMap<String, String>,
    pub(super) unread: Vec<usize>,
}

/// Reads a file as npm's `dotenv` 16 does: `NAME=value`, `export NAME=value`, `NAME: value`; values in `'`, `"` or `` ` `` may go over
/// several lines, and in `"` the sequences `\n` and `\r` are line breaks; a `#` begins a comment outside of quotes. The last of several
/// lines with one name counts.
pub(super) fn parse(text: &str) -> DevVars {
    let text = text.replace("\r\n", "\n");
    let (mut found, mut rest, mut line) = (DevVars::default(), text.as_str(), 1);
    while !rest.is_empty() {
        let (this, _) = rest.split_once('\n').unwrap_or((rest, ""));
        let begins = this.trim_start();
        let taken = match assignment(this, rest) {
            Some((name, value, taken)) => {
                found.secrets.insert(name.to_owned(), value);
                taken
            }
            None => {
                if !begins.is_empty() && !begins.starts_with('#') {
                    found.unread.push(line);
                }
                this.len()
            }
        };
        let after = rest.get(taken..).unwrap_or_default();
        let end = after.find('\n').map_or(after.len(), |end| end + 1);
        line += rest.get(..taken + end).map_or(0, |passed| passed.matches('\n').count());
        rest = after.get(end..).unwrap_or_default();
    }
    found
}

/// The name and the value that a line begins, and how many bytes they take of the text from there.
fn assignment<'t>(line: &'t str, text: &str) -> Option<(&'t str, String, usize)> {
    let begins = line.trim_start();
    let begins = match begins.strip_prefix("export") {
        Some(rest) if rest.starts_with([' ', '\t']) => rest.trim_start(),
        _ => begins,
    };
    let length = begins.find(|c: char| !(c.is_ascii_alphanumeric() || "_.-".contains(c)))?;
    let (name, after) = begins.split_at(length);
    let after_sign = match after.trim_start().strip_prefix('=') {
        Some(rest) => rest,
        // A colon needs a space after it, and none before.
        None => after.strip_prefix(':').filter(|rest| rest.starts_with([' ', '\t']))?,
    };
    if name.is_empty() {
        return None;
    }
    let start = line.len() - after_sign.trim_start().len();
    let value = text.get(start..)?;
    if let Some(quote) = value.chars().next().filter(|c| "'\"`".contains(*c))
        && let Some(end) = closing(value, quote)
    {
        let inner = value.get(1..end)?;
        let inner = if quote == '"' { inner.replace("\\n", "\n").replace("\\r", "\r") } else { inner.to_owned() };
        return Some((name, inner, start + end + 1));
    }
    let plain = line.get(start..)?;
    let plain = plain.split('#').next().unwrap_or_default().trim();
    Some((name, plain.to_owned(), line.len()))
}

/// Where the quote is that ends a value: the first that no backslash is before.
fn closing(value: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    value.char_indices().skip(1).find_map(|(at, c)| {
        let ends = c == quote && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        ends.then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        parse(text).secrets.into_iter().collect()
    }

    #[test]
    fn values_are_read_as_dotenv_reads_them() {
        for (text, value) in [
            ("A=1", "1"),
            ("  A = 1  ", "1"),
            ("export A=1", "1"),
            ("A: 1", "1"),
            ("A=", ""),
            ("A=a b # c", "a b"),
            ("A=a#b", "a"),
            ("A='a#b' # c", "a#b"),
            ("A=\"a\\nb\"", "a\nb"),
            ("A='a\\nb'", "a\\nb"),
            ("A=`it's \"so\"`", "it's \"so\""),
            ("A=\"a\nb\"", "a\nb"),
            ("A=\"a", "\"a"),
            ("A=\"a\\\"b\"", "a\\\"b"),
            ("A=1\nA=2", "2"),
            ("A=1\r\n", "1"),
            ("A={\"x\":1}", "{\"x\":1}"),
        ] {
            assert_eq!(read(text), [("A".to_owned(), value.to_owned())], "{text:?}");
        }
    }

    #[test]
    fn lines_that_set_nothing_are_known_by_their_number() {
        let found = parse("# all of it\n\nA=\"1\n2\"\nnothing\n=x\nB=2\n:");
        assert_eq!(found.secrets.len(), 2);
        assert_eq!(found.unread, [5, 6, 8]);
    }
}
