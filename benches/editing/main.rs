//! From a save to what readers see: `cargo bench --bench editing [-- save clients rebuilds sites] [--rebuilds 10000]`.
//!
//! - `save`: a site of 1,000 Sources (`benches/corpus`) under `pmx dev`. One word changes; how long until a WebSocket client has the
//!   frame, and until the text of the open page is another one in Chromium (if `npm ci --prefix tests/browser` was run).
//! - `clients`: the same site with 1,000 open sockets, one of which never reads; how long until the last of the others has the frame.
//! - `rebuilds`: edits one after the other, 10,000 unless told otherwise; memory, disk and times at the beginning and at the end.
//! - `sites`: 100 sites of 50 Sources under `pmx dev --multi-site`; the start, memory when idle, edits.
//!
//! Times are from just before the write. A shared machine is noisy: read the medians and the shape of the tail.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark prints and stops at the first surprise"
)]

mod clients;
#[path = "../corpus/mod.rs"]
#[expect(dead_code, reason = "the other benchmark writes for Hugo, too")]
mod corpus;
mod page;
#[path = "../../tests/support/mod.rs"]
mod support;

use corpus::For;
use page::Browser;
use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant, SystemTime},
};
use support::{Pmx, process::pmx};

const SOURCES: usize = 1_000;
const EDITS: usize = 200;
const CLIENTS: usize = 1_000;
const REBUILDS: usize = 10_000;
const SITES: usize = 100;
const SOURCES_OF_A_SITE: usize = 50;
/// Between two saves of a person. Not a multiple of any of the loop's own periods.
const PAUSE: Duration = Duration::from_millis(237);
/// A file younger than this may change again without a new time, so it is looked at more closely.
const SETTLED: Duration = Duration::from_millis(2_100);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let number = |name: &str| arguments.iter().skip_while(|argument| *argument != name).nth(1)?.parse().ok();
    let parts: Vec<&str> = arguments.iter().map(String::as_str).filter(|part| PARTS.contains(part)).collect();
    let asked = |part: &str| parts.is_empty() || parts.contains(&part);
    println!("| what | p50 | p95 | p99 | worst |");
    println!("| --- | --- | --- | --- | --- |");
    if asked("save") {
        save();
    }
    if asked("clients") {
        clients::run(number("--clients").unwrap_or(CLIENTS));
    }
    if asked("rebuilds") {
        rebuilds(number("--rebuilds").unwrap_or(REBUILDS));
    }
    if asked("sites") {
        sites();
    }
}

const PARTS: [&str; 4] = ["save", "clients", "rebuilds", "sites"];

/// A site on disk, some page of which gets another word with every save.
struct Site {
    folder: PathBuf,
    sources: usize,
}

impl Site {
    fn write(folder: PathBuf, sources: usize) -> Self {
        corpus::write(&folder, sources, For::Pmx);
        Self { folder, sources }
    }

    /// Saves a page with this word in the first paragraph below a heading. The time of the save, by both clocks.
    fn save(&self, page: usize, word: &str) -> (Instant, SystemTime) {
        let path = self.folder.join("paths").join(corpus::editable(self.sources, page));
        let text = fs::read_to_string(&path).unwrap();
        let at = text.find("\n## ").or_else(|| text.find("\n### ")).unwrap();
        let at = at + text[at..].find("\n\n").unwrap() + 2;
        let rest = text[at..].strip_prefix("edited").map_or(&text[at..], |rest| rest.split_once(' ').unwrap().1);
        let text = format!("{}{word} {rest}", &text[..at]);
        let saved = (Instant::now(), SystemTime::now());
        fs::write(&path, text).unwrap();
        saved
    }

    /// The address of a page.
    fn route(&self, page: usize) -> String {
        format!("/{}", corpus::editable(self.sources, page).trim_end_matches(".md"))
    }
}

fn save() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::write(folder.path().join("site"), SOURCES);
    thread::sleep(SETTLED);
    let dev = Pmx::dev(&site.folder, &folder.path().join("state"));
    let mut events = clients::Reader::connect(dev.client.address, "localhost", "");
    let mut frames = Vec::new();
    for edit in 0..EDITS + 5 {
        let (saved, _) = site.save(edit, &format!("edited{edit}"));
        let heard = events.frames();
        if edit >= 5 {
            frames.push(heard - saved);
        }
        thread::sleep(PAUSE);
    }
    row(&format!("{SOURCES} Sources: save → frame"), &frames);
    let Some(mut browser) = Browser::open(&format!("{}{}", dev.url, site.route(0))) else {
        return println!("| save → text in Chromium | not measured: `npm ci --prefix tests/browser` | | | |");
    };
    let mut saves = Vec::new();
    for edit in 0..EDITS {
        let word = format!("edited{}", 1_000 + edit);
        let (_, saved) = site.save(0, &word);
        events.frames();
        saves.push((word, saved));
        thread::sleep(PAUSE);
    }
    let seen = browser.seen();
    let shown: Vec<Duration> =
        saves.iter().filter_map(|(word, saved)| seen.get(word)?.duration_since(*saved).ok()).collect();
    assert_eq!(shown.len(), saves.len(), "every save was shown");
    row(&format!("{SOURCES} Sources: save → text in Chromium"), &shown);
}

fn rebuilds(count: usize) {
    const TENTH: usize = 10;
    let folder = tempfile::tempdir().unwrap();
    let site = Site::write(folder.path().join("site"), SOURCES);
    let state = folder.path().join("state");
    let mut dev = Pmx::dev(&site.folder, &state);
    let (mut times, mut memory, mut disk) = (Vec::new(), Vec::new(), Vec::new());
    for edit in 0..count {
        let (saved, _) = site.save(edit % 50, &format!("edited{edit}"));
        dev.event("published");
        times.push(saved.elapsed());
        if (edit + 1) % (count / TENTH).max(1) == 0 {
            memory.push(resident(dev.pid()));
            disk.push(size(&state) + size(&site.folder.join(".pathmx-cache")));
        }
    }
    let part = (count / TENTH).max(1);
    row(&format!("{count} rebuilds: the first {part}"), &times[..part]);
    row(&format!("{count} rebuilds: the last {part}"), &times[times.len() - part..]);
    let list = |values: &[u64]| values.iter().map(|value| mib(*value)).collect::<Vec<_>>().join(", ");
    println!("| memory after each tenth, MiB | {} | | | |", list(&memory));
    println!("| state and cache after each tenth, MiB | {} | | | |", list(&disk));
}

fn sites() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = folder.path().join("workspace");
    let sites: Vec<Site> =
        (0..SITES).map(|site| Site::write(workspace.join(format!("site-{site:03}")), SOURCES_OF_A_SITE)).collect();
    thread::sleep(SETTLED);
    for start in ["cold", "warm"] {
        let begin = Instant::now();
        let mut command = pmx();
        command.args(["dev", "--json", "--port", "0", "--multi-site"]).arg(&workspace);
        let mut dev = Pmx::start(command);
        let ready = begin.elapsed();
        let mut answered = Vec::new();
        for number in 0..SITES {
            let host = format!("site-{number:03}.localhost");
            while dev.client.get(&host, "/index.path").status != 200 {
                thread::sleep(Duration::from_millis(2));
            }
            answered.push(begin.elapsed());
        }
        println!(
            "| {SITES} sites, {start}: ready after {:.0} ms, the last answered after {:.0} ms | | | | |",
            ready.as_secs_f64() * 1e3,
            answered.last().unwrap().as_secs_f64() * 1e3
        );
        if start == "cold" {
            continue;
        }
        let busy = resident(dev.pid());
        let mut times = Vec::new();
        for edit in 0..EDITS / 2 {
            let (saved, _) = sites[edit * 7 % SITES].save(edit, &format!("edited{edit}"));
            dev.event("published");
            times.push(saved.elapsed());
            thread::sleep(PAUSE / 4);
        }
        row(&format!("{SITES} sites: save → published"), &times);
        // Longer than a site must be idle before it keeps nothing in memory.
        thread::sleep(Duration::from_secs(75));
        println!("| memory: {} MiB after the start, {} MiB when idle | | | | |", mib(busy), mib(resident(dev.pid())));
    }
}

/// Prints how times are spread.
fn row(what: &str, times: &[Duration]) {
    let mut sorted: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
    sorted.sort_by(f64::total_cmp);
    let at = |percent: usize| sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)];
    println!("| {what} | {:.1} ms | {:.1} ms | {:.1} ms | {:.1} ms |", at(50), at(95), at(99), at(100));
}

fn mib(bytes: u64) -> String {
    format!("{:.0}", bytes as f64 / 1_048_576.0)
}

/// Memory that a process has resident.
fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// Bytes of all files below a folder.
fn size(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .filter_map(Result::ok)
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() => size(&entry.path()),
            Ok(meta) => meta.len(),
            Err(_) => 0,
        })
        .sum()
}
