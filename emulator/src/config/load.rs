//! From a file to a Worker and what is to be said of it.

use super::{
    build, check,
    dev_vars::{self, DevVars},
    diagnostic::{Diagnostic, Place, Severity},
    findings::Findings,
    limits::MAX_FILE_BYTES,
    model::Config,
    module_exports,
    parse::{self, Format},
    tree::Table,
};
use std::{
    collections::BTreeSet,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// How a config is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// The environment; the top level without one.
    pub environment: Option<String>,
    /// The day, `YYYY-MM-DD` in UTC. With it a compatibility date in the future is refused.
    pub today: Option<String>,
}

/// A config that was read, and all that is to be said of it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What it says; as far as it can be read, if there are errors.
    pub config: Config,
    /// In the order of the file.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether a command makes the Worker's module (`build.command`). It is not run here.
    pub has_build: bool,
    /// The environments that the config has.
    pub environments: Vec<String>,
    /// What the Worker's module exports: `default`, entrypoints, classes of Durable Objects. `None` if its text does not tell.
    pub exports: Option<BTreeSet<String>>,
}

impl Loaded {
    /// Whether Cloudflare would refuse it.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Why a config could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum LoadConfigError {
    /// The file cannot be read.
    #[error("{} cannot be read: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is a folder, a pipe or a device.
    #[error("{} is no file", path.display())]
    NoFile {
        /// What it is called.
        path: PathBuf,
    },
    /// The file is larger than a config may be.
    #[error("{} is larger than the {MAX_FILE_BYTES} bytes that a config may have", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The file is no UTF-8.
    #[error("{} is not UTF-8", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
}

/// The config of a folder, as wrangler finds it: the first of `wrangler.json`, `wrangler.jsonc` and `wrangler.toml` that is there or in a
/// folder above. `folder` is an absolute path.
#[must_use]
pub fn find_config(folder: &Path) -> Option<PathBuf> {
    let above = |name: &str| folder.ancestors().map(|folder| folder.join(name)).find(|file| file.is_file());
    ["wrangler.json", "wrangler.jsonc", "wrangler.toml"].into_iter().find_map(above)
}

/// Reads a config and, beside it, the secrets of this machine.
///
/// # Errors
/// A file cannot be read, is too large or no text. What is wrong in it is said in [`Loaded::diagnostics`].
pub fn load(path: &Path, options: &LoadOptions) -> Result<Loaded, LoadConfigError> {
    let text = read(path)?;
    let mut loaded = parse_config(path, &text, Format::of(path), options);
    let folder = path.parent().unwrap_or(Path::new(""));
    let own = options.environment.as_ref().map(|environment| folder.join(format!(".dev.vars.{environment}")));
    for file in own.into_iter().chain([folder.join(".dev.vars")]) {
        match read(&file) {
            Ok(text) => {
                secrets(&mut loaded, &file, dev_vars::parse(&text));
                break;
            }
            Err(LoadConfigError::Unreadable { error, .. }) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    missing_secrets(&mut loaded);
    main(&mut loaded, folder);
    Ok(loaded)
}

/// Extensions of modules whose text tells what they export.
const SCRIPTS: [&str; 5] = ["js", "mjs", "cjs", "ts", "mts"];

/// Looks at the Worker's module: whether it is there, and exports the classes that are bound.
fn main(loaded: &mut Loaded, folder: &Path) {
    let Some(main) = loaded.config.main.clone().filter(|main| !main.is_empty()) else { return };
    let file = folder.join(&main);
    let is_script = file.extension().and_then(|end| end.to_str()).is_some_and(|end| SCRIPTS.contains(&end));
    let text = match read(&file) {
        Ok(text) if is_script => text,
        Err(LoadConfigError::Unreadable { error, .. }) if error.kind() == io::ErrorKind::NotFound => {
            let message = format!("The entry-point file at \"{main}\" was not found.");
            // A command that builds it runs before it is looked for; here nothing is run.
            let severity = if loaded.has_build { Severity::Note } else { Severity::Error };
            return say(loaded, severity, Place::START, "main", message);
        }
        // What is no text, or a bundle that is too long to look into, is left to the runtime.
        Ok(_) | Err(_) => return,
    };
    loaded.exports = module_exports::of(&text);
    let Some(exports) = &loaded.exports else { return };
    let own = loaded.config.durable_objects.iter().enumerate().filter(|(_, binding)| binding.script_name.is_none());
    let missing: Vec<_> = own.filter(|(_, binding)| !exports.contains(&binding.class_name)).collect();
    if let Some((index, binding)) = missing.first() {
        let classes: Vec<&str> = missing.iter().map(|(_, binding)| binding.class_name.as_str()).collect();
        let message = format!(
            "Your Worker depends on the following Durable Objects, which are not exported in your entrypoint file: {}.\nYou should export these objects from your entrypoint, {main}.",
            classes.join(", ")
        );
        let (place, key) = (binding.place, format!("durable_objects.bindings[{index}].class_name"));
        say(loaded, Severity::Error, place, &key, message);
    }
}

fn say(loaded: &mut Loaded, severity: Severity, place: Place, key: &str, message: String) {
    let (path, key) = (loaded.config.path.display().to_string(), loaded.config.key(key));
    loaded.diagnostics.push(Diagnostic { path, place, severity, key, message, hint: None });
}

/// Looks at the text of a config, without reading anything else. `path` is what findings call the file.
#[must_use]
pub fn parse_config(path: &Path, text: &str, format: Format, options: &LoadOptions) -> Loaded {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let shown = path.display().to_string();
    let mut findings = Findings::of(&shown, text);
    let top = match parse::parse(text, format) {
        Ok(top) => top,
        Err(error) => {
            findings.error(error.at, "", error.message);
            let config = Config { path: path.to_owned(), ..Config::default() };
            return Loaded {
                config,
                diagnostics: findings.done(),
                has_build: false,
                environments: Vec::new(),
                exports: None,
            };
        }
    };
    let environment = options.environment.as_deref();
    let view = check::values(&mut findings, &top, environment);
    let config = Config { path: path.to_owned(), ..build::build(&view, environment, &findings) };
    check::worker(&mut findings, &view, &config, options.today.as_deref());
    let has_build = view.get("build").and_then(|build| build.table()?.text("command")).is_some();
    let environments = top.get("env").and_then(|node| node.table()).map(Table::fields).unwrap_or_default();
    let environments = environments.iter().map(|field| field.key.clone()).collect();
    Loaded { config, diagnostics: findings.done(), has_build, environments, exports: None }
}

/// A file's text, if it is no larger than it may be.
fn read(path: &Path) -> Result<String, LoadConfigError> {
    let unreadable = |error| LoadConfigError::Unreadable { path: path.to_owned(), error };
    // A pipe would be waited for, before it is known for one.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(LoadConfigError::NoFile { path: path.to_owned() });
    }
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_FILE_BYTES) {
        return Err(LoadConfigError::TooLarge { path: path.to_owned() });
    }
    String::from_utf8(bytes).map_err(|_| LoadConfigError::NotText { path: path.to_owned() })
}

fn secrets(loaded: &mut Loaded, file: &Path, found: DevVars) {
    for line in found.unread {
        loaded.diagnostics.push(Diagnostic {
            path: file.display().to_string(),
            place: Place { line, column: 1 },
            severity: Severity::Warning,
            key: String::new(),
            message: "this line sets nothing: it has no NAME=value".to_owned(),
            hint: None,
        });
    }
    loaded.config.secrets = found.secrets;
}

fn missing_secrets(loaded: &mut Loaded) {
    let config = &loaded.config;
    let missing: Vec<&str> =
        config.required_secrets.iter().filter(|name| !config.secrets.contains_key(*name)).map(String::as_str).collect();
    if missing.is_empty() {
        return;
    }
    let message = format!(
        "Missing required secrets: {}. Add them to .dev.vars, .env, or set as environment variables.",
        missing.join(", ")
    );
    say(loaded, Severity::Warning, Place::START, "secrets.required", message);
}
