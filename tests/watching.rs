//! No save is missed, whatever an editor does to make it: `PMX_SAVES=1000 cargo test --test watching` makes so many of each kind.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]
#![cfg(unix)]

mod support;

use pmx::watch::{Hub, WatchOptions, WatchTarget, Watcher};
use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};
use support::{
    Pmx,
    process::pmx,
    saves::{PATTERNS, run},
};

/// How many saves of each kind are made.
fn saves() -> usize {
    std::env::var("PMX_SAVES").ok().and_then(|saves| saves.parse().ok()).unwrap_or(20)
}

/// A site with `pmx dev` at work.
struct Author {
    folder: tempfile::TempDir,
    dev: Pmx,
}

impl Author {
    fn new(files: &[(&str, &str)]) -> Self {
        Self::with(files, &[])
    }

    fn with(files: &[(&str, &str)], arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            write(&folder.path().join("paths").join(name), text);
        }
        let mut command = pmx();
        command.args(["dev", "--json", "--port", "0"]).args(arguments).arg(folder.path());
        let dev = Pmx::start(command);
        Self { folder, dev }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("paths").join(name)
    }

    /// Waits until a page has these words.
    #[track_caller]
    fn sees(&mut self, route: &str, words: &str) {
        while !self.dev.client.get("localhost", route).text().contains(words) {
            self.dev.event("published");
        }
    }

    /// Waits until a page has this status.
    #[track_caller]
    fn finds(&mut self, route: &str, status: u16) {
        while self.dev.client.get("localhost", route).status != status {
            self.dev.event("published");
        }
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn no_save_is_missed_however_it_is_made() {
    let mut author =
        Author::new(&[("index.path.md", "# Home\n\n[it](./sub/it.md)\n"), ("sub/it.md", "# It\n\nwords 0\n")]);
    let path = author.path("sub/it.md");
    let mut number = 0;
    for (name, save) in PATTERNS {
        let mut took = Vec::new();
        for _ in 0..saves() {
            number += 1;
            let words = format!("words {number}");
            let saved = Instant::now();
            save(&path, &format!("# It\n\n{words}\n"));
            author.sees("/sub/it", &words);
            took.push(saved.elapsed());
        }
        took.sort();
        eprintln!("{name}: median {:.1?}, worst {:.1?}", took[took.len() / 2], took[took.len() - 1]);
    }
    assert_eq!(author.dev.client.get("localhost", "/sub/it.md").status, 200, "the last one is a link within the root");
}

#[test]
fn what_is_written_through_another_name_is_seen() {
    let mut author = Author::new(&[
        ("index.path.md", "# Home\n\n[hard](./hard.md) [link](./link.md) [below](./linked/page.md) [far](./far.md)\n"),
        ("elsewhere/hard.txt", "# Hard\n\nwords 0\n"),
        ("elsewhere/link.txt", "# Link\n\nwords 0\n"),
        ("folder/page.md", "# Below\n\nwords 0\n"),
        ("node_modules/package/far.txt", "# Far\n\nwords 0\n"),
    ]);
    fs::hard_link(author.path("elsewhere/hard.txt"), author.path("hard.md")).unwrap();
    symlink("elsewhere/link.txt", author.path("link.md")).unwrap();
    symlink("folder", author.path("linked")).unwrap();
    symlink("node_modules/package/far.txt", author.path("far.md")).unwrap();
    // Into itself: not followed.
    symlink("..", author.path("folder/loop")).unwrap();
    for (file, route, title) in [
        ("elsewhere/hard.txt", "/hard", "Hard"),
        ("elsewhere/link.txt", "/link", "Link"),
        ("folder/page.md", "/linked/page", "Below"),
        ("node_modules/package/far.txt", "/far", "Far"),
    ] {
        author.sees(route, "words 0");
        for number in 0..saves().min(100) {
            let words = format!("new words {number}");
            fs::write(author.path(file), format!("# {title}\n\n{words}\n")).unwrap();
            author.sees(route, &words);
        }
    }
}

#[test]
fn a_link_that_leads_out_of_the_root_gives_nothing_away() {
    let mut author = Author::new(&[("index.path.md", "# Home\n\n[out](./out.md) [below](./linked/page.md)\n")]);
    write(&author.folder.path().join("outside/page.md"), "# Secret\n");
    symlink("../outside/page.md", author.path("out.md")).unwrap();
    symlink("../outside", author.path("linked")).unwrap();
    write(&author.path("index.path.md"), "# Home\n\nseen [out](./out.md) [below](./linked/page.md)\n");
    author.sees("/index.path", "seen");
    for route in ["/out", "/linked/page"] {
        assert_eq!(author.dev.client.get("localhost", route).status, 404, "{route}");
    }
}

#[test]
fn folders_come_move_and_go_with_all_that_is_in_them() {
    let mut author =
        Author::new(&[("index.path.md", "# Home\n\n[deep](./a/b/c/deep.md) [moved](./moved/b/c/deep.md)\n")]);
    let away = author.folder.path().join("away");
    for number in 0..saves().min(200) {
        let words = format!("words {number}");
        write(&away.join("b/c/deep.md"), &format!("# Deep\n\n{words}\n"));
        run("cp", &["-r", away.to_str().unwrap(), author.path("a").to_str().unwrap()], &away);
        author.sees("/a/b/c/deep", &words);
        fs::write(author.path("a/b/c/deep.md"), format!("# Deep\n\nedited {number}\n")).unwrap();
        author.sees("/a/b/c/deep", &format!("edited {number}"));
        fs::rename(author.path("a"), author.path("moved")).unwrap();
        author.sees("/moved/b/c/deep", &format!("edited {number}"));
        author.finds("/a/b/c/deep", 404);
        fs::write(author.path("moved/b/c/deep.md"), format!("# Deep\n\nmoved {number}\n")).unwrap();
        author.sees("/moved/b/c/deep", &format!("moved {number}"));
        fs::remove_dir_all(&away).unwrap();
        fs::rename(author.path("moved"), &away).unwrap();
        author.finds("/moved/b/c/deep", 404);
        fs::rename(&away, author.path("moved")).unwrap();
        author.sees("/moved/b/c/deep", &format!("moved {number}"));
        fs::remove_dir_all(author.path("moved")).unwrap();
        author.finds("/moved/b/c/deep", 404);
    }
}

#[test]
fn a_root_that_is_replaced_is_found_again() {
    let mut author =
        Author::new(&[("index.path.md", "# Home\n\n[it](./sub/it.md)\n"), ("sub/it.md", "# It\n\nwords\n")]);
    let (root, old, new) = (author.path(""), author.folder.path().join("old"), author.folder.path().join("new"));
    for number in 0..saves().min(50) {
        run("cp", &["-r", root.to_str().unwrap(), new.to_str().unwrap()], author.folder.path());
        fs::write(new.join("sub/it.md"), format!("# It\n\nreplaced {number}\n")).unwrap();
        fs::rename(&root, &old).unwrap();
        fs::rename(&new, &root).unwrap();
        author.sees("/sub/it", &format!("replaced {number}"));
        fs::write(author.path("sub/it.md"), format!("# It\n\nedited {number}\n")).unwrap();
        author.sees("/sub/it", &format!("edited {number}"));
        fs::remove_dir_all(&old).unwrap();
    }
    fs::rename(&root, &old).unwrap();
    let told = |event: &serde_json::Value| event["message"].as_str().is_some_and(|message| message.contains("paths"));
    while !author.dev.try_event(Duration::from_secs(20)).as_ref().is_some_and(told) {}
    assert_eq!(author.dev.client.get("localhost", "/sub/it").status, 200, "the last good site stays up");
    fs::rename(&old, &root).unwrap();
    fs::write(author.path("sub/it.md"), "# It\n\nback again\n").unwrap();
    author.sees("/sub/it", "back again");
}

#[test]
fn a_checkout_of_another_branch_is_one_or_two_builds() {
    const FILES: usize = 5_000;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("paths");
    let put = |words: &str| {
        let links: String = (0..50).map(|number| format!("[{number}](./part-{number}/page-0.md)\n")).collect();
        write(&root.join("index.path.md"), &format!("# Home\n\n{words}\n\n{links}"));
        for number in 0..FILES {
            let path = root.join(format!("part-{}/page-{}.md", number % 50, number / 50));
            write(&path, &format!("# Page {number}\n\n{words} {number}\n"));
        }
    };
    let git = |arguments: &[&str]| {
        let settings =
            ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "init.defaultBranch=one", "-c", "gc.auto=0"];
        run("git", &[&settings, arguments].concat(), folder.path());
    };
    write(&folder.path().join(".gitignore"), ".pathmx-*\n");
    git(&["init", "-q"]);
    for branch in ["one", "two"] {
        put(&format!("on branch {branch}"));
        git(&["checkout", "-q", "-B", branch]);
        git(&["add", "-A"]);
        git(&["commit", "-q", "-m", branch]);
    }
    let mut command = pmx();
    command.args(["dev", "--json", "--port", "0"]).arg(folder.path());
    let mut author = Author { dev: Pmx::start(command), folder };
    author.sees("/part-7/page-0", "on branch two");
    while author.dev.try_event(Duration::from_millis(500)).is_some() {}
    for branch in ["one", "two"] {
        run("git", &["checkout", "-q", branch], author.folder.path());
        let (mut builds, mut changed) = (0, 0);
        while let Some(event) = author.dev.try_event(Duration::from_secs(if changed > FILES { 1 } else { 20 })) {
            if event["event"] == "built" {
                builds += 1;
                changed += usize::try_from(event["changed"].as_u64().unwrap()).unwrap();
            }
        }
        assert!((1..=2).contains(&builds), "{builds} builds of {changed} files");
        author.sees("/part-7/page-0", &format!("on branch {branch}"));
    }
}

/// Ends the other threads of a test, also if it fails.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_page_that_is_deleted_and_created_is_never_missing_nor_empty() {
    let mut author = Author::new(&[("index.path.md", "# Home\n\n[it](./it.md)\n"), ("it.md", "# It\n\nwords 0\n")]);
    let (path, client, is_over) = (author.path("it.md"), author.dev.client, AtomicBool::new(false));
    let (bad, longest) = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut bad: Vec<u16> = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                let page = client.get("localhost", "/it");
                if page.status != 200 || !page.text().contains("words") {
                    bad.push(page.status);
                }
            }
            bad
        });
        let ends = Ends(&is_over);
        let mut longest = Duration::ZERO;
        for number in 1..=saves() {
            let begun = Instant::now();
            if number % 2 == 0 {
                fs::remove_file(&path).unwrap();
            } else {
                fs::File::create(&path).unwrap();
            }
            // Noticed before the content comes.
            thread::sleep(Duration::from_millis(12));
            fs::write(&path, format!("# It\n\nwords {number}\n")).unwrap();
            longest = longest.max(begun.elapsed());
            author.sees("/it", &format!("words {number}<"));
        }
        drop(ends);
        (reader.join().unwrap(), longest)
    });
    if longest < Duration::from_millis(30) {
        assert!(bad.is_empty(), "{bad:?}");
    } else {
        eprintln!("skipped: this machine is so busy that the file was missing for {longest:?}, not for 12 ms; {bad:?}");
    }
}

#[test]
fn who_never_stops_saving_sees_builds_and_the_last_save_is_what_stays() {
    let pages: Vec<(String, String)> =
        (0..200).map(|number| (format!("page-{number}.md"), format!("# Page {number}\n\nText.\n"))).collect();
    let links: String = pages.iter().map(|(name, _)| format!("[x](./{name})\n")).collect();
    let mut files: Vec<(&str, &str)> = pages.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let home = format!("# Home\n\nsave 0.\n\n{links}");
    files.push(("index.path.md", &home));
    let mut author = Author::new(&files);
    let (mut published, mut number) = (0, 0);
    // A machine that is busy with much else takes its time.
    while published < 2 && number < 600 {
        number += 1;
        // The title is on every page: all are made anew.
        write(&author.path("index.path.md"), &format!("# Home {number}\n\nsave {number}.\n\n{links}"));
        // The pace of the saves.
        thread::sleep(Duration::from_millis(50));
        while let Some(event) = author.dev.try_event(Duration::ZERO) {
            published += usize::from(event["event"] == "published");
        }
    }
    assert!(published >= 2, "{published} deploys");
    author.sees("/index.path", &format!("save {number}."));
    write(&author.path("page-7.md"), "# Page 7\n\nThe very last.\n");
    author.sees("/page-7", "The very last.");
}

#[test]
fn what_editors_leave_beside_a_source_is_no_reason_to_build() {
    let mut author = Author::new(&[("index.path.md", "# Home\n\nwords 0\n")]);
    while author.dev.try_event(Duration::from_millis(500)).is_some() {}
    for name in ["index.path.md~", ".index.path.md.swp", "4913", "#index.path.md#", "x.tmp", "y.bak", ".DS_Store"] {
        write(&author.path(name), "x");
    }
    symlink("author@machine.1", author.path(".#index.path.md")).unwrap();
    write(&author.path(".git/HEAD"), "x");
    write(&author.path("node_modules/x/y.md"), "# X\n");
    // The same bytes with a new time.
    write(&author.path("index.path.md"), "# Home\n\nwords 0\n");
    // Time for the second look.
    while let Some(event) = author.dev.try_event(Duration::from_millis(600)) {
        assert_ne!(event["event"], "built", "{event}");
    }
    write(&author.path("index.path.md"), "# Home\n\nwords 1\n");
    author.sees("/index.path", "words 1");
}

#[test]
fn what_git_ignores_is_seen_all_the_same() {
    let mut author = Author::new(&[
        (".gitignore", "/made/\n"),
        ("index.path.md", "# Home\n\n![made by a tool](./made/picture.svg) [notes](./made/notes.md)\n"),
        ("made/picture.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
        ("made/notes.md", "# Notes\n\nwords 0\n"),
    ]);
    for number in 1..=3 {
        let before = author.dev.client.get("localhost", "/index.path").text();
        write(
            &author.path("made/picture.svg"),
            &format!("<svg xmlns=\"http://www.w3.org/2000/svg\"><g id=\"n{number}\"/></svg>"),
        );
        while author.dev.client.get("localhost", "/index.path").text() == before {
            author.dev.event("published");
        }
        write(&author.path("made/notes.md"), &format!("# Notes\n\nwords {number}\n"));
        author.sees("/made/notes", &format!("words {number}"));
    }
}

#[test]
fn polling_sees_what_watching_sees() {
    let mut author = Author::with(
        &[("index.path.md", "# Home\n\n[it](./sub/it.md) [new](./new/page.md)\n"), ("sub/it.md", "# It\n\nwords 0\n")],
        &["--poll=20"],
    );
    assert_eq!(inotify_watches(author.dev.pid()), None, "the system is not asked");
    for (number, (_, save)) in PATTERNS.iter().enumerate() {
        let words = format!("words {}", number + 1);
        save(&author.path("sub/it.md"), &format!("# It\n\n{words}\n"));
        author.sees("/sub/it", &words);
    }
    write(&author.path("new/page.md"), "# New\n");
    author.finds("/new/page", 200);
}

#[test]
fn where_the_system_allows_no_more_watches_the_files_are_looked_at_and_it_is_said() {
    for (limit, value) in [("max_inotify_watches", 3), ("max_inotify_instances", 0)] {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..5 {
            write(&folder.path().join(format!("paths/folder-{number}/x.md")), "# X\n");
        }
        write(&folder.path().join("paths/index.path.md"), "# Home\n\n[it](./folder-4/it.md)\n");
        write(&folder.path().join("paths/folder-4/it.md"), "# It\n\nwords 0\n");
        let script = format!("echo {value} > /proc/sys/user/{limit} && exec \"$@\"");
        let inside = |program: &str| {
            let mut command = Command::new("unshare");
            command.args(["-Ur", "sh", "-c", &script, "sh", program]);
            command
        };
        if !inside("true").output().is_ok_and(|output| output.status.success()) {
            return eprintln!("skipped: a namespace with limits of its own is not permitted here");
        }
        let mut command = inside(env!("CARGO_BIN_EXE_pmx"));
        command.args(["dev", "--json", "--port", "0"]).arg(folder.path()).env("NO_COLOR", "1");
        command.env("PMX_DATA_DIR", support::process::USER_FOLDER);
        let mut author = Author { dev: Pmx::start(command), folder };
        author.sees("/folder-4/it", "words 0");
        write(&author.path("folder-4/it.md"), "# It\n\nwords 1\n");
        author.sees("/folder-4/it", "words 1");
        let log = author.dev.kill();
        assert_eq!(log.matches("cannot watch").count(), 1, "{limit}: {log}");
        assert!(log.contains("sysctl fs.inotify.max_user_watches") && log.contains("--poll"), "{limit}: {log}");
    }
}

/// How many watches of the system a process has; none if it has no watcher.
fn inotify_watches(pid: u32) -> Option<usize> {
    let count = |fd: fs::DirEntry| {
        let info = fs::read_to_string(format!("/proc/{pid}/fdinfo/{}", fd.file_name().to_str()?)).ok()?;
        let is_watcher = fs::read_link(fd.path()).ok()?.to_str()?.contains("inotify");
        is_watcher.then(|| info.lines().filter(|line| line.starts_with("inotify wd")).count())
    };
    fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten().filter_map(count).reduce(|a, b| a + b)
}

#[tokio::test]
async fn a_hundred_sites_share_one_watcher_and_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let home = dunce::canonicalize(folder.path()).unwrap();
    let hub = Hub::new(WatchOptions::default());
    let mut watchers = Vec::new();
    for number in 0..100 {
        let root = home.join(format!("site-{number}"));
        fs::create_dir_all(root.join("below")).unwrap();
        let watcher = Watcher::new(&hub, WatchTarget { root: root.clone(), files: Vec::new() }).unwrap();
        assert_eq!(
            watcher.view().folders(&BTreeSet::from([root.clone(), root.join("below")])).len(),
            2 + home_depth(&home, number)
        );
        watchers.push(watcher);
    }
    let watches = inotify_watches(std::process::id()).unwrap();
    assert_eq!(watches, 200 + home_depth(&home, 0));
    for watcher in &mut watchers {
        watcher.hint().await;
        let _ = watcher.view().take();
    }
    fs::write(home.join("site-7/below/x.md"), "x").unwrap();
    watchers[7].hint().await;
    assert_eq!(watchers[7].view().take(), pmx::watch::DirtyPaths::At([home.join("site-7/below/x.md")].into()));
    for (number, watcher) in watchers.iter().enumerate() {
        assert!(watcher.view().take().is_nowhere(), "site {number}");
    }
    watchers.truncate(40);
    assert_eq!(inotify_watches(std::process::id()).unwrap(), 80 + home_depth(&home, 0));
    drop(watchers);
    assert_eq!(inotify_watches(std::process::id()), Some(0));
}

/// How many folders are watched above the first site, for a root that is replaced; those of the others are the same ones.
fn home_depth(home: &Path, number: usize) -> usize {
    if number == 0 { home.ancestors().count() - 1 } else { 0 }
}

#[test]
#[ignore = "a measurement: cargo test --test watching -- --ignored --nocapture"]
fn what_a_look_costs() {
    for count in [1_000, 10_000] {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..count {
            let path = folder.path().join(format!("part-{}/page-{number}.md", number % (count / 20)));
            write(&path, &format!("# Page {number}\n\n{}\n", "Some words. ".repeat(100)));
        }
        write(&folder.path().join("index.path.md"), "# Home\n");
        thread::sleep(Duration::from_millis(2_100));
        let options = pmx_site::Options { cwd: folder.path().to_owned(), entries: Vec::new() };
        let project = pmx_site::locate(&options).unwrap();
        let mut files = pmx_site::Tracked::default();
        let median = |look: &mut dyn FnMut()| {
            let mut took: Vec<Duration> = (0..21)
                .map(|_| {
                    let started = Instant::now();
                    look();
                    started.elapsed()
                })
                .collect();
            took.sort();
            took[took.len() / 2]
        };
        files.look_everywhere(&project).unwrap();
        files.taken();
        let everywhere = median(&mut || files.look_everywhere(&project).unwrap());
        let edited = project.source_root.join("part-7/page-7.md");
        let mut number = 0;
        let one = median(&mut || {
            number += 1;
            fs::write(&edited, format!("# Page\n\n{number}\n")).unwrap();
            files.look_at(&project, [edited.as_path()].into_iter()).unwrap();
            assert_eq!(files.changed().len(), 1);
            files.taken();
        });
        let folders = median(&mut || assert!(!files.snapshot().folders().is_empty()));
        eprintln!(
            "{count} files: everywhere {everywhere:.1?}, one save (with the write) {one:.1?}, folders {folders:.1?}"
        );
    }
}
