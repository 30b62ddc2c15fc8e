//! Configs: what is said of them, compared with what wrangler said of the same ones.
//!
//! `config/cases` has the configs, `config/wrangler.json` what wrangler said (recorded by `config/record.mjs`). A case's first lines may be
//! comments: `args: --env <name>`; `other: <beginning of a message>` for a message of wrangler's that is said in other words here;
//! `more: <key>` for a finding of ours that wrangler does not have.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

use pmx_emulator::config::{
    Diagnostic, Format, LoadOptions, Loaded, Severity, check_together, limits, load, parse_config,
};
use proptest::{prelude::*, sample::Index};
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path};

const HEAD: &str = "name = \"web\"\nmain = \"worker.mjs\"\ncompatibility_date = \"2026-04-01\"\n";

fn parse(text: &str, format: Format, environment: Option<&str>) -> Loaded {
    let options = LoadOptions { environment: environment.map(str::to_owned), today: Some("2026-11-28".to_owned()) };
    let path = if format == Format::Toml { "wrangler.toml" } else { "wrangler.jsonc" };
    parse_config(Path::new(path), text, format, &options)
}

fn toml(body: &str) -> Loaded {
    parse(&format!("{HEAD}{body}"), Format::Toml, None)
}

/// The findings as `line:column severity key`.
fn found(loaded: &Loaded) -> Vec<String> {
    let one =
        |found: &Diagnostic| format!("{}:{} {} {}", found.place.line, found.place.column, found.severity, found.key);
    loaded.diagnostics.iter().map(one).collect()
}

/// The comments at the beginning of a case.
fn comments<'t>(text: &'t str, word: &str) -> Vec<&'t str> {
    let lines = text.lines().map_while(|line| line.strip_prefix("# ").or_else(|| line.strip_prefix("// ")));
    lines.filter_map(|line| line.strip_prefix(word)?.strip_prefix(':')).map(str::trim).collect()
}

/// A message as it is compared: one for each unknown key, no advice at its end.
fn compared(message: &str) -> Vec<String> {
    if let Some((words, keys)) = message.split_once(" field: \"").filter(|_| message.starts_with("Unexpected fields")) {
        return keys.trim_end_matches('"').split("\",\"").map(|key| format!("{words} field: \"{key}\"")).collect();
    }
    if message.starts_with("Bindings must have unique names") {
        return Vec::new();
    }
    // wrangler writes the routes over several lines.
    let message = if message.starts_with("Expected \"routes\"") {
        message.lines().map(str::trim).collect::<String>().replace("\": ", "\":")
    } else {
        message.to_owned()
    };
    let message = message.split("\nConsider adding an environment").next().unwrap_or_default();
    vec![message.replace("\n\n", "\n")]
}

/// The Worker of all cases, as `record.mjs` has it.
const WORKER: &str =
    "export default { fetch() { return new Response() } };\nexport class Room {}\nexport class Other {}\n";

fn beside_worker(case: &str, text: &str, environment: Option<&str>) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(case);
    fs::write(&path, text).unwrap();
    fs::write(folder.path().join("worker.mjs"), WORKER).unwrap();
    let environment = environment.map(str::to_owned);
    load(&path, &LoadOptions { environment, today: Some("2026-11-28".to_owned()) }).unwrap()
}

#[test]
fn what_is_said_of_a_config_is_what_wrangler_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config");
    let recorded: Value = serde_json::from_str(&fs::read_to_string(folder.join("wrangler.json")).unwrap()).unwrap();
    let cases = recorded["cases"].as_object().unwrap();
    assert!(cases.len() >= 70, "{}", cases.len());
    let files: BTreeSet<String> = fs::read_dir(folder.join("cases"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(files, cases.keys().cloned().collect(), "config/record.mjs records what wrangler says of new cases");
    let mut differences = Vec::new();
    for (name, outcome) in cases {
        let text = fs::read_to_string(folder.join("cases").join(name)).unwrap();
        let environment = comments(&text, "args").first().and_then(|args| args.strip_prefix("--env "));
        let ours = beside_worker(name, &text, environment);
        let (others, mut more) = (comments(&text, "other"), comments(&text, "more"));
        let mut left: Vec<(Severity, String, String)> = Vec::new();
        for found in &ours.diagnostics {
            left.extend(compared(&found.message).into_iter().map(|text| (found.severity, found.key.clone(), text)));
        }
        for (kind, severity) in [("errors", Severity::Error), ("warnings", Severity::Warning)] {
            let theirs = outcome[kind].as_array().unwrap().iter().filter_map(Value::as_str);
            for message in theirs.flat_map(compared) {
                if others.iter().any(|other| message.starts_with(other)) {
                    continue;
                }
                match left.iter().position(|(ours, _, text)| *ours == severity && *text == message) {
                    Some(at) => drop(left.remove(at)),
                    None => differences.push(format!("{name}: not said: {severity}: {message}")),
                }
            }
        }
        for (severity, key, message) in left {
            match more.iter().position(|expected| **expected == key) {
                Some(at) => drop(more.remove(at)),
                None => differences.push(format!("{name}: said beyond wrangler: {severity}: [{key}] {message}")),
            }
        }
        differences.extend(more.into_iter().map(|key| format!("{name}: expected beyond wrangler: [{key}]")));
        let is_refused = outcome["status"] != 0;
        if is_refused && !ours.has_errors() {
            differences.push(format!("{name}: wrangler refuses it"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn a_finding_has_the_place_and_the_key_that_it_is_about() {
    let text = "# ü\nname = \"web\"\ncompatibility_date = \"2026-04-01\"\nvars = { \"ä\" = 2026-04-01 }\n\n[[kv_namespaces]]\nbinding = \"KV\"\nid = 5\n\n[[kv_namespaces]]\n  bindin = \"B\"\n\n[env.staging]\nvars = { B = 1 }\nzebra = 1\n";
    let staging = parse(text, Format::Toml, Some("staging"));
    assert_eq!(
        found(&staging),
        [
            "1:1 error main",
            "4:16 error vars.ä",
            "8:6 error kv_namespaces[0].id",
            "10:1 error kv_namespaces[1].binding",
            "11:3 warning kv_namespaces[1].bindin",
            "13:6 warning env.staging.kv_namespaces",
            "14:10 warning env.staging.vars.ä",
            "15:1 warning env.staging.zebra",
        ]
    );
    let json = "{\n  \"name\": \"web\",\n  \"compatibility_date\": \"2026-04-01\", /* ä */ \"main\": 5,\n  \"routes\": [\n    { \"pattern\": \"a.example/*\", \"zone\": 1 }\n  ]\n}\n";
    assert_eq!(found(&parse(json, Format::Json, None)), ["3:55 error main", "5:5 error routes[0]"]);
    let nearest = toml("compatability_flags = []\n");
    assert_eq!(nearest.diagnostics[0].hint.as_deref(), Some("did you mean \"compatibility_flags\"?"));
}

#[test]
fn what_cloudflare_refuses_when_it_is_deployed_is_an_error() {
    for (body, expected) in [
        // Classes.
        (
            "durable_objects.bindings = [{ name = \"R\", class_name = \"Room\" }]\n",
            &["durable_objects.bindings[0].class_name"][..],
        ),
        (
            "durable_objects.bindings = [{ name = \"R\", class_name = \"Room\", script_name = \"web\" }]\n",
            &["durable_objects.bindings[0].class_name"],
        ),
        ("durable_objects.bindings = [{ name = \"R\", class_name = \"Room\", script_name = \"api\" }]\n", &[]),
        (
            "migrations = [{ tag = \"v1\", new_classes = [\"A\"] }, { tag = \"v1\", new_classes = [\"B\"] }]\n",
            &["migrations[1].tag"],
        ),
        (
            "migrations = [{ tag = \"v1\", new_classes = [\"A\"] }, { tag = \"v2\", new_sqlite_classes = [\"A\"] }]\n",
            &["migrations[1].new_sqlite_classes"],
        ),
        (
            "migrations = [{ tag = \"v1\", deleted_classes = [\"A\"] }, { tag = \"v2\", new_sqlite_classes = [\"A\"] }]\n",
            &["migrations[0].deleted_classes"],
        ),
        (
            "migrations = [{ tag = \"v1\", new_classes = [\"A\"] }, { tag = \"v2\", renamed_classes = [{ from = \"B\", to = \"C\" }] }]\n",
            &["migrations[1].renamed_classes"],
        ),
        (
            "migrations = [{ tag = \"v1\", new_classes = [\"A\", \"B\"] }, { tag = \"v2\", renamed_classes = [{ from = \"A\", to = \"B\" }] }]\n",
            &["migrations[1].renamed_classes"],
        ),
        (
            "migrations = [{ tag = \"v1\", new_classes = [\"A\"] }, { tag = \"v2\", transferred_classes = [{ from = \"X\", from_script = \"y\", to = \"A\" }] }]\n",
            &["migrations[1].transferred_classes"],
        ),
        (
            "migrations = [{ tag = \"v1\", new_classes = [\"A\"] }, { tag = \"v2\", renamed_classes = [{ from = \"A\", to = \"B\" }] }, { tag = \"v3\", new_classes = [\"A\"], deleted_classes = [\"B\"] }]\n",
            &[],
        ),
        (
            "durable_objects.bindings = [{ name = \"R\", class_name = \"A\" }]\nmigrations = [{ tag = \"v1\", new_classes = [\"A\"] }, { tag = \"v2\", deleted_classes = [\"A\"] }]\n",
            &["durable_objects.bindings[0].class_name"],
        ),
        (
            "durable_objects.bindings = [{ name = \"_cf_X\", class_name = \"_CF_A\" }]\nmigrations = [{ tag = \"v1\", new_classes = [\"_CF_A\"] }]\n",
            &["durable_objects.bindings[0].name", "durable_objects.bindings[0].class_name", "migrations[0]"],
        ),
        // `exports`, in place of migrations.
        (
            "durable_objects.bindings = [{ name = \"R\", class_name = \"A\" }]\nexports = { A = { type = \"durable-object\", storage = \"sqlite\" } }\n",
            &[],
        ),
        (
            "durable_objects.bindings = [{ name = \"R\", class_name = \"A\" }]\nexports = { A = { type = \"durable-object\", state = \"deleted\" } }\n",
            &["durable_objects.bindings[0].class_name"],
        ),
        (
            "exports = { A = { type = \"durable-object\", storage = \"sqlite\" } }\nmigrations = [{ tag = \"v1\", new_classes = [\"A\"] }]\n",
            &["exports"],
        ),
        (
            "exports = { A = { type = \"durable-object\" }, B = { storage = \"sqlite\" }, C = { type = \"durable-object\", storage = \"disk\" } }\n",
            &["exports.A.storage", "exports.B.type", "exports.C.storage"],
        ),
        (
            "exports = { A = { type = \"durable-object\", state = \"renamed\" }, B = { type = \"durable-object\", state = \"renamed\", renamed_to = \"X\" } }\n",
            &["exports.A.renamed_to", "exports.B.renamed_to"],
        ),
        (
            "exports = { A = { type = \"durable-object\", state = \"deleted\", transferred_to = \"x\" }, B = { type = \"durable-object\", state = \"gone\" } }\n",
            &["exports.A.transferred_to", "exports.B.state"],
        ),
        // Patterns.
        (
            "routes = [\"a.example/x?y\", \"a.example/x*y\", \"a.*.example/*\", \"*.a.example/*\", \"ftp://a.example/*\", \"/x\"]\n",
            &["routes[0].pattern", "routes[1].pattern", "routes[2].pattern", "routes[4].pattern", "routes[5].pattern"],
        ),
        ("routes = [{ pattern = \"a.example\", custom_domain = true, enabled = false }]\n", &[]),
        ("routes = [{ pattern = \"a b\", custom_domain = true }]\n", &["routes[0].pattern"]),
    ] {
        let mut errors: Vec<String> =
            toml(body).diagnostics.iter().filter(|found| found.is_error()).map(|found| found.key.clone()).collect();
        let mut expected: Vec<String> = expected.iter().map(|key| (*key).to_owned()).collect();
        errors.sort();
        expected.sort();
        assert_eq!(errors, expected, "{body}");
    }
    let future = parse(&HEAD.replace("2026-04-01", "2026-11-29"), Format::Toml, None);
    assert_eq!(future.diagnostics[0].message, "Can't set compatibility date in the future: \"2026-11-29\"");
}

#[test]
fn an_environment_has_what_it_inherits_and_nothing_else() {
    let text = format!(
        "{HEAD}compatibility_flags = [\"a\"]\nroutes = [\"a.example/*\"]\nkv_namespaces = [{{ binding = \"KV\", id = \"1\" }}]\nvars = {{ A = \"1\" }}\nmigrations = [{{ tag = \"v1\", new_sqlite_classes = [\"Room\"] }}]\n[env.staging]\nvars = {{ A = \"2\", N = {{ b = [1, 2.5, true] }} }}\ncompatibility_date = \"2026-05-01\"\n[env.named]\nname = \"other\"\nroute = \"b.example/*\"\n"
    );
    let top = parse(&text, Format::Toml, None).config;
    assert_eq!((top.worker(), top.kv_namespaces.len(), top.workers_dev), ("web", 1, false));
    let staging = parse(&text, Format::Toml, Some("staging")).config;
    assert_eq!(staging.name.as_deref(), Some("web-staging"));
    assert_eq!(staging.compatibility_date.as_deref(), Some("2026-05-01"));
    assert_eq!(staging.compatibility_flags, ["a"]);
    assert_eq!(staging.main.as_deref(), Some("worker.mjs"));
    assert_eq!(staging.routes[0].pattern, "a.example/*");
    assert!(staging.kv_namespaces.is_empty());
    assert_eq!(serde_json::to_string(&staging.vars).unwrap(), r#"{"A":"2","N":{"b":[1,2.5,true]}}"#);
    assert!(staging.classes().contains("Room"));
    let named = parse(&text, Format::Toml, Some("named"));
    assert_eq!(named.config.name.as_deref(), Some("other"));
    assert_eq!(named.environments, ["staging", "named"]);
    // An environment that is not there is the top level under its name.
    let other = parse(&text, Format::Toml, Some("prod"));
    assert_eq!((other.config.worker(), other.config.kv_namespaces.len()), ("web-prod", 1));
    assert!(other.has_errors());
}

#[test]
fn a_custom_domain_that_an_environment_inherits_is_told() {
    let text = format!(
        "{HEAD}routes = [{{ pattern = \"a.example\", custom_domain = true }}]\n[env.staging]\n[env.own]\nroutes = []\n"
    );
    assert_eq!(found(&parse(&text, Format::Toml, Some("staging"))), ["4:11 warning env.staging.routes"]);
    assert!(parse(&text, Format::Toml, Some("own")).diagnostics.is_empty());
}

#[test]
fn a_key_is_that_of_the_part_that_sets_it() {
    let text = format!(
        "{HEAD}routes = [\"a.example/*b\"]\n[env.one]\nservices = [{{ binding = \"A\", service = \"a\" }}]\n[env.two]\nroutes = [\"a.example/*b\"]\nvars = {{ A = \"\" }}\nkv_namespaces = [{{ binding = \"A\" }}]\n"
    );
    let keys = |environment: &str| -> Vec<String> {
        let loaded = parse(&text, Format::Toml, Some(environment));
        let together = check_together(std::slice::from_ref(&loaded));
        loaded.diagnostics.iter().chain(&together).map(|found| found.key.clone()).collect()
    };
    assert_eq!(keys("one"), ["routes[0].pattern", "env.one.services[0].service"]);
    assert_eq!(keys("two"), ["env.two.routes[0].pattern", "env.two.vars.A"]);
}

#[test]
fn both_languages_say_the_same() {
    let toml = format!(
        "{HEAD}kv_namespaces = [{{ binding = \"KV\", id = \"1\" }}]\nvars = {{ A = 1, B = \"x\", C = {{ d = [1.5] }} }}\n"
    );
    let json = r#"{ "name": "web", "main": "worker.mjs", "compatibility_date": "2026-04-01",
        "kv_namespaces": [{ "binding": "KV", "id": "1" }], // ids
        "vars": { "A": 1, "B": "x", "C": { "d": [1.5,] } }, }"#;
    let (mut toml, mut json) = (parse(&toml, Format::Toml, None), parse(json, Format::Json, None));
    assert!(
        toml.diagnostics.is_empty() && json.diagnostics.is_empty(),
        "{:?} {:?}",
        toml.diagnostics,
        json.diagnostics
    );
    for loaded in [&mut toml, &mut json] {
        loaded.config.path = Path::new("wrangler").to_owned();
        loaded.config.kv_namespaces[0].place = pmx_emulator::config::Place::START;
    }
    assert_eq!(toml.config, json.config);
}

#[test]
fn files_beyond_the_limits_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrangler.toml");
    let refused = |text: &str| {
        fs::write(&path, text).unwrap();
        load(&path, &LoadOptions::default()).map(|loaded| loaded.diagnostics[0].message.clone())
    };
    let length = usize::try_from(limits::MAX_FILE_BYTES).unwrap();
    assert!(refused(&"#".repeat(length + 1)).unwrap_err().to_string().contains("larger than"));
    let many = format!("a = [{}]", "1,".repeat(limits::MAX_VALUES));
    assert_eq!(refused(&many).unwrap(), format!("a config has at most {} values", limits::MAX_VALUES));
    for deep in [format!("a = {}{}", "[".repeat(20_000), "]".repeat(20_000)), format!("{}a=1", "a.".repeat(20_000))] {
        assert!(refused(&deep).unwrap().contains("recurs"), "{:?}", refused(&deep));
    }
    let json = format!("{{\"a\":{}{}}}", "[".repeat(100), "]".repeat(100));
    assert_eq!(
        parse(&json, Format::Json, None).diagnostics[0].message,
        format!("nested more than {} deep", limits::MAX_DEPTH)
    );
    let json = format!("{{\"a\":{}", "[".repeat(500_000));
    assert!(parse(&json, Format::Json, None).has_errors());
    let many = toml(&(0..2_000).map(|at| format!("zebra{at} = 1\n")).collect::<String>());
    assert_eq!(many.diagnostics.len(), limits::MAX_DIAGNOSTICS + 1);
    assert!(many.has_errors());
    let long = toml(&format!("kv_namespaces = \"{}\"\n", "x".repeat(100_000)));
    assert!(long.diagnostics[0].message.len() < 1_000);
    #[cfg(unix)]
    {
        let pipe = folder.path().join("pipe.toml");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(load(&pipe, &LoadOptions::default()).unwrap_err().to_string().ends_with("is no file"));
    }
    assert!(load(folder.path(), &LoadOptions::default()).unwrap_err().to_string().ends_with("is no file"));
    fs::write(&path, b"name = \"\xff\"").unwrap();
    assert!(load(&path, &LoadOptions::default()).unwrap_err().to_string().ends_with("is not UTF-8"));
}

#[test]
fn secrets_of_this_machine_are_those_of_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrangler.toml");
    fs::write(&path, format!("{HEAD}secrets = {{ required = [\"A\", \"B\"] }}\n[env.staging]\n[env.other]\n")).unwrap();
    fs::write(folder.path().join("worker.mjs"), WORKER).unwrap();
    fs::write(folder.path().join(".dev.vars"), "A=1\nB='2'\nno value\n").unwrap();
    fs::write(folder.path().join(".dev.vars.staging"), "A=staging\n").unwrap();
    let of = |environment: Option<&str>| {
        load(&path, &LoadOptions { environment: environment.map(str::to_owned), today: None }).unwrap()
    };
    let top = of(None);
    assert_eq!(top.config.secrets.get("B").map(String::as_str), Some("2"));
    let line = top.diagnostics.last().unwrap();
    assert!(line.path.ends_with(".dev.vars") && line.place.line == 3, "{line}");
    assert_eq!(of(Some("staging")).config.secrets.len(), 1);
    assert_eq!(of(Some("other")).config.secrets.len(), 2);
    fs::remove_file(folder.path().join(".dev.vars")).unwrap();
    let missing = of(None);
    assert!(missing.diagnostics.iter().any(|found| found.message.starts_with("Missing required secrets: A, B.")));
}

/// Several Workers, each a name and what stands below the head of its config.
fn together(workers: &[(&str, &str)]) -> Vec<Diagnostic> {
    let loaded: Vec<Loaded> = workers
        .iter()
        .map(|(name, body)| {
            let text = format!("{}{body}", HEAD.replace("web", name));
            parse_config(Path::new(&format!("{name}.toml")), &text, Format::Toml, &LoadOptions::default())
        })
        .collect();
    check_together(&loaded)
}

#[test]
fn what_one_worker_asks_of_another_is_looked_up() {
    let said = |workers: &[(&str, &str)]| -> Vec<String> {
        together(workers)
            .iter()
            .map(|found| format!("{} {} {} {}", found.path, found.severity, found.key, found.message))
            .collect()
    };
    let service = "services = [{ binding = \"API\", service = \"apii\" }]\n";
    let missing = "services[0].service Worker \"web\"'s binding \"API\" refers to a service \"apii\", but no such service is defined.";
    assert_eq!(said(&[("web", service)]), [format!("web.toml note {missing}")]);
    assert_eq!(said(&[("web", service), ("api", "")]), [format!("web.toml error {missing}")]);
    assert_eq!(together(&[("web", service), ("api", "")])[0].hint.as_deref(), Some("did you mean \"api\"?"));
    assert!(said(&[("web", "services = [{ binding = \"ME\", service = \"web\" }]\n"), ("api", "")]).is_empty());
    let object = "durable_objects.bindings = [{ name = \"R\", class_name = \"Room\", script_name = \"api\" }]\n";
    let room = "migrations = [{ tag = \"v1\", new_sqlite_classes = [\"Room\"] }]\n";
    assert!(said(&[("web", object), ("api", room)]).is_empty());
    let other = said(&[("web", object), ("api", &room.replace("Room", "Rooms"))]);
    assert!(
        other[0].starts_with(
            "web.toml error durable_objects.bindings[0].class_name Cannot create binding for class 'Room'"
        ),
        "{other:?}"
    );
    assert!(said(&[("web", ""), ("web", "")])[0].contains("name the Worker \"web\" is that of"));
}

#[test]
fn entrypoints_and_classes_are_looked_for_in_the_modules() {
    let folder = tempfile::tempdir().unwrap();
    let loaded = |name: &str, body: &str, module: &str| {
        let path = folder.path().join(format!("{name}.toml"));
        fs::write(&path, format!("{}{body}", HEAD.replace("web", name).replace("worker", name))).unwrap();
        if !module.is_empty() {
            fs::write(folder.path().join(format!("{name}.mjs")), module).unwrap();
        }
        load(&path, &LoadOptions::default()).unwrap()
    };
    let web = |entrypoint: &str| {
        let body = format!("services = [{{ binding = \"API\", service = \"api\", entrypoint = \"{entrypoint}\" }}]\n");
        loaded("web", &body, "export default {}")
    };
    let api = |module: &str| loaded("api", "", module);
    let module = "export default {};\nexport class Admin extends WorkerEntrypoint {}\n";
    assert!(check_together(&[web("Admin"), api(module)]).is_empty());
    let missing = check_together(&[web("Admins"), api(module)]);
    assert_eq!(
        missing[0].message,
        "Worker \"web\"'s binding \"API\" refers to service \"api\" with a named entrypoint \"Admins\", but \"api\" has no such named entrypoint."
    );
    assert_eq!(missing[0].hint.as_deref(), Some("did you mean \"Admin\"?"));
    // A module that hands on another one may have it.
    assert!(check_together(&[web("Admins"), api("export * from './all.mjs'")]).is_empty());
    let gone = loaded("gone", "", "");
    assert_eq!(gone.diagnostics[0].message, "The entry-point file at \"gone.mjs\" was not found.");
    assert!(gone.has_errors());
    assert!(!loaded("built", "build = { command = \"make\" }\n", "").has_errors());
}

#[test]
fn a_host_of_two_workers_is_told_with_the_one_that_answers() {
    let domain = "routes = [{ pattern = \"h.example\", custom_domain = true }]\n";
    for (web, api, expected) in [
        // C-38: a route on all of the host comes before the custom domain.
        (
            "routes = [\"h.example/api/*\", \"h.example/*\"]\n",
            domain,
            &[
                "api warning \"api\" never answers by its custom domain \"h.example\": the route \"h.example/*\" of \"web\" has all of h.example",
            ][..],
        ),
        (
            "routes = [\"h.example/*\"]\n",
            "routes = [\"h.example/api/*\"]\n",
            &[
                "web note \"api\" and \"web\" share h.example: \"api\" has https://h.example/api/ by its route \"h.example/api/*\"",
            ],
        ),
        (
            "routes = [\"h.example/*\"]\n",
            "routes = [\"h.example/*\"]\n",
            &[
                "api error Can't deploy routes that are assigned to another worker.\n\"web\" is already assigned to routes:\n  - h.example/*",
            ],
        ),
        (
            "routes = [\"*.h.example/*\"]\n",
            "routes = [\"a.h.example/*\"]\n",
            &[
                "web note \"api\" and \"web\" share a.h.example: \"api\" has https://a.h.example/ by its route \"a.h.example/*\"",
            ],
        ),
        // `images*` is more specific than `images/*`, and matches all of it.
        (
            "routes = [\"h.example/images*\"]\n",
            "routes = [\"h.example/images/*\"]\n",
            &[
                "api warning \"api\" never answers by its route \"h.example/images/*\": the route \"h.example/images*\" of \"web\" has all of h.example",
            ],
        ),
        (
            domain,
            domain,
            &[
                "api error Can't deploy routes that are assigned to another worker.\n\"web\" is already assigned to routes:\n  - h.example",
            ],
        ),
        ("routes = [\"a.example/*\"]\n", "routes = [\"b.example/*\"]\n", &[]),
        ("routes = [\"http://h.example/*\"]\n", "routes = [\"https://h.example/*\"]\n", &[]),
        ("routes = [\"h.example/a\"]\n", "routes = [\"h.example/b*\"]\n", &[]),
        (
            "routes = [\"h.example\"]\n",
            domain,
            &[
                "api note \"web\" and \"api\" share h.example: \"web\" has https://h.example/ by its route \"h.example\"",
            ],
        ),
    ] {
        let mut said: Vec<String> = together(&[("web", web), ("api", api)])
            .iter()
            .map(|found| format!("{} {} {}", found.path.trim_end_matches(".toml"), found.severity, found.message))
            .collect();
        let mut expected: Vec<String> = expected.iter().map(|text| (*text).to_owned()).collect();
        said.sort();
        expected.sort();
        assert_eq!(said, expected, "{web}{api}");
    }
}

/// All cases, each with its language.
fn cases() -> Vec<(String, Format)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config/cases");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.map(|file| (fs::read_to_string(&file).unwrap(), Format::of(&file))).collect()
}

proptest! {
    #[test]
    fn whatever_becomes_of_a_config_it_is_read_or_refused(
        case in any::<Index>(),
        edits in prop::collection::vec((any::<Index>(), 0_usize..6, "[\\[\\]{}\"',=:.#/0-9a-zü\\n *?-]{0,4}|null|true|-1e400|env|binding"), 1..6),
        environment in prop::option::of("staging|env|"),
    ) {
        let cases = cases();
        let (text, format) = case.get(&cases);
        let mut text: Vec<char> = text.chars().collect();
        for (at, length, with) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + length).min(text.len());
            text.splice(at..end, with.chars());
        }
        let text: String = text.into_iter().collect();
        let loaded = parse(&text, *format, environment.as_deref());
        let lines = text.lines().count().max(1) + 1;
        prop_assert!(loaded.diagnostics.iter().all(|found| (1..=lines).contains(&found.place.line)));
        let _ = check_together(&[loaded.clone(), loaded]);
    }
}
