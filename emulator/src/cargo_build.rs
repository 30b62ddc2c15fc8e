//! A Worker of one's own, compiled by cargo.

use std::env;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde::Deserialize;

/// What Workers are compiled for.
const TARGET: &str = "wasm32-unknown-unknown";
/// The variable that names another compiler than the `cargo` at hand: a command with its first arguments, separated by spaces.
const COMMAND_VARIABLE: &str = "WASM_CARGO";
/// What rustc says where it lacks the standard library of a target.
const NO_TARGET: &str = "target may not be installed";

/// Compiles a crate to the wasm that `Worker::wasm` takes: `cargo build --release --target wasm32-unknown-unknown`. The crate has
/// a library of the type `cdylib`, or an example of that type is named.
///
/// The compiler is what the variable `WASM_CARGO` names, else the cargo that runs this process (in a test), else `cargo`.
///
/// ```no_run
/// # #[cfg(feature = "compile")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use pmx_emulator::{CargoBuild, Emulator, Worker};
///
/// let wasm = CargoBuild::new(env!("CARGO_MANIFEST_DIR")).run()?;
/// let worker = Worker::wasm(std::fs::read(wasm)?);
/// # drop(Emulator::builder(worker));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "compile"))]
/// # fn main() {}
/// ```
#[derive(Clone, Debug)]
pub struct CargoBuild {
    folder: PathBuf,
    example: Option<String>,
    target_dir: Option<PathBuf>,
}

/// Why there is no wasm.
#[derive(Debug, thiserror::Error)]
pub enum CargoError {
    /// The compiler cannot be started.
    #[error("`{command}` cannot be started: {error}")]
    NotStarted {
        /// The command.
        command: String,
        /// Why.
        error: io::Error,
    },
    /// The compiler cannot compile for WebAssembly.
    #[error("the toolchain has no standard library for {TARGET}: `rustup target add {TARGET}` gets it")]
    NoTarget,
    /// The crate does not compile, or is none.
    #[error("{said}")]
    Failed {
        /// What cargo and the compiler said, to the end of it.
        said: String,
    },
    /// It compiles, and is no Worker.
    #[error("the crate in {} makes no wasm: its Cargo.toml needs `crate-type = [\"cdylib\"]` below `[lib]`", folder.display())]
    NoWasm {
        /// The folder of the crate.
        folder: PathBuf,
    },
}

/// A line of `cargo build --message-format=json` (doc.rust-lang.org/cargo/reference/external-tools.html), as far as it matters here.
#[derive(Deserialize)]
struct CargoMessage {
    reason: String,
    target: Option<CargoTarget>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct CargoTarget {
    crate_types: Vec<String>,
}

impl CargoBuild {
    /// Of the crate in a folder.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), example: None, target_dir: None }
    }

    /// Compiles an example of the crate in place of its library.
    #[must_use]
    pub fn example(mut self, name: impl Into<String>) -> Self {
        self.example = Some(name.into());
        self
    }

    /// Where the compiler leaves its files; by default where cargo leaves all of the crate's.
    #[must_use]
    pub fn target_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.target_dir = Some(folder.into());
        self
    }

    /// Compiles and answers where the wasm is. It waits for the compiler, and for others that compile in the same folder.
    ///
    /// # Errors
    /// See [`CargoError`].
    pub fn run(&self) -> Result<PathBuf, CargoError> {
        let (name, mut command) = self.command();
        let output = command.output().map_err(|error| CargoError::NotStarted { command: name, error })?;
        self.wasm(&output)
    }

    /// The command, and its first words for who must be told of it.
    fn command(&self) -> (String, Command) {
        let named = env::var(COMMAND_VARIABLE).or_else(|_| env::var("CARGO"));
        let name = named.unwrap_or_else(|_| String::from("cargo"));
        let mut words = name.split_ascii_whitespace();
        let mut command = Command::new(words.next().unwrap_or("cargo"));
        command.args(words).args([
            "build",
            "--release",
            "--message-format",
            "json-render-diagnostics",
            "--target",
            TARGET,
        ]);
        match &self.example {
            Some(example) => command.args(["--example", example]),
            None => command.arg("--lib"),
        };
        if let Some(folder) = &self.target_dir {
            command.arg("--target-dir").arg(folder);
        }
        command.current_dir(&self.folder).stdin(Stdio::null());
        (name, command)
    }

    fn wasm(&self, output: &Output) -> Result<PathBuf, CargoError> {
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
            return Err(if said.contains(NO_TARGET) { CargoError::NoTarget } else { CargoError::Failed { said } });
        }
        // Crates that this one depends on come before it.
        let wasm = output.stdout.split(|byte| *byte == b'\n').rev().find_map(made);
        wasm.ok_or_else(|| CargoError::NoWasm { folder: self.folder.clone() })
    }
}

/// The wasm of a library that another program can load, if a line tells of one.
fn made(line: &[u8]) -> Option<PathBuf> {
    let message: CargoMessage = serde_json::from_slice(line).ok()?;
    let is_library = |target: CargoTarget| target.crate_types.iter().any(|kind| kind == "cdylib");
    let is_wasm = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "wasm");
    (message.reason == "compiler-artifact" && message.target.is_some_and(is_library))
        .then(|| message.filenames.into_iter().find(is_wasm))?
}
