//! Commands that work on a project's files.

use crate::{record::Record, scene::Scene};

#[test]
fn init() {
    let (mut scene, mut record) = (Scene::new(), Record::of("init"));
    scene.put("half/paths/index.path.md", "# Mine\n");
    scene.put("half/.gitignore", "target\n/.pathmx/\n");
    for (folder, line) in [
        ("elsewhere", "pmx init fresh"),
        ("elsewhere", "pmx init fresh"),
        ("elsewhere", "pmx init --force --json fresh"),
        ("half", "pmx init"),
        ("half", "pmx init -q"),
        ("elsewhere", "pmx init notes.txt"),
    ] {
        record.call(&mut scene, folder, line);
    }
    record.check();
}

#[test]
fn build() {
    let (mut scene, mut record) = (Scene::new(), Record::of("build"));
    for (folder, line) in [
        ("site", "pmx build"),
        ("site", "pmx build"),
        ("site", "pmx build --json"),
        ("site", "pmx build -q"),
        ("site", "pmx build --static"),
        ("site", "pmx build -o dist"),
        ("site", "pmx build --static -o .pathmx"),
        ("site", "pmx build paths/gone.path.md"),
        ("broken", "pmx build"),
        ("broken", "pmx build -q"),
        ("elsewhere", "pmx build"),
        ("elsewhere", "pmx build ../site"),
    ] {
        record.call(&mut scene, folder, line);
    }
    record.check();
}

#[test]
fn check() {
    let (mut scene, mut record) = (Scene::new(), Record::of("check"));
    for (folder, line) in [
        ("site", "pmx check"),
        ("site", "pmx check -q --strict"),
        ("broken", "pmx check"),
        ("broken", "pmx check -q"),
        ("broken", "pmx check --json"),
        ("elsewhere", "pmx check"),
        ("elsewhere", "pmx check ../gone"),
        ("site", "pmx lint"),
        ("broken", "pmx lint --format json"),
    ] {
        record.call(&mut scene, folder, line);
    }
    scene.put("site/paths/lonely.md", "# Lonely\n\n[gone](./gone.md)\n");
    scene.put("site/paths/notes.md", "# Notes\n\n![gone](./gone.png)\n");
    for line in ["pmx check", "pmx check --unreachable --strict"] {
        record.call(&mut scene, "site", line);
    }
    record.check();
}

#[test]
fn tree() {
    let (mut scene, mut record) = (Scene::new(), Record::of("tree"));
    for (folder, line) in [("site", "pmx tree"), ("broken", "pmx tree"), ("elsewhere", "pmx tree")] {
        record.call(&mut scene, folder, line);
    }
    scene.put("site/paths/labs/lonely.md", "# Lonely\n");
    for line in ["pmx tree", "pmx tree -q", "pmx tree --json"] {
        record.call(&mut scene, "site", line);
    }
    record.check();
}

#[test]
fn query() {
    let (mut scene, mut record) = (Scene::new(), Record::of("query"));
    scene.put(
        "site/paths/notes.md",
        "---\ntags: [loops]\nstatus: draft\ntheme: {color: {accent: \"#123456\"}}\n---\n\n# Notes\n",
    );
    for line in [
        "pmx query",
        "pmx query type=path",
        "pmx query -q tag=LOOPS status!=ready",
        "pmx query --json theme.color.accent=#12*",
        "pmx query note",
        "pmx query title=nothing",
        "pmx query =x",
    ] {
        record.call(&mut scene, "site", line);
    }
    record.call(&mut scene, "elsewhere", "pmx query");
    record.check();
}

#[test]
fn route() {
    let (mut scene, mut record) = (Scene::new(), Record::of("route"));
    record.call(&mut scene, "site", "pmx route notes.md");
    scene.call("site", "pmx build -q", "");
    for (folder, line) in [
        ("site", "pmx route paths/notes.md"),
        ("site", "pmx route -q /notes"),
        ("site", "pmx route notes --base-url https://chess.example/"),
        ("site", "pmx route notes --json"),
        ("site", "pmx route nots"),
        ("elsewhere", "pmx route notes.md"),
    ] {
        record.call(&mut scene, folder, line);
    }
    record.check();
}

#[test]
fn new() {
    let (mut scene, mut record) = (Scene::new(), Record::of("new"));
    for (folder, line) in [
        ("site", "pmx new lesson 'Loops and lists'"),
        ("site", "pmx new lesson 'Loops and lists'"),
        ("site", "pmx new guide Openings --in openings --link paths/notes.md"),
        ("site", "pmx new talk Endgames -q"),
        ("site", "pmx new talk Mates --json"),
        ("site", "pmx new lesson '???'"),
        ("site", "pmx new lesson Traps --link paths/gone.md"),
        ("elsewhere", "pmx new lesson Loops"),
    ] {
        record.call(&mut scene, folder, line);
    }
    record.check();
}

#[test]
fn mv() {
    let (mut scene, mut record) = (Scene::new(), Record::of("mv"));
    for (folder, line) in [
        ("site", "pmx mv --dry-run paths/notes.md paths/deep/notes.md"),
        ("site", "pmx mv -q -n paths/notes.md paths/deep/notes.md"),
        ("site", "pmx mv paths/notes.md paths/deep/notes.md"),
        ("site", "pmx mv deep/notes notes -q"),
        ("site", "pmx mv notes remarks --json"),
        ("site", "pmx mv remarks remarks"),
        ("site", "pmx mv gone there"),
        ("site", "pmx mv remarks ../remarks.md"),
        ("elsewhere", "pmx mv notes.txt there.txt"),
    ] {
        record.call(&mut scene, folder, line);
    }
    record.check();
}

#[test]
fn rm() {
    let (mut scene, mut record) = (Scene::new(), Record::of("rm"));
    scene.put("site/paths/spare.md", "# Spare\n");
    for (folder, line) in [
        ("site", "pmx rm --dry-run paths/notes.md"),
        ("site", "pmx rm paths/notes.md"),
        ("site", "pmx rm paths/notes.md"),
        ("site", "pmx rm -q paths/spare.md"),
        ("site", "pmx rm board.svg --json"),
        ("site", "pmx rm index.path"),
        ("elsewhere", "pmx rm notes.txt"),
    ] {
        record.call(&mut scene, folder, line);
    }
    record.check();
}

#[test]
fn link() {
    let (mut scene, mut record) = (Scene::new(), Record::of("link"));
    for (folder, line) in [
        ("site", "pmx link"),
        ("site", "pmx link -s chess"),
        ("site", "pmx link -s chess"),
        ("site", "pmx link --server https://pathmx.example --json"),
        ("site", "pmx link -q -s go"),
        ("site", "pmx link -s 'No Name'"),
        ("site", "pmx link -s chess --server nowhere"),
        ("elsewhere", "pmx link -s chess"),
    ] {
        record.call(&mut scene, folder, line);
    }
    record.check();
}

#[test]
fn worker_bundle() {
    let (mut scene, mut record) = (Scene::new(), Record::of("worker bundle"));
    for line in [
        "pmx worker bundle",
        "pmx worker bundle -q -o ../bundle",
        "pmx worker bundle --json",
        "pmx worker bundle -o notes.txt",
    ] {
        record.call(&mut scene, "elsewhere", line);
    }
    record.check();
}

/// A pmx with the feature `compile` has a test of its own for what it does then, `tests/worker_dev.rs`.
#[test]
#[cfg(not(feature = "compile"))]
fn worker_dev_without_a_compiler() {
    let (mut scene, mut record) = (Scene::new(), Record::of("worker dev"));
    for line in ["pmx worker dev", "pmx worker dev -q", "pmx worker dev --json", "pmx worker dev -c wrangler.toml ."] {
        record.call(&mut scene, "elsewhere", line);
    }
    record.check();
}

const WEB: &str = r#"name = "web"
main = "worker.mjs"
compatibility_date = "2026-04-01"
compatability_flags = []
routes = [
    { pattern = "h.example/api/*", zone_name = "h.example" },
    { pattern = "h.example/*", zone_name = "h.example" },
    { pattern = "*.h.example/*", zone = "h.example" },
]
services = [{ binding = "API", service = "apis" }, { binding = "ADMIN", service = "api", entrypoint = "Admins" }]
kv_namespaces = [{ binding = "API", id = "" }]
durable_objects.bindings = [{ name = "ROOM", class_name = "Rom" }]
migrations = [{ tag = "v1", new_sqlite_classes = ["Room"] }]

[env.staging]
"#;
const API: &str = r#"{
  // The sessions.
  "name": "api",
  "main": "worker.mjs",
  "compatibility_date": "2026-04-01",
  "routes": [{ "pattern": "h.example", "custom_domain": true }],
}
"#;

/// Two Workers of one host, the first of them with faults.
fn workers() -> Scene {
    let scene = Scene::new();
    scene.put("elsewhere/web/wrangler.toml", WEB);
    scene.put("elsewhere/api/wrangler.jsonc", API);
    scene.put("elsewhere/api/worker.mjs", "export default {};\nexport class Admin {}\n");
    scene.put("elsewhere/web/worker.mjs", "export default {};\nexport class Rom {}\n");
    scene
}

#[test]
fn worker_check() {
    let (mut scene, mut record) = (workers(), Record::of("worker check"));
    for (folder, line) in [
        ("elsewhere", "pmx worker check web api"),
        ("elsewhere", "pmx worker check -q api"),
        ("elsewhere", "pmx worker check api --json"),
        ("elsewhere", "pmx worker check web/wrangler.toml --env stagin --json"),
        ("elsewhere/api", "pmx worker check"),
        ("elsewhere", "pmx worker check"),
        ("elsewhere", "pmx worker check gone.toml"),
    ] {
        record.call(&mut scene, folder, line);
    }
    record.check();
}

#[test]
fn routes_explain() {
    let (mut scene, mut record) = (workers(), Record::of("routes explain"));
    for (folder, line) in [
        ("elsewhere", "pmx routes explain h.example/api/x --config web --config api"),
        ("elsewhere", "pmx routes explain -q wss://h.example/ws/1 --config api"),
        ("elsewhere", "pmx routes explain h.example/x?q --config api --without-worker h.example/x"),
        ("elsewhere", "pmx routes explain h.example/x --config api --without-worker h.example/x --json"),
        ("elsewhere/api", "pmx routes explain nowhere.example"),
        ("elsewhere", "pmx routes explain h.example --config api --without-worker h.*.example"),
        ("elsewhere", "pmx routes explain ftp://h.example --config api"),
        ("elsewhere", "pmx routes explain h.example"),
    ] {
        record.call(&mut scene, folder, line);
    }
    record.check();
}
