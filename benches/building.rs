//! Cold and warm builds, edits and memory, with Hugo as the yardstick: `cargo bench --bench building [-- 1000 10000]`.
//!
//! For each number of Sources a site is made from a fixed seed (`benches/corpus`), once for pmx and once for Hugo. In turns: a cold
//! `pmx build` (no output, no cache), a cold `hugo`, and a second `pmx build`; then thirty edits of one word each under `pmx dev`,
//! from before the write to the `published` event. Medians are shown, since a shared machine is noisy.
//! `-- --write <folder> <sources> pmx|hugo` only writes a site.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark prints and stops at the first surprise"
)]

mod corpus;
#[path = "../tests/support/mod.rs"]
mod support;

use corpus::For;
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use support::{Pmx, process::pmx};

const SIZES: [usize; 2] = [1_000, 10_000];
const ROUNDS: usize = 5;
const EDITS: usize = 30;
/// No further round is begun after so long for one size.
const ENOUGH: Duration = Duration::from_secs(120);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--write") {
        let target = if arguments[at + 3] == "hugo" { For::Hugo } else { For::Pmx };
        let bytes = corpus::write(Path::new(&arguments[at + 1]), arguments[at + 2].parse().unwrap(), target);
        return println!("{bytes} bytes of Markdown");
    }
    let asked: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let hugo = hugo_version();
    match &hugo {
        Some(version) => println!("against {version}\n"),
        None => println!("Hugo is not installed (Debian: apt-get install hugo): left out\n"),
    }
    println!("| Sources | what | median | best | worst | peak memory |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for sources in if asked.is_empty() { SIZES.to_vec() } else { asked } {
        measure(sources, hugo.is_some());
    }
}

fn measure(sources: usize, hugo: bool) {
    let folder = tempfile::tempdir().unwrap();
    let (site, other) = (folder.path().join("pmx"), folder.path().join("hugo"));
    corpus::write(&site, sources, For::Pmx);
    corpus::write(&other, sources, For::Hugo);
    // Else every file would count as just changed.
    thread::sleep(Duration::from_millis(2_100));
    let (mut cold, mut yardstick, mut warm) = (Row::new("pmx, cold"), Row::new("Hugo, cold"), Row::new("pmx, warm"));
    let begin = Instant::now();
    // The first round warms the system's file cache.
    for round in 0..=ROUNDS {
        if round > 1 && begin.elapsed() > ENOUGH {
            break;
        }
        // Each into a folder of its own: file systems are slow to give out again what was just deleted.
        let out = format!("out-{round}");
        let _ = fs::remove_dir_all(site.join(".pathmx-cache"));
        let mut build = pmx();
        build.args(["build", "--json", "--out", &out]).current_dir(&site);
        let first = run(&mut build);
        let second = run(&mut build);
        let mut against = None;
        if hugo {
            let cache = tempfile::tempdir().unwrap();
            let mut build = Command::new("hugo");
            build.args(["--quiet", "--destination", &out]).env("HUGO_CACHEDIR", cache.path());
            against = Some(run(build.current_dir(&other)));
        }
        if round > 0 {
            cold.runs.push(first);
            warm.runs.push(second);
            yardstick.runs.extend(against);
        }
    }
    for row in [&cold, &yardstick, &warm] {
        row.print(sources);
    }
    edits(&site, sources).print(sources);
    if !yardstick.runs.is_empty() {
        println!("| {sources} | Hugo : pmx, cold | {:.2} × | | | |", yardstick.median() / cold.median());
    }
}

/// One-word edits of pages all over the site.
fn edits(site: &Path, sources: usize) -> Row {
    let state = tempfile::tempdir().unwrap();
    let mut dev = Pmx::dev(site, state.path());
    let mut row = Row::new("pmx dev, edit -> published");
    for edit in 0..EDITS + 2 {
        let path = site.join("paths").join(corpus::editable(sources, edit));
        let text = fs::read_to_string(&path).unwrap();
        let at = text.find("\n## ").or_else(|| text.find("\n### ")).unwrap();
        let at = at + text[at..].find("\n\n").unwrap() + 2;
        let text = format!("{}edited{edit} {}", &text[..at], &text[at..]);
        let begin = Instant::now();
        fs::write(&path, text).unwrap();
        let published = dev.event("published");
        let took = begin.elapsed();
        assert_eq!(published["sources"].as_array().unwrap().len(), 1, "{published}");
        // The first ones meet files that are younger than a file system's clock can tell.
        if edit > 1 {
            row.runs.push((took, peak(dev.pid())));
        }
        thread::sleep(Duration::from_millis(250));
    }
    row
}

/// Measurements of one kind: how long, and the peak of memory in bytes.
struct Row {
    what: &'static str,
    runs: Vec<(Duration, u64)>,
}

impl Row {
    const fn new(what: &'static str) -> Self {
        Self { what, runs: Vec::new() }
    }

    fn sorted(&self) -> Vec<f64> {
        let mut times: Vec<f64> = self.runs.iter().map(|(time, _)| time.as_secs_f64() * 1e3).collect();
        times.sort_by(f64::total_cmp);
        times
    }

    fn median(&self) -> f64 {
        let times = self.sorted();
        times[times.len() / 2]
    }

    fn print(&self, sources: usize) {
        let times = self.sorted();
        let (Some(best), Some(worst)) = (times.first(), times.last()) else { return };
        let peak = self.runs.iter().map(|(_, peak)| *peak).max().unwrap_or(0) as f64 / 1_048_576.0;
        println!(
            "| {sources} | {} | {:.1} ms | {best:.1} ms | {worst:.1} ms | {peak:.0} MiB |",
            self.what,
            self.median()
        );
    }
}

/// Runs a command to its end.
fn run(command: &mut Command) -> (Duration, u64) {
    let begin = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut highest = 0;
    let status = loop {
        highest = highest.max(peak(child.id()));
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None => thread::sleep(Duration::from_millis(2)),
        }
    };
    assert!(status.success(), "{command:?}: {status}");
    (begin.elapsed(), highest)
}

/// The most memory that a running process had resident.
fn peak(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

fn hugo_version() -> Option<String> {
    let output = Command::new("hugo").arg("version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}
