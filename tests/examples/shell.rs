//! Shell blocks, run as they stand.
//!
//! Each block is one script of `sh -e`; the working directory and the environment go on to the next block of the page. A block of `console`
//! has commands after `$ `, and below each what it prints; `…` stands for anything there. What a script needs that a page cannot know is put
//! in: addresses of the local server, the secret, ids of deploys.

use super::{
    none,
    page::{self, Fence, Page},
    world::{SECRET, World},
};
use std::{
    fmt::Write as _,
    fs,
    os::unix::process::CommandExt as _,
    process::{Command, Stdio},
    sync::{Mutex, mpsc},
    thread,
    time::Duration,
};

/// How long a block may take: a dozen builds and starts on a machine that does other things too.
const DEADLINE: Duration = Duration::from_secs(120);
/// Pages that run at once: the commands wait for disks and servers about half of their time.
const WORKERS: usize = 3;
/// Stands between what two commands of a `console` block print.
const BETWEEN: char = '\u{1e}';
/// Made up ids of deploys in pages.
const DEPLOYS: [&str; 2] = ["<deploy id>", "3f2a9c1e"];

#[test]
fn every_command_of_a_page_runs_as_it_stands() {
    let found = Mutex::new(Vec::new());
    let pages = Mutex::new(page::all().iter());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let Some(page) = pages.lock().unwrap().next() else { break };
                    let wrong = run(page);
                    found.lock().unwrap().extend(wrong);
                }
            });
        }
    });
    none("commands do not do what their pages say", &found.into_inner().unwrap());
}

#[test]
fn every_example_in_a_help_text_runs() {
    let program = super::options::program();
    let mut script = String::new();
    for (path, command) in super::options::commands(&program, &[]) {
        for arg in command.get_arguments() {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            let Some((_, example)) = help.split_once("for example ") else { continue };
            let value = example.split_whitespace().next().unwrap();
            writeln!(script, "pmx {} --{} '{value}'", path.join(" "), arg.get_long().unwrap()).unwrap();
        }
    }
    assert!(script.lines().count() >= 3, "{script}");
    let page =
        Page { path: "--help".into(), text: String::new(), fences: Vec::new(), spans: Vec::new(), rows: Vec::new() };
    let fence = Fence { line: 1, language: "sh".into(), text: script };
    none("examples of help texts fail", &block(&page, &fence, &World::of("")));
}

/// Runs all blocks of a page, and code in its lines that is a whole command; what went wrong.
fn run(page: &Page) -> Vec<String> {
    let fences = page.fences.iter().filter(|fence| page::SHELL.contains(&fence.language.as_str()));
    let spans = page.spans.iter().filter(|span| is_command(page, &span.text));
    let spans: Vec<Fence> =
        spans.map(|span| Fence { line: span.line, language: "sh".into(), text: format!("{}\n", span.text) }).collect();
    let mut blocks: Vec<&Fence> = fences.chain(&spans).collect();
    blocks.sort_by_key(|block| block.line);
    if blocks.is_empty() {
        return Vec::new();
    }
    let world = World::of(&page.path);
    blocks.iter().flat_map(|fence| block(page, fence, &world)).collect()
}

/// `curl` with its arguments anywhere, and what the starter tells its reader to run.
fn is_command(page: &Page, span: &str) -> bool {
    let whole = || !span.contains(['<', '…', '|']);
    let of_starter = || page.path.starts_with("examples/starter") && span.starts_with("pmx ");
    (span.starts_with("curl ") || of_starter()) && whole()
}

fn block(page: &Page, fence: &Fence, world: &World) -> Vec<String> {
    let (log, env, folder) = (world.note("log"), world.note("env"), world.note("folder"));
    fs::write(&log, "").unwrap();
    let mut script = String::new();
    if env.exists() {
        writeln!(script, ". '{}'\ncd \"$(cat '{}')\"", env.display(), folder.display()).unwrap();
    }
    let mut shown = Vec::new();
    for line in fence.text.lines() {
        match (fence.language.as_str(), line.strip_prefix("$ ")) {
            ("console", Some(command)) => {
                writeln!(script, "printf '{BETWEEN}'\n{}", adapt(command, world)).unwrap();
                shown.push(String::new());
            }
            ("console", None) => match shown.last_mut() {
                Some(shown) => shown.push_str(&format!("{line}\n")),
                None => return vec![format!("{}: output without a command", page.at(fence.line))],
            },
            _ => writeln!(script, "{}", adapt(line, world)).unwrap(),
        }
    }
    writeln!(script, "wait\nexport -p >'{}'\npwd >'{}'", env.display(), folder.display()).unwrap();
    let mut shell = world.shell();
    shell.args(["-e", "-c", &script]).current_dir(world.here());
    let (ended_well, output) = finish(shell);
    let mut found = Vec::new();
    let calls = fs::read_to_string(&log).unwrap();
    for (code, call) in calls.lines().filter_map(|line| line.split_once('\t')).filter(|(code, _)| *code != "0") {
        found.push(format!("{}: `pmx {call}` ended with {code}", page.at(fence.line)));
    }
    if !ended_well && found.is_empty() {
        found.push(format!("{}: the block failed", page.at(fence.line)));
    }
    for (shown, printed) in shown.iter().zip(output.split(BETWEEN).skip(1)) {
        if !matches(shown.trim(), printed.trim()) {
            found.push(format!("{}: the page shows\n{shown}\nand it prints\n{printed}", page.at(fence.line)));
        }
    }
    if let Some(last) = found.last_mut() {
        last.push_str(&format!("\n--- script\n{script}--- output\n{output}---"));
    }
    found
}

/// A line of a page, for a world: the servers that it names are the local one, and what it leaves open is filled in.
fn adapt(line: &str, world: &World) -> String {
    let mut line = line
        .replace("https://pathmx.path.app", world.url())
        .replace("http://localhost:8787", world.url())
        .replace("http://127.0.0.1:8787", &world.url().replace("localhost", "127.0.0.1"))
        .replace("=…", &format!("={SECRET}"));
    let words: Vec<&str> = line.split_whitespace().collect();
    let at = words.iter().position(|word| matches!(*word, "-s" | "--site" | "--subdomain"));
    let site = at.and_then(|at| words.get(at + 1)).copied().unwrap_or("chess").to_owned();
    for deploy in DEPLOYS {
        line = line.replace(deploy, &format!("$(a-deploy-of {site})"));
    }
    line
}

/// Runs a script to its end; whether it went well, and all that it printed.
fn finish(mut shell: Command) -> (bool, String) {
    let (mut reader, writer) = std::io::pipe().unwrap();
    shell.stdin(Stdio::null()).stdout(writer.try_clone().unwrap()).stderr(writer).process_group(0);
    let mut child = shell.spawn().unwrap();
    // It holds the writing ends; the output would have no end else.
    drop(shell);
    let (sender, output) = mpsc::channel();
    thread::spawn(move || {
        let mut text = Vec::new();
        let _ = std::io::Read::read_to_end(&mut reader, &mut text);
        let _ = sender.send(String::from_utf8_lossy(&text).into_owned());
    });
    match output.recv_timeout(DEADLINE) {
        Ok(output) => (child.wait().unwrap().success(), output),
        Err(_) => {
            let group = format!("-{}", child.id());
            let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
            let _ = child.wait();
            let output = output.recv_timeout(DEADLINE).unwrap_or_default();
            (false, format!("{output}\nit did not end within {DEADLINE:?}"))
        }
    }
}

/// Whether what is printed is what is shown; `…` stands for any text, in a line or over lines.
fn matches(shown: &str, printed: &str) -> bool {
    let mut parts = shown.split('…');
    let Some(mut rest) = printed.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[test]
fn output_that_a_page_shows_is_compared_but_for_its_gaps() {
    assert!(matches("a … c", "a b c") && matches("", "") && matches("a\n…\nz", "a\nb\nc\nz"));
    assert!(!matches("a", "a b") && !matches("a … c", "a b d") && !matches("b…", "a b"));
}
