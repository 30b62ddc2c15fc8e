//! Numbers in texts that can be computed, computed.

use super::{
    none,
    page::{self, root},
    sources::Site,
    support::process::pmx,
    world,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// The words for small numbers, from 0.
const WORDS: [&str; 13] =
    ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/// Where a number stands in a text (`{}` in the words around it), and what it must be.
fn claims() -> Vec<(&'static str, &'static str, u64)> {
    const STARTER: &str = "examples/starter/paths/index.path.md";
    const HANDBOOK: &str = "examples/handbook/paths/";
    let handbook = |name: &str| -> &'static str { Box::leak(format!("{HANDBOOK}{name}").into_boxed_str()) };
    let (api, abi, emulator) = ("worker/API.md", "worker/ABI.md", "emulator/README.md");
    let mib = |file, name| constant(file, name) / 1024 / 1024;
    let model = "worker/model/src/limits.rs";
    let rust = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let rust =
        rust.split("rust-version = \"1.").nth(1).and_then(|rest| rest.split('"').next()).unwrap().parse().unwrap();
    let questions = "site/src/render/questions/mod.rs";
    vec![
        (STARTER, "{} pages that explain themselves", pages("starter")),
        (STARTER, "This page has {}.", blocks(STARTER)),
        (handbook("deploy-cloudflare.guide.md"), "The folder has {} files", bundle()),
        (handbook("components.guide.md"), "is given {} things", given()),
        (handbook("components.guide.md"), "runtime of about {} KB", kilobytes("site/src/browser/runtime.js")),
        (
            handbook("many-sites.guide.md"),
            "at most {} folders deep",
            constant("src/dev/workspace/discover.rs", "DEPTH"),
        ),
        (handbook("questions.guide.md"), "up to {} characters", constant(questions, "SHORT")),
        (
            handbook("questions.guide.md"),
            "up to 2,000 characters",
            u64::from(constant(questions, "LONG") == 2000) * 2000,
        ),
        (handbook("http-api.reference.md"), "at most {} MiB", mib(model, "MAX_BLOB")),
        (handbook("edit-loop.guide.md"), "every {} ms", default("dev", "poll")),
        (handbook("edit-loop.guide.md"), "The last {}\ndeploys", default("dev", "keep_deploys")),
        (handbook("edit-loop.guide.md"), "takes longer than {} ms", constant("src/dev/site/mod.rs", "ANNOUNCED_AFTER")),
        (handbook("reach.guide.md"), "for {} days", constant("src/server/layers/devices.rs", "REMEMBERED") / 86_400),
        (api, "at most {} MiB. 200", mib(model, "MAX_BLOB")),
        (api, "At most {} hashes", constant("worker/src/products/sites/api/begin.rs", "MAX_HASHES")),
        (api, "At most {} roots", constant(model, "MAX_ROOTS")),
        (api, "at most {} MiB and", mib(model, "MAX_DOCUMENT")),
        (api, "MiB and {} files", constant(model, "MAX_FILES")),
        (api, "and {} KiB as JSON", constant("worker/model/src/limits.rs", "MAX_META") / 1024),
        (abi, "its host, version {}", constant("worker/edge/src/abi/exports.rs", "ABI_VERSION")),
        (abi, "`abi_version() -> u32` | {};", constant("emulator/src/runtime/load_error.rs", "ABI_VERSION")),
        (emulator, "memory ({} MiB)", mib("emulator/src/emulator/builder.rs", "MEMORY_LIMIT")),
        ("README.md", "(1.{} or newer)", rust),
    ]
}

/// The value of a constant in a source file.
fn constant(file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(root().join(file)).unwrap();
    let value =
        text.split(&format!("const {name}: ")).nth(1).and_then(|rest| rest.split(" = ").nth(1)?.split(';').next());
    let value = value.unwrap_or_else(|| panic!("{file} has no constant {name}"));
    let digits = |factor: &str| factor.chars().filter(char::is_ascii_digit).collect::<String>();
    value.split('*').map(|factor| digits(factor).parse::<u64>().unwrap()).product()
}

/// The number that an option has by default, or without a value.
fn default(command: &str, option: &str) -> u64 {
    let program = super::options::program();
    let command = program.find_subcommand(command).unwrap();
    let arg = command.get_arguments().find(|arg| arg.get_id() == option).unwrap();
    match arg.get_default_values().first() {
        Some(value) => value.to_str().unwrap().parse().unwrap(),
        // What counts where no value is given cannot be asked for.
        None => {
            let help = fs::read_to_string(root().join("src/cli/dev.rs")).unwrap();
            let value =
                help.split("default_missing_value = \"").filter_map(|rest| rest.split('"').next()?.parse().ok()).next();
            value.unwrap()
        }
    }
}

fn site_of(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    world::copy_site(&root().join("examples").join(name), folder.path());
    folder
}

fn pages(site: &str) -> u64 {
    let folder = site_of(site);
    let output = pmx().args(["check", "--json"]).current_dir(folder.path()).output().unwrap();
    let last = String::from_utf8(output.stdout).unwrap();
    let checked: Value = serde_json::from_str(last.lines().next_back().unwrap()).unwrap();
    checked["pages"].as_u64().unwrap()
}

/// Blocks are divided by lines of three dashes.
fn blocks(path: &str) -> u64 {
    let text = &page::named(path).text;
    let body = text.splitn(3, "---\n").nth(2).unwrap();
    body.matches("\n\n---\n\n").count() as u64 + 1
}

fn bundle() -> u64 {
    let folder = tempfile::tempdir().unwrap();
    assert!(
        pmx().args(["worker", "bundle", "--out", "b"]).current_dir(folder.path()).output().unwrap().status.success()
    );
    fs::read_dir(folder.path().join("b")).unwrap().count() as u64
}

/// What a script of a component is called with.
fn given() -> u64 {
    let defined = "<!-- componentName: x-y -->\n\n# X\n\n```html\n<p>x</p>\n```\n\n```js\nel.id\n```\n";
    let used = "# U\n\n[@x]: ./x.components.md\n\n<x-y />\n";
    let files = [("x.components.md", defined), ("u.md", used)].map(|(path, text)| (path.to_owned(), text.to_owned()));
    let site = Site::new(&BTreeMap::from(files));
    assert!(site.build().is_empty());
    let page = page::named("examples/handbook/paths/components.guide.md");
    let rows = page.rows.iter().filter(|row| row.heading == "Scripts" && row.head[0] == "Name");
    let names: Vec<String> = rows.flat_map(|row| row.cells[0].spans.clone()).collect();
    let assets = site.path().join(".pathmx/index.path/assets");
    let script = fs::read_dir(assets)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().contains("x-y."));
    let script = fs::read_to_string(script.unwrap()).unwrap();
    for name in &names {
        let name = name.split('(').next().unwrap();
        assert!(script.contains(name), "a script is not given `{name}`: {script}");
    }
    names.len() as u64
}

/// Thousands of bytes of a file as it is sent, compressed.
fn kilobytes(file: &str) -> u64 {
    let text = fs::read(root().join(file)).unwrap();
    let compressed = compressed(&text);
    (compressed as u64 + 500) / 1000
}

fn compressed(bytes: &[u8]) -> usize {
    use std::io::{Read as _, Write as _};
    let mut gzip = std::process::Command::new("gzip")
        .args(["-9", "-c"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    gzip.stdin.take().unwrap().write_all(bytes).unwrap();
    let mut out = Vec::new();
    gzip.stdout.take().unwrap().read_to_end(&mut out).unwrap();
    assert!(gzip.wait().unwrap().success());
    out.len()
}

/// A number as texts write it: in digits, with commas, or as a word.
fn written(number: u64) -> Vec<String> {
    let digits = number.to_string();
    let mut commas = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            commas.push(',');
        }
        commas.push(digit);
    }
    let word = usize::try_from(number).ok().and_then(|number| WORDS.get(number)).copied().unwrap_or_default();
    let capital = word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect();
    [digits, commas, word.to_owned(), capital].into_iter().filter(|text: &String| !text.is_empty()).collect()
}

#[test]
fn numbers_in_texts_are_what_they_count() {
    let mut found = Vec::new();
    for (path, words, number) in claims() {
        // Where a line ends does not matter.
        let text = page::named(path).text.split_whitespace().collect::<Vec<_>>().join(" ");
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        if !written(number).iter().any(|number| text.contains(&words.replace("{}", number))) {
            found.push(format!("{path}: {words:?} is {number}"));
        }
    }
    none("numbers are wrong", &found);
}

/// What the chapter of Play calls the stops, and what a page that is built does.
const STOPS: [(&str, &str); 8] = [
    ("heading", "heading"),
    ("paragraph", "step"),
    ("item of a list", "item"),
    ("row of a table", "table-row"),
    ("figure", "figure"),
    ("formula", "math"),
    ("piece of code", "code"),
    ("component", "component"),
];

/// The kinds of stops in a page that is built.
fn stops(html: &str) -> BTreeSet<String> {
    let kinds = html.split(" data-pathmx-beat-kind=\"").skip(1).filter_map(|rest| rest.split('"').next());
    kinds.map(str::to_owned).collect()
}

#[test]
fn what_is_told_to_be_a_step_of_play_is_one() {
    let all = "# H\n\nText.\n\n- a\n\n| a |\n| --- |\n| 1 |\n\n![A picture](./x.svg)\n\n$$\na\n$$\n\n```js\nlet a\n```\n\n\
               [@c]: ./c.components.md\n\n<a-box />\n";
    let component = "<!-- componentName: a-box -->\n\n# Box\n\n```html\n<p>x</p>\n```\n";
    let files =
        [("all.md", all), ("c.components.md", component), ("x.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>")];
    let site = Site::new(&files.map(|(path, text)| (path.to_owned(), text.to_owned())).into());
    site.build();
    let kinds = stops(&site.html("all.md"));
    let told = page::named("examples/handbook/paths/play.guide.md").section("Steps");
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for (words, kind) in STOPS {
        assert!(told.contains(words), "the chapter of Play says nothing of a {words}");
        assert!(kinds.contains(kind), "a {words} is no step: {kinds:?}");
    }
    // And the first page of a new site: steps are finer than its Blocks.
    let folder = site_of("starter");
    assert!(pmx().arg("build").current_dir(folder.path()).output().unwrap().status.success());
    let first = fs::read_to_string(folder.path().join(".pathmx/index.path/index.path.html")).unwrap();
    let text = &page::named("examples/starter/paths/index.path.md").text;
    assert!(text.contains("a heading, a paragraph or a row at a time"), "{text}");
    for kind in ["heading", "step", "table-row"] {
        assert!(stops(&first).contains(kind), "{kind}: {:?}", stops(&first));
    }
}
