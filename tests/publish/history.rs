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
    let site = Site::new(PAGES);
    for _ in 0..times {
        site.publish(&stub, &["--commit", "0123456789abcdef", "--branch", "main"]).ok();
    }
    stub.state().seen.clear();
    stub
}

#[test]
fn a_rollback_is_one_call_and_needs_no_sources() {
    let stub = published(2);
    let ran = run(&stub, &["publish", "--rollback", &id(1)]).ok();
    assert_eq!(ran.out, format!("[pathmx] rolled back to {}: https://alpha.path.app\n", id(1)));
    assert_eq!(stub.calls(), ["rollback"]);
    assert_eq!(stub.seen()[0].json(), json!({ "subdomain": "alpha", "deployId": id(1) }));

    let ran = run(&stub, &["publish", "--rollback", &id(1), "--json"]).ok();
    let printed: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&printed["event"], &printed["deployId"]), (&json!("rolled-back"), &json!(id(1))));
}

#[test]
fn the_short_id_of_the_table_is_enough_to_roll_back() {
    let stub = published(2);
    let ran = run(&stub, &["publish", "--rollback", "00000001"]).ok();
    assert!(ran.out.contains(&format!("rolled back to {}", id(1))));
    assert_eq!(stub.calls(), ["deploys", "rollback"]);

    run(&stub, &["publish", "--rollback", "0000000"]).fails(1, &["several deploys begin with `0000000`", "hint: "]);
    run(&stub, &["publish", "--rollback", ""]).fails(1, &["no deploy ``"]);
    assert_eq!(stub.count("rollback"), 1);
}

#[test]
fn an_unknown_deploy_says_where_to_look() {
    let stub = published(1);
    for unknown in [id(7).as_str(), "0000007"] {
        run(&stub, &["publish", "--rollback", unknown])
            .fails(1, &["no", "deploy", "hint: `pmx deploys -s alpha` lists"]);
    }
}

#[test]
fn a_dry_rollback_changes_nothing() {
    let stub = published(2);
    let ran = run(&stub, &["publish", "--rollback", "00000001", "--dry-run"]).ok();
    assert_eq!(ran.out, format!("[pathmx] would roll back to {}\n[pathmx] dry run: nothing was changed\n", id(1)));
    assert_eq!(stub.calls(), ["deploys"]);
}

#[test]
fn deploys_are_a_table_with_the_active_one_marked() {
    let stub = published(2);
    let ran = run(&stub, &["deploys"]).ok();
    let lines: Vec<Vec<&str>> = ran.out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["DEPLOY", "CREATED", "AGE", "COMMIT", "BRANCH"]);
    assert_eq!(
        (&lines[1][..4], &lines[1][6..]),
        (&["*", "00000002", "2026-01-02", "10:20:30Z"][..], &["0123456", "main"][..])
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
fn a_site_that_was_never_published_says_so() {
    let stub = Stub::start();
    let ran = run(&stub, &["deploys"]).ok();
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", "`alpha` was never published\n"));
    assert_eq!(run(&stub, &["deploys", "--json"]).ok().out, "[]\n");
}

#[test]
fn a_refused_list_or_rollback_exits_as_a_refused_publish_does() {
    for (status, exit) in [(401, 3), (500, 1)] {
        let stub = Stub::scripted(move |_, _| Some(Reply::error(status, "x", "what the server says")));
        run(&stub, &["deploys"]).fails(exit, &["deploys: ", "what the server says"]);
        run(&stub, &["publish", "--rollback", &id(1)]).fails(exit, &["rollback: ", "what the server says"]);
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
