//! SIGKILL at any moment of `serve` and `dev`, with publishes, rollbacks and answers under way: nothing that was acknowledged is lost,
//! nothing is left over, the next start works. `PMX_KILLS=200 cargo test --test kills` kills so often.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]
#![cfg(unix)]

mod support;

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use support::{Client, Fixture, Pmx, process::pmx, site};

fn kills() -> u64 {
    std::env::var("PMX_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(10)
}

/// A small generator (SplitMix64), so that a run can be repeated from its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

/// A call that may meet the end of the server.
fn try_call<T>(call: impl FnOnce() -> T + std::panic::UnwindSafe) -> Option<T> {
    std::panic::catch_unwind(call).ok()
}

/// Everything below a folder whose name says that it was to be there for a moment only.
fn left_over(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().into_string().unwrap();
        if path.is_dir() {
            found.extend(left_over(&path));
        } else if name.ends_with(".old")
            || name.ends_with(".new")
            || name.ends_with(".tmp")
            || path.parent().unwrap().ends_with("blobs/tmp")
        {
            found.push(path.display().to_string());
        }
    }
    found
}

/// Waits until nothing is left over: what is swept is swept beside the first build.
#[track_caller]
fn nothing_is_left_over(folder: &Path) {
    let started = Instant::now();
    loop {
        let left = left_over(folder);
        if left.is_empty() {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "left over: {left:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_server_that_is_killed_keeps_what_it_acknowledged() {
    let state = tempfile::tempdir().unwrap();
    let mut random = Random(20_261_127);
    let (mut markers, mut acknowledged) = (BTreeMap::new(), Vec::<String>::new());
    for round in 0..kills() / 2 {
        let pmx = Pmx::serve(state.path());
        let deploys = site::deploys(pmx.client, "alpha");
        let listed: Vec<_> = deploys.iter().map(|deploy| deploy["deployId"].as_str().unwrap().to_owned()).collect();
        for id in &acknowledged {
            assert!(listed.contains(id), "the acknowledged deploy {id} is gone");
        }
        assert_eq!(
            deploys.iter().filter(|deploy| deploy["isActive"] == true).count(),
            usize::from(!deploys.is_empty())
        );
        if let Some(active) = deploys.iter().find(|deploy| deploy["isActive"] == true) {
            let page = pmx.client.get_with("alpha.localhost", "/index", &[("pmx-fresh", "1")]);
            assert_eq!((page.status, page.header("pmx-deploy")), (200, active["deployId"].as_str()));
            let marker: &String = &markers[active["roots"]["roots"]["main"]["manifest"].as_str().unwrap()];
            assert!(page.text().contains(marker), "the page is not that of its deploy");
        }
        nothing_is_left_over(state.path());
        let marker = format!("round {round}");
        let fixture = Fixture::page(&marker);
        markers.insert(fixture.roots["roots"]["main"]["manifest"].as_str().unwrap().to_owned(), marker);
        let (client, back) = (pmx.client, listed.last().cloned());
        let publishing = thread::spawn(move || {
            try_call(|| fixture.publish(client, "alpha")["deployId"].as_str().unwrap().to_owned())
        });
        let rolling = thread::spawn(move || back.and_then(|id| try_call(move || site::rollback(client, "alpha", &id))));
        thread::sleep(Duration::from_micros(random.below(40_000)));
        let log = pmx.kill();
        assert!(!log.contains("panicked"), "{log}");
        acknowledged.extend(publishing.join().unwrap());
        drop(rolling.join().unwrap());
    }
    eprintln!("serve: {} kills, {} publishes acknowledged", kills() / 2, acknowledged.len());
}

/// A page with a question; the last line is what the author writes.
fn quiz(words: &str) -> String {
    format!(
        "# Quiz\n\n---\n\n<!--\nid: why\nactions:\n  submit: questions.submitText\n-->\n\n## Why?\n\n---\n\n{words}\n"
    )
}

fn answer(client: Client, text: &str) -> u16 {
    let body =
        format!("action=submit&__pathmx_action_scope=block&__pathmx_action_target=quiz%23why&question.why={text}");
    let head = [("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")];
    client.call("POST", "localhost", "/quiz", &head, body.as_bytes()).status
}

#[test]
fn a_loop_that_is_killed_loses_no_answer_and_no_save() {
    let folder = tempfile::tempdir().unwrap();
    let (paths, state) = (folder.path().join("paths"), folder.path().join("state"));
    fs::create_dir(&paths).unwrap();
    fs::write(paths.join("index.path.md"), "# Home\n\n[quiz](./quiz.md)\n").unwrap();
    let quiz_path = paths.join("quiz.md");
    fs::write(&quiz_path, quiz("words 0")).unwrap();
    let mut random = Random(20_261_128);
    let mut taken = 0;
    for round in 0..kills() / 2 {
        let mut command = pmx();
        command.args(["dev", "--json", "--port", "0", "--write-responses", "--state"]).arg(&state).arg(folder.path());
        let pmx = Pmx::start(command);
        let page = pmx.client.get("localhost", "/quiz");
        assert_eq!(page.status, 200, "{}", page.text());
        nothing_is_left_over(&paths);
        nothing_is_left_over(&state);
        let (client, over) = (pmx.client, AtomicBool::new(false));
        // The last that the author saved, and the last answer that was taken after it.
        let words = Mutex::new(format!("words {round} of 0"));
        fs::write(&quiz_path, quiz(&words.lock().unwrap())).unwrap();
        let last = thread::scope(|scope| {
            let answering = scope.spawn(|| {
                let mut last = None;
                for number in 0.. {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    // Either save or answer: which of the two is later is known then.
                    if number % 3 == 0 {
                        let next = format!("words {round} of {number}");
                        fs::write(&quiz_path, quiz(&next)).unwrap();
                        *words.lock().unwrap() = next;
                        last = None;
                    } else if try_call(move || answer(client, &format!("answer-{round}-{number}"))) == Some(200) {
                        last = Some(number);
                    }
                }
                last
            });
            thread::sleep(Duration::from_micros(random.below(400_000)));
            let log = pmx.kill();
            over.store(true, Ordering::Relaxed);
            assert!(!log.contains("panicked"), "{log}");
            answering.join().unwrap()
        });
        let text = fs::read_to_string(&quiz_path).unwrap();
        assert!(text.ends_with(&format!("{}\n", words.lock().unwrap())), "round {round}: the save is lost: {text}");
        if let Some(number) = last {
            taken += 1;
            // One more may have been written without being acknowledged.
            let answers = [number, number + 1, number + 2].map(|number| format!("answer-{round}-{number}\""));
            assert!(answers.iter().any(|answer| text.contains(answer)), "round {round}, {number}: {text}");
        }
    }
    eprintln!("dev: {} kills, {taken} with an answer that was taken", kills() / 2);
    let mut command = pmx();
    command.args(["dev", "--json", "--port", "0", "--state"]).arg(&state).arg(folder.path());
    let pmx = Pmx::start(command);
    assert_eq!(pmx.client.get("localhost", "/quiz").status, 200);
    nothing_is_left_over(&paths);
    nothing_is_left_over(&state);
}
