//! What was meant as frontmatter and is none, since it does not stand between lines `---` at the very top: its keys are text of the page.

use crate::{
    diagnostic::{Diagnostic, Position},
    text::yaml,
};

/// So many lines are looked at for the end of it.
const MAX_LINES: usize = 200;
/// Characters that nobody sees: spaces without width, joiners, a second byte-order mark, no-break spaces.
const UNSEEN: [char; 7] = ['\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}', '\u{a0}', '\u{ad}'];
/// What people and their programs write around it, of which a line has two or more, or one long dash.
const SIGNS: [char; 5] = ['-', '\u{2013}', '\u{2014}', '+', ';'];

/// What keeps the top of a text from being frontmatter, if it was meant as such: a thematic break and prose are not. `text` has none;
/// of what is meant, at least one key `is_known`.
pub(super) fn finding(text: &str, is_known: fn(&str) -> bool) -> Option<Diagnostic> {
    let (fault, line, cure) = unopened(text, is_known).or_else(|| misplaced(text, is_known))?;
    let message = format!("this was meant as frontmatter, but {fault}, so it is text");
    let finding = Diagnostic::warning("source/no-frontmatter", Position { line, column: 1 }, message);
    Some(finding.hint(cure))
}

/// A fault, its line, and its cure.
type Fault = (String, usize, String);

/// Values with a line `---` below them and none above.
fn unopened(text: &str, is_known: fn(&str) -> bool) -> Option<Fault> {
    let below = text.find("\n---").filter(|end| text[..*end].lines().count() < MAX_LINES)?;
    let is_end = text[below + 1..].lines().next().is_some_and(is_fence);
    // With a blank line between, it is the data of a Block.
    let inside = &text[..=below];
    let is_whole =
        inside.lines().all(|line| !line.trim().is_empty()) && inside.starts_with(|c: char| c.is_alphanumeric());
    (is_end && is_whole && is_meant(inside, is_known))
        .then(|| ("it has no line `---` above it".to_owned(), 1, "begin the Source with a line `---`".to_owned()))
}

/// A line of signs, values, and a line of signs.
fn misplaced(text: &str, is_known: fn(&str) -> bool) -> Option<Fault> {
    let mut rest = text;
    let mut line = 1;
    let mut fault: Option<(String, String)> = None;
    loop {
        let whole = rest.split_inclusive('\n').next()?;
        let seen = whole.trim_start_matches(|c: char| UNSEEN.contains(&c));
        if let Some(unseen) = whole.chars().next().filter(|_| seen.len() < whole.len()) {
            let code = u32::from(unseen);
            fault.get_or_insert((
                format!("an invisible character (U+{code:04X}) stands before it"),
                "delete it: type the first line anew".to_owned(),
            ));
        }
        if seen.trim().is_empty() {
            let cure = "delete it: the first line of the Source is `---`";
            fault.get_or_insert(("a blank line stands before it".to_owned(), cure.to_owned()));
        } else if seen.trim_start().starts_with("<!--") {
            let end = rest.find("-->")? + "-->".len();
            let behind = rest[end..].split_inclusive('\n').next().unwrap_or_default();
            if !behind.trim().is_empty() {
                return None;
            }
            line += rest[..end].matches('\n').count() + 1;
            rest = &rest[end + behind.len()..];
            let cure = "put the comment below the frontmatter: the first line of the Source is `---`";
            fault.get_or_insert(("a comment stands before it".to_owned(), cure.to_owned()));
            continue;
        } else {
            let (signs, inside) = (seen.trim(), &rest[whole.len()..]);
            let around = enclosed(signs, inside, is_known)?;
            let fault = match (is_fence(seen), fault) {
                (true, fault) => fault?,
                (false, _) if signs.starts_with('+') => {
                    let cure = toml_as_yaml(around).map_or_else(String::new, |yaml| format!(": `{yaml}`"));
                    let cure = format!("write it in YAML between lines `---`{cure}");
                    ("between lines `+++` stands TOML, which pmx does not read".to_owned(), cure)
                }
                (false, _) if signs == "---" => {
                    ("its line `---` is indented".to_owned(), "take the spaces before it away".to_owned())
                }
                (false, _) => (format!("its first line is `{signs}`"), "write `---` above and below it".to_owned()),
            };
            return Some((fault.0, line, fault.1));
        }
        line += 1;
        rest = &rest[whole.len()..];
    }
}

/// Whether a line opens a frontmatter at the very top.
fn is_fence(line: &str) -> bool {
    line.trim_end() == "---"
}

/// What stands between a line of these signs and the next one, if it was meant as frontmatter.
fn enclosed<'t>(signs: &str, text: &'t str, is_known: fn(&str) -> bool) -> Option<&'t str> {
    let signs = signs.strip_suffix("yaml").or_else(|| signs.strip_suffix("toml")).unwrap_or(signs).trim_end();
    let first = signs.chars().next().filter(|first| SIGNS.contains(first))?;
    let is_line = |line: &str| {
        let line = line.trim();
        line.starts_with(first)
            && line.chars().all(|c| c == first)
            && (line.chars().nth(1).is_some() || line.len() > first.len_utf8() || !first.is_ascii())
    };
    if !is_line(signs) {
        return None;
    }
    let mut end = 0;
    for line in text.split_inclusive('\n').take(MAX_LINES) {
        if is_line(line) {
            let inside = &text[..end];
            let is_frontmatter = if first == '+' { toml_as_yaml(inside).is_some() } else { is_meant(inside, is_known) };
            return is_frontmatter.then_some(inside);
        }
        end += line.len();
    }
    None
}

/// Whether these lines are values, at least one of them under a key of ours. With a blank line above, they are the data of a Block.
fn is_meant(inside: &str, is_known: fn(&str) -> bool) -> bool {
    inside.contains(':')
        && !inside.starts_with('\n')
        && yaml::mapping(inside).is_ok_and(|values| values.keys().any(|key| is_known(key)))
}

/// The first line of a text in TOML that is a value, in YAML.
fn toml_as_yaml(toml: &str) -> Option<String> {
    toml.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        let key = key.trim();
        yaml::is_plain_key(key).then(|| format!("{key}: {}", value.trim()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_known(key: &str) -> bool {
        matches!(key, "title" | "tags")
    }

    fn said(text: &str) -> Option<(usize, String)> {
        let finding = finding(text, is_known)?;
        let message = finding.message.strip_prefix("this was meant as frontmatter, but ")?;
        Some((finding.line, message.strip_suffix(", so it is text")?.to_owned()))
    }

    #[test]
    fn values_that_do_not_stand_where_frontmatter_does_are_told_with_the_fault() {
        for (text, line, fault) in [
            ("\n---\ntitle: A\n---\n", 2, "a blank line stands before it"),
            ("  \n\n---\ntitle: A\n---\n", 3, "a blank line stands before it"),
            ("<!-- a\nb -->\n---\ntitle: A\n---\n", 3, "a comment stands before it"),
            ("<!-- a -->\n\n---\ntitle: A\n---\n", 3, "a comment stands before it"),
            ("\u{200b}---\ntitle: A\n---\n", 1, "an invisible character (U+200B) stands before it"),
            ("\u{feff}---\ntitle: A\n---\n", 1, "an invisible character (U+FEFF) stands before it"),
            ("----\ntitle: A\nown: b\n----\n", 1, "its first line is `----`"),
            ("--\ntitle: A\n--\n", 1, "its first line is `--`"),
            ("\u{2014}\ntitle: A\n\u{2014}\n", 1, "its first line is `\u{2014}`"),
            ("---yaml\ntitle: A\n---\n", 1, "its first line is `---yaml`"),
            (" ---\ntitle: A\n---\n", 1, "its line `---` is indented"),
            ("+++\ntitle = \"A\"\n+++\n", 1, "between lines `+++` stands TOML, which pmx does not read"),
            ("title: A\ntags: [b]\n---\n\n# B\n", 1, "it has no line `---` above it"),
        ] {
            assert_eq!(said(text), Some((line, fault.to_owned())), "{text}");
        }
        let hint = finding("+++\n# x\ntitle = \"A\"\n+++\n", is_known).and_then(|finding| finding.hint);
        assert_eq!(hint.as_deref(), Some("write it in YAML between lines `---`: `title: \"A\"`"));
    }

    #[test]
    fn a_page_that_begins_with_a_thematic_break_or_with_prose_is_none() {
        for text in [
            "",
            "\n\n# A\n",
            "---\n\n# A\n\n---\n\ntext\n",
            "\n---\n\n# A\n\n---\n",
            "----\n\nNote: this\n\n----\n",
            "\n---\nNote: this\n---\n",
            "<!-- id: a -->\n\n# A\n\n---\n",
            "<!-- a --> text\n---\ntitle: A\n---\n",
            "title: A\n\n---\n\n# B\n",
            "Title\n---\n\ntext\n",
            "Title: with a colon\n---\n",
            "<!-- a -->\n\n---\n\ntitle: A\n\n---\n\ntext\n",
            "+++\nadded\n+++\n",
            "- a\n---\ntitle: A\n---\n",
            "# A\n---\ntitle: A\n---\n",
            "```yaml\n---\ntitle: A\n---\n```\n",
            "-\n",
            "\u{200b}",
        ] {
            assert_eq!(said(text), None, "{text}");
        }
    }
}
