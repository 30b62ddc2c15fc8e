//! State folders that came from somebody else, or are damaged: what every command makes of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant, SystemTime},
};
use support::{Fixture, Pmx, copy_folder, process::pmx};

/// How long a command may take that is to end by itself.
const DEADLINE: Duration = Duration::from_secs(120);

/// A project in a folder with room beside it, and a state in the place where commands look for one.
struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = Self { folder };
        fs::create_dir_all(project.site().join("paths")).unwrap();
        fs::write(project.site().join("paths/index.path.md"), "# Hello\n\nA page.\n").unwrap();
        project
    }

    /// With a site published into the state, which nobody owns.
    fn published() -> Self {
        let project = Self::new();
        let server = Pmx::serve(&project.state());
        Fixture::page("one").publish(server.client, "alpha");
        // In a file, and not in a row.
        let large = vec![7; 100_000];
        let hash = pmx_model::Hash::of(&large).to_string();
        assert_eq!(server.client.upload(&hash, &large).status, 200);
        server.kill();
        project
    }

    fn site(&self) -> PathBuf {
        self.folder.path().join("site")
    }

    fn state(&self) -> PathBuf {
        self.site().join(".pathmx-state")
    }

    /// Runs a command in the project's folder, to its end.
    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = pmx();
        command.args(arguments).current_dir(self.site()).env("PUBLISH_SECRET", support::SECRET);
        ended(command)
    }
}

#[track_caller]
fn ended(mut command: Command) -> Output {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + DEADLINE;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            let _ = child.kill();
            panic!("it does not end: {:?}", child.wait_with_output());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.wait_with_output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn ok(output: &Output) -> String {
    assert!(output.status.success(), "{}", stderr(output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// All that lies below a folder: what it is, its bytes, and when it was changed.
fn listing(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let mut found = BTreeMap::new();
    let modified = |path: &Path| fs::symlink_metadata(path).unwrap().modified().unwrap();
    found.insert(folder.to_owned(), (Vec::new(), modified(folder)));
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if fs::symlink_metadata(&path).unwrap().is_dir() {
            found.extend(listing(&path));
        } else {
            found.insert(path.clone(), (fs::read(&path).unwrap(), modified(&path)));
        }
    }
    found
}

/// Every command that has to do with a state folder, but for those that only say where it is.
const COMMANDS: [&[&str]; 13] = [
    &["dev", "--port", "0"],
    &["serve", "--port", "0"],
    &["kv", "list"],
    &["kv", "get", "space:alpha"],
    &["kv", "put", "k", "v"],
    &["r2", "list"],
    &["r2", "delete", "k"],
    &["do", "list"],
    &["state", "export", "../out.tar"],
    &["state", "check"],
    &["state", "repair", "--yes"],
    &["state", "reset", "--yes"],
    &["state", "import", "../good.tar", "--yes"],
];

#[cfg(unix)]
#[test]
fn a_link_among_its_entries_keeps_every_command_from_a_state_folder() {
    use std::os::unix::fs::symlink;
    let project = Project::published();
    ok(&project.run(&["state", "export", "../good.tar"]));
    let outside = project.folder.path().join("outside");
    fs::create_dir_all(outside.join("tmp")).unwrap();
    fs::write(outside.join("file"), "theirs").unwrap();
    // Names that sweeps look for.
    for name in ["r2-0000000000000007", "0000000000000000aa", "00000000000000aa", "tmp/r2-0000000000000007"] {
        fs::write(outside.join(name), "theirs").unwrap();
    }
    let before = listing(&outside);
    let object = fs::read_dir(project.state().join("do/SpaceDO")).unwrap().next().unwrap().unwrap().file_name();
    let object = format!("do/SpaceDO/{}", object.to_str().unwrap());
    let names = [
        "version",
        "lock",
        ".gitignore",
        "owner.json",
        "kv.sqlite",
        "r2.sqlite",
        "r2.sqlite-wal",
        "kv.sqlite-shm",
        "kv.sqlite-journal",
        "blobs",
        "blobs/kv",
        "blobs/r2",
        "blobs/tmp",
        "blobs/r2/aa",
        "blobs/r2/ab/00000000000000ab",
        "blobs/tmp/r2-0000000000000007",
        "do",
        "do/SpaceDO",
        "do/alarms.sqlite",
        object.as_str(),
    ];
    let kept = project.folder.path().join("kept");
    fs::rename(project.state(), &kept).unwrap();
    for name in names {
        for target in [&outside, &outside.join("file")] {
            // A target of the kind that is expected there leads further than another.
            let is_folder = !name.contains("sqlite") && kept.join(name).is_dir() || name.ends_with("/aa");
            if is_folder != (target == &outside) {
                continue;
            }
            copy_folder(&kept, &project.state());
            let link = project.state().join(name);
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            let _ = fs::remove_file(&link);
            let _ = fs::remove_dir_all(&link);
            symlink(target, &link).unwrap();
            for arguments in COMMANDS {
                let output = project.run(arguments);
                let said = stderr(&output);
                assert_eq!(output.status.code(), Some(1), "{name} {arguments:?}: {said}");
                assert!(said.contains(name) && said.contains("is a link"), "{name} {arguments:?}: {said}");
                assert!(said.contains("hint: remove the link"), "{name} {arguments:?}: {said}");
                assert_eq!(listing(&outside), before, "{name} {arguments:?}");
                assert!(link.symlink_metadata().unwrap().is_symlink(), "{name} {arguments:?}");
            }
            fs::remove_dir_all(project.state()).unwrap();
        }
    }
}

#[cfg(unix)]
#[test]
fn a_default_folder_that_is_a_link_is_used_only_when_it_is_named() {
    let project = Project::published();
    ok(&project.run(&["state", "export", "../good.tar"]));
    let elsewhere = project.folder.path().join("elsewhere");
    fs::rename(project.state(), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, project.state()).unwrap();
    let before = listing(&elsewhere);
    for arguments in COMMANDS {
        let output = project.run(arguments);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("is a link, and is not used without being asked for"), "{arguments:?}: {said}");
        assert!(said.contains("hint: `--state "), "{arguments:?}: {said}");
        assert_eq!(listing(&elsewhere), before, "{arguments:?}");
    }
    assert!(ok(&project.run(&["kv", "list", "--state", ".pathmx-state"])).contains("space:alpha"));
}

#[test]
fn a_state_folder_that_came_with_a_checkout_is_used_only_when_it_is_named() {
    let git = |folder: &Path, arguments: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        let done = Command::new("git").current_dir(folder).args(identity).args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", stderr(&done));
    };
    let project = Project::published();
    ok(&project.run(&["state", "export", "../good.tar"]));
    git(project.folder.path(), &["init", "-q"]);
    ok(&project.run(&["kv", "list"]));
    git(project.folder.path(), &["add", "-A"]);
    ok(&project.run(&["kv", "list"]));
    git(project.folder.path(), &["add", "-f", "site/.pathmx-state/r2.sqlite", "site/.pathmx-state/version"]);
    git(project.folder.path(), &["commit", "-q", "-m", "a"]);
    let before = listing(&project.state());
    for arguments in COMMANDS {
        let output = project.run(arguments);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("came with the checkout, and is not used"), "{arguments:?}: {said}");
        assert!(said.contains("hint: `--state "), "{arguments:?}: {said}");
        assert_eq!(listing(&project.state()), before, "{arguments:?}");
    }
    assert!(ok(&project.run(&["kv", "list", "--state", ".pathmx-state"])).contains("space:alpha"));
}

#[test]
fn git_takes_no_file_of_a_state_folder_along() {
    let project = Project::published();
    let git = |arguments: &[&str]| {
        let done = Command::new("git").current_dir(project.folder.path()).args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", stderr(&done));
        String::from_utf8(done.stdout).unwrap()
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    assert_eq!(git(&["ls-files"]), "site/paths/index.path.md\n");
}

#[test]
fn commands_that_read_leave_a_state_folder_as_it_is_to_the_byte() {
    let project = Project::published();
    let out = project.folder.path().join("out.tar");
    let object = ["do", "tables", "alpha"];
    let reads: [&[&str]; 11] = [
        &["kv", "list"],
        &["kv", "get", "space:alpha"],
        &["r2", "list"],
        &["do", "list"],
        &object,
        &["do", "sockets", "alpha"],
        &["do", "alarm", "alpha"],
        &["state", "path"],
        &["state", "check"],
        &["state", "export", out.to_str().unwrap()],
        &["kv", "list", "--json"],
    ];
    // Killed, with logs that were not copied back; then ended in good order by a command that writes.
    for n in 0..2 {
        fs::write(project.state().join("blobs/tmp/notes"), "mine").unwrap();
        let before = listing(&project.state());
        assert_eq!(before.contains_key(&project.state().join("kv.sqlite-wal")), n == 0);
        for arguments in reads {
            let output = project.run(arguments);
            if arguments != ["state", "check"] {
                ok(&output);
            }
            let after = listing(&project.state());
            let changed: Vec<_> = after.iter().filter(|(path, what)| before.get(*path) != Some(*what)).collect();
            assert!(changed.is_empty() && after.len() == before.len(), "{arguments:?} changed {changed:?}");
        }
        ok(&project.run(&["kv", "put", "k", "v"]));
    }
    let elsewhere = project.folder.path().join("other");
    ok(&project.run(&["state", "import", out.to_str().unwrap(), "--state", elsewhere.to_str().unwrap()]));
    let server = Pmx::serve(&elsewhere);
    assert!(server.client.get("alpha.localhost", "/index").text().contains("one"), "what was exported is whole");
}

#[test]
fn commands_that_read_make_no_state_folder() {
    let project = Project::new();
    for arguments in COMMANDS {
        if matches!(arguments[..2], ["dev", _] | ["serve", _] | ["state", "import"]) {
            continue;
        }
        let output = project.run(arguments);
        assert!(stderr(&output).contains("there is no state in"), "{arguments:?}: {}", stderr(&output));
        assert!(!project.state().exists(), "{arguments:?}");
    }
    ok(&project.run(&["state", "path"]));
    assert!(!project.state().exists());
}

#[test]
fn strays_in_a_state_folder_stay_and_do_not_keep_it_from_starting() {
    let project = Project::published();
    let strays = [
        "notes/mine",
        "blobs/mine",
        "blobs/tmp/mine/deep",
        "blobs/tmp/r2-0000000000000001/deep",
        "blobs/r2/mine/deep",
        "blobs/r2/ff/mine/deep",
        "blobs/r2/fe/00000000000000fe/deep",
        "blobs/kv/fd/mine",
        "do/mine",
        "do/SpaceDO/mine/deep",
    ];
    for stray in strays {
        let path = project.state().join(stray);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "mine").unwrap();
    }
    let server = Pmx::serve(&project.state());
    assert_eq!(server.client.get("alpha.localhost", "/index").status, 200);
    Fixture::page("two").publish(server.client, "alpha");
    drop(server);
    let check = project.run(&["state", "check", "--json"]);
    assert_eq!(check.status.code(), Some(1));
    let found: Vec<Value> = String::from_utf8_lossy(&check.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|event: &Value| event["event"] == "finding")
        .collect();
    assert_eq!(found.len(), strays.len(), "{found:?}");
    assert!(found.iter().all(|finding| finding["what"] == "stray"), "{found:?}");
    assert!(ok(&project.run(&["state", "repair", "--yes"])).contains("needs no repair"));
    for stray in strays {
        assert_eq!(fs::read(project.state().join(stray)).unwrap(), b"mine", "{stray}");
    }
}

/// The file of the one large object.
fn blob(project: &Project) -> PathBuf {
    let below = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    below(project.state().join("blobs/r2")).flat_map(below).next().unwrap()
}

#[test]
fn a_check_says_what_is_lost_and_a_repair_forgets_it() {
    let project = Project::published();
    ok(&project.run(&["kv", "put", "k", "v"]));
    assert!(ok(&project.run(&["state", "check"])).contains("is whole"));
    let file = blob(&project);
    fs::write(&file, vec![8; 100_000]).unwrap();
    let check = project.run(&["state", "check"]);
    assert_eq!(check.status.code(), Some(1));
    let said = String::from_utf8_lossy(&check.stdout).into_owned();
    assert!(said.contains("r2 has lost `") && said.contains("its bytes are not those that were stored"), "{said}");
    assert!(stderr(&check).contains("hint: `pmx state repair`"), "{}", stderr(&check));
    let unasked = project.run(&["state", "repair"]);
    assert_eq!(unasked.status.code(), Some(2), "{}", stderr(&unasked));
    let repair = project.run(&["state", "repair", "--yes"]);
    assert!(ok(&repair).contains("removed `"), "{}", stderr(&repair));
    assert!(stderr(&repair).contains("publish the sites again"), "{}", stderr(&repair));
    assert!(!file.exists());
    assert!(ok(&project.run(&["state", "check"])).contains("is whole"));
    assert_eq!(ok(&project.run(&["kv", "get", "k"])), "v", "the rest is kept");
}

/// Damages a database, follows the hints, publishes again, and asks for the page.
fn damage_repair_publish(files: &[&str]) {
    for file in files {
        let project = Project::published();
        ok(&project.run(&["kv", "put", "k", "v"]));
        fs::write(project.state().join(file), "garbage that is no database at all").unwrap();
        for arguments in [&["serve", "--port", "0"][..], &["dev", "--port", "0"], &["kv", "put", "k", "v"]] {
            let output = project.run(arguments);
            let said = stderr(&output);
            assert_eq!(output.status.code(), Some(1), "{file} {arguments:?}: {said}");
            assert!(said.contains(file) && said.contains("file is not a database"), "{file} {arguments:?}: {said}");
            assert!(said.contains("hint: `pmx state check`"), "{file} {arguments:?}: {said}");
        }
        let check = project.run(&["state", "check"]);
        assert!(String::from_utf8_lossy(&check.stdout).contains(&format!("{file} is damaged")), "{}", stderr(&check));
        let repaired = ok(&project.run(&["state", "repair", "--yes"]));
        assert!(repaired.contains(&format!("set {file} aside as {file}.damaged-")), "{repaired}");
        assert!(ok(&project.run(&["state", "check"])).contains("is whole"), "{file}");
        let server = Pmx::serve(&project.state());
        Fixture::page("one").publish(server.client, "alpha");
        let page = server.client.get("alpha.localhost", "/index");
        assert_eq!((page.status, page.text().contains("one")), (200, true), "{file}: {}", page.text());
    }
}

#[test]
fn a_damaged_database_says_what_to_do_and_after_a_repair_publishing_brings_the_pages_back() {
    damage_repair_publish(&["kv.sqlite", "do/alarms.sqlite"]);
}

#[test]
fn a_damaged_index_of_the_bucket_is_repaired_by_publishing_again() {
    damage_repair_publish(&["r2.sqlite"]);
}

#[test]
fn a_damaged_object_is_told_where_it_is_asked_for_and_its_site_begins_anew() {
    let project = Project::published();
    // Copies what is in the log back: it would stand in for the file.
    ok(&project.run(&["do", "sql", "alpha", "SELECT 1"]));
    let object = fs::read_dir(project.state().join("do/SpaceDO")).unwrap().next().unwrap().unwrap().path();
    fs::write(&object, "garbage that is no database at all").unwrap();
    let check = project.run(&["state", "check"]);
    assert!(String::from_utf8_lossy(&check.stdout).contains(".sqlite is damaged: file is not a database"));
    let repair = project.run(&["state", "repair", "--yes"]);
    ok(&repair);
    assert!(stderr(&repair).contains("begins a new history"), "{}", stderr(&repair));
    let server = Pmx::serve(&project.state());
    Fixture::page("two").publish(server.client, "alpha");
    let page = server.client.get_with("alpha.localhost", "/index", &[("pmx-fresh", "1")]);
    assert_eq!((page.status, page.text().contains("two")), (200, true), "{}", page.text());
}

#[cfg(unix)]
#[test]
fn a_state_folder_of_another_user_is_used_only_when_it_is_named() {
    let project = Project::published();
    // Only who may do everything can give a folder away; the rest of the rule is the same for all.
    if std::os::unix::fs::chown(project.state(), Some(12_345), None).is_err() {
        return;
    }
    let before = listing(&project.state());
    for arguments in COMMANDS {
        let output = project.run(arguments);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("belongs to another user, and is not used"), "{arguments:?}: {said}");
        assert_eq!(listing(&project.state()), before, "{arguments:?}");
    }
    assert!(ok(&project.run(&["kv", "list", "--state", ".pathmx-state"])).contains("space:alpha"));
}
