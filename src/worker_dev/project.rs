use crate::error::{Error, Result};
use ignore::WalkBuilder;
use pmx_emulator::{
    CargoBuild,
    config::{self, Config, CustomBuild, Diagnostic, LoadOptions},
    routes::RoutedWorker,
};
use pmx_site::paths::canonical;
use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::SystemTime,
};

/// Folders of a Worker that hold no source of it, whether git ignores them or not.
const NO_SOURCES: [&str; 5] = [".git", "node_modules", super::STATE_FOLDER, "target", "worker-bundle"];

/// The folder of a Worker. Clones are of one moment.
#[derive(Clone, Debug)]
pub(super) struct Project {
    /// As it was named.
    config: PathBuf,
    /// Absolute, without links in its path.
    folder: PathBuf,
    options: LoadOptions,
    /// What was said when it could not be built, if that was so the last time.
    failed: Option<String>,
}

/// A Worker that could be built.
#[derive(Clone, Debug)]
pub(super) struct BuiltWorker {
    pub(super) config: Config,
    pub(super) wasm: Arc<[u8]>,
}

/// The files of a project at one moment.
#[derive(Debug, Default, PartialEq)]
pub(super) struct FilesSeen {
    pub(super) folders: BTreeSet<PathBuf>,
    /// When each was written, and how long it is.
    files: BTreeMap<PathBuf, (Option<SystemTime>, u64)>,
}

impl BuiltWorker {
    /// The addresses that it claims.
    pub(super) fn routed(&self) -> RoutedWorker {
        config::routed(&self.config)
    }

    /// The hosts of its routes, without the stars before them.
    pub(super) fn hosts(&self) -> impl Iterator<Item = String> {
        self.config.routes.iter().filter_map(|route| {
            let address = route.pattern.split_once("://").map_or(route.pattern.as_str(), |(_, rest)| rest);
            let host = address.split('/').next()?.trim_start_matches(['*', '.']);
            (!host.is_empty()).then(|| host.to_owned())
        })
    }
}

impl Project {
    /// Of the Worker with this config.
    ///
    /// # Errors
    /// It has no folder.
    pub(super) fn new(config: &Path, options: LoadOptions) -> Result<Self> {
        let above = config.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = canonical(above).map_err(|error| Error::new(format!("{}: {error}", above.display())))?;
        Ok(Self { config: config.to_owned(), folder, options, failed: None })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// As it was named.
    pub(super) fn config(&self) -> &Path {
        &self.config
    }

    /// Notes whether it could be built; whether something else is to be said than the last time.
    pub(super) fn has_failed(&mut self, said: Option<&str>) -> bool {
        let is_news = self.failed.as_deref() != said;
        self.failed = said.map(str::to_owned);
        is_news
    }

    /// Files that matter and that git mostly ignores: the secrets of this machine.
    pub(super) fn files_elsewhere(&self) -> Vec<PathBuf> {
        let own = self.options.environment.iter().map(|environment| format!(".dev.vars.{environment}"));
        own.chain([String::from(".dev.vars")]).map(|name| self.folder.join(name)).collect()
    }

    /// Looks at the files. What git ignores is left out.
    pub(super) fn look(&self) -> FilesSeen {
        let mut seen = FilesSeen::default();
        let is_source = |name: &OsStr| !NO_SOURCES.iter().any(|other| name == *other);
        let walk = WalkBuilder::new(&self.folder)
            .hidden(false)
            .require_git(false)
            .filter_entry(move |entry| entry.depth() == 0 || is_source(entry.file_name()))
            .build();
        for entry in walk.flatten() {
            match entry.file_type() {
                Some(kind) if kind.is_dir() => drop(seen.folders.insert(entry.into_path())),
                _ => seen.see(entry.into_path()),
            }
        }
        self.files_elsewhere().into_iter().for_each(|file| seen.see(file));
        // Cargo writes it while it builds.
        seen.files.remove(&self.folder.join("Cargo.lock"));
        seen
    }

    /// Reads the config and makes the wasm, with what is to be said of the config. It waits for compilers.
    ///
    /// # Errors
    /// What the config, the compiler or the command of `[build]` says, line by line.
    pub(super) fn build(&self) -> std::result::Result<(BuiltWorker, Vec<Diagnostic>), String> {
        let loaded = config::load(&self.config, &self.options).map_err(|error| error.to_string())?;
        if loaded.has_errors() {
            let errors = loaded.diagnostics.iter().filter(|found| found.is_error()).map(ToString::to_string);
            return Err(errors.collect::<Vec<_>>().join("\n"));
        }
        let wasm = match &loaded.config.build {
            CustomBuild { command: Some(command), cwd } => self.made_by(command, cwd.as_deref(), &loaded.config)?,
            _ => CargoBuild::new(&self.folder).run().map_err(|error| error.to_string())?,
        };
        let wasm = std::fs::read(&wasm).map_err(|error| format!("{}: {error}", wasm.display()))?;
        Ok((BuiltWorker { config: loaded.config, wasm: wasm.into() }, loaded.diagnostics))
    }

    /// Runs the command of `[build]`. It leaves the wasm beside the module that the config names.
    fn made_by(&self, command: &str, cwd: Option<&str>, config: &Config) -> std::result::Result<PathBuf, String> {
        let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
        let folder = self.folder.join(cwd.unwrap_or_default());
        let output = Command::new(shell).args([flag, command]).current_dir(folder).stdin(Stdio::null()).output();
        let output = output.map_err(|error| format!("`{command}` cannot be started: {error}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("`{command}` failed\n{}", said.trim_end()));
        }
        let main = self.folder.join(config.main.as_deref().unwrap_or_default());
        let beside = main.parent().unwrap_or(&self.folder);
        let entries = std::fs::read_dir(beside).map_err(|error| format!("{}: {error}", beside.display()))?;
        let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        found.retain(|file| file.extension() == Some(OsStr::new("wasm")));
        match (found.pop(), found.is_empty()) {
            (Some(wasm), true) => Ok(wasm),
            (None, _) => Err(format!("`{command}` left no wasm in {}", beside.display())),
            (Some(_), false) => Err(format!("there are several wasms in {}", beside.display())),
        }
    }
}

impl FilesSeen {
    fn see(&mut self, file: PathBuf) {
        if let Ok(metadata) = file.metadata() {
            self.files.insert(file, (metadata.modified().ok(), metadata.len()));
        }
    }
}
