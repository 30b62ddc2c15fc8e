//! Where the commands of a page run: a folder with what pages speak of, a server to publish to, and programs that stand in for others.

use super::{
    page::root,
    support::{Pmx, process::pmx},
    table,
};
use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

/// The secret of the server, and what pages call it.
pub(crate) const SECRET: &str = "choose-one";

/// The site that pages call `chess`: the two Sources of the first chapter.
const CHESS: [(&str, &str); 2] = [
    ("paths/index.path.md", "# Chess for beginners\n\nWelcome. We start with [the pieces](./pieces.lesson.md).\n"),
    (
        "paths/pieces.lesson.md",
        "# The pieces\n\nThe rook moves along ranks and files.\n\nBack to [the start](./index.path.md).\n",
    ),
];
/// Further sites of the folder `courses`, and one beside it.
const OTHERS: [&str; 3] = ["courses/chess", "courses/logic", "notes"];

/// A folder and a server of one page.
pub(crate) struct World {
    folder: tempfile::TempDir,
    server: Pmx,
}

/// What all worlds begin as, made once: the folder `chess`, with its history in `.pathmx-state`, and the state of a server to which it was
/// published.
static TEMPLATE: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let template = tempfile::tempdir().unwrap();
    let chess = template.path().join("chess");
    for (path, text) in CHESS {
        put(&chess.join(path), text);
        for site in OTHERS {
            put(&chess.join(site).join(path), text);
        }
    }
    put(&chess.join("page.html"), "<!doctype html><title>A page</title>");
    put(&chess.join("target/release/pmx"), "");
    copy_site(&root().join("examples"), &chess.join("examples"));
    let mut command = pmx();
    command.args(["dev", "--json", "--port", "0"]).current_dir(&chess);
    let dev = Pmx::start(command);
    // Answered once the first build is published.
    assert_eq!(dev.client.get("localhost", "/index.path").status, 200);
    dev.signal("INT");
    dev.ended();
    let server = Pmx::serve_secret(&template.path().join("server"), SECRET);
    for marker in ["one", "two"] {
        put(&chess.join("paths/index.path.md"), &CHESS[0].1.replace("Welcome", marker));
        let published = pmx()
            .args(["publish", "-s", "chess", "--server", &server.url])
            .env("PATHMX_PUBLISH_TOKEN", SECRET)
            .current_dir(&chess)
            .output()
            .unwrap();
        assert!(published.status.success(), "{}", String::from_utf8_lossy(&published.stderr));
    }
    put(&chess.join("paths/index.path.md"), CHESS[0].1);
    server.signal("INT");
    server.ended();
    template
});

impl World {
    /// A world of its own for the commands of this document.
    pub(crate) fn of(page: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(TEMPLATE.path(), folder.path());
        let here = folder.path().join("chess");
        if page.starts_with("examples/starter") {
            fs::remove_dir_all(here.join("paths")).unwrap();
            copy_site(&root().join("examples/starter"), &here);
        }
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).unwrap();
        for (name, text) in [
            ("pmx", include_str!("stand-in/pmx.sh")),
            ("cargo", include_str!("stand-in/cargo.sh")),
            ("a-deploy-of", include_str!("stand-in/a-deploy-of.sh")),
        ] {
            program(&bin.join(name), text);
        }
        for (name, _) in table::NOT_RUN.into_iter().chain([("xdg-open", "it opens a browser")]) {
            program(&bin.join(name), "#!/bin/sh\n");
        }
        for tool in table::TOOLS.into_iter().chain(["sh"]) {
            symlink(find(tool), bin.join(tool)).unwrap();
        }
        let built = here.join("target/release/pmx");
        fs::remove_file(&built).unwrap();
        symlink(bin.join("pmx"), built).unwrap();
        let server = Pmx::serve_secret(&folder.path().join("server"), SECRET);
        Self { folder, server }
    }

    /// Where the commands run.
    pub(crate) fn here(&self) -> PathBuf {
        self.folder.path().join("chess")
    }

    /// A file for what a test keeps between two blocks.
    pub(crate) fn note(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The address of the server, without a slash at its end.
    pub(crate) fn url(&self) -> &str {
        self.server.url.trim_end_matches('/')
    }

    /// A shell that finds no programs but those of this world, and keeps what it writes to itself.
    pub(crate) fn shell(&self) -> Command {
        let home = self.folder.path().join("home");
        fs::create_dir_all(&home).unwrap();
        let mut shell = Command::new(self.folder.path().join("bin/sh"));
        shell
            .env_clear()
            .env("PATH", self.folder.path().join("bin"))
            .env("HOME", &home)
            .env("PMX_DATA_DIR", home.join("pmx"))
            .env("TMPDIR", self.folder.path())
            .env("NO_COLOR", "1")
            .env("PUBLISH_SECRET", SECRET)
            .env("PATHMX_PUBLISH_TOKEN", SECRET)
            .env("PATHMX_SHARE_TOKEN", SECRET)
            .env("EXAMPLES_PMX", env!("CARGO_BIN_EXE_pmx"))
            .env("EXAMPLES_SERVER", self.url())
            .env("EXAMPLES_LOG", self.note("log"));
        shell
    }
}

fn put(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn program(path: &Path, text: &str) {
    put(path, text);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    copy_but(from, to, &[]);
}

/// Copies a site, without what somebody's builds left in it.
pub(crate) fn copy_site(from: &Path, to: &Path) {
    copy_but(from, to, &[".pathmx", ".pathmx-cache", ".pathmx-state"]);
}

fn copy_but(from: &Path, to: &Path, passed_over: &[&str]) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, name) = (entry.as_ref().unwrap().path(), entry.unwrap().file_name());
        if passed_over.iter().any(|passed_over| name == *passed_over) {
            continue;
        }
        if from.is_dir() {
            copy_but(&from, &to.join(name), passed_over);
        } else if from.is_file() {
            fs::copy(&from, to.join(name)).unwrap();
        }
    }
}

fn find(tool: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(tool))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("install {tool}: the examples use it"))
}
