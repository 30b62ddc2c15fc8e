//! YAML that a page shows does something, all of it: each value that is taken away changes the page that is built. So a key that is not
//! known, a value that is cut in two or a place where it does not count is found.

use super::{
    none,
    page::{self, Fence},
    sources::{Site, told},
    support::Pmx,
};
use serde_json::{Map, Value};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What stands below the YAML: something of each kind that frontmatter is about, in one Block.
const BODY: &str = "# An example\n\nText.\n\n- one\n- two\n  - three\n\n| a | b | c |\n| --- | --- | --- |\n| 1 | 2 | 3 |\n| 4 | 5 | 6 |\n\
    | 7 | 8 | 9 |\n\n```js [1|2]\nlet a\nlet b\n```\n";
/// Sources and keys: what the program reads.
const READERS: &str = "site/src";

fn yaml(text: &str) -> Result<Map<String, Value>, String> {
    let text = text.trim().trim_start_matches("---").trim_end_matches("---");
    match serde_saphyr::from_str(text) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(other) => Err(format!("no mapping: {other}")),
        Err(error) => Err(error.to_string()),
    }
}

/// Every value that has none below it, by the keys that lead there.
fn leaves(value: &Value, path: &[String]) -> Vec<Vec<String>> {
    let below = |key: String, value| leaves(value, &[path, &[key]].concat());
    match value {
        Value::Object(map) if !map.is_empty() => {
            map.iter().flat_map(|(key, value)| below(key.clone(), value)).collect()
        }
        Value::Array(list) if !list.is_empty() => {
            list.iter().enumerate().flat_map(|(at, value)| below(at.to_string(), value)).collect()
        }
        _ => vec![path.to_vec()],
    }
}

/// The value without what stands at `path`.
fn without(value: &Value, path: &[String]) -> Value {
    let mut value = value.clone();
    let (last, above) = path.split_last().unwrap();
    let inner = above.iter().fold(&mut value, |value, key| match value {
        Value::Array(list) => &mut list[key.parse::<usize>().unwrap()],
        map => &mut map[key.as_str()],
    });
    match inner {
        Value::Array(list) => drop(list.remove(last.parse().unwrap())),
        map => drop(map.as_object_mut().unwrap().remove(last)),
    }
    value
}

/// As frontmatter, or as the topmatter of the only Block. JSON is YAML.
fn written(values: &Value, topmatter: bool) -> String {
    let keys = values.as_object().unwrap().iter();
    let lines: String = keys.map(|(key, value)| format!("{key}: {value}\n")).collect();
    match topmatter {
        true => format!("<!--\n{lines}-->\n\n{BODY}"),
        false => format!("---\n{lines}---\n\n{BODY}"),
    }
}

/// The local files that the values name.
fn named_files(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.extend(text.strip_prefix("./").map(str::to_owned)),
        Value::Array(list) => list.iter().for_each(|value| named_files(value, into)),
        Value::Object(map) => map.values().for_each(|value| named_files(value, into)),
        _ => {}
    }
}

/// What tools are told of the stops of Play.
fn named_labels(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| named_labels(value, into)),
        Value::Object(map) => {
            into.extend(map.get("label").map(ToString::to_string));
            map.values().for_each(|value| named_labels(value, into));
        }
        _ => {}
    }
}

#[test]
fn every_value_of_yaml_that_a_page_shows_has_an_effect() {
    let mut found = Vec::new();
    for page in page::all() {
        let shown =
            page.fences.iter().filter(|fence| fence.language == "yaml" && !is_workspace(fence) && !is_workflow(fence));
        let mut files = BTreeMap::new();
        let mut examples = Vec::new();
        for fence in shown {
            let values = match yaml(&fence.text) {
                Ok(values) => Value::Object(values),
                Err(error) => {
                    found.push(format!("{}: {error}", page.at(fence.line)));
                    continue;
                }
            };
            let paths = leaves(&values, &[]);
            let mut named = Vec::new();
            named_files(&values, &mut named);
            let versions = std::iter::once(values.clone()).chain(paths.iter().map(|path| without(&values, path)));
            for (at, version) in versions.enumerate() {
                for topmatter in [false, true] {
                    let folder = format!("line-{}/{}{at}", fence.line, if topmatter { "t" } else { "f" });
                    files.insert(format!("{folder}/example.md"), written(&version, topmatter));
                    files.extend(named.iter().map(|file| (format!("{folder}/{file}"), String::from("a file"))));
                }
            }
            examples.push((fence.line, paths));
        }
        if examples.is_empty() {
            continue;
        }
        let site = Site::new(&files);
        let findings = site.build();
        let html = |line: usize, kind: &str, at: usize| {
            let source = format!("line-{line}/{kind}{at}");
            let map = format!("{source}/example").replace('/', "%2F") + ".json";
            let map = site.path().join(".pathmx/index.path/source-maps").join(map);
            let map: Value = serde_json::from_str(&fs::read_to_string(map).unwrap()).unwrap();
            let mut labels = Vec::new();
            named_labels(&map, &mut labels);
            plain(&site.html(&format!("{source}/example.md")).replace(&source, "")) + &labels.join("\n")
        };
        for (line, paths) in examples {
            let whole = |finding: &&Value| {
                finding["path"].as_str().is_some_and(|path| path.contains(&format!("line-{line}/f0/")))
            };
            found.extend(findings.iter().filter(whole).map(|finding| format!("{}: {}", page.at(line), told(finding))));
            for (at, path) in paths.iter().enumerate() {
                let changes = |kind| html(line, kind, 0) != html(line, kind, at + 1);
                if !changes("f") && !changes("t") {
                    found.push(format!("{}: `{}` has no effect", page.at(line), path.join(".")));
                }
            }
        }
    }
    none("values of YAML do not do what pages say", &found);
}

/// What a Source says of its page: the attributes of the document, its theme, its article.
fn plain(html: &str) -> String {
    let head = html.split("<style data-pathmx-theme-source").nth(1).and_then(|rest| rest.split("</style>").next());
    let article = html.split("<article").nth(1).and_then(|rest| rest.split("</article>").next());
    let root = html.split("<html").nth(1).and_then(|rest| rest.split('>').next());
    format!("{root:?}{head:?}{article:?}")
}

fn is_workspace(fence: &Fence) -> bool {
    fence.text.contains("workspace:")
}

/// Whether it is for the CI of a host, and nothing that pmx reads.
fn is_workflow(fence: &Fence) -> bool {
    fence.text.contains("\njobs:\n")
}

#[test]
fn a_workspace_that_a_page_shows_is_served() {
    let mut seen = 0;
    for page in page::all() {
        for fence in page.fences.iter().filter(|fence| fence.language == "yaml" && is_workspace(fence)) {
            let values = Value::Object(yaml(&fence.text).unwrap());
            let folder = tempfile::tempdir().unwrap();
            let mut expected = Vec::new();
            for entry in values["workspace"].as_array().unwrap() {
                let path = entry.as_str().unwrap().replace('*', "one");
                fs::create_dir_all(folder.path().join(&path).join("paths")).unwrap();
                fs::write(folder.path().join(&path).join("paths/index.path.md"), "# A site\n").unwrap();
                expected.push(path.rsplit('/').next().unwrap().to_owned());
            }
            let front = format!("---\n{}\n---\n", fence.text.trim().trim_matches('-').trim());
            fs::write(folder.path().join("pathmx.config.md"), front).unwrap();
            let mut command: Command = super::support::process::pmx();
            command
                .args(["dev", "--json", "--port", "0", "--multi-site"])
                .arg(folder.path())
                .current_dir(folder.path());
            let (_dev, ready) = Pmx::start_ready(command);
            let sites = ready["sites"].to_string();
            for name in expected {
                assert!(sites.contains(&name), "{}: `{name}` is not served: {sites}", page.at(fence.line));
            }
            seen += 1;
        }
    }
    assert!(seen > 0, "no page shows a workspace");
}

/// The program's text below a folder.
pub(crate) fn program_text(folder: &str) -> String {
    let mut text = String::new();
    let mut open: Vec<PathBuf> = vec![page::root().join(folder)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "css" || extension == "js")
        {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
    text
}

/// Whether a span is a line of YAML: `key: value`.
fn is_yaml(span: &str) -> bool {
    let Some((key, value)) = span.split_once(": ") else { return false };
    key.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')
        && key.starts_with(|c: char| c.is_ascii_lowercase())
        && !value.contains(['…', '<'])
}

#[test]
fn every_line_of_yaml_in_a_text_is_yaml_whose_keys_the_program_reads() {
    let readers = program_text(READERS);
    let mut found = Vec::new();
    for page in page::all().iter().filter(|page| page.path.starts_with("examples/")) {
        for span in page.spans.iter().filter(|span| is_yaml(&span.text)) {
            match yaml(&span.text) {
                Ok(values) => {
                    let path = leaves(&Value::Object(values), &[]).concat();
                    let keys = path.iter().flat_map(|key| key.split('.')).filter(|key| key.parse::<usize>().is_err());
                    let unread = keys.filter(|key| !readers.contains(&format!("\"{key}\"")));
                    found.extend(unread.map(|key| format!("{}: nothing reads `{key}`", page.at(span.line))));
                }
                Err(error) => found.push(format!("{}: `{}`: {error}", page.at(span.line), span.text)),
            }
        }
        let is_keys =
            |row: &&page::Row| row.heading == "Frontmatter" && row.head.first().is_some_and(|head| head == "Key");
        for row in page.rows.iter().filter(is_keys) {
            let keys = row.cells[0].spans.iter().flat_map(|span| span.split('.'));
            let unread = keys.filter(|key| !readers.contains(&format!("\"{key}\"")));
            found.extend(unread.map(|key| format!("{}: nothing reads `{key}`", page.at(row.line))));
        }
    }
    none("lines of YAML are wrong", &found);
}

#[test]
fn the_fields_of_a_theme_in_the_chapter_of_the_look_are_those_of_the_program() {
    let names = fs::read_to_string(page::root().join("site/src/source/tokens/names.rs")).unwrap();
    let fields = |intro: &'static str| names.split(intro).skip(1).filter_map(|rest| rest.split('"').next());
    // The same field in the spelling of CSS.
    let known: Vec<&str> =
        fields(" color(\"").chain(fields(" other(\"")).filter(|field| !field.contains('-')).collect();
    assert!(known.contains(&"color.bg") && known.contains(&"measure"), "{known:?}");
    let page = page::named("examples/handbook/paths/look.guide.md");
    let mut told = Vec::new();
    for row in page.rows.iter().filter(|row| row.head.first().is_some_and(|head| head == "Field")) {
        match row.cells[0].spans.split_first() {
            Some((group, fields)) if !fields.is_empty() => {
                told.extend(fields.iter().map(|field| format!("{group}.{field}")))
            }
            Some((field, _)) => told.push(field.clone()),
            None => {}
        }
    }
    let missing = known
        .iter()
        .filter(|field| !told.iter().any(|told| told == *field))
        .map(|field| format!("`{field}` is not told"));
    let unknown =
        told.iter().filter(|field| !known.contains(&field.as_str())).map(|field| format!("`{field}` is no field"));
    none("fields of a theme are wrong", &missing.chain(unknown).collect::<Vec<_>>());
}

#[test]
fn every_custom_property_that_a_page_names_is_one_of_the_theme() {
    let theme = program_text("site/src");
    let mut found = Vec::new();
    for page in page::all().iter().filter(|page| Path::new(&page.path).starts_with("examples")) {
        for (at, line) in page.text.lines().enumerate() {
            for rest in line.split("--pmx-").skip(1) {
                let name: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
                let name = format!("--pmx-{}", name.trim_end_matches('-'));
                if !theme.contains(&name) {
                    found.push(format!("{}: there is no `{name}`", page.at(at + 1)));
                }
            }
        }
    }
    none("custom properties are wrong", &found);
}
