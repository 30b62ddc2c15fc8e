//! The author's save always wins: answers are written into a Source while it is saved in every way that editors know.
//! `PMX_SAVES=100 cargo test --test saves` makes so many saves of each kind.
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
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};
use support::{Client, Pmx, process::pmx, saves::PATTERNS};

/// How long something may take until it is as it must be.
const DEADLINE: Duration = Duration::from_secs(30);

fn saves() -> usize {
    std::env::var("PMX_SAVES").ok().and_then(|saves| saves.parse().ok()).unwrap_or(4)
}

/// A page with a question for each of two readers; the last line is what the author writes.
fn quiz(words: &str) -> String {
    let question =
        |id: &str| format!("<!--\nid: {id}\nactions:\n  submit: questions.submitText\n-->\n\n## {id}?\n\n---\n\n");
    format!("# Quiz\n\n---\n\n{}{}{words}\n", question("many"), question("one"))
}

struct Author {
    folder: tempfile::TempDir,
    dev: Pmx,
}

impl Author {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("paths")).unwrap();
        fs::write(folder.path().join("paths/index.path.md"), "# Home\n\n[quiz](./quiz.md)\n").unwrap();
        fs::write(folder.path().join("paths/quiz.md"), quiz("words 0")).unwrap();
        let mut command = pmx();
        command.args(["dev", "--json", "--port", "0", "--write-responses"]).arg(folder.path());
        let dev = Pmx::start(command);
        Self { folder, dev }
    }

    fn quiz(&self) -> PathBuf {
        self.folder.path().join("paths/quiz.md")
    }
}

/// Gives an answer; the status.
fn answer(client: Client, question: &str, text: &str) -> u16 {
    let body = format!(
        "action=submit&__pathmx_action_scope=block&__pathmx_action_target=quiz%23{question}&question.{question}={text}"
    );
    let head = [("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")];
    client.call("POST", "localhost", "/quiz", &head, body.as_bytes()).status
}

/// The text of a file once this holds of it; where it does not in time, what it holds instead.
fn once(path: &Path, holds: impl Fn(&str) -> bool) -> Result<String, String> {
    let started = Instant::now();
    loop {
        // While an editor saves, the name may be free.
        let text = fs::read_to_string(path).unwrap_or_default();
        if holds(&text) {
            return Ok(text);
        }
        if started.elapsed() > DEADLINE {
            return Err(text);
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Names of what pmx has beside Sources.
fn beside(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with('.') && (name.ends_with(".old") || name.ends_with(".new"))).collect()
}

#[test]
fn no_save_is_lost_in_a_flood_of_answers_and_no_answer_that_was_taken() {
    let author = Author::new();
    let (path, client) = (author.quiz(), author.dev.client);
    let (over, taken) = (AtomicBool::new(false), AtomicUsize::new(0));
    let (mut saved, mut lost) = (0, Vec::new());
    thread::scope(|scope| {
        for reader in 0..2 {
            let (over, taken) = (&over, &taken);
            scope.spawn(move || {
                for number in 0.. {
                    if over.load(Ordering::Relaxed) {
                        return;
                    }
                    if answer(client, "many", &format!("{reader}-{number}")) == 200 {
                        taken.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        for round in 0..saves() {
            for (name, save) in PATTERNS {
                saved += 1;
                let words = format!("words {saved}");
                save(&path, &quiz(&words));
                // Whatever was under way is over when another answer has been taken.
                let before = taken.load(Ordering::Relaxed);
                let text = once(&path, |text| text.contains(&words) && taken.load(Ordering::Relaxed) > before);
                if text.is_err() {
                    lost.push(format!("{name}, round {round}: {text:?}"));
                }
                // An answer that is taken stands there with what the author has saved.
                // While an editor is half-way through a save, the question may not be there.
                let started = Instant::now();
                let mut status = 0;
                while status != 200 && started.elapsed() < DEADLINE {
                    status = answer(client, "one", &format!("mine-{saved}"));
                }
                let text = fs::read_to_string(&path).unwrap();
                if status != 200 || !text.contains(&format!("mine-{saved}")) || !text.contains(&format!("{words}\n")) {
                    lost.push(format!("{name}, round {round}: {status} {text}"));
                }
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    eprintln!("{saved} saves, {} answers taken", taken.load(Ordering::Relaxed));
    assert!(lost.is_empty(), "{} of {saved}: {lost:#?}", lost.len());
    assert_eq!(beside(path.parent().unwrap()), [""; 0]);
}

#[test]
fn an_editor_that_opened_the_source_before_an_answer_and_writes_after_it_wins() {
    use std::io::Write as _;
    let author = Author::new();
    let (path, client) = (author.quiz(), author.dev.client);
    for (round, pause) in [0, 5, 50, 500].into_iter().enumerate() {
        let words = format!("late {round}");
        let mut open = fs::OpenOptions::new().write(true).open(&path).unwrap();
        assert_eq!(answer(client, "one", &format!("early-{round}")), 200);
        thread::sleep(Duration::from_millis(pause));
        let text = quiz(&words);
        let (first, second) = text.split_at(text.len() / 2);
        open.write_all(first.as_bytes()).unwrap();
        thread::sleep(Duration::from_millis(pause / 10));
        open.write_all(second.as_bytes()).unwrap();
        open.set_len(text.len() as u64).unwrap();
        drop(open);
        // The answer that was taken before is written into what the author has saved.
        let both = once(&path, |text| text.contains(&format!("{words}\n")) && text.contains(&format!("early-{round}")));
        both.unwrap_or_else(|text| panic!("after {pause} ms: {text}"));
    }
    let started = Instant::now();
    while !beside(path.parent().unwrap()).is_empty() {
        assert!(started.elapsed() < DEADLINE, "{:?}", beside(path.parent().unwrap()));
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn what_a_killed_process_left_beside_sources_is_swept_and_never_built() {
    let folder = tempfile::tempdir().unwrap();
    let paths = folder.path().join("paths");
    fs::create_dir_all(paths.join("sub")).unwrap();
    fs::write(paths.join("index.path.md"), "# Home\n\n[a](./sub/a.md) ![x](./sub/.x.png.2000000000.new)\n").unwrap();
    fs::write(paths.join("sub/a.md"), "# A\n").unwrap();
    let dead = 2_000_000_000;
    let left =
        [format!(".index.path.md.{dead}.old"), format!("sub/.a.md.{dead}.new"), format!("sub/.x.png.{dead}.new")];
    for name in &left {
        fs::write(paths.join(name), "left").unwrap();
    }
    let others =
        [format!("sub/.a.md.{}.old", std::process::id()), "sub/.a.md.old".to_owned(), "sub/a.md.1.old".to_owned()];
    for name in &others {
        fs::write(paths.join(name), "not pmx's, or of a process that lives").unwrap();
    }
    let mut command = pmx();
    let dev = Pmx::start({
        command.args(["dev", "--json", "--port", "0"]).arg(folder.path());
        command
    });
    for name in &left {
        once(&paths.join(name), str::is_empty).unwrap();
        assert_eq!(dev.client.get("localhost", &format!("/{name}")).status, 404, "{name}");
    }
    for name in others {
        assert!(paths.join(&name).exists(), "{name}");
    }
    assert_eq!(fs::read_to_string(paths.join("index.path.md")).unwrap().lines().next(), Some("# Home"));
}
