//! Where commands are called: a project, a folder that is none, a state folder, a server.

use crate::{
    mask::Masks,
    support::{self, Pmx, put},
};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// How long a test waits for what must come.
const DEADLINE: Duration = Duration::from_secs(60);

/// The folders.
pub(crate) struct Scene {
    folder: tempfile::TempDir,
    server: Option<Pmx>,
    pub(crate) masks: Masks,
}

/// What a call came to.
pub(crate) struct Called {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Scene {
    /// `site` is a project, `broken` one with errors, `elsewhere` is none.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path();
        put(top, "site/pathmx.config.md", "# Chess\n\n## Paths\n\n- [Start](./paths/index.path.md)\n");
        put(top, "site/paths/index.path.md", "# Start\n\n- [Notes](./notes.md)\n\n![board](./board.svg)\n");
        put(top, "site/paths/notes.md", "# Notes\n\n[Start](./index.path.md)\n");
        put(top, "site/paths/board.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n");
        put(top, "broken/paths/index.path.md", "---\ntitle: [\n---\n\n# Home\n\n[gone](./gone.md) :lucide-sparkels:\n");
        put(top, "elsewhere/notes.txt", "no site\n");
        let mut masks = Masks::default();
        let shown = dunce::canonicalize(top).unwrap();
        masks.word(shown.to_str().unwrap(), "<folder>");
        masks.word(top.to_str().unwrap(), "<folder>");
        Self { folder, server: None, masks }
    }

    /// With a `pmx serve` that `$SERVER` names.
    pub(crate) fn served() -> Self {
        let mut scene = Self::new();
        scene.server = Some(Pmx::serve(&scene.path("state")));
        scene
    }

    /// With a state folder in which there is a site, a value and an object, and that nobody owns: `../state`.
    pub(crate) fn stored() -> Self {
        let scene = Self::served();
        for call in
            ["pmx publish -q -s chess --no-git --server $SERVER", "pmx publish -q -s go --no-git --server $SERVER"]
        {
            assert_eq!(scene.call("site", call, "").code, Some(0));
        }
        let mut scene = scene;
        drop(scene.server.take());
        assert_eq!(scene.call("site", "pmx kv put -q greeting hello --state ../state", "").code, Some(0));
        assert_eq!(scene.call("site", "pmx r2 put -q pictures/one --state ../state", "pixels").code, Some(0));
        scene
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn put(&self, path: &str, text: &str) {
        put(self.folder.path(), path, text);
    }

    /// A line as a shell would run it: variables before `pmx`, words in single quotes, `$SERVER`.
    pub(crate) fn command(&self, folder: &str, line: &str) -> Command {
        let server = self.server.as_ref().map_or_else(String::new, |server| server.url.clone());
        let words = words(&line.replace("$SERVER", &server));
        let at = words.iter().position(|word| word == "pmx").unwrap();
        let mut command = support::process::pmx();
        command.current_dir(self.path(folder)).args(&words[at + 1..]);
        command.env("PMX_DATA_DIR", self.path("user")).env("PATHMX_PUBLISH_TOKEN", support::SECRET);
        command.env("PATHMX_SHARE_TOKEN", support::SECRET);
        command.env_remove("COLUMNS").env_remove("PMX_SITE").env_remove("PMX_SERVER");
        for variable in &words[..at] {
            let (name, value) = variable.split_once('=').unwrap();
            match value {
                "" => command.env_remove(name),
                value => command.env(name, value),
            };
        }
        command
    }

    pub(crate) fn call(&self, folder: &str, line: &str, stdin: &str) -> Called {
        let mut command = self.command(folder, line);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A command that does not read its stdin closes it.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Called { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// What goes on until its user ends it: ended with Ctrl-C when it has said these words.
    pub(crate) fn call_until(&self, folder: &str, line: &str, words: &str) -> Called {
        let mut command = self.command(folder, line);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, said) = mpsc::channel();
        let read = |from: Box<dyn std::io::Read + Send>, of_stdout: bool| {
            let sender = sender.clone();
            thread::spawn(move || {
                for line in BufReader::new(from).lines().map_while(Result::ok) {
                    let _ = sender.send((of_stdout, line));
                }
            })
        };
        let readers =
            [read(Box::new(child.stdout.take().unwrap()), true), read(Box::new(child.stderr.take().unwrap()), false)];
        drop(sender);
        let mut called = Called { code: None, stdout: String::new(), stderr: String::new() };
        let mut asked = false;
        while let Ok((of_stdout, line)) = said.recv_timeout(DEADLINE) {
            let into = if of_stdout { &mut called.stdout } else { &mut called.stderr };
            into.push_str(&line);
            into.push('\n');
            if !asked && line.contains(words) {
                asked = true;
                let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
                assert!(sent.success());
            }
        }
        assert!(asked, "`{line}` never said {words:?}: {} {}", called.stdout, called.stderr);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
        called.code = child.wait().unwrap().code();
        called
    }
}

/// Words of a line; those in single quotes are one.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in line.split('\'').enumerate() {
        match at % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}
