//! The output of a build, in a folder of its own, and the command that publishes it.

use super::stub::Stub;
use pmx_model::{File, Hash, Manifest, Root, Roots, Route, Routes};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

pub(crate) const TOKEN: &str = "s3cret-of-the-test";

pub(crate) struct Site {
    folder: TempDir,
    pub(crate) hashes: BTreeSet<Hash>,
}

impl Site {
    /// One root, `index.path`, with these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        Self::with_roots(&[("index.path", files)])
    }

    /// Several roots, of which the first is the default.
    pub(crate) fn with_roots(roots: &[(&str, &[(&str, &str)])]) -> Self {
        let mut site = Self { folder: tempfile::tempdir().unwrap(), hashes: BTreeSet::new() };
        site.write(roots);
        site
    }

    /// Builds again, into the same folder.
    pub(crate) fn write(&mut self, roots: &[(&str, &[(&str, &str)])]) {
        self.hashes.clear();
        let mut document = Roots { roots: BTreeMap::new(), default: roots[0].0.to_owned() };
        for (id, files) in roots {
            let mut manifest = Manifest::default();
            for (path, text) in *files {
                self.store(&self.out().join(id).join(path), text.as_bytes());
                manifest
                    .files
                    .insert((*path).to_owned(), File { hash: Hash::of(text.as_bytes()), size: text.len() as u64 });
            }
            let mut routes = Routes::default();
            routes
                .routes
                .insert(String::from("/"), Route::Source { source: (*id).to_owned(), path: files[0].0.to_owned() });
            let root = Root {
                entry: format!("{id}.md"),
                manifest: self.document(&format!("{id}/manifest.json"), &manifest),
                routes: self.document(&format!("{id}/routes.json"), &routes),
            };
            document.roots.insert((*id).to_owned(), root);
        }
        let path = self.out().join("roots.json");
        fs::write(path, serde_json::to_vec(&document).unwrap()).unwrap();
    }

    fn document(&mut self, name: &str, document: &impl serde::Serialize) -> Hash {
        let bytes = serde_json::to_vec(document).unwrap();
        self.store(&self.out().join(name), &bytes)
    }

    fn store(&mut self, path: &Path, bytes: &[u8]) -> Hash {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        let hash = Hash::of(bytes);
        self.hashes.insert(hash);
        hash
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.folder().join(".pathmx")
    }

    /// `pmx publish -s alpha --server … --no-build --no-git …`
    pub(crate) fn publish(&self, stub: &Stub, more: &[&str]) -> Ran {
        let url = stub.url();
        let args = ["publish", "-s", "alpha", "--server", &url, "--no-build", "--no-git"];
        Ran::of(&mut pmx(self.folder(), &[&args, more].concat()))
    }
}

/// The command in a folder, with the token and without anything else from this machine that it listens to.
pub(crate) fn pmx(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pmx"));
    command.env("PMX_DATA_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("user"));
    command.current_dir(folder).args(args).env("PATHMX_PUBLISH_TOKEN", TOKEN).stdin(Stdio::null());
    for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_ascii_lowercase());
    }
    command.env_remove("SSL_CERT_FILE").env_remove("RUST_LOG");
    command.env("PMX_DATA_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/user"));
    command
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn of(command: &mut Command) -> Self {
        Self::from(command.output().unwrap())
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    #[track_caller]
    pub(crate) fn fails(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        for word in words {
            assert!(self.err.contains(word), "`{word}` is not in: {}", self.err);
        }
        assert!(!self.out.contains("published:") && !self.err.contains("Published"), "{self:?}");
        self
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}
