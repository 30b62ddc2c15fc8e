//! Where a project is published: `site` and `server` under `pmx` in the frontmatter of its config.

use crate::{source, text};
use serde_json::{Map, Value};

/// The key of pmx's own settings.
const KEY: &str = "pmx";

/// Where a project is published, as far as its config says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublishLink {
    /// The site's name.
    pub site: Option<String>,
    /// The server's address. A checkout brings it along, so it is no reason to send a token there.
    pub server: Option<String>,
}

/// Why a link cannot be written into a config.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The frontmatter cannot be read.
    #[error("the frontmatter of the config is no YAML mapping")]
    Frontmatter,
    /// It is written in a form that cannot be added to.
    #[error(
        "`pmx` in the config is written in a way that cannot be added to: give it lines of its own, `site:` and `server:` below it"
    )]
    Form,
}

impl PublishLink {
    /// What the values of a config say; a message for what is no text.
    pub(crate) fn of(values: &Map<String, Value>) -> Result<Self, String> {
        let Some(own) = values.get(KEY) else { return Ok(Self::default()) };
        let own = own.as_object().ok_or_else(|| "`pmx` has keys below it: `site`, `server`".to_owned())?;
        let text = |key: &str| match own.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(format!("`pmx.{key}` is a text")),
        };
        Ok(Self { site: text("site")?, server: text("server")? })
    }

    /// The config's file with this link in it: the values given replace what stands there, and no other byte changes.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn write(&self, config: &str) -> Result<String, LinkError> {
        let text = &*text::normal(config);
        let before = source::frontmatter(text);
        if before.error.is_some() {
            return Err(LinkError::Frontmatter);
        }
        let mut expected = before.values.clone();
        let own = expected.entry(KEY).or_insert_with(|| Value::Object(Map::new()));
        if own.is_null() {
            *own = Value::Object(Map::new());
        }
        let own = own.as_object_mut().ok_or(LinkError::Form)?;
        let given = [("site", &self.site), ("server", &self.server)];
        let given: Vec<(&str, &str)> =
            given.iter().filter_map(|(key, value)| Some((*key, value.as_deref()?))).collect();
        for (key, value) in &given {
            own.insert((*key).to_owned(), Value::String((*value).to_owned()));
        }
        let after = if before.body == 0 { with_frontmatter(text, &given) } else { edited(text, before.body, &given) };
        // Read again, it must say what was meant and nothing else.
        let again = source::frontmatter(&after);
        let same =
            again.error.is_none() && again.values == expected && after[again.body..].ends_with(&text[before.body..]);
        if !same {
            return Err(LinkError::Form);
        }
        Ok(text::write_back(config, &after))
    }
}

fn with_frontmatter(text: &str, given: &[(&str, &str)]) -> String {
    let mut out = format!("---\n{KEY}:\n");
    for (key, value) in given {
        out.push_str(&format!("  {key}: {}\n", scalar(value)));
    }
    out.push_str("---\n");
    if !text.is_empty() {
        out.push('\n');
        out.push_str(text);
    }
    out
}

/// The text with the values in its frontmatter, which ends before `body`.
fn edited(text: &str, body: usize, given: &[(&str, &str)]) -> String {
    let mut lines: Vec<String> = text[..body].split_inclusive('\n').map(str::to_owned).collect();
    let closing = lines.len() - 1;
    let at = match lines.iter().position(|line| key_of(line) == Some((0, KEY))) {
        Some(at) => at,
        None => {
            lines.insert(closing, format!("{KEY}:\n"));
            closing
        }
    };
    let is_below = |line: &String| {
        key_of(line).is_some_and(|(indent, _)| indent > 0) || line.trim().is_empty() || line.trim().starts_with('#')
    };
    let after = (at + 1..lines.len()).find(|index| !is_below(&lines[*index])).unwrap_or(lines.len());
    let indent = lines[at + 1..after].iter().find_map(|line| key_of(line)).map_or(2, |(indent, _)| indent);
    for (key, value) in given.iter().rev() {
        let known = (at + 1..after).find(|index| key_of(&lines[*index]) == Some((indent, key)));
        let line = format!("{}{key}: {}", " ".repeat(indent), scalar(value));
        match known {
            Some(index) => {
                let comment = lines[index].find(" #").map(|start| lines[index][start..].trim_end().to_owned());
                lines[index] = format!("{line}{}\n", comment.unwrap_or_default());
            }
            None => lines.insert(at + 1, line + "\n"),
        }
    }
    lines.concat() + &text[body..]
}

/// The indentation and the key of a line that begins with one.
fn key_of(line: &str) -> Option<(usize, &str)> {
    let rest = line.trim_start_matches(' ');
    let (key, after) = rest.split_once(':')?;
    let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    (plain && (after.is_empty() || after.starts_with([' ', '\n']))).then_some((line.len() - rest.len(), key))
}

/// A text as a YAML scalar.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '/');
    let colons = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")).unwrap_or(text);
    let words = ["true", "false", "null", "yes", "no", "on", "off"];
    let is_word =
        text.starts_with(|c: char| c.is_ascii_alphabetic()) && !words.contains(&text.to_ascii_lowercase().as_str());
    // A port's colon has no space behind it, so it is no key.
    let is_plain = !colons.is_empty() && colons.chars().all(|c| plain(c) || c == ':') && !colons.ends_with(':');
    if is_word && is_plain { text.to_owned() } else { Value::String(text.to_owned()).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(site: &str, server: &str) -> PublishLink {
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        PublishLink { site: text(site), server: text(server) }
    }

    #[test]
    fn only_the_link_changes() {
        for (before, link, after) in [
            ("", link("notes", ""), "---\npmx:\n  site: notes\n---\n"),
            ("# Notes\r\n", link("notes", ""), "---\r\npmx:\r\n  site: notes\r\n---\r\n\r\n# Notes\r\n"),
            (
                "---\nsourceDir: paths # here\n---\n\n## Paths\n",
                link("a", "http://localhost:8787"),
                "---\nsourceDir: paths # here\npmx:\n  site: a\n  server: http://localhost:8787\n---\n\n## Paths\n",
            ),
            (
                "---\npmx:\n    # where to\n    site: old # mine\n    tiers: {dev: x}\nurl: https://x.org\n---\nText\n",
                link("new", "https://y.org"),
                "---\npmx:\n    server: https://y.org\n    # where to\n    site: new # mine\n    tiers: {dev: x}\nurl: https://x.org\n---\nText\n",
            ),
            (
                "\u{feff}---\r\npmx:\r\n  site: a\r\n---\r\n",
                link("b", ""),
                "\u{feff}---\r\npmx:\r\n  site: b\r\n---\r\n",
            ),
            ("---\npmx:\n---\n", link("true", ""), "---\npmx:\n  site: \"true\"\n---\n"),
        ] {
            assert_eq!(link.write(before).as_deref(), Ok(after), "{before}");
        }
    }

    #[test]
    fn a_form_that_cannot_be_added_to_is_left_alone() {
        for before in
            ["---\npmx: {site: a}\n---\n", "---\n\"pmx\":\n  site: a\n---\n", "---\npmx:\n  site: >\n    a\n---\n"]
        {
            assert_eq!(link("b", "").write(before), Err(LinkError::Form), "{before}");
        }
        assert_eq!(link("b", "").write("---\na: [\n---\n"), Err(LinkError::Frontmatter));
    }

    #[test]
    fn what_is_written_is_read() {
        let text = link("notes", "https://pathmx.path.app").write("---\ntitle: x\n---\n").unwrap();
        let values = source::frontmatter(&text).values;
        assert_eq!(PublishLink::of(&values), Ok(link("notes", "https://pathmx.path.app")));
        let of = |yaml: &str| PublishLink::of(&source::frontmatter(&format!("---\n{yaml}\n---\n")).values);
        assert!(of("pmx: 3").is_err() && of("pmx:\n  site: 3").is_err());
        assert_eq!(of("pmx:\n  tiers: {}"), Ok(PublishLink::default()));
    }
}
