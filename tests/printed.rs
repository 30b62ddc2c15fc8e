//! What pmx prints into the folder that it watches makes it print no more.
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
    fs::{self, File},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use support::process::pmx;

/// How long something may take.
const DEADLINE: Duration = Duration::from_secs(60);
/// So long nothing more may be printed until it is believed that nothing will be: several looks at the files.
const QUIET: Duration = Duration::from_secs(2);

/// A site whose page links to the file that is printed into.
fn site(linked: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("paths")).unwrap();
    fs::write(folder.path().join("paths/index.path.md"), format!("# Home\n\n[log]({linked})\n")).unwrap();
    folder
}

struct Dev(Child);

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn dev(site: &Path, arguments: &[&str]) -> Command {
    let mut command = pmx();
    command.args(["dev", "--port", "0"]).args(arguments).arg(site).stdin(Stdio::null());
    command
}

/// Waits until a file has these words and then stays as it is; its text.
#[track_caller]
fn comes_to_rest(path: &Path, words: &str) -> String {
    let started = Instant::now();
    let (mut last, mut since) = (String::new(), Instant::now());
    loop {
        assert!(started.elapsed() < DEADLINE, "{} bytes, and no end: {}", last.len(), &last[..last.len().min(2000)]);
        let text = fs::read_to_string(path).unwrap_or_default();
        if text != last {
            (last, since) = (text, Instant::now());
        } else if last.contains(words) && since.elapsed() > QUIET {
            return last;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn add(path: &Path, words: &str) {
    let text = fs::read_to_string(path).unwrap();
    fs::write(path, format!("{text}\n{words}\n")).unwrap();
}

#[test]
fn a_file_that_the_loop_prints_into_is_no_part_of_the_site() {
    for (name, arguments) in
        [("log.md", &["--json"][..]), ("log.txt", &["--json", "-vv"][..]), ("build.md", &["-v"][..])]
    {
        let site = site(&format!("./{name}"));
        let log = site.path().join("paths").join(name);
        let mut command = dev(site.path(), arguments);
        let (file, other) = (File::create(&log).unwrap(), site.path().join("other.txt"));
        if arguments.contains(&"--json") {
            command.stdout(file).stderr(File::create(&other).unwrap());
        } else {
            command.stderr(file).stdout(Stdio::null());
        }
        let _dev = Dev(command.spawn().unwrap());
        let ready = if arguments.contains(&"--json") { "\"event\":\"ready\"" } else { "Ctrl-C ends" };
        let before = comes_to_rest(&log, ready);
        // Not even by an edit, of which it prints a line.
        add(&site.path().join("paths/index.path.md"), "Other words.");
        let after = comes_to_rest(&log, "index.path.md");
        assert!(after.len() > before.len() && after.lines().count() < before.lines().count() + 12, "{after}");
        let said = if arguments.contains(&"--json") { fs::read_to_string(&other).unwrap() } else { after };
        assert_eq!(said.matches("this process prints into it").count(), 1, "{said}");
    }
}

#[test]
fn a_log_that_no_page_reads_makes_no_more_of_itself() {
    // Through another program, so that nothing tells whose it is.
    let site = site("./other.md");
    let log = site.path().join("paths/log.txt");
    let mut running = dev(site.path(), &["--json", "-v"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let tee =
        Command::new("tee").arg(&log).stdin(running.stdout.take().unwrap()).stdout(Stdio::null()).spawn().unwrap();
    let (_dev, _tee) = (Dev(running), Dev(tee));
    let before = comes_to_rest(&log, "\"event\":\"ready\"");
    add(&site.path().join("paths/index.path.md"), "Other words.");
    let after = comes_to_rest(&log, "index.path.md");
    assert!(after.lines().count() < before.lines().count() + 12, "{after}");
}

#[test]
fn a_build_leaves_out_what_it_prints_into() {
    let site = site("./out.md");
    let out = site.path().join("paths/out.md");
    for arguments in [&["build"][..], &["check"]] {
        let file = File::create(&out).unwrap();
        let output = pmx().args(arguments).current_dir(site.path()).stdout(file).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            stderr.matches("paths/out.md is no part of the site: this process prints into it").count(),
            1,
            "{stderr}"
        );
    }
    assert!(!site.path().join(".pathmx/index.path/out.md").exists());
}
