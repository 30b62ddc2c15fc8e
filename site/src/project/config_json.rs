//! `pathmx.json`, the config of the first generation of PathMX: its `roots` are read as entries, its `subdomain` as the name of the site, and
//! whoever has one is told what to write where.

use super::site_name;
use crate::{
    diagnostic::{Diagnostic, Position},
    files::folder::read_regular,
    text::decode,
};
use pmx_model::SiteName;
use serde_json::{Map, Value, error::Category};
use std::path::Path;

/// Its name, in the folder of the project.
pub(crate) const NAME: &str = "pathmx.json";
/// The largest, in bytes: it is a list of a few paths, and the longest known has 100 bytes.
const MAX_BYTES: u64 = 64 * 1024;
const CODE: &str = "config/pathmx-json";

/// How it is written in the config of today.
const TODAY: &str =
    "pmx reads pathmx.config.md: settings in its frontmatter, entries as a list of links under `## Paths`";

/// What it says, and what is to be said of it. The paths of the findings are still empty.
#[derive(Debug, Default)]
pub(crate) struct JsonConfig {
    /// Each with its place.
    pub roots: Vec<(String, Position)>,
    pub site: Option<String>,
    pub findings: Vec<Diagnostic>,
}

/// Reads the one of a folder, if it has one. `beside`: the name of the config that counts, if there is another.
pub(crate) fn find(folder: &Path, beside: Option<&str>) -> Option<JsonConfig> {
    let file = folder.join(NAME);
    if !file.is_file() {
        return None;
    }
    let text = read_regular(&file, MAX_BYTES).map(|bytes| decode(&bytes).into_owned());
    Some(match text {
        Ok(text) => read(&text, beside),
        Err(error) => nothing(Position::START, format!("{NAME} cannot be read: {error}")),
    })
}

fn nothing(position: Position, message: String) -> JsonConfig {
    let finding = Diagnostic::warning(CODE, position, message).hint(TODAY);
    JsonConfig { findings: vec![finding], ..JsonConfig::default() }
}

fn read(text: &str, beside: Option<&str>) -> JsonConfig {
    let values: Map<String, Value> = match serde_json::from_str(text) {
        Ok(values) => values,
        Err(error) => {
            let position = Position { line: error.line().max(1), column: error.column().max(1) };
            let why = match error.classify() {
                Category::Data => "it is no JSON object",
                Category::Eof => "its JSON ends too early",
                Category::Syntax | Category::Io => "what stands here is no JSON",
            };
            return nothing(position, format!("{NAME} is not read: {why}"));
        }
    };
    let mut config = JsonConfig::default();
    let (mut says, mut unread, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    let mut refuse = |position: Position, message: String, cure: &str| {
        wrong.push(Diagnostic::warning(CODE, position, message).hint(cure));
    };
    for (key, value) in &values {
        let place = key_position(text, key);
        match (key.as_str(), value) {
            ("roots", Value::Array(list)) if list.iter().all(Value::is_string) => {
                let listed = list.iter().filter_map(Value::as_str);
                config.roots = listed.map(|root| (root.to_owned(), text_position(text, place, root))).collect();
                says.push("`roots` as a list of links under `## Paths`".to_owned());
            }
            ("roots", wrong) => {
                let example = wrong.as_str().unwrap_or("paths/index.path.md");
                let cure = format!("write `\"roots\": [{}]`", Value::from(example));
                refuse(place, "`roots` is a list of paths, so it is not read".to_owned(), &cure);
            }
            ("subdomain", Value::String(name)) => match name.parse::<SiteName>() {
                Ok(_) => {
                    config.site = Some(name.clone());
                    says.push(format!("`subdomain` as `pmx: {{site: {name}}}` in the frontmatter"));
                }
                Err(error) => {
                    let cure = format!("write a name such as `{}`", site_name(Path::new(name)));
                    refuse(place, format!("`subdomain` is not read: {error}"), &cure);
                }
            },
            ("subdomain", _) => {
                refuse(place, "`subdomain` is a text, so it is not read".to_owned(), "write a name in quotes");
            }
            _ => unread.push(format!("`{key}`")),
        }
    }
    let rest = match unread.is_empty() {
        true => String::new(),
        false => format!("; pmx does not know what to do with {}", unread.join(", ")),
    };
    let message = match beside {
        Some(config) => format!("{NAME} is of an older PathMX: only what {config} does not say is read here{rest}"),
        None if says.is_empty() => format!("{NAME} is of an older PathMX, and nothing in it is read{rest}"),
        None => format!("{NAME} is of an older PathMX: `roots` and `subdomain` are read{rest}"),
    };
    let hint = match (says.is_empty(), wrong.is_empty()) {
        (true, true) => "delete it".to_owned(),
        (true, false) => TODAY.to_owned(),
        (false, _) => format!("write it into pathmx.config.md and delete this file: {}", says.join(", ")),
    };
    config.findings.push(Diagnostic::warning(CODE, Position::START, message).hint(hint));
    config.findings.append(&mut wrong);
    config
}

/// The place of a key of the object; the first of the text, if it is written in another way.
fn key_position(json: &str, key: &str) -> Position {
    let quoted = Value::from(key).to_string();
    let is_key = |at: &usize| json[at + quoted.len()..].trim_start().starts_with(':');
    let at = json.match_indices(&quoted).map(|(at, _)| at).find(is_key);
    at.map_or(Position::START, |at| Position::of(json, at))
}

/// The place of a text in a value whose key stands at `key`; that of the key, if it is written in another way.
fn text_position(json: &str, key: Position, text: &str) -> Position {
    let quoted = Value::from(text).to_string();
    let places = json.match_indices(&quoted).map(|(at, _)| Position::of(json, at));
    places.into_iter().find(|place| (place.line, place.column) > (key.line, key.column)).unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_and_what_is_not_is_said() {
        let both = read("{\"subdomain\": \"csc-343\",\n \"roots\": [\n  \"paths/a.md\"]}", None);
        let at = Position { line: 3, column: 3 };
        assert_eq!((both.roots, both.site.as_deref()), (vec![("paths/a.md".to_owned(), at)], Some("csc-343")));
        assert!(both.findings[0].hint.as_ref().unwrap().contains("`pmx: {site: csc-343}`"));
        let other = read("{\"theme\": {}}", None);
        assert!(other.roots.is_empty() && other.findings[0].message.ends_with("with `theme`"), "{other:?}");
        for (text, why) in
            [("", "ends too early"), ("[]", "no JSON object"), ("{", "ends too early"), ("{\"roots\": }", "is no JSON")]
        {
            assert!(read(text, None).findings[0].message.contains(why), "{text}");
        }
        let beside = read("{}", Some("pathmx.config.md"));
        assert!(beside.findings[0].message.contains("only what pathmx.config.md does not say"));
    }

    #[test]
    fn a_value_that_cannot_be_read_is_told_where_it_stands_with_its_cure() {
        for (text, column, cure) in [
            ("{\"roots\": \"a.md\"}", 2, "write `\"roots\": [\"a.md\"]`"),
            ("{ \"roots\": [1]}", 3, "write `\"roots\": [\"paths/index.path.md\"]`"),
            ("{\"subdomain\": \"Bad Name!\"}", 2, "write a name such as `bad-name`"),
            ("{\"subdomain\": 1}", 2, "write a name in quotes"),
        ] {
            let config = read(text, None);
            let [general, wrong] = &config.findings[..] else { panic!("{config:?}") };
            assert_eq!((wrong.column, wrong.hint.as_deref()), (column, Some(cure)), "{text}");
            assert_ne!(general.hint.as_deref(), Some("delete it"));
        }
    }
}
