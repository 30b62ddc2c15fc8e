//! Listing deploys and rolling back.

use super::{
    site::{Ran, Site, pmx},
    stub::{Reply, Stub, id},
};
use serde_json::{Value, json};

const PAGES: &[(&str, &str)] = &[("index.path.html", "<p>home")];

fn run(stub: &Stub, args: &[&str]) -> Ran {
    let empty = tempfile::tempdir().unwrap();
    let url = stub.url();
    Ran::of(&mut pmx(empty.path(), &[args, &["-s", "alpha", "--server", &url]].concat()))
}

fn published(times: usize) -> Stub {
    let stub = Stub::start();
    let mut site = Site::new(PAGES);
    for n in 0..times {
        site.write(&[("index.path", &[("index.path.html", format!("<p>{n}").as_str())])]);
        site.publish(&stub, &["--commit", "0123456789abcdef", "--branch", "main"]).ok();
    }
    stub.state().seen.clear();
    stub
}

#[test]
fn a_rollback_needs_no_sources_and_says_what_is_live_and_the_way_to_the_newest() {
    let stub = published(2);
    let ran = run(&stub, &["publish", "--rollback", &id(1)]).ok();
    assert_eq!(ran.out, "https://alpha.path.app\n");
    let lines: Vec<&str> = ran.err.lines().collect();
    assert_eq!(lines[0], format!("Rolling back `alpha` on {}", stub.url()));
    assert!(lines[1].starts_with("Live now: deploy 00000001 of 2026-01-01 10:20:30Z ("), "{}", ran.err);
    assert!(lines[1].ends_with(" ago), main 0123456"), "{}", ran.err);
    assert_eq!(lines[2], "  changed 1 page: index.path");
    assert!(lines[3].starts_with("  before it deploy 00000002 of "), "{}", ran.err);
    let back = format!("pmx rollback 00000002 -s alpha --server {}", stub.url());
    assert_eq!(lines[4], format!("  00000001 is 1 behind the newest; back to the newest: {back}"));
    assert_eq!(lines.len(), 5);
    assert_eq!(stub.calls(), ["deploys", "rollback"]);
    assert_eq!(stub.seen()[1].json(), json!({ "subdomain": "alpha", "deployId": id(1) }));

    let ran = run(&stub, &["rollback", &id(2), "--json"]).ok();
    let printed: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        printed,
        json!({ "event": "rolled-back", "url": "https://alpha.path.app", "deployId": id(2), "seq": 4, "kv": "current",
            "events": [], "from": id(1) })
    );
    assert_eq!(ran.err, "");
    let ran = run(&stub, &["publish", "--rollback", &id(1), "--porcelain"]).ok();
    assert_eq!(
        (ran.out, ran.err),
        (format!("[pathmx] rolled back to {}: https://alpha.path.app\n", id(1)), String::new())
    );
}

#[test]
fn without_an_id_each_rollback_leads_one_deploy_further_back() {
    let stub = published(3);
    let live = || stub.state().deploys.iter().find(|deploy| deploy["isActive"] == true).unwrap()["deployId"].clone();
    run(&stub, &["rollback"]).ok();
    assert_eq!(live(), id(2));
    let ran = run(&stub, &["rollback"]).ok();
    assert_eq!(live(), id(1), "and not the newest, which was just left");
    assert!(ran.err.contains("2 behind the newest; back to the newest: pmx rollback 00000003"), "{}", ran.err);
    let back = "hint: back to the newest: `pmx rollback 00000003 -s alpha";
    run(&stub, &["rollback"]).fails(1, &["there is no deploy before 00000001", back]);
    assert_eq!(live(), id(1));
    let ran = run(&stub, &["rollback", "00000003"]).ok();
    assert!(!ran.err.contains("behind the newest"), "{}", ran.err);
}

#[test]
fn a_rollback_to_what_is_live_says_so_and_changes_nothing() {
    let stub = published(2);
    for command in [&["rollback", "00000002"][..], &["rollback", &id(2)], &["publish", "--rollback", &id(2)]] {
        let ran = run(&stub, command).ok();
        assert!(ran.err.contains("Already live: deploy 00000002 of "), "{}", ran.err);
        assert_eq!(ran.out, format!("http://alpha.localhost:{}\n", stub.address.port()));
    }
    let ran = run(&stub, &["rollback", "00000002", "--json"]).ok();
    let printed: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&printed["event"], &printed["deployId"]), (&json!("unchanged"), &json!(id(2))));
    assert_eq!(stub.count("rollback"), 0);
}

#[test]
fn the_short_id_of_the_table_is_enough_to_roll_back() {
    let stub = published(2);
    for command in [&["publish", "--rollback"][..], &["rollback"]] {
        run(&stub, &[command, &["00000001"]].concat()).ok();
        assert_eq!(stub.seen().last().unwrap().call(), "rollback");
        run(&stub, &[command, &["0000000"]].concat()).fails(1, &["several deploys begin with `0000000`", "hint: "]);
        run(&stub, &[command, &[""]].concat()).fails(1, &["no deploy ``"]);
        run(&stub, &["rollback", "00000002"]).ok();
    }
}

#[test]
fn an_unknown_deploy_says_where_to_look() {
    let stub = published(1);
    for unknown in [id(7).as_str(), "0000007"] {
        for command in [&["publish", "--rollback", unknown][..], &["rollback", unknown]] {
            let hint = format!("hint: `pmx deploys -s alpha --server {}` lists", stub.url());
            run(&stub, command).fails(1, &["no", "deploy", &hint]);
        }
    }
    assert_eq!(stub.count("rollback"), 0);
}

#[test]
fn a_dry_rollback_changes_nothing() {
    let stub = published(2);
    let ran = run(&stub, &["publish", "--rollback", "00000001", "--dry-run", "--porcelain"]).ok();
    assert_eq!(ran.out, format!("[pathmx] would roll back to {}\n[pathmx] dry run: nothing was changed\n", id(1)));
    let ran = run(&stub, &["rollback", "-n"]).ok();
    assert!(ran.out.starts_with("would go back to deploy 00000001 of "), "{}", ran.out);
    assert_eq!(stub.calls(), ["deploys", "deploys"]);
}

#[test]
fn deploys_are_a_table_with_the_active_one_marked() {
    let stub = published(2);
    let ran = run(&stub, &["deploys"]).ok();
    let lines: Vec<Vec<&str>> = ran.out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["DEPLOY", "CREATED", "AGE", "COMMIT", "BRANCH", "CHANGED"]);
    assert_eq!(
        (&lines[1][..4], &lines[1][6..]),
        (&["*", "00000002", "2026-01-02", "10:20:30Z"][..], &["0123456", "main", "-"][..])
    );
    assert_eq!(lines[2][..3], ["00000001", "2026-01-01", "10:20:30Z"]);
    let column = |word: &str| ran.out.lines().map(|line| line.find(word)).collect::<Vec<_>>();
    assert_eq!(column("main")[1..], [column("BRANCH")[0]; 2], "{}", ran.out);
    let seen = &stub.seen()[0];
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("GET", "/api/deploys?subdomain=alpha"));
}

#[test]
fn deploys_as_json_are_the_servers_array() {
    let stub = published(2);
    let ran = run(&stub, &["deploys", "--json"]).ok();
    let printed: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(printed, Value::Array(stub.state().deploys.clone()));
}

#[test]
fn what_a_deploy_changed_stands_in_the_table() {
    let stub = published(2);
    let long = "1 page: ".to_owned() + &"x".repeat(100);
    stub.state().deploys[0]["meta"] = json!({ "commit": "0123456789abcdef0123456789abcdef01234567+changes", "changed": "2 pages: Notes, Start; 1 asset" });
    stub.state().deploys[1]["meta"]["changed"] = json!(long);
    let ran = run(&stub, &["deploys"]).ok();
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(lines[1].ends_with("  0123456+changes  -       2 pages: Notes, Start; 1 asset"), "{}", ran.out);
    assert!(lines[2].ends_with("xxx…") && lines[2].chars().count() < 150, "{}", ran.out);
    assert_eq!(ran.err, format!("Deploys of `alpha` on {}\n", stub.url()));
    run(&stub, &["rollback"]).ok();
    let ran = run(&stub, &["deploys"]).ok();
    assert!(
        ran.err.contains("00000001 is 1 behind the newest; back to the newest: pmx rollback 00000002"),
        "{}",
        ran.err
    );
}

#[test]
fn a_site_that_was_never_published_is_an_error() {
    let stub = Stub::start();
    let says = format!("error: `alpha` was never published to {}", stub.url());
    for command in [&["deploys"][..], &["rollback"], &["rollback", "1"], &["publish", "--rollback", "1"]] {
        let ran = run(&stub, command).fails(1, &[&says, "hint: `pmx publish -s alpha --server "]);
        assert_eq!(ran.out, "");
    }
    let ran = run(&stub, &["deploys", "--json"]).fails(1, &[]);
    let printed: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(printed["event"], "error");
    assert_eq!(stub.count("rollback"), 0);
}

#[test]
fn a_refused_list_or_rollback_exits_as_a_refused_publish_does() {
    for (status, exit) in [(401, 3), (500, 1)] {
        let stub = Stub::scripted(move |_, _| Some(Reply::error(status, "x", "what the server says")));
        run(&stub, &["deploys"]).fails(exit, &["deploys: ", "what the server says"]);
    }
    for (status, exit) in [(401, 3), (500, 1)] {
        let stub = published(2);
        stub.script(move |seen, _| {
            (seen.call() == "rollback").then(|| Reply::error(status, "x", "what the server says"))
        });
        for command in [&["publish", "--rollback", &id(1)][..], &["rollback"]] {
            run(&stub, command).fails(exit, &["rollback: ", "what the server says"]);
        }
    }
}

#[test]
fn what_a_server_sends_cannot_move_the_cursor() {
    let stub = published(1);
    stub.state().deploys[0]["meta"]["branch"] = json!("\u{1b}[2Jmain\r\n");
    let ran = run(&stub, &["deploys"]).ok();
    assert!(!ran.out.contains('\u{1b}') && !ran.out.contains('\r'));
    assert_eq!(ran.out.lines().count(), 2);
}

#[cfg(unix)]
#[test]
fn an_interrupt_says_what_may_have_become_of_that_call() {
    use std::process::{Command, Stdio};
    for (command, held, says) in [
        (&["deploys"][..], "deploys", "error: interrupted: nothing was changed\n"),
        (&["rollback"], "deploys", "error: interrupted: nothing was changed\n"),
        (&["rollback"], "rollback", "hint: the deploy may be active all the same: `pmx deploys -s alpha --server "),
        (&["unpublish", "-y"], "unpublish", "hint: the site may be unpublished all the same: `pmx deploys -s alpha --"),
    ] {
        let stub = published(2);
        stub.state().held = held.to_owned();
        let (empty, url) = (tempfile::tempdir().unwrap(), stub.url());
        let child = pmx(empty.path(), &[command, &["-s", "alpha", "--server", &url]].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        stub.wait_until(|state| state.seen.last().is_some_and(|seen| seen.call() == held));
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        let ran = Ran::from(child.wait_with_output().unwrap()).fails(130, &[says]);
        assert!(!ran.err.contains("upload"), "nothing was uploaded: {}", ran.err);
    }
}
