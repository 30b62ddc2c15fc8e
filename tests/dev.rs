//! `pmx dev` as an author uses it: edit, see, break, mend, restart.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::{fs, path::Path};
use support::{
    Events, Pmx,
    process::{USER_FOLDER, console_of, pmx},
    site,
};

/// A small site on disk with its state beside it.
struct Author {
    folder: tempfile::TempDir,
}

impl Author {
    fn new() -> Self {
        let author = Self { folder: tempfile::tempdir().unwrap() };
        author.write("index.path.md", "# Home\n\nFirst words, and [a lesson](./one.lesson.md).\n");
        author.write("one.lesson.md", "# One\n\nThe lesson.\n");
        author.write("unlinked.md", "# Not reachable\n");
        author
    }

    fn site(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.site().join("paths").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn dev(&self) -> Pmx {
        Pmx::dev(self.site(), &self.site().join("state"))
    }
}

#[test]
fn the_site_is_at_localhost_and_below_its_own_name() {
    let author = Author::new();
    let mut command = pmx();
    command.args(["dev", "--json", "--port", "0", "--site", "my-course"]).arg(author.site());
    let dev = Pmx::start(command);
    for host in ["localhost", "my-course.localhost", "127.0.0.1"] {
        assert_eq!(dev.client.get(host, "/").header("location"), Some("/index.path"), "{host}");
        assert!(dev.client.get(host, "/index.path").text().contains("First words"), "{host}");
    }
    assert_eq!(dev.client.get("localhost", "/one.lesson/").status, 308);
    assert_eq!(dev.client.get("localhost", "/unlinked").status, 404);
    assert_eq!(dev.client.get("evil.example", "/index.path").status, 403);
}

#[test]
fn an_edit_is_published_and_told_as_production_tells_it() {
    let author = Author::new();
    let mut dev = author.dev();
    let deploy = dev.client.get("localhost", "/one.lesson").header("pmx-deploy").unwrap().to_owned();
    let mut page = Events::connect(dev.client, "localhost", &deploy);
    author.write("one.lesson.md", "# One\n\nOther words.\n");
    let (sources, paths) = page.change();
    assert_eq!(sources, ["one.lesson"]);
    assert!(
        paths.contains(&"/one.lesson.html".to_owned()) && !paths.contains(&"/index.path.html".to_owned()),
        "{paths:?}"
    );
    let published = loop {
        let event = dev.event("published");
        if event["sources"] == serde_json::json!(["one.lesson"]) {
            break event;
        }
    };
    let answer = dev.client.get_with("localhost", "/one.lesson", &[("pmx-fresh", "1")]);
    assert!(answer.text().contains("Other words"));
    assert_eq!(answer.header("pmx-deploy"), published["deployId"].as_str());
}

#[test]
fn a_text_that_no_link_leads_to_is_told_once_and_its_address_says_so() {
    let author = Author::new();
    let mut dev = author.dev();
    author.write("rules.md", "# Rules\n");
    assert_eq!(dev.event("unlinked")["path"], "rules.md");
    let page = |dev: &Pmx, path: &str| dev.client.get_with("localhost", path, &[("accept", "text/html")]);
    for path in ["/rules", "/rules/", "/rules.html"] {
        let answer = page(&dev, path);
        assert_eq!(answer.status, 404, "{path}");
        let text = answer.text();
        assert!(text.contains("</h1><p><code>rules.md</code> exists; no link leads to it."), "{path}: {text}");
        assert_eq!(answer.header("content-length").unwrap(), text.len().to_string());
    }
    for path in ["/nothing", "/../rules", "/%2e%2e/%2e%2e/etc/passwd", "/one.lesson/x"] {
        assert!(!page(&dev, path).text().contains("no link leads to it"), "{path}");
    }
    author.write("rules.md", "# Other rules\n");
    author.write("index.path.md", "# Home\n\n[Rules](./rules.md)\n");
    dev.event("published");
    assert_eq!(page(&dev, "/rules").status, 200);
    let said = dev.end();
    assert_eq!(said.matches("rules.md exists; no link leads to it").count(), 1, "{said}");
}

#[test]
fn a_text_with_an_address_or_an_ending_of_its_own_is_told_where_it_would_be() {
    let author = Author::new();
    let mut dev = author.dev();
    author.write("r.md", "---\nroute: /custom/place\n---\n\n# R\n");
    assert_eq!(dev.event("unlinked")["path"], "r.md");
    author.write("k.markdown", "# K\n");
    assert_eq!(dev.event("unlinked")["path"], "k.markdown");
    author.write("K2.MD", "# K\n");
    assert_eq!(dev.event("unlinked")["path"], "K2.MD");
    let page = |path: &str| dev.client.get_with("localhost", path, &[("accept", "text/html")]).text();
    for path in ["/custom/place", "/custom/place/", "/r"] {
        assert!(
            page(path).contains("</h1><p><code>r.md</code> exists; no link leads to it."),
            "{path}: {}",
            page(path)
        );
    }
    for (path, told) in [("/k", "k.markdown"), ("/K2", "K2.MD")] {
        assert!(
            page(path).contains(&format!("</h1><p><code>{told}</code> exists, and is no Source")),
            "{}",
            page(path)
        );
    }
    assert!(!page("/custom").contains("exists"));
    let said = dev.end();
    assert!(said.contains("k.markdown is no Source: call it k.md") && said.contains("K2.MD is no Source"), "{said}");
}

#[cfg(unix)]
#[test]
fn the_line_of_a_build_names_the_pages_that_changed() {
    let author = Author::new();
    author.write("index.path.md", "# Home\n\n[One](./one.lesson.md), [Two](./two.lesson.md)\n");
    author.write("two.lesson.md", "# The second\n");
    let mut dev = author.dev();
    let mut save = |name: &str, text: &str| {
        author.write(name, text);
        dev.event("published");
    };
    save("one.lesson.md", "# One\n\nOther words.\n");
    save("index.path.md", "# Home\n\n[One](./one.lesson.md), [New](./three.lesson.md)\n");
    author.write("three.lesson.md", "# The third\n");
    save("one.lesson.md", "# One\n\nMore.\n");
    let said = dev.end();
    assert!(said.lines().any(|line| line.contains("  3 pages  build ")), "the first build: {said}");
    assert!(said.lines().any(|line| line.contains("  1 page: One  build ") && line.contains("  → ")), "{said}");
    assert!(said.contains("The second (gone)"), "{said}");
    assert!(said.contains("The third (new)"), "{said}");
}

#[test]
fn a_page_that_an_earlier_process_made_is_no_asset_in_the_line_of_a_build() {
    let author = Author::new();
    author.write("index.path.md", "# Home\n\n[One](./one.lesson.md), [Two](./two.lesson.md)\n");
    author.write("two.lesson.md", "# The second\n\n[One](./one.lesson.md)\n");
    author.dev().end();
    let mut dev = author.dev();
    // All pages show the title of the first.
    author.write("one.lesson.md", "# Another title\n\nThe lesson.\n");
    dev.event("published");
    let said = dev.end();
    let line = said.lines().find(|line| line.contains("1 page: Another title")).unwrap_or_else(|| panic!("{said}"));
    assert!(line.contains("; 2 more made anew  build "), "{line}");
}

#[test]
fn the_api_of_dev_is_closed_to_everyone_else() {
    let author = Author::new();
    let dev = author.dev();
    assert_eq!(dev.client.get("localhost", "/api/deploys?subdomain=x").status, 401);
    assert_eq!(
        dev.client.api("POST", "/api/publish/begin", &serde_json::json!({ "subdomain": "x", "hashes": [] })).status,
        401
    );
    assert_eq!(dev.client.get("localhost", "/api/health").status, 200);
}

#[test]
fn a_broken_source_keeps_the_last_good_site_up_and_is_named_with_its_line() {
    let author = Author::new();
    let mut dev = author.dev();
    author.write("one.lesson.md", "---\ntitle: [unclosed\n---\n\n# One\n\nBroken.\n");
    let built = loop {
        let event = dev.event("error");
        if event["path"].as_str().is_some_and(|path| path.ends_with("one.lesson.md")) {
            break event;
        }
    };
    assert!(built["line"].as_u64().is_some_and(|line| line >= 1), "{built}");
    assert!(dev.client.get("localhost", "/one.lesson").text().contains("The lesson."));
    author.write("one.lesson.md", "# One\n\nMended.\n");
    while !dev.client.get("localhost", "/one.lesson").text().contains("Mended.") {
        dev.event("published");
    }
}

#[test]
fn files_come_and_go_while_it_runs() {
    let author = Author::new();
    let mut dev = author.dev();
    author.write("two/index.lesson.md", "# Two\n");
    author.write("index.path.md", "# Home\n\n[two](./two/index.lesson.md)\n");
    while dev.client.get("localhost", "/two/index.lesson").status != 200 {
        dev.event("published");
    }
    assert_eq!(dev.client.get("localhost", "/one.lesson").status, 404, "nothing leads to it any more");
}

#[test]
fn a_restart_finds_its_state_and_publishes_nothing_new() {
    let author = Author::new();
    let deploy = author.dev().client.get("localhost", "/index.path").header("pmx-deploy").unwrap().to_owned();
    let again = author.dev();
    assert_eq!(again.client.get("localhost", "/index.path").header("pmx-deploy"), Some(deploy.as_str()));
}

#[test]
fn what_keeps_it_from_starting_is_said_once_with_a_hint() {
    let author = Author::new();
    let dev = author.dev();
    let port = dev.client.address.port().to_string();
    let empty = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], folder: &Path| {
        let output = pmx().arg("dev").args(arguments).arg(folder).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let other = tempfile::tempdir().unwrap();
    let elsewhere = other.path().to_str().unwrap();
    for (arguments, folder, needle) in [
        (vec!["--port", port.as_str(), "--state", elsewhere], author.site(), "already in use"),
        (vec!["--port", "0"], empty.path(), "index.path.md"),
        (vec!["--port", "0"], Path::new("/nonexistent/site"), "/nonexistent/site"),
        (vec!["--port", "0", "--state", author.site().join("state").to_str().unwrap()], author.site(), "in use"),
        (
            vec!["--port", "0", "--state", author.site().join("paths/one.lesson.md").to_str().unwrap()],
            author.site(),
            "one.lesson.md",
        ),
    ] {
        let (code, stderr) = run(&arguments, folder);
        assert_eq!(code, Some(1), "{arguments:?}: {stderr}");
        assert!(stderr.contains(needle) && stderr.contains("hint:"), "{arguments:?}: {stderr}");
        assert_eq!(stderr.matches("error:").count(), 1, "{stderr}");
    }
}

#[test]
fn the_history_of_dev_is_that_of_the_worker() {
    let author = Author::new();
    let mut dev = author.dev();
    author.write("one.lesson.md", "# One\n\nSecond.\n");
    dev.event("published");
    drop(dev);
    // The same state, opened as a server: the deploys of the edit loop are there, and one can be rolled back to.
    let name = fs::read_dir(author.site().join("state/do/SpaceDO")).unwrap().count();
    assert!(name >= 1);
    let serve = Pmx::serve(&author.site().join("state"));
    let folder = author.site().file_name().unwrap().to_str().unwrap().to_lowercase();
    let site_name: String = folder.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    let deploys = site::deploys(serve.client, &site_name);
    assert_eq!(deploys.len(), 2);
    site::rollback(serve.client, &site_name, deploys[1]["deployId"].as_str().unwrap());
    assert!(serve.client.get(&format!("{site_name}.localhost"), "/one.lesson").text().contains("The lesson."));
}

/// Encodes a form as browsers do.
fn encoded(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect()
    };
    fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}

/// A page with two questions.
const QUIZ: &str = "# Quiz\r\n\r\n---\r\n\r\n<!--\r\ntype: question\r\nid: why # the name\r\nactions:\r\n  submit: questions.submitText\r\n-->\r\n\r\n\
    ## Why?\r\n\r\n---\r\n\r\n<!--\r\nid: which\r\nactions: { submit: questions.submitSingleChoice }\r\n-->\r\n\r\n## Which?\r\n\r\n\
    - The first\r\n- The *second*\r\n\r\n---\r\n\r\nEnd  \r\n";

fn submit(client: support::Client, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> support::Answer {
    let mut all = vec![("action", "submit"), ("__pathmx_action_scope", "block")];
    all.extend(fields);
    let mut head = vec![("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")];
    head.extend(headers);
    let host = headers.iter().find(|(name, _)| *name == "host").map_or("localhost", |(_, host)| host);
    head.retain(|(name, _)| *name != "host");
    client.call("POST", host, "/index.path", &head, encoded(&all).as_bytes())
}

const WHY: (&str, &str) = ("__pathmx_action_target", "index.path#why");

#[test]
fn an_answer_is_written_into_its_source_and_published() {
    let author = Author::new();
    author.write("index.path.md", QUIZ);
    let mut command = pmx();
    command.args(["dev", "--json", "--port", "0", "--write-responses"]).arg(author.site());
    let mut dev = Pmx::start(command);
    let answer =
        submit(dev.client, &[WHY, ("question.why", "Because --> \"ä\"\r\nand so"), ("_pathmx_invocation", "r-1")], &[]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let json = answer.json();
    assert_eq!((&json["ok"], &json["actionRun"]["id"]), (&true.into(), &"r-1".into()));
    assert!(json["actionRun"]["finished"].as_str() >= json["actionRun"]["started"].as_str(), "{json}");
    let source = author.site().join("paths/index.path.md");
    let recorded = "  submit: questions.submitText\r\nresponse:\r\n  text: \"Because --\\u003e \\\"ä\\\"\\nand so\"\r\n\
                    submission:\r\n  status: submitted\r\n  run: \"r-1\"\r\n-->";
    assert_eq!(fs::read_to_string(&source).unwrap(), QUIZ.replace("  submit: questions.submitText\r\n-->", recorded));
    dev.event("published");

    let which = ("__pathmx_action_target", "index.path#which");
    assert_eq!(submit(dev.client, &[which, ("question.which", "the-second")], &[]).status, 200);
    assert!(fs::read_to_string(&source).unwrap().contains("}\r\nresponse:\r\n  choice: \"The second\"\r\nsubmission:"));
    assert_eq!(submit(dev.client, &[which, ("question.which", "The third")], &[]).status, 422);

    // Many at once: each is written whole, and the last one stands.
    std::thread::scope(|scope| {
        for number in 0..8 {
            let client = dev.client;
            scope.spawn(move || {
                let text = format!("answer {number}");
                assert_eq!(submit(client, &[WHY, ("question.why", &text)], &[]).status, 200);
            });
        }
    });
    let text = fs::read_to_string(&source).unwrap();
    assert_eq!(text.matches("response:").count(), 2, "{text}");
    assert!(text.contains("  text: \"answer ") && text.ends_with("End  \r\n"), "{text}");
    let names: Vec<_> =
        fs::read_dir(source.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
}

#[test]
fn an_answer_that_does_not_fit_is_refused_and_writes_nothing() {
    let author = Author::new();
    author.write("index.path.md", QUIZ);
    let mut command = pmx();
    command.args(["dev", "--json", "--port", "0", "--write-responses"]).arg(author.site());
    let dev = Pmx::start(command);
    let fine = ("question.why", "x");
    let long = "ü".repeat(301);
    for (fields, headers, status, code) in [
        (vec![WHY, ("question.why", long.as_str())], vec![], 422, "invalid_answer"),
        (vec![WHY, ("question.other", "x")], vec![], 422, "invalid_answer"),
        (vec![WHY], vec![], 422, "invalid_answer"),
        (vec![("__pathmx_action_target", "index.path#none"), fine], vec![], 404, "no_question"),
        (vec![("__pathmx_action_target", "../x#why"), fine], vec![], 404, "no_question"),
        (vec![fine], vec![], 400, "bad_request"),
        (vec![WHY, fine], vec![("origin", "http://evil.example")], 403, "foreign_origin"),
        (vec![WHY, fine], vec![("origin", "null")], 403, "foreign_origin"),
        (vec![WHY, fine], vec![("sec-fetch-site", "cross-site")], 403, "foreign_origin"),
    ] {
        let answer = submit(dev.client, &fields, &headers);
        assert_eq!((answer.status, answer.error_code().as_str()), (status, code), "{fields:?}: {}", answer.text());
    }
    for origin in ["http://localhost", "https://localhost"] {
        let own =
            submit(dev.client, &[WHY, ("question.why", "")], &[("origin", origin), ("sec-fetch-site", "same-origin")]);
        assert_eq!(own.status, 422, "its own pages may ask: {origin}");
    }
    let call = |kind: &str, body: &[u8]| {
        dev.client.call("POST", "localhost", "/index.path", &[("content-type", kind)], body).status
    };
    assert_eq!(call("application/json", b"{}"), 400);
    assert_eq!(call("application/x-www-form-urlencoded", &[b'a'; 64 * 1024 + 1]), 413);
    assert_eq!(dev.client.call("POST", "evil.example", "/index.path", &[], b"").status, 403);
    assert_eq!(fs::read_to_string(author.site().join("paths/index.path.md")).unwrap(), QUIZ);
}

#[test]
fn answers_and_the_way_back_are_for_browsers_of_this_machine_whatever_names_and_proxies_are_allowed() {
    let author = Author::new();
    author.write("index.path.md", QUIZ);
    let mut command = pmx();
    command.args(["dev", "--json", "--port", "0", "--write-responses", "--allow-host", "dev.example"]);
    let dev = Pmx::start({
        command.arg(author.site());
        command
    });
    let port = dev.client.address.port();
    let (here, asked) = (format!("localhost:{port}"), ("x-forwarded-host", format!("localhost:{port}")));
    let fields = [WHY, ("question.why", "taken")];
    for headers in [
        vec![("host", here.as_str()), ("x-forwarded-for", "203.0.113.9")],
        vec![("host", &here), ("via", "1.1 proxy")],
        vec![("host", &here), ("cf-connecting-ip", "203.0.113.9")],
        vec![("host", &here), ("x-forwarded-prefix", "/a")],
        vec![("host", "dev.example")],
        vec![("host", "dev.example"), (asked.0, &asked.1)],
        vec![("host", &here), ("origin", "https://dev.example")],
        vec![("host", &here), ("origin", "http://x.dev.example:1")],
        vec![("host", &here), ("origin", "http://dev.example"), ("origin", "http://x.dev.example:1")],
        vec![("host", &here), ("sec-fetch-site", "same-site")],
    ] {
        let answer = submit(dev.client, &fields, &headers);
        assert_eq!((answer.status, answer.error_code().as_str()), (403, "foreign_origin"), "{headers:?}");
        let (host, others): (Vec<_>, Vec<_>) = headers.into_iter().partition(|(name, _)| *name == "host");
        assert_eq!(dev.client.call("POST", host[0].1, "/_pmx/newest", &others, b"").status, 403, "{host:?} {others:?}");
    }
    assert_eq!(fs::read_to_string(author.site().join("paths/index.path.md")).unwrap(), QUIZ);
    let origin = format!("http://{here}");
    assert_eq!(submit(dev.client, &fields, &[("host", &here), ("origin", &origin)]).status, 200);
}

#[test]
fn without_the_flag_an_answer_is_refused_as_in_production() {
    let author = Author::new();
    author.write("index.path.md", QUIZ);
    let dev = author.dev();
    assert_eq!(submit(dev.client, &[WHY, ("question.why", "x")], &[]).status, 405);
    assert_eq!(fs::read_to_string(author.site().join("paths/index.path.md")).unwrap(), QUIZ);
    let output = pmx().args(["dev", "--write-responses", "--host", "0.0.0.0"]).arg(author.site()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("hint: leave out --host"), "{stderr}");
    let output = pmx().args(["dev", "--write-responses", "--exact"]).arg(author.site()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), stderr.contains("hint: leave out one of them")), (Some(2), true), "{stderr}");
}

#[test]
fn a_page_is_told_that_answers_are_taken_and_no_other_is() {
    let author = Author::new();
    author.write("index.path.md", QUIZ);
    let page = |dev: &Pmx| {
        let page = dev.client.get("localhost", "/index.path");
        (page.text().contains(" data-pmx-answers></script>"), page.header("etag").unwrap_or_default().to_owned())
    };
    let (says, plain) = page(&author.dev());
    assert!(!says);
    let mut command = pmx();
    command.args(["dev", "--json", "--port", "0", "--write-responses"]).arg(author.site());
    let (says, asking) = page(&Pmx::start(command));
    assert!(says && plain != asking, "a browser must not keep the other page: {plain}");
}

#[test]
fn a_build_says_which_answers_of_its_author_it_would_publish() {
    let author = Author::new();
    let recorded = "  submit: questions.submitText\r\nresponse:\r\n  text: mine\r\n-->";
    author.write("index.path.md", &QUIZ.replace("  submit: questions.submitText\r\n-->", recorded));
    let output = pmx().arg("build").arg(author.site()).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    let finding = said.lines().find(|line| line.ends_with("[question/recorded-answer]")).unwrap_or_default();
    assert!(finding.contains("paths/index.path.md:10:1: warning: the answer that was recorded here"), "{said}");
    assert!(said.contains("  hint: take `response` and `submission` out"), "{said}");
    let mut command = pmx();
    command.args(["dev", "--json", "--port", "0"]).arg(author.site());
    let mut dev = Pmx::start(command);
    author.write(
        "index.path.md",
        &QUIZ.replace("  submit: questions.submitText\r\n-->", recorded).replace("mine", "other"),
    );
    assert_eq!(dev.event("built")["warnings"], 0, "nothing of it leaves this machine");
}

#[test]
fn play_prints_the_address_of_the_entry_once_it_answers() {
    use std::io::{BufRead, BufReader, Read};
    let author = Author::new();
    author.write("index.path.md", "---\nroute: /start\n---\n\n# Home\n");
    let out = author.site().join("built");
    let mut command = pmx();
    command.args(["play", "--print-url", "--port", "0", "--clean", "--out"]).arg(&out).arg(author.site());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null());
    let mut play = command.spawn().unwrap();
    let mut stdout = BufReader::new(play.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    let port = line.strip_prefix("http://localhost:").and_then(|rest| rest.strip_suffix("/start?play\n"));
    let port: u16 = port.unwrap_or_else(|| panic!("{line}")).parse().unwrap();
    let client = support::Client { address: ([127, 0, 0, 1], port).into() };
    assert!(client.get("localhost", "/start?play").text().contains("Home"));
    play.kill().unwrap();
    play.wait().unwrap();
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "", "one line and no other");
    assert!(out.join("roots.json").exists());
}

/// What the owner of a state folder says of itself to who asks for its console.
fn owner(author: &Author) -> Option<serde_json::Value> {
    console_of(&author.site().join("state"))
}

#[test]
fn the_owner_of_a_state_folder_is_named_to_who_comes_second() {
    let author = Author::new();
    let dev = author.dev();
    let said = owner(&author).unwrap();
    let address = dev.client.address.to_string();
    assert_eq!((&said["pid"], &said["command"]), (&dev.pid().into(), &"pmx dev".into()));
    let door = format!("http://pmx.localhost:{}/?token=", dev.client.address.port());
    assert!(
        said["url"].as_str().and_then(|url| url.strip_prefix(&door)).is_some_and(|token| token.len() == 64),
        "{said}"
    );
    let second = |state: &str| {
        let output = pmx().args(["dev", "--port", "0", "--state", state]).arg(author.site()).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let state = author.site().join("state").display().to_string();
    let (code, stderr) = second(&state);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains(&format!("in use by process {}", dev.pid())) && stderr.contains(&address), "{stderr}");
    let ending = if cfg!(windows) { "taskkill /F /PID" } else { "kill" };
    assert!(stderr.contains(&format!("{ending} {}", dev.pid())) && stderr.matches("error:").count() == 1, "{stderr}");

    // What a killed process leaves behind means nothing.
    dev.kill();
    assert!(owner(&author).is_none());
    let again = author.dev();
    assert_eq!(owner(&author).unwrap()["pid"], again.pid());
}

#[test]
fn an_owner_that_a_checkout_names_is_sent_nothing() {
    let author = Author::new();
    let state = author.site().join("state");
    let server = support::Pmx::serve(&state);
    // An owner that can be asked, and who listens where a forged file says so.
    let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let forged = serde_json::json!({
        "pid": server.pid(), "address": elsewhere.local_addr().unwrap().to_string(), "console": "pmx.localhost:1",
        "https": false, "token": "0".repeat(64), "started": "2026-01-01T00:00:00Z",
    });
    fs::write(state.join("owner.json"), forged.to_string()).unwrap();
    let asked = pmx().args(["kv", "put", "a", "secret", "--state"]).arg(&state).output().unwrap();
    let stderr = String::from_utf8_lossy(&asked.stderr);
    assert_eq!(asked.status.code(), Some(0), "{stderr}");
    assert!(elsewhere.accept().is_err(), "somebody was asked");
    drop(server);

    // Beside an owner that can be asked, the file in the folder changes nothing.
    let dev = author.dev();
    fs::write(state.join("owner.json"), forged.to_string()).unwrap();
    let asked = pmx().args(["kv", "list", "--state"]).arg(&state).output().unwrap();
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    assert!(elsewhere.accept().is_err(), "somebody was asked");
    drop(dev);
}

#[cfg(unix)]
#[test]
fn every_way_to_end_it_ends_it_soon_with_pages_open() {
    for signal in ["INT", "TERM", "HUP"] {
        let author = Author::new();
        let dev = author.dev();
        assert!(!author.site().join("state/owner.json").exists(), "what lies in the folder may be anyone's");
        for record in fs::read_dir(Path::new(USER_FOLDER).join("owners")).unwrap() {
            // Other tests end theirs.
            let Ok(meta) = record.unwrap().metadata() else { continue };
            assert_eq!(std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o777, 0o600);
        }
        let pages: Vec<Events> = (0..50).map(|_| Events::connect(dev.client, "localhost", "")).collect();
        let asked = std::time::Instant::now();
        dev.signal(signal);
        let (status, stderr) = dev.ended();
        let took = asked.elapsed();
        // It takes some ten milliseconds; a busy machine has its time.
        assert!(status.success() && took.as_secs() < 10, "{signal}: {status} after {took:?}: {stderr}");
        eprintln!("SIG{signal} with {} sockets: ended after {took:?}", pages.len());
        assert!(owner(&author).is_none(), "{signal}");
    }
}

#[test]
fn a_folder_that_comes_back_as_it_was_has_failed_no_more() {
    let author = Author::new();
    let mut dev = author.dev();
    let (paths, away) = (author.site().join("paths"), author.site().join("away"));
    fs::rename(&paths, &away).unwrap();
    dev.event("failed");
    fs::rename(&away, &paths).unwrap();
    dev.event("unchanged");
}

#[test]
fn every_line_of_json_says_when_and_of_which_site() {
    let author = Author::new();
    let mut command = pmx();
    command.args(["dev", "--json", "--port", "0", "--site", "course"]).arg(author.site());
    let mut dev = Pmx::start(command);
    author.write("one.lesson.md", "# One\n\nSecond.\n");
    for kind in ["built", "published"] {
        let event = dev.event_of(kind, "course");
        assert!(event["time"].as_str().is_some_and(|time| time.len() == 24 && time.ends_with('Z')), "{event}");
        assert!(event["ms"].as_f64().is_some(), "{event}");
        if kind == "built" {
            assert_eq!((&event["names"], &event["changed"]), (&serde_json::json!(["one.lesson.md"]), &1.into()));
        }
    }
}

#[test]
fn a_finding_is_shown_with_its_line_and_a_save_in_one_line() {
    let author = Author::new();
    let mut dev = author.dev();
    author.write("one.lesson.md", "# One\n\nSecond.\n");
    dev.event("published");
    author.write("one.lesson.md", "---\ntitle: [unclosed\n---\n\n# One\n");
    dev.event("kept");
    let stderr = dev.end();
    let line = stderr.lines().find(|line| line.contains("  1 page: One  build ")).unwrap_or_else(|| panic!("{stderr}"));
    assert!(line.contains(" ms  publish ") && line.contains("  → "), "{line}");
    let excerpt = stderr.split_once("error: ").unwrap_or_else(|| panic!("{stderr}")).1;
    assert!(
        excerpt.contains("one.lesson.md:") && excerpt.contains(" | title: [unclosed") && excerpt.contains("| "),
        "{stderr}"
    );
    assert!(excerpt.contains('^') && stderr.contains("the last good version stays up"), "{stderr}");
}

#[test]
fn quiet_says_nothing_while_all_is_well() {
    let author = Author::new();
    let mut command = pmx();
    command.args(["dev", "--json", "--quiet", "--port", "0"]).arg(author.site());
    let mut dev = Pmx::start(command);
    author.write("one.lesson.md", "# One\n\nSecond.\n");
    dev.event("published");
    assert_eq!(dev.kill(), "");
}

#[test]
fn a_config_that_changes_is_followed() {
    let author = Author::new();
    let mut dev = author.dev();
    author.write("other.path.md", "# Another entry\n");
    fs::write(author.site().join("pathmx.config.md"), "# Config\n\n## Paths\n\n- [Other](./paths/other.path.md)\n")
        .unwrap();
    while !dev.client.get("localhost", "/other.path").text().contains("Another entry") {
        dev.event("published");
    }
    assert_eq!(dev.client.get("localhost", "/").header("location"), Some("/other.path"));
}

#[test]
fn after_a_restart_nobody_reads_what_was_edited_meanwhile() {
    let author = Author::new();
    author.dev().kill();
    author.write("one.lesson.md", "# One\n\nEdited in the night.\n");
    let dev = author.dev();
    assert!(dev.client.get("localhost", "/one.lesson").text().contains("Edited in the night."));
}

/// A `pmx dev` that sits at a terminal.
#[cfg(unix)]
struct Seat {
    script: std::process::Child,
    shown: std::sync::Arc<std::sync::Mutex<String>>,
    client: support::Client,
}

#[cfg(unix)]
impl Seat {
    /// None, with words, where there is no `script` of util-linux.
    fn take(author: &Author) -> Option<Self> {
        use std::{
            io::Read,
            process::{Command, Stdio},
            sync::{Arc, Mutex},
        };
        let command = format!(
            "NO_COLOR=1 exec {} dev --port 0 --state {} {}",
            env!("CARGO_BIN_EXE_pmx"),
            author.site().join("state").display(),
            author.site().display()
        );
        let mut script = Command::new("script");
        script.args(["-qfec", &command, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::piped()).env("TERM", "xterm");
        script.env("PMX_DATA_DIR", support::process::USER_FOLDER);
        let Ok(mut script) = script.spawn() else {
            eprintln!("SKIPPED: install `script` of util-linux");
            return None;
        };
        let shown = Arc::new(Mutex::new(String::new()));
        let (mut stdout, into) = (script.stdout.take().unwrap(), shown.clone());
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = stdout.read(&mut bytes) {
                into.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..read]));
            }
        });
        let mut seat = Self { script, shown, client: support::Client { address: ([127, 0, 0, 1], 0).into() } };
        let banner = seat.until("h for keys");
        let port = banner.split_once("http://localhost:").unwrap().1;
        let port: String = port.chars().take_while(char::is_ascii_digit).collect();
        seat.client.address.set_port(port.parse().unwrap());
        Some(seat)
    }

    fn press(&mut self, key: &str) {
        use std::io::Write;
        self.shown.lock().unwrap().clear();
        let stdin = self.script.stdin.as_mut().unwrap();
        stdin.write_all(key.as_bytes()).unwrap();
        stdin.flush().unwrap();
    }

    /// What was shown since the last key, once this is in it.
    #[track_caller]
    fn until(&self, text: &str) -> String {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
        loop {
            let shown = self.shown.lock().unwrap().clone();
            if shown.contains(text) {
                return shown;
            }
            assert!(std::time::Instant::now() < deadline, "no `{text}` in: {shown}");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    #[track_caller]
    fn page(&self, text: &str) {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while !self.client.get_with("localhost", "/one.lesson", &[("pmx-fresh", "1")]).text().contains(text) {
            assert!(std::time::Instant::now() < deadline, "no `{text}` on the page");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

#[cfg(unix)]
impl Drop for Seat {
    fn drop(&mut self) {
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}

#[cfg(unix)]
#[test]
fn keys_roll_back_and_only_an_edit_goes_on_from_there() {
    let author = Author::new();
    let Some(mut seat) = Seat::take(&author) else { return };
    author.write("one.lesson.md", "# One\n\nSecond.\n");
    seat.page("Second.");
    seat.press("h");
    seat.until("q  quit");
    seat.press("p");
    seat.until("pmx publish ");
    seat.press("n");
    seat.until("the newest deploy is what is shown");
    author.write("one.lesson.md", "# One\n\nThird.\n");
    seat.page("Third.");
    for (behind, text) in [(1, "Second."), (2, "The lesson.")] {
        seat.press("r");
        seat.until(&format!(", {behind} behind the newest, until the next edit (r: further back, n: the newest)"));
        seat.page(text);
    }
    seat.press("r");
    seat.until("nothing is older than the deploy of ");
    // The same files again do not undo it, and that is said.
    seat.press("b");
    seat.until(" stays, 2 behind the newest");
    seat.page("The lesson.");
    seat.press("n");
    seat.until("showing the newest deploy again");
    seat.page("Third.");
    seat.press("b");
    seat.until("the same as what is up");
    // Of the earlier ones, the one that was shown last.
    seat.press("r");
    seat.until(", 2 behind the newest");
    seat.page("The lesson.");
    seat.shown.lock().unwrap().clear();
    author.write("one.lesson.md", "# One\n\nFourth.\n");
    seat.until("the rollback is over");
    seat.page("Fourth.");
    seat.press("q");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while seat.script.try_wait().unwrap().is_none() {
        assert!(std::time::Instant::now() < deadline, "q does not end it: {}", seat.until(""));
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(owner(&author).is_none());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_and_the_next_save_tries_again() {
    use std::process::Command;
    let author = Author::new();
    let state = author.site().join("state");
    fs::create_dir_all(&state).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).arg(&state).output();
    if !mounted.is_ok_and(|mounted| mounted.status.success()) {
        eprintln!("SKIPPED: no tmpfs may be mounted here");
        return;
    }
    /// Gone with the test.
    struct Mounted<'a>(&'a Path);
    impl Drop for Mounted<'_> {
        fn drop(&mut self) {
            let _ = Command::new("umount").arg("-l").arg(self.0).status();
        }
    }
    let _mounted = Mounted(&state);
    let mut dev = author.dev();
    let filler = state.join("filler");
    let fill =
        Command::new("dd").args(["if=/dev/zero", "bs=4k"]).arg(format!("of={}", filler.display())).output().unwrap();
    assert!(!fill.status.success(), "the disk is full");
    author.write("one.lesson.md", &format!("# One\n\n{}\n", "Many words. ".repeat(20_000)));
    let failed = dev.event("failed");
    assert!(failed["message"].as_str().is_some_and(|message| message.contains("full")), "{failed}");
    assert!(failed["hints"].to_string().contains("the next save tries again"), "{failed}");
    assert!(dev.client.get("localhost", "/one.lesson").text().contains("The lesson."), "the last good one stays up");
    fs::remove_file(&filler).unwrap();
    author.write("one.lesson.md", "# One\n\nRoom again.\n");
    while !dev.client.get("localhost", "/one.lesson").text().contains("Room again.") {
        dev.event("published");
    }
    drop(dev);
}

#[cfg(unix)]
#[test]
fn more_pages_may_be_open_than_the_system_begins_with() {
    let author = Author::new();
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", "ulimit -Sn 64; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_pmx")])
        .args(["dev", "--json", "--port", "0"])
        .arg(author.site())
        .env("PMX_DATA_DIR", support::process::USER_FOLDER);
    let dev = Pmx::start(command);
    let mut pages: Vec<Events> = (0..100).map(|_| Events::connect(dev.client, "localhost", "")).collect();
    author.write("one.lesson.md", "# One\n\nOther words.\n");
    for page in &mut pages {
        assert_eq!(page.change().0, ["one.lesson"]);
    }
}
