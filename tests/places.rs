//! A command does the same wherever it is typed: in the project, inside of its Sources, beside it, or elsewhere with an absolute path.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use pmx_model::Hash;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use support::{Server, process::pmx};

const FILES: [(&str, &str); 4] = [
    ("paths/index.path.md", "# Home\n\n- [A](./labs/a.lab.md)\n"),
    ("paths/labs/a.lab.md", "# A\n\nText, and [home](../index.path.md).\n"),
    ("paths/labs/unreached.md", "# Nobody\n"),
    ("notes.txt", "not a Source\n"),
];

/// Where a command is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    Project,
    Inside,
    Parent,
    Elsewhere,
}

const ALL: [From; 4] = [From::Project, From::Inside, From::Parent, From::Elsewhere];

/// A fresh project in a fresh folder, and a folder that has nothing to do with it.
struct Ground {
    folder: tempfile::TempDir,
}

impl Ground {
    fn new(config: Option<&str>) -> Self {
        let ground = Self { folder: tempfile::tempdir().unwrap() };
        for (path, text) in FILES {
            let path = ground.project().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        if let Some(config) = config {
            fs::write(ground.project().join("pathmx.config.md"), config).unwrap();
        }
        fs::create_dir_all(ground.elsewhere()).unwrap();
        ground
    }

    fn parent(&self) -> PathBuf {
        dunce::canonicalize(self.folder.path()).unwrap().join("courses")
    }

    fn project(&self) -> PathBuf {
        self.parent().join("chess")
    }

    fn elsewhere(&self) -> PathBuf {
        dunce::canonicalize(self.folder.path()).unwrap().join("elsewhere")
    }

    fn cwd(&self, from: From) -> PathBuf {
        match from {
            From::Project => self.project(),
            From::Inside => self.project().join("paths/labs"),
            From::Parent => self.parent(),
            From::Elsewhere => self.elsewhere(),
        }
    }

    /// A file of the project as it is named from there.
    fn named(&self, from: From, path: &str) -> String {
        let whole = self.project().join(path);
        match from {
            From::Project => path.to_owned(),
            From::Inside => match path.strip_prefix("paths/labs/") {
                Some(below) => below.to_owned(),
                None => format!("../../{path}"),
            },
            From::Parent => format!("chess/{path}"),
            From::Elsewhere => whole.to_str().unwrap().to_owned(),
        }
    }

    /// Runs a command. `{}` is the project, left out where the command finds it by itself; `{path}` a file of it.
    fn run(&self, from: From, command: &str) -> Run {
        let mut arguments = Vec::new();
        for word in command.split(' ') {
            match word.strip_prefix('{').and_then(|word| word.strip_suffix('}')) {
                Some("") if matches!(from, From::Project | From::Inside) => {}
                Some("") => arguments.push(self.named(from, "").trim_end_matches('/').to_owned()),
                Some(path) => arguments.push(self.named(from, path)),
                None => arguments.push(word.to_owned()),
            }
        }
        let output = pmx()
            .args(&arguments)
            .current_dir(self.cwd(from))
            .env("PATHMX_PUBLISH_TOKEN", support::SECRET)
            .env("PMX_DATA_DIR", self.folder.path().join("user"))
            .output()
            .unwrap();
        Run {
            code: output.status.code(),
            said: String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap(),
            tree: tree(&self.parent()),
            strays: tree(&self.elsewhere()).into_keys().collect(),
        }
    }
}

struct Run {
    code: Option<i32>,
    said: String,
    /// Every file below the parent, and a hash of what it says.
    tree: BTreeMap<String, Hash>,
    /// Files in the folder that has nothing to do with it.
    strays: Vec<String>,
}

fn tree(folder: &Path) -> BTreeMap<String, Hash> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if !name.ends_with("build.bin") && !name.ends_with(".pmx-outputs") {
                // These two hold times.
                found.insert(name, Hash::of(&fs::read(path).unwrap()));
            }
        }
    }
    found
}

/// What is in the project, by its path.
type Tree = BTreeMap<String, Hash>;

/// Runs the commands one after the other from each place, each time in a fresh project, and compares.
fn same_from(places: &[From], config: Option<&str>, commands: &[String]) -> BTreeMap<String, Hash> {
    let mut first: Option<(Vec<Option<i32>>, Tree)> = None;
    for from in places {
        let ground = Ground::new(config);
        let runs: Vec<Run> = commands.iter().map(|command| ground.run(*from, command)).collect();
        let said: Vec<&str> = runs.iter().map(|run| run.said.as_str()).collect();
        let codes: Vec<Option<i32>> = runs.iter().map(|run| run.code).collect();
        let last = runs.last().unwrap();
        assert_eq!(last.strays, [""; 0], "{from:?}: {commands:?} wrote elsewhere");
        match &first {
            None => first = Some((codes, last.tree.clone())),
            Some((expected, tree)) => {
                assert_eq!(&codes, expected, "{from:?}: {commands:?}: {said:#?}");
                let differing: Vec<&String> = tree
                    .iter()
                    .filter(|(path, hash)| last.tree.get(*path) != Some(*hash))
                    .map(|(path, _)| path)
                    .chain(last.tree.keys().filter(|path| !tree.contains_key(*path)))
                    .collect();
                assert!(differing.is_empty(), "{from:?}: {commands:?}: {differing:?}: {said:#?}");
            }
        }
    }
    let (codes, tree) = first.unwrap();
    assert!(codes.iter().all(|code| *code == Some(0)), "{commands:?}: {codes:?}");
    tree
}

fn same(config: Option<&str>, commands: &[&str]) -> BTreeMap<String, Hash> {
    let commands: Vec<String> = commands.iter().map(|command| (*command).to_owned()).collect();
    same_from(&ALL, config, &commands)
}

const CONFIG: &str = "---\ntitle: Chess\n---\n\n## Paths\n\n- [Home](./paths/index.path.md)\n";

#[test]
fn every_command_reads_and_writes_the_same_wherever_it_is_typed() {
    for config in [None, Some(CONFIG)] {
        let built = same(config, &["build {}"]);
        assert!(built.contains_key("chess/.pathmx/roots.json"), "{built:?}");
        assert!(built.contains_key("chess/.pathmx/index.path/labs/a.lab.html"), "{built:?}");
        same(config, &["build {paths/index.path.md}"]);
        same(config, &["check {}"]);
        same(config, &["check --unreachable {paths/index.path.md}"]);
        same(config, &["build {}", "route {paths/labs/a.lab.md}"]);
        same(config, &["mv {paths/labs/a.lab.md} {paths/labs/b.lab.md}"]);
        same(config, &["mv -n {paths/labs/a.lab.md} {paths/b.lab.md}"]);
        same(config, &["rm {paths/labs/a.lab.md}"]);
        same(config, &["link -s chess {}"]);
    }
}

#[test]
fn a_publish_sends_the_same_wherever_it_is_typed() {
    let server = Server::new();
    for config in [None, Some(CONFIG)] {
        for argument in ["{}", "{paths/index.path.md}"] {
            let port = server.client().address.port();
            let publish = format!("publish -s chess --no-git --server http://localhost:{port} {argument}");
            same_from(&ALL, config, std::slice::from_ref(&publish));
            let page = server.client().get("chess.localhost", "/labs/a.lab");
            assert_eq!(page.status, 200, "{argument}");
            same_from(&ALL, config, &[format!("{publish} --dry-run")]);
            same_from(&ALL, config, &["build {}".to_owned(), format!("{publish} --no-build")]);
        }
    }
}

#[test]
fn the_state_of_a_project_is_found_from_inside_of_it() {
    let ground = Ground::new(Some(CONFIG));
    for from in [From::Project, From::Inside] {
        let run = ground.run(from, "state path");
        assert_eq!(run.said.trim(), ground.project().join(".pathmx-state").to_str().unwrap(), "{from:?}");
    }
}

#[test]
fn a_project_inside_of_another_is_one_of_its_own() {
    let ground = Ground::new(Some(CONFIG));
    let inner = ground.project().join("examples/paths/one");
    fs::create_dir_all(inner.join("paths")).unwrap();
    fs::write(inner.join("paths/index.path.md"), "# Inner\n").unwrap();
    let output = pmx().arg("build").current_dir(inner.join("paths")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(inner.join(".pathmx/roots.json").is_file());
    assert!(!ground.project().join(".pathmx").exists());
}

#[test]
fn a_link_is_used_by_what_publishes_and_a_server_of_a_strangers_config_is_not() {
    let server = Server::new();
    let port = server.client().address.port();
    let ground = Ground::new(Some(CONFIG));
    assert_eq!(ground.run(From::Project, "publish").code, Some(2), "no name is linked");
    let linked = ground.run(From::Parent, &format!("link -s chess --server http://127.0.0.1:{port} {{}}"));
    assert_eq!(linked.code, Some(0), "{}", linked.said);
    let config = fs::read_to_string(ground.project().join("pathmx.config.md")).unwrap();
    assert_eq!(
        config,
        CONFIG.replace(
            "title: Chess\n",
            &format!("title: Chess\npmx:\n  site: chess\n  server: http://127.0.0.1:{port}\n")
        )
    );
    let published = ground.run(From::Inside, "publish --no-git");
    assert_eq!(published.code, Some(0), "{}", published.said);
    assert_eq!(server.client().get("chess.localhost", "/labs/a.lab").status, 200);
    let deploys = ground.run(From::Inside, "deploys");
    assert_eq!(deploys.code, Some(0), "{}", deploys.said);
    // A stranger's config names a server that this user never named: the token stays here.
    fs::write(ground.project().join("pathmx.config.md"), config.replace("http://127.0.0.1", "https://192.0.2.1"))
        .unwrap();
    let refused = ground.run(From::Project, "deploys");
    assert_eq!(refused.code, Some(1), "{}", refused.said);
    assert!(refused.said.contains("https://192.0.2.1") && refused.said.contains("pmx link"), "{}", refused.said);
}
