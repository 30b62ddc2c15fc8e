//! Calls of a command, and the file that holds what they came to.

use crate::scene::{Called, Scene};
use std::{fmt::Write as _, fs, path::PathBuf};

/// Set, it lets the files be written anew.
const UPDATE: &str = "PMX_UPDATE_GOLDEN";

/// The calls of one command.
pub(crate) struct Record {
    name: String,
    text: String,
}

/// Where a file is.
pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden")).join(format!("{name}.txt"))
}

/// Whether files are written, not compared.
pub(crate) fn updates() -> bool {
    std::env::var_os(UPDATE).is_some_and(|value| value == "1")
}

impl Record {
    /// For the file of a command, `kv get` or `help/kv get`.
    pub(crate) fn of(command: &str) -> Self {
        Self { name: command.replace(' ', "-"), text: String::new() }
    }

    /// Calls it in a folder of the scene.
    pub(crate) fn call(&mut self, scene: &mut Scene, folder: &str, line: &str) {
        let called = scene.call(folder, line, "");
        self.note(scene, folder, line, &called);
    }

    /// As [`Self::call`], with something on stdin.
    pub(crate) fn call_with(&mut self, scene: &mut Scene, folder: &str, line: &str, stdin: &str) {
        let called = scene.call(folder, line, stdin);
        self.note(scene, folder, &format!("printf '{stdin}' | {line}"), &called);
    }

    /// As [`Self::call`], ended with Ctrl-C once it has said these words.
    pub(crate) fn call_until(&mut self, scene: &mut Scene, folder: &str, line: &str, words: &str) {
        let called = scene.call_until(folder, line, words);
        self.note(scene, folder, &format!("{line} # until Ctrl-C"), &called);
    }

    fn note(&mut self, scene: &mut Scene, folder: &str, line: &str, called: &Called) {
        let is_quiet = line.split(' ').any(|word| word == "-q");
        assert!(!is_quiet || called.code != Some(0) || called.stderr.is_empty(), "`{line}` says: {}", called.stderr);
        let code = called.code.map_or_else(|| "none: a signal".to_owned(), |code| code.to_string());
        let _ = write!(self.text, "{folder} $ {line}\nexit {code}\n");
        for (name, text) in [("stdout", &called.stdout), ("stderr", &called.stderr)] {
            for line in scene.masks.apply(text).lines() {
                let _ = writeln!(self.text, "{}", format!("{name}| {line}").trim_end());
            }
            if !text.is_empty() && !text.ends_with('\n') {
                let _ = writeln!(self.text, "{name}| <no end of line>");
            }
        }
        self.text.push('\n');
    }

    /// Compares with the file, or writes it.
    #[track_caller]
    pub(crate) fn check(self) {
        let (path, found) = (path(&self.name), self.text.trim_end().to_owned() + "\n");
        if updates() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, found).unwrap();
            return;
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            expected == found,
            "tests/golden/{}.txt is not what is said now; `{UPDATE}=1 cargo test --test golden` writes it anew\n{}",
            self.name,
            similar_asserts::SimpleDiff::from_str(&expected, &found, "the file", "now")
        );
    }
}
