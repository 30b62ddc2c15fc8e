//! A home folder with what its user keeps there, and a clone of a stranger's repository in it.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{MetadataExt as _, symlink},
    path::{Path, PathBuf},
};

/// What is in every file of the user's.
pub(crate) const SECRET: &str = "TOP-SECRET-OF-THE-USER";

/// The user's files, below the home folder.
const PRIVATE: [(&str, &str); 9] = [
    ("private/secret.md", "---\ntitle: TOP-SECRET-OF-THE-USER\n---\n\n# TOP-SECRET-OF-THE-USER\n"),
    ("private/notes.txt", "TOP-SECRET-OF-THE-USER\n"),
    ("private/style.css", "p::before { content: 'TOP-SECRET-OF-THE-USER' }\n"),
    ("private/picture.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"><!-- TOP-SECRET-OF-THE-USER --></svg>"),
    (
        "private/parts.components.md",
        "# TOP-SECRET-OF-THE-USER\n\n<!--\ncomponentName: x-part\n-->\n\n```html\n<b>TOP-SECRET-OF-THE-USER</b>\n```\n",
    ),
    ("private/paths/index.path.md", "# TOP-SECRET-OF-THE-USER\n"),
    ("private/paths/a.md", "# TOP-SECRET-OF-THE-USER\n"),
    (
        "private/pathmx.config.md",
        "---\nurl: https://example.com\nlang: TOP-SECRET-OF-THE-USER\n---\n\n## Paths\n\n- [x](./paths/index.path.md)\n",
    ),
    ("private/index.config.md", "---\nlang: TOP-SECRET-OF-THE-USER\n---\n"),
];

pub(crate) struct Ground {
    home: tempfile::TempDir,
    /// What pmx keeps for its user.
    data: tempfile::TempDir,
    /// The state folder of `dev`, outside of the clone.
    state: tempfile::TempDir,
}

impl Ground {
    pub(crate) fn new() -> Self {
        let folder = || tempfile::Builder::new().prefix("ground").tempdir().unwrap();
        let ground = Self { home: folder(), data: folder(), state: folder() };
        for (path, text) in PRIVATE {
            write(&ground.home.path().join(path), text);
        }
        fs::create_dir(ground.home.path().join("private/empty")).unwrap();
        ground.put(".git/HEAD", "ref: refs/heads/main\n");
        ground.put("paths/index.path.md", "# Home\n\n[A](./a.md) [B](./sub/b.md)\n\n![i](./i.svg)\n");
        ground.put("paths/a.md", "# A\n\n[Home](./index.path.md)\n");
        ground.put("paths/sub/b.md", "# B\n\n[A](../a.md)\n");
        ground.put("paths/i.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
        ground
    }

    pub(crate) fn private(&self) -> PathBuf {
        self.home.path().join("private")
    }

    pub(crate) fn checkout(&self) -> PathBuf {
        self.home.path().join("work/clone")
    }

    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    pub(crate) fn state(&self) -> &Path {
        self.state.path()
    }

    /// Writes a file of the repository.
    pub(crate) fn put(&self, path: &str, text: &str) {
        write(&self.checkout().join(path), text);
    }

    /// Adds text to a file of the repository.
    pub(crate) fn append(&self, path: &str, text: &str) {
        let before = fs::read_to_string(self.checkout().join(path)).unwrap();
        self.put(path, &(before + text));
    }

    /// Makes a link in the repository, in the place of what was there.
    pub(crate) fn link(&self, path: &str, target: impl AsRef<Path>) {
        let path = self.checkout().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
        symlink(target, path).unwrap();
    }

    /// Makes a pipe in the repository, into which nobody ever writes.
    pub(crate) fn pipe(&self, path: &str) {
        let path = self.checkout().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    pub(crate) fn seen(&self) -> Seen {
        let tell = |path: &Path, meta: &fs::Metadata| {
            let what = match meta.file_type() {
                kind if kind.is_symlink() => fs::read_link(path).unwrap().display().to_string(),
                kind if kind.is_file() && meta.len() < 1_000_000 => format!("{:?}", fs::read(path).unwrap()),
                _ => String::new(),
            };
            // The access time alone may change: the one who looks reads.
            format!("{:o} {} {} {}.{} {what}", meta.mode(), meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec())
        };
        Seen {
            all: walk(self.home.path()).into_iter().map(|(path, meta)| (path.clone(), tell(&path, &meta))).collect(),
        }
    }
}

/// All that lies in the home folder.
pub(crate) struct Seen {
    all: BTreeMap<PathBuf, String>,
}

impl Seen {
    /// Nothing outside of the clone changed, and nothing of it is in the clone or in the state folder now.
    #[track_caller]
    pub(crate) fn assert_unharmed(&self, ground: &Ground, place: &str) {
        let clone = ground.checkout();
        let outside = |seen: &Self| -> BTreeMap<PathBuf, String> {
            seen.all.clone().into_iter().filter(|(path, _)| !path.starts_with(&clone)).collect()
        };
        assert_eq!(outside(self), outside(&ground.seen()), "something outside changed: {place}");
        for (path, meta) in walk(&clone).into_iter().chain(walk(ground.state())) {
            let is_new = || self.all.get(&path).is_none_or(|before| !before.contains(&format!("{} ", meta.ino())));
            if meta.is_file() && meta.len() < 50_000_000 && is_new() {
                assert!(!has_secret(&path), "{} has a secret in it: {place}", path.display());
            }
        }
    }

    /// Nothing changed at all.
    #[track_caller]
    pub(crate) fn assert_untouched(&self, ground: &Ground, place: &str) {
        assert_eq!(self.all, ground.seen().all, "something changed: {place}");
    }
}

/// A file below a folder that has something of the user's in it.
pub(crate) fn with_secret(folder: &Path) -> Option<PathBuf> {
    walk(folder).into_iter().find(|(path, meta)| meta.is_file() && has_secret(path)).map(|(path, _)| path)
}

fn has_secret(path: &Path) -> bool {
    fs::read(path).is_ok_and(|bytes| bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()))
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Everything below a folder, links not followed; not deeper than paths can be.
fn walk(folder: &Path) -> Vec<(PathBuf, fs::Metadata)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
            let Ok(meta) = entry.metadata() else { continue };
            if meta.is_dir() && entry.path().as_os_str().len() < 3_000 {
                open.push(entry.path());
            }
            found.push((entry.path(), meta));
        }
    }
    found
}
