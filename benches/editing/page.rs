//! A page in Chromium that remembers when it first showed which word.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// An open page.
pub(crate) struct Browser {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Browser {
    /// Opens an address; `None` where there is no browser to drive.
    pub(crate) fn open(url: &str) -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        root.join("tests/browser/node_modules").exists().then_some(())?;
        let mut child = Command::new("node")
            .arg(root.join("benches/editing/page.mjs"))
            .arg(url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let mut stdout = BufReader::new(child.stdout.take()?);
        let mut line = String::new();
        stdout.read_line(&mut line).ok()?;
        assert_eq!(line.trim(), "ready", "the browser opened the page");
        Some(Self { child, stdout })
    }

    /// When each word was first in the page's text.
    pub(crate) fn seen(&mut self) -> HashMap<String, SystemTime> {
        writeln!(self.child.stdin.as_mut().unwrap(), "seen").unwrap();
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        let times: HashMap<String, f64> = serde_json::from_str(&line).unwrap();
        let time = |milliseconds: f64| UNIX_EPOCH + Duration::from_secs_f64(milliseconds / 1e3);
        times.into_iter().map(|(word, milliseconds)| (word, time(milliseconds))).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The script ends, and its browser with it, when nobody writes to it any more.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
