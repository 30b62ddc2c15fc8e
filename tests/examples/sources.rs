//! Markdown that a page shows is built as a Source: it has no findings.

use super::{
    none,
    page::{self, Fence, Page},
    support::process::pmx,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::Path,
};

/// Languages of blocks that show Sources.
pub(crate) const LANGUAGES: [&str; 2] = ["markdown", "md"];

/// A small site in a folder of its own.
pub(crate) struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    /// A site whose entry links to all of these Sources; files of other kinds lie beside them.
    pub(crate) fn new(files: &BTreeMap<String, String>) -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        let mut entry = String::from("# Examples\n\n");
        for (path, text) in files {
            site.put(&format!("paths/{path}"), text);
            if path.ends_with(".md") {
                writeln!(entry, "- [{path}](./{path})").unwrap();
            }
        }
        site.put("paths/index.path.md", &entry);
        site
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn put(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Builds it; what was found.
    pub(crate) fn build(&self) -> Vec<Value> {
        let output = pmx().args(["build", "--json"]).current_dir(self.path()).output().unwrap();
        let events = String::from_utf8(output.stdout).unwrap();
        let mut events = events.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let built = events.rfind(|event| event["event"] == "built");
        let built = built.unwrap_or_else(|| panic!("no build: {}", String::from_utf8_lossy(&output.stderr)));
        built["diagnostics"].as_array().unwrap().clone()
    }

    /// The page of a Source, built before.
    pub(crate) fn html(&self, source: &str) -> String {
        let path = self.path().join(".pathmx/index.path").join(source).with_extension("html");
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

/// A finding as a line.
pub(crate) fn told(finding: &Value) -> String {
    format!("{} [{}]", finding["message"].as_str().unwrap_or_default(), finding["code"].as_str().unwrap_or_default())
}

/// Whether a block shows an entry: what is said there counts for all pages.
fn is_entry(fence: &&&Fence) -> bool {
    fence.text.contains("[@root.")
}

/// Whether a block shows a config and no Source.
fn is_config(fence: &Fence) -> bool {
    fence.text.contains("\n## Paths") || fence.text.contains("\nsourceDir:")
}

/// What an example speaks of and a page need not write down: files beside it, with the places that it links to, and the components that
/// the page defines.
fn beside(page: &Page, example: &str) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let targets = ["](./", "]: ./", "src=\"./", "href=\"./"].into_iter().flat_map(|intro| example.split(intro).skip(1));
    for target in targets {
        let target = target.split([')', '"', '\n', ' ']).next().unwrap_or_default();
        let (path, fragment) = target.split_once('#').unwrap_or((target, ""));
        files.entry(path.to_owned()).or_default().insert(fragment);
    }
    let wikilinks = example.split("[[").skip(1).filter_map(|rest| rest.split([']', '|']).next());
    for name in wikilinks {
        files.entry(format!("{name}.md")).or_default();
    }
    let defines =
        |fence: &&Fence| LANGUAGES.contains(&fence.language.as_str()) && fence.text.contains("componentName:");
    let content = |(path, fragments): (String, BTreeSet<&str>)| {
        let text = match path.rsplit('.').next() {
            Some("md") if path.contains(".component") => page
                .fences
                .iter()
                .filter(defines)
                .map(|fence| fence.text.as_str())
                .collect::<Vec<_>>()
                .join("\n---\n\n"),
            Some("md") => fragments
                .iter()
                .filter(|fragment| !fragment.is_empty())
                .fold(String::from("# Beside\n"), |text, fragment| {
                    format!("{text}\n---\n\n<!-- id: {fragment} -->\n\n## A part\n")
                }),
            Some("json") => "{}".to_owned(),
            Some("svg") => "<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_owned(),
            _ => String::new(),
        };
        (path, text)
    };
    files.into_iter().map(content).collect()
}

#[test]
fn markdown_that_a_page_shows_builds_without_a_finding() {
    let mut found = Vec::new();
    for page in page::all() {
        let shown = page.fences.iter().filter(|fence| LANGUAGES.contains(&fence.language.as_str()));
        let (configs, shown): (Vec<_>, Vec<_>) = shown.partition(|fence| is_config(fence));
        for fence in shown.iter().filter(is_entry) {
            let site = Site::new(&BTreeMap::new());
            beside(page, &fence.text).iter().for_each(|(path, text)| site.put(&format!("paths/{path}"), text));
            site.put("paths/index.path.md", &format!("# An entry\n\n{}", fence.text));
            found.extend(site.build().iter().map(|finding| format!("{}: {}", page.at(fence.line), told(finding))));
        }
        let mut files = BTreeMap::new();
        for fence in shown.iter().filter(|fence| !is_entry(fence)) {
            let folder = format!("line-{}", fence.line);
            files.extend(beside(page, &fence.text).into_iter().map(|(path, text)| (format!("{folder}/{path}"), text)));
            let is_family = fence.text.contains("componentName:");
            let name = if is_family { "example.components.md" } else { "example.md" };
            // One who shows a part of a Source shows no heading.
            let heading =
                if fence.text.contains("\n# ") || fence.text.starts_with("# ") { "" } else { "\n\n# An example\n" };
            files.insert(format!("{folder}/{name}"), format!("{}{heading}", fence.text));
        }
        if !shown.is_empty() {
            let findings = Site::new(&files).build();
            found.extend(
                findings.iter().map(|finding| format!("{}: {}: {}", page.path, finding["path"], told(finding))),
            );
        }
        for fence in configs {
            let site = Site::new(&BTreeMap::new());
            // The first entry is the default one; what is beside it has a prefix of its own.
            let default = fence.text.split("](./").nth(1).and_then(|rest| rest.split(')').next());
            for (at, (path, text)) in beside(page, &fence.text).into_iter().enumerate() {
                let handle = if Some(path.as_str()) == default {
                    String::new()
                } else {
                    format!("---\nhandle: \"@p{at}\"\n---\n\n")
                };
                site.put(&path, &format!("{handle}{text}"));
            }
            site.put("pathmx.config.md", &fence.text);
            let findings = site.build();
            found.extend(findings.iter().map(|finding| format!("{}: {}", page.at(fence.line), told(finding))));
            let links = fence.text.lines().filter(|line| line.starts_with("- [")).count();
            let roots = fs::read_to_string(site.path().join(".pathmx/roots.json")).unwrap();
            let roots: Value = serde_json::from_str(&roots).unwrap();
            assert_eq!(roots["roots"].as_object().unwrap().len(), links, "{}: {roots}", page.at(fence.line));
        }
    }
    none("findings about Markdown that pages show", &found);
}

#[test]
fn the_sites_of_the_examples_have_no_findings_and_no_page_that_is_not_reached() {
    let mut found = Vec::new();
    for site in fs::read_dir(page::root().join("examples")).unwrap() {
        let site = site.unwrap().path();
        // One that is a crate is a Worker, and no site.
        if site.join("Cargo.toml").exists() {
            continue;
        }
        let checked = pmx().args(["check", "--strict", "--unreachable"]).current_dir(&site).output().unwrap();
        let said = String::from_utf8_lossy(&checked.stdout);
        if !checked.status.success() || said.contains("note:") {
            found.push(format!("{}: {said}", site.display()));
        }
    }
    none("sites have findings", &found);
}
