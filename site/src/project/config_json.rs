//! `pathmx.json`, the config of the first generation of PathMX: its `roots` are read as entries, its `subdomain` as the name of the site, and
//! whoever has one is told what to write where.

use crate::{
    diagnostic::{Diagnostic, Position},
    files::folder::read_regular,
    text::decode,
};
use pmx_model::SiteName;
use serde_json::{Map, Value};
use std::path::Path;

/// Its name, in the folder of the project.
pub(crate) const NAME: &str = "pathmx.json";
/// The largest, in bytes: it is a list of a few paths, and the longest known has 100 bytes.
const MAX_BYTES: u64 = 64 * 1024;
const CODE: &str = "config/pathmx-json";

/// What it says, and what is to be said of it. The path of the finding is still empty.
#[derive(Debug)]
pub(crate) struct JsonConfig {
    /// Each with its line.
    pub roots: Vec<(String, usize)>,
    pub site: Option<String>,
    pub finding: Diagnostic,
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
    let finding = Diagnostic::warning(CODE, position, message);
    let finding = finding
        .hint("pmx reads pathmx.config.md: settings in its frontmatter, entries as a list of links under `## Paths`");
    JsonConfig { roots: Vec::new(), site: None, finding }
}

fn read(text: &str, beside: Option<&str>) -> JsonConfig {
    let values: Map<String, Value> = match serde_json::from_str(text) {
        Ok(values) => values,
        Err(error) => {
            let position = Position { line: error.line().max(1), column: error.column().max(1) };
            return nothing(position, format!("{NAME} is not read: it is no JSON object"));
        }
    };
    let (mut roots, mut site, mut says, mut unread) = (Vec::new(), None, Vec::new(), Vec::new());
    for (key, value) in &values {
        match (key.as_str(), value) {
            ("roots", Value::Array(list)) if list.iter().all(Value::is_string) => {
                let listed = list.iter().filter_map(Value::as_str);
                roots = listed.map(|root| (root.to_owned(), line_of(text, root))).collect();
                says.push("`roots` as a list of links under `## Paths`".to_owned());
            }
            ("subdomain", Value::String(name)) if name.parse::<SiteName>().is_ok() => {
                site = Some(name.clone());
                says.push(format!("`subdomain` as `pmx: {{site: {name}}}` in the frontmatter"));
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
    let finding = Diagnostic::warning(CODE, Position::START, message);
    let hint = match says.is_empty() {
        true => "delete it".to_owned(),
        false => format!("write it into pathmx.config.md and delete this file: {}", says.join(", ")),
    };
    JsonConfig { roots, site, finding: finding.hint(hint) }
}

/// The line of a text in JSON, from 1; the first, if it is written in another way.
fn line_of(json: &str, text: &str) -> usize {
    let at = json.find(&Value::from(text).to_string()).unwrap_or(0);
    Position::of(json, at).line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_and_what_is_not_is_said() {
        let both = read("{\"subdomain\": \"csc-343\",\n \"roots\": [\n  \"paths/a.md\"]}", None);
        assert_eq!((both.roots, both.site.as_deref()), (vec![("paths/a.md".to_owned(), 3)], Some("csc-343")));
        assert!(both.finding.hint.unwrap().contains("`pmx: {site: csc-343}`"));
        let other = read("{\"roots\": \"x\", \"theme\": {}}", None);
        assert!(other.roots.is_empty() && other.finding.message.ends_with("with `roots`, `theme`"), "{other:?}");
        for text in ["", "[]", "{", "{\"roots\": }"] {
            assert!(read(text, None).finding.message.contains("no JSON object"), "{text}");
        }
        assert!(
            read("{}", Some("pathmx.config.md")).finding.message.contains("only what pathmx.config.md does not say")
        );
    }
}
